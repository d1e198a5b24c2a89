//! Login links: each admits one person to the console once, to set a password. The first is printed at start; others are
//! created for new accounts and for lost passwords.

use super::secret;
use crate::encoding::url_base64;
use kaquan_core::error::{Error, Result};
use kaquan_core::time::{DAY_SECS, Timestamp};
use kaquan_store::{Account, AccountId, Grant, LoginLink, Role, Store};

/// Seconds a link works: seven days.
pub const LINK_SECS: i64 = 7 * DAY_SECS;
/// Name of the account that the first start creates.
const FIRST_ACCOUNT: &str = "owner";

/// Creates a link for an account and returns its path. Earlier links of the account expire.
///
/// # Errors
///
/// Those of the store; -1 when the system has no randomness.
pub fn fresh(store: &dyn Store, account: AccountId, now: Timestamp) -> Result<String> {
    let token = url_base64(&secret::random::<32>()?);
    let link = LoginLink { digest: secret::digest(&token), account, expires_at: now.plus(LINK_SECS) };
    store.create_login_link(&link)?;
    Ok(format!("/console/enter/{token}"))
}

/// The path of a link for the owner of the installation, as long as no owner has a password. Creates the account if there
/// is none.
///
/// # Errors
///
/// Those of the store; -1 when the system has no randomness.
pub fn first(store: &dyn Store, now: Timestamp) -> Result<Option<String>> {
    let owners: Vec<Account> = store
        .accounts()?
        .into_iter()
        .filter(|(account, grants)| {
            account.disabled_at.is_none() && grants.iter().any(Grant::is_of_everything)
        })
        .map(|(account, _)| account)
        .collect();
    if owners.iter().any(|owner| owner.password.is_some()) {
        return Ok(None);
    }
    let account = match owners.into_iter().next() {
        Some(owner) => owner,
        None => {
            let everything = Grant { app: None, role: Role::Owner };
            let made = store.create_account(FIRST_ACCOUNT, &[everything], now)?;
            made.ok_or_else(|| Error::internal("the name of the first account is taken"))?
        }
    };
    fresh(store, account.id, now).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaquan_store::{Options, SqliteStore};

    #[test]
    fn there_is_a_first_link_until_an_owner_has_a_password() {
        let folder = tempfile::tempdir().unwrap();
        let store: Box<dyn Store> = Box::new(SqliteStore::open(folder.path(), Options::default()).unwrap());
        let now = Timestamp(1000);
        let path = first(&*store, now).unwrap().unwrap();
        let again = first(&*store, now).unwrap().unwrap();
        assert_ne!(path, again);
        assert_eq!(store.accounts().unwrap().len(), 1);
        let token = again.strip_prefix("/console/enter/").unwrap();
        assert!(store.use_login_link(&secret::digest(token), "hash", now).unwrap().is_some());
        assert_eq!(first(&*store, now).unwrap(), None);
    }
}
