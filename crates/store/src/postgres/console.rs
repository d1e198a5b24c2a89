//! The console in PostgreSQL: accounts, grants, sessions, login links, known browsers and login attempts.

use super::connect::Conn;
use super::{PostgresStore, sql};
use crate::attempts::{AttemptLimit, Attempts, take_all};
use crate::console::{
    Account, AccountId, ConsoleStore, Grant, KNOWN_BROWSERS_MAX, KnownBrowser, LoginLink, Role, Session,
};
use crate::error::Result;
use crate::row::{
    Row as _, read_account, read_attempts, read_grant, read_known_browser, read_login_link, read_session,
};
use kaquan_core::time::Timestamp;
use std::collections::HashMap;

impl ConsoleStore for PostgresStore {
    fn accounts(&self) -> Result<Vec<(Account, Vec<Grant>)>> {
        self.pool().snapshot(|conn| {
            let mut grants: HashMap<i64, Vec<Grant>> = HashMap::new();
            for row in conn.query(sql::GRANTS, &[&None::<i64>])? {
                grants.entry(row.int(0)?).or_default().push(read_grant(&row, 1)?);
            }
            let rows = conn.query(sql::ACCOUNTS, &[])?;
            let with_grants = |row: &_| {
                let account = read_account(row)?;
                let granted = grants.remove(&account.id.0).unwrap_or_default();
                Ok((account, granted))
            };
            rows.iter().map(with_grants).collect()
        })
    }

    fn account(&self, id: AccountId) -> Result<Option<(Account, Vec<Grant>)>> {
        self.pool().snapshot(|conn| account(conn, id))
    }

    fn account_by_name(&self, name: &str) -> Result<Option<Account>> {
        let key = name.to_lowercase();
        self.pool().read(|conn| {
            conn.query_opt(sql::ACCOUNT_BY_NAME, &[&key])?.as_ref().map(read_account).transpose()
        })
    }

    fn create_account(&self, name: &str, grants: &[Grant], now: Timestamp) -> Result<Option<Account>> {
        let key = name.to_lowercase();
        self.pool().write(|conn| {
            let row = conn.query_opt(sql::INSERT_ACCOUNT, &[&name, &key, &now.0])?;
            let Some(account) = row.as_ref().map(read_account).transpose()? else { return Ok(None) };
            replace_grants(conn, account.id, grants)?;
            Ok(Some(account))
        })
    }

    fn set_password(&self, id: AccountId, password: &str) -> Result<()> {
        self.pool().write(|conn| set_password(conn, id, password))
    }

    fn set_grants(&self, id: AccountId, grants: &[Grant]) -> Result<bool> {
        self.change_if_owned(|conn| replace_grants(conn, id, grants))
    }

    fn set_disabled(&self, id: AccountId, since: Option<Timestamp>) -> Result<bool> {
        self.change_if_owned(|conn| {
            conn.execute(sql::SET_DISABLED, &[&id.0, &since.map(|at| at.0)])?;
            if since.is_some() { shut_out(conn, id) } else { Ok(()) }
        })
    }

    fn create_session(&self, session: &Session) -> Result<()> {
        let Session { digest, account, created_at, used_at, expires_at } = session;
        self.pool().write(|conn| {
            conn.execute(
                sql::INSERT_SESSION,
                &[&digest.as_slice(), &account.0, &created_at.0, &used_at.0, &expires_at.0],
            )
            .map(drop)
        })
    }

    fn session(&self, digest: &[u8; 32]) -> Result<Option<(Session, Account, Vec<Grant>)>> {
        self.pool().snapshot(|conn| {
            let row = conn.query_opt(sql::SESSION, &[&digest.as_slice()])?;
            let Some(session) = row.as_ref().map(read_session).transpose()? else { return Ok(None) };
            Ok(account(conn, session.account)?.map(|(account, grants)| (session, account, grants)))
        })
    }

