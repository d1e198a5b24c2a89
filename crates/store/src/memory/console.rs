//! The console in memory: the same on maps.

use super::MemoryStore;
use crate::attempts::{AttemptLimit, Attempts, take_all};
use crate::console::{
    Account, AccountId, ConsoleStore, Grant, KNOWN_BROWSERS_MAX, KnownBrowser, LoginLink, Session,
};
use crate::error::Result;
use kaquan_core::time::Timestamp;
use std::collections::BTreeMap;

/// The rows of the console.
#[derive(Debug, Default)]
pub(super) struct ConsoleState {
    accounts: BTreeMap<AccountId, (Account, Vec<Grant>)>,
    sessions: BTreeMap<[u8; 32], Session>,
    links: BTreeMap<[u8; 32], LoginLink>,
    known_browsers: BTreeMap<[u8; 32], KnownBrowser>,
    login_attempts: BTreeMap<String, Attempts>,
}

impl ConsoleState {
    fn shut_out(&mut self, id: AccountId) {
        self.sessions.retain(|_, session| session.account != id);
        self.links.retain(|_, link| link.account != id);
        self.known_browsers.retain(|_, browser| browser.account != id);
    }

    fn set_password(&mut self, id: AccountId, password: &str) {
        if let Some((account, _)) = self.accounts.get_mut(&id) {
            account.password = Some(password.to_owned());
        }
        self.shut_out(id);
    }

    /// Changes an account, unless nobody would be left to run everything.
    fn change_if_owned(&mut self, id: AccountId, change: impl FnOnce(&mut Account, &mut Vec<Grant>)) -> bool {
        let Some((account, grants)) = self.accounts.get_mut(&id) else { return true };
        let before = (account.clone(), grants.clone());
        change(account, grants);
        let runs = |(account, grants): &(Account, Vec<Grant>)| {
            account.disabled_at.is_none() && grants.iter().any(Grant::is_of_everything)
        };
        let owned = self.accounts.values().any(runs);
        if !owned {
            self.accounts.insert(id, before);
        }
        owned
    }
}

impl ConsoleStore for MemoryStore {
    fn accounts(&self) -> Result<Vec<(Account, Vec<Grant>)>> {
        Ok(self.state().console.accounts.values().cloned().collect())
    }

    fn account(&self, id: AccountId) -> Result<Option<(Account, Vec<Grant>)>> {
        Ok(self.state().console.accounts.get(&id).cloned())
    }

    fn account_by_name(&self, name: &str) -> Result<Option<Account>> {
        let name = name.to_lowercase();
        let state = self.state();
        let mut accounts = state.console.accounts.values().map(|(account, _)| account);
        Ok(accounts.find(|account| account.name.to_lowercase() == name).cloned())
    }

    fn create_account(&self, name: &str, grants: &[Grant], now: Timestamp) -> Result<Option<Account>> {
        if self.account_by_name(name)?.is_some() {
            return Ok(None);
        }
        let mut state = self.state();
        let id = AccountId(state.console.accounts.len() as i64 + 1);
        let name = name.to_owned();
        let account = Account { id, name, password: None, created_at: now, disabled_at: None };
        let mut grants = grants.to_vec();
        grants.sort_by_key(|grant| grant.app);
        state.console.accounts.insert(id, (account.clone(), grants));
        Ok(Some(account))
    }

    fn set_password(&self, id: AccountId, password: &str) -> Result<()> {
        self.state().console.set_password(id, password);
        Ok(())
    }

    fn set_grants(&self, id: AccountId, grants: &[Grant]) -> Result<bool> {
        let mut grants = grants.to_vec();
        grants.sort_by_key(|grant| grant.app);
        Ok(self.state().console.change_if_owned(id, |_, of_account| *of_account = grants))
    }

    fn set_disabled(&self, id: AccountId, since: Option<Timestamp>) -> Result<bool> {
        let mut state = self.state();
        let done = state.console.change_if_owned(id, |account, _| account.disabled_at = since);
        if done && since.is_some() {
            state.console.shut_out(id);
        }
        Ok(done)
    }

    fn create_session(&self, session: &Session) -> Result<()> {
        self.state().console.sessions.insert(session.digest, session.clone());
        Ok(())
    }

