//! Sessions, login links and known browsers of accounts.

use super::accounts::{account, set_password};
use super::{Account, AccountId, Grant, KNOWN_BROWSERS_MAX, KnownBrowser, LoginLink, Session};
use crate::Store;
use crate::cleanup::run_steps;
use crate::error::Result;
use crate::row::{read_known_browser, read_login_link, read_session};
use crate::sql::{Sql, args, statements};
use kaquan_core::time::Timestamp;

statements! {
    INSERT_SESSION = ["INSERT INTO sessions (digest, account_id, created_at, used_at, expires_at) \
        VALUES ($1, $2, $3, $4, $5)"];
    SESSION = ["SELECT digest, account_id, created_at, used_at, expires_at FROM sessions WHERE digest = $1"];
    TOUCH_SESSION = ["UPDATE sessions SET used_at = $2, expires_at = $3 WHERE digest = $1"];
    DROP_SESSION = ["DELETE FROM sessions WHERE digest = $1"];
    DROP_SESSIONS = ["DELETE FROM sessions WHERE account_id = $1 AND (CAST($2 AS bytea) IS NULL OR digest <> $2)"];
    DROP_OLD_SESSIONS = ["DELETE FROM sessions WHERE expires_at <= $1"];
    INSERT_LINK = ["INSERT INTO login_links (digest, account_id, expires_at) VALUES ($1, $2, $3)"];
    LINK = ["SELECT digest, account_id, expires_at FROM login_links WHERE digest = $1"];
    TAKE_LINK = ["DELETE FROM login_links WHERE digest = $1 AND expires_at > $2 RETURNING account_id"];
    DROP_LINKS = ["DELETE FROM login_links WHERE account_id = $1"];
    DROP_OLD_LINKS = ["DELETE FROM login_links WHERE expires_at <= $1"];
    INSERT_KNOWN_BROWSER = ["INSERT INTO known_browsers (digest, account_id, created_at, expires_at) \
        VALUES ($1, $2, $3, $4)"];
    KNOWN_BROWSER = ["SELECT digest, account_id, created_at, expires_at FROM known_browsers WHERE digest = $1"];
    DROP_OLDEST_BROWSERS = ["DELETE FROM known_browsers WHERE account_id = $1 AND digest NOT IN (SELECT digest \
        FROM known_browsers WHERE account_id = $1 ORDER BY created_at DESC, digest DESC LIMIT $2)"];
    DROP_BROWSERS = ["DELETE FROM known_browsers WHERE account_id = $1"];
    DROP_OLD_BROWSERS = ["DELETE FROM known_browsers WHERE expires_at <= $1"];
}

impl dyn Store + '_ {
    /// Stores a new session.
    pub fn create_session(&self, session: &Session) -> Result<()> {
        let Session { digest, account, created_at, used_at, expires_at } = session;
        let args = args![digest, account.0, created_at.0, used_at.0, expires_at.0];
        self.write(|sql| sql.execute(INSERT_SESSION, args).map(drop))
    }

    /// The session with this digest, its account, and the grants of that account.
    pub fn session(&self, digest: &[u8; 32]) -> Result<Option<(Session, Account, Vec<Grant>)>> {
        self.snapshot(|sql| {
            let session = sql.first(SESSION, args![digest], |row| read_session(row))?;
            let Some(session) = session else { return Ok(None) };
            Ok(account(sql, session.account)?.map(|(account, grants)| (session, account, grants)))
        })
    }

    /// Saves when a session was used and its new expiry.
    pub fn touch_session(&self, digest: &[u8; 32], used_at: Timestamp, expires_at: Timestamp) -> Result<()> {
        self.write(|sql| sql.execute(TOUCH_SESSION, args![digest, used_at.0, expires_at.0]).map(drop))
    }

    /// Ends a session.
    pub fn delete_session(&self, digest: &[u8; 32]) -> Result<()> {
        self.write(|sql| sql.execute(DROP_SESSION, args![digest]).map(drop))
    }

    /// Ends the sessions of an account, except for one.
    pub fn delete_sessions(&self, account: AccountId, except: Option<&[u8; 32]>) -> Result<()> {
        self.write(|sql| sql.execute(DROP_SESSIONS, args![account.0, except]).map(drop))
    }

    /// Saves a login link. Earlier links of the account become invalid.
    pub fn create_login_link(&self, link: &LoginLink) -> Result<()> {
        self.write(|sql| put_login_link(sql, link))
    }

    /// The login link with this digest.
    pub fn login_link(&self, digest: &[u8; 32]) -> Result<Option<LoginLink>> {
        self.read(|sql| sql.first(LINK, args![digest], |row| read_login_link(row)))
    }

    /// Invalidates a login link and sets the password of its account. Returns the account, or `None` if the link is
    /// expired or was used before.
    pub fn use_login_link(
        &self,
        digest: &[u8; 32],
        password: &str,
        now: Timestamp,
    ) -> Result<Option<AccountId>> {
        self.write(|sql| {
            let account = sql.first(TAKE_LINK, args![digest, now.0], |row| row.int(0).map(AccountId))?;
            if let Some(account) = account {
                set_password(sql, account, password)?;
            }
            Ok(account)
        })
    }

    /// Drops expired sessions, login links and known browsers. Returns their number.
    pub fn drop_expired_sessions(&self, now: Timestamp) -> Result<usize> {
        let steps = [
            ("sessions", DROP_OLD_SESSIONS),
            ("login links", DROP_OLD_LINKS),
            ("known browsers", DROP_OLD_BROWSERS),
        ];
        run_steps(steps, |statement| {
            let dropped = self.write(|sql| sql.execute(statement, args![now.0]))?;
            Ok(usize::try_from(dropped).unwrap_or(usize::MAX))
        })
    }

    /// Saves that a browser signed in to an account. If there are more than [`KNOWN_BROWSERS_MAX`], the oldest are
    /// dropped.
    pub fn create_known_browser(&self, browser: &KnownBrowser) -> Result<()> {
        let KnownBrowser { digest, account, created_at, expires_at } = browser;
        self.write(|sql| {
            sql.execute(INSERT_KNOWN_BROWSER, args![digest, account.0, created_at.0, expires_at.0])?;
            sql.execute(DROP_OLDEST_BROWSERS, args![account.0, KNOWN_BROWSERS_MAX]).map(drop)
        })
    }

    /// The known browser with this digest.
    pub fn known_browser(&self, digest: &[u8; 32]) -> Result<Option<KnownBrowser>> {
        self.read(|sql| sql.first(KNOWN_BROWSER, args![digest], |row| read_known_browser(row)))
    }
}

/// Saves a login link, within a transaction. Earlier links of the account become invalid.
pub(crate) fn put_login_link(sql: &mut dyn Sql, link: &LoginLink) -> Result<()> {
    let LoginLink { digest, account, expires_at } = link;
    sql.execute(DROP_LINKS, args![account.0])?;
    sql.execute(INSERT_LINK, args![digest, account.0, expires_at.0]).map(drop)
}

/// Ends the sessions, login links and known browsers of an account.
pub(super) fn end_all(sql: &mut dyn Sql, id: AccountId) -> Result<()> {
    sql.execute(DROP_SESSIONS, args![id.0, None::<&[u8; 32]>])?;
    sql.execute(DROP_BROWSERS, args![id.0])?;
    sql.execute(DROP_LINKS, args![id.0]).map(drop)
}