    fn touch_session(&self, digest: &[u8; 32], used_at: Timestamp, expires_at: Timestamp) -> Result<()> {
        self.pool().write(|conn| {
            conn.execute(sql::TOUCH_SESSION, &[&digest.as_slice(), &used_at.0, &expires_at.0]).map(drop)
        })
    }

    fn delete_session(&self, digest: &[u8; 32]) -> Result<()> {
        self.pool().write(|conn| conn.execute(sql::DROP_SESSION, &[&digest.as_slice()]).map(drop))
    }

    fn delete_sessions(&self, account: AccountId, except: Option<&[u8; 32]>) -> Result<()> {
        let except = except.map(<[u8; 32]>::as_slice);
        self.pool().write(|conn| conn.execute(sql::DROP_SESSIONS, &[&account.0, &except]).map(drop))
    }

    fn create_login_link(&self, link: &LoginLink) -> Result<()> {
        let LoginLink { digest, account, expires_at } = link;
        self.pool().write(|conn| {
            conn.execute(sql::DROP_LINKS, &[&account.0])?;
            conn.execute(sql::INSERT_LINK, &[&digest.as_slice(), &account.0, &expires_at.0]).map(drop)
        })
    }

    fn login_link(&self, digest: &[u8; 32]) -> Result<Option<LoginLink>> {
        self.pool().read(|conn| {
            conn.query_opt(sql::LINK, &[&digest.as_slice()])?.as_ref().map(read_login_link).transpose()
        })
    }

    fn use_login_link(&self, digest: &[u8; 32], password: &str, now: Timestamp) -> Result<Option<AccountId>> {
        self.pool().write(|conn| {
            let Some(row) = conn.query_opt(sql::TAKE_LINK, &[&digest.as_slice(), &now.0])? else {
                return Ok(None);
            };
            let account = AccountId(row.int(0)?);
            set_password(conn, account, password)?;
            Ok(Some(account))
        })
    }

    fn drop_expired_sessions(&self, now: Timestamp) -> Result<usize> {
        self.pool().write(|conn| {
            let sessions = conn.execute(sql::DROP_OLD_SESSIONS, &[&now.0])?;
            let links = conn.execute(sql::DROP_OLD_LINKS, &[&now.0])?;
            let browsers = conn.execute(sql::DROP_OLD_BROWSERS, &[&now.0])?;
            Ok(usize::try_from(sessions + links + browsers).unwrap_or(usize::MAX))
        })
    }

    fn create_known_browser(&self, browser: &KnownBrowser) -> Result<()> {
        let KnownBrowser { digest, account, created_at, expires_at } = browser;
        self.pool().write(|conn| {
            conn.execute(
                sql::INSERT_KNOWN_BROWSER,
                &[&digest.as_slice(), &account.0, &created_at.0, &expires_at.0],
            )?;
            conn.execute(sql::DROP_OLDEST_BROWSERS, &[&account.0, &KNOWN_BROWSERS_MAX]).map(drop)
        })
    }

    fn known_browser(&self, digest: &[u8; 32]) -> Result<Option<KnownBrowser>> {
        self.pool().read(|conn| {
            let row = conn.query_opt(sql::KNOWN_BROWSER, &[&digest.as_slice()])?;
            row.as_ref().map(read_known_browser).transpose()
        })
    }

    fn take_login_attempt(&self, limits: &[AttemptLimit], now: Timestamp) -> Result<Option<Timestamp>> {
        let who: Vec<&str> = limits.iter().map(|limit| limit.who.as_str()).collect();
        // A refused attempt locks nothing.
        let seen = self.pool().read(|conn| take_attempts(conn, sql::LOGIN_ATTEMPTS, limits, now))?;
        if let Err(free_at) = seen {
            return Ok(Some(free_at));
        }
        self.pool().write(|conn| {
            let after = match take_attempts(conn, sql::LOCK_LOGIN_ATTEMPTS, limits, now)? {
                Err(free_at) => return Ok(Some(free_at)),
                Ok(after) => after,
            };
            let counts: Vec<i64> = after.iter().map(|attempts| i64::from(attempts.count)).collect();
            let free_at: Vec<i64> = after.iter().map(|attempts| attempts.free_at.0).collect();
            conn.execute(sql::PUT_LOGIN_ATTEMPTS, &[&who, &now.0, &counts, &free_at])?;
            Ok(None)
        })
    }