    fn session(&self, digest: &[u8; 32]) -> Result<Option<(Session, Account, Vec<Grant>)>> {
        let state = self.state();
        let Some(session) = state.console.sessions.get(digest) else { return Ok(None) };
        let found = state.console.accounts.get(&session.account);
        Ok(found.map(|(account, grants)| (session.clone(), account.clone(), grants.clone())))
    }

    fn touch_session(&self, digest: &[u8; 32], used_at: Timestamp, expires_at: Timestamp) -> Result<()> {
        if let Some(session) = self.state().console.sessions.get_mut(digest) {
            session.used_at = used_at;
            session.expires_at = expires_at;
        }
        Ok(())
    }

    fn delete_session(&self, digest: &[u8; 32]) -> Result<()> {
        self.state().console.sessions.remove(digest);
        Ok(())
    }

    fn delete_sessions(&self, account: AccountId, except: Option<&[u8; 32]>) -> Result<()> {
        let kept = |session: &Session| session.account != account || Some(&session.digest) == except;
        self.state().console.sessions.retain(|_, session| kept(session));
        Ok(())
    }

    fn create_login_link(&self, link: &LoginLink) -> Result<()> {
        let mut state = self.state();
        state.console.links.retain(|_, earlier| earlier.account != link.account);
        state.console.links.insert(link.digest, link.clone());
        Ok(())
    }

    fn login_link(&self, digest: &[u8; 32]) -> Result<Option<LoginLink>> {
        Ok(self.state().console.links.get(digest).cloned())
    }

    fn use_login_link(&self, digest: &[u8; 32], password: &str, now: Timestamp) -> Result<Option<AccountId>> {
        let mut state = self.state();
        let link = state.console.links.get(digest).filter(|link| link.expires_at > now).cloned();
        let Some(link) = link else { return Ok(None) };
        state.console.set_password(link.account, password);
        Ok(Some(link.account))
    }

    fn drop_expired_sessions(&self, now: Timestamp) -> Result<usize> {
        let mut state = self.state();
        let rows = |console: &ConsoleState| {
            console.sessions.len() + console.links.len() + console.known_browsers.len()
        };
        let before = rows(&state.console);
        state.console.sessions.retain(|_, session| session.expires_at > now);
        state.console.links.retain(|_, link| link.expires_at > now);
        state.console.known_browsers.retain(|_, browser| browser.expires_at > now);
        Ok(before - rows(&state.console))
    }

    fn create_known_browser(&self, browser: &KnownBrowser) -> Result<()> {
        let mut state = self.state();
        let known = &mut state.console.known_browsers;
        known.insert(browser.digest, browser.clone());
        let mut of_account: Vec<_> = known.values().filter(|one| one.account == browser.account).collect();
        of_account.sort_by_key(|one| std::cmp::Reverse((one.created_at, one.digest)));
        let newest = usize::try_from(KNOWN_BROWSERS_MAX).unwrap_or_default();
        let old: Vec<[u8; 32]> = of_account.iter().skip(newest).map(|one| one.digest).collect();
        known.retain(|digest, _| !old.contains(digest));
        Ok(())
    }

    fn known_browser(&self, digest: &[u8; 32]) -> Result<Option<KnownBrowser>> {
        Ok(self.state().console.known_browsers.get(digest).cloned())
    }

    fn take_login_attempt(&self, limits: &[AttemptLimit], now: Timestamp) -> Result<Option<Timestamp>> {
        let mut state = self.state();
        let attempts = &mut state.console.login_attempts;
        match take_all(limits, |who| attempts.get(who).copied(), now) {
            Err(free_at) => Ok(Some(free_at)),
            Ok(after) => {
                attempts.extend(limits.iter().map(|limit| limit.who.clone()).zip(after));
                Ok(None)
            }
        }
    }

    fn return_login_attempt(&self, cleared: &[&str], returned: &[&str]) -> Result<()> {
        let mut state = self.state();
        state.console.login_attempts.retain(|who, _| !cleared.contains(&who.as_str()));
        for who in returned {
            if let Some(attempts) = state.console.login_attempts.get_mut(*who) {
                attempts.count = attempts.count.saturating_sub(1);
            }
        }
        Ok(())
    }

    fn drop_login_attempts(&self, until: Timestamp) -> Result<usize> {
        let mut state = self.state();
        let before = state.console.login_attempts.len();
        state.console.login_attempts.retain(|_, attempts| attempts.last_at > until);
        Ok(before - state.console.login_attempts.len())
    }
}