    fn return_login_attempt(&self, cleared: &[&str], returned: &[&str]) -> Result<()> {
        self.pool().write(|conn| {
            // In the order in which attempts lock them: addresses come first.
            conn.execute(sql::RETURN_LOGIN_ATTEMPTS, &[&returned])?;
            conn.execute(sql::CLEAR_LOGIN_ATTEMPTS, &[&cleared]).map(drop)
        })
    }

    fn drop_login_attempts(&self, until: Timestamp) -> Result<usize> {
        let dropped = self.pool().write(|conn| conn.execute(sql::DROP_LOGIN_ATTEMPTS, &[&until.0]))?;
        Ok(usize::try_from(dropped).unwrap_or(usize::MAX))
    }
}

/// The attempts after one more for each limit, or the time before which a limit refuses. The statement finds the rows.
fn take_attempts(
    conn: &mut Conn,
    sql: &'static str,
    limits: &[AttemptLimit],
    now: Timestamp,
) -> Result<std::result::Result<Vec<Attempts>, Timestamp>> {
    let who: Vec<&str> = limits.iter().map(|limit| limit.who.as_str()).collect();
    let rows = conn.query(sql, &[&who])?;
    let before = rows.iter().map(read_attempts).collect::<Result<HashMap<_, _>>>()?;
    Ok(take_all(limits, |who| before.get(who).copied(), now))
}

impl PostgresStore {
    /// Makes a change, unless nobody would be left to run everything.
    fn change_if_owned(&self, change: impl Fn(&mut Conn) -> Result<()>) -> Result<bool> {
        let owner = i64::from(Role::Owner.code());
        self.pool().write(|conn| {
            conn.execute(sql::LOCK_GRANTS, &[])?;
            conn.batch("SAVEPOINT change_if_owned")?;
            change(conn)?;
            let row = conn.query_one(sql::IS_OWNED, &[&owner])?;
            let owned: bool = row.try_get(0).map_err(super::error::broken)?;
            if !owned {
                conn.batch("ROLLBACK TO change_if_owned")?;
            }
            Ok(owned)
        })
    }
}

fn account(conn: &mut Conn, id: AccountId) -> Result<Option<(Account, Vec<Grant>)>> {
    let Some(row) = conn.query_opt(sql::ACCOUNT, &[&id.0])? else { return Ok(None) };
    let grants = conn.query(sql::GRANTS, &[&Some(id.0)])?;
    let grants = grants.iter().map(|row| read_grant(row, 1)).collect::<Result<Vec<Grant>>>()?;
    Ok(Some((read_account(&row)?, grants)))
}

fn replace_grants(conn: &mut Conn, id: AccountId, grants: &[Grant]) -> Result<()> {
    conn.execute(sql::DROP_GRANTS, &[&id.0])?;
    for Grant { app, role } in grants {
        let app = app.map_or(0, |app| app.0);
        conn.execute(sql::INSERT_GRANT, &[&id.0, &app, &i64::from(role.code())])?;
    }
    Ok(())
}

fn set_password(conn: &mut Conn, id: AccountId, password: &str) -> Result<()> {
    conn.execute(sql::SET_PASSWORD, &[&id.0, &password])?;
    shut_out(conn, id)
}

/// Ends the sessions, links and known browsers of an account.
fn shut_out(conn: &mut Conn, id: AccountId) -> Result<()> {
    conn.execute(sql::DROP_SESSIONS, &[&id.0, &None::<&[u8]>])?;
    conn.execute(sql::DROP_BROWSERS, &[&id.0])?;
    conn.execute(sql::DROP_LINKS, &[&id.0]).map(drop)
}
