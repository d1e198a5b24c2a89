//! The console in SQLite: accounts, grants, sessions, login links, known browsers and login attempts.

use super::SqliteStore;
use super::load::{query_all, query_one};
use crate::attempts::{AttemptLimit, Attempts, take_all};
use crate::console::{
    Account, AccountId, ConsoleStore, Grant, KNOWN_BROWSERS_MAX, KnownBrowser, LoginLink, Role, Session,
};
use crate::error::Result;
use crate::row::{
    ACCOUNT_COLUMNS, read_account, read_attempts, read_grant, read_known_browser, read_login_link,
    read_session,
};
use kaquan_core::time::Timestamp;
use rusqlite::{Connection, Transaction};
use std::collections::HashMap;

impl ConsoleStore for SqliteStore {
    fn accounts(&self) -> Result<Vec<(Account, Vec<Grant>)>> {
        let sql = format!("SELECT {ACCOUNT_COLUMNS} FROM accounts ORDER BY account_id");
        self.read(|conn| {
            let accounts = query_all(conn, &sql, [], |row| read_account(row))?;
            accounts.into_iter().map(|account| Ok((grants(conn, account.id)?, account))).map(swap).collect()
        })
    }

    fn account(&self, id: AccountId) -> Result<Option<(Account, Vec<Grant>)>> {
        self.read(|conn| account(conn, id))
    }

    fn account_by_name(&self, name: &str) -> Result<Option<Account>> {
        let sql = format!("SELECT {ACCOUNT_COLUMNS} FROM accounts WHERE name_key = ?1");
        self.read(|conn| query_one(conn, &sql, [name.to_lowercase()], |row| read_account(row)))
    }

    fn create_account(&self, name: &str, grants: &[Grant], now: Timestamp) -> Result<Option<Account>> {
        let sql =
            "INSERT INTO accounts (name, name_key, created_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        self.write(|conn| {
            if conn.execute(sql, (name, name.to_lowercase(), now.0))? == 0 {
                return Ok(None);
            }
            let id = AccountId(conn.last_insert_rowid());
            replace_grants(conn, id, grants)?;
            Ok(account(conn, id)?.map(|(account, _)| account))
        })
    }

    fn set_password(&self, id: AccountId, password: &str) -> Result<()> {
        self.write(|conn| set_password(conn, id, password))
    }

    fn set_grants(&self, id: AccountId, grants: &[Grant]) -> Result<bool> {
        self.change_if_owned(|conn| replace_grants(conn, id, grants))
    }

    fn set_disabled(&self, id: AccountId, since: Option<Timestamp>) -> Result<bool> {
        self.change_if_owned(|conn| {
            let since = since.map(|at| at.0);
            conn.execute("UPDATE accounts SET disabled_at = ?2 WHERE account_id = ?1", (id.0, since))?;
            if since.is_some() { shut_out(conn, id) } else { Ok(()) }
        })
    }

    fn create_session(&self, session: &Session) -> Result<()> {
        let Session { digest, account, created_at, used_at, expires_at } = session;
        let sql = "INSERT INTO sessions (digest, account_id, created_at, used_at, expires_at) \
                   VALUES (?1, ?2, ?3, ?4, ?5)";
        self.write(|conn| {
            conn.execute(sql, (digest, account.0, created_at.0, used_at.0, expires_at.0))?;
            Ok(())
        })
    }

    fn session(&self, digest: &[u8; 32]) -> Result<Option<(Session, Account, Vec<Grant>)>> {
        let sql =
            "SELECT digest, account_id, created_at, used_at, expires_at FROM sessions WHERE digest = ?1";
        self.read(|conn| {
            let session = query_one(conn, sql, [digest], |row| read_session(row))?;
            let Some(session) = session else { return Ok(None) };
            let found = account(conn, session.account)?;
            Ok(found.map(|(account, grants)| (session, account, grants)))
        })
    }

    fn touch_session(&self, digest: &[u8; 32], used_at: Timestamp, expires_at: Timestamp) -> Result<()> {
        let sql = "UPDATE sessions SET used_at = ?2, expires_at = ?3 WHERE digest = ?1";
        self.write(|conn| Ok(conn.execute(sql, (digest, used_at.0, expires_at.0)).map(drop)?))
    }

    fn delete_session(&self, digest: &[u8; 32]) -> Result<()> {
        self.write(|conn| Ok(conn.execute("DELETE FROM sessions WHERE digest = ?1", [digest]).map(drop)?))
    }

    fn delete_sessions(&self, account: AccountId, except: Option<&[u8; 32]>) -> Result<()> {
        let sql = "DELETE FROM sessions WHERE account_id = ?1 AND (?2 IS NULL OR digest <> ?2)";
        self.write(|conn| Ok(conn.execute(sql, (account.0, except)).map(drop)?))
    }

    fn create_login_link(&self, link: &LoginLink) -> Result<()> {
        let LoginLink { digest, account, expires_at } = link;
        self.write(|conn| {
            conn.execute("DELETE FROM login_links WHERE account_id = ?1", [account.0])?;
            let sql = "INSERT INTO login_links (digest, account_id, expires_at) VALUES (?1, ?2, ?3)";
            conn.execute(sql, (digest, account.0, expires_at.0))?;
            Ok(())
        })
    }

    fn login_link(&self, digest: &[u8; 32]) -> Result<Option<LoginLink>> {
        self.read(|conn| login_link(conn, digest))
    }

    fn use_login_link(&self, digest: &[u8; 32], password: &str, now: Timestamp) -> Result<Option<AccountId>> {
        self.write(|conn| {
            let link = login_link(conn, digest)?.filter(|link| link.expires_at > now);
            let Some(link) = link else { return Ok(None) };
            // Takes the link away with the account's sessions.
            set_password(conn, link.account, password)?;
            Ok(Some(link.account))
        })
    }

    fn drop_expired_sessions(&self, now: Timestamp) -> Result<usize> {
        self.write(|conn| {
            let sessions = conn.execute("DELETE FROM sessions WHERE expires_at <= ?1", [now.0])?;
            let links = conn.execute("DELETE FROM login_links WHERE expires_at <= ?1", [now.0])?;
            let browsers = conn.execute("DELETE FROM known_browsers WHERE expires_at <= ?1", [now.0])?;
            Ok(sessions + links + browsers)
        })
    }

    fn create_known_browser(&self, browser: &KnownBrowser) -> Result<()> {
        let KnownBrowser { digest, account, created_at, expires_at } = browser;
        let sql =
            "INSERT INTO known_browsers (digest, account_id, created_at, expires_at) VALUES (?1, ?2, ?3, ?4)";
        let drop_old = "DELETE FROM known_browsers WHERE account_id = ?1 AND digest NOT IN (SELECT digest \
                        FROM known_browsers WHERE account_id = ?1 ORDER BY created_at DESC, digest DESC LIMIT ?2)";
        self.write(|conn| {
            conn.execute(sql, (digest, account.0, created_at.0, expires_at.0))?;
            Ok(conn.execute(drop_old, (account.0, KNOWN_BROWSERS_MAX)).map(drop)?)
        })
    }

    fn known_browser(&self, digest: &[u8; 32]) -> Result<Option<KnownBrowser>> {
        let sql = "SELECT digest, account_id, created_at, expires_at FROM known_browsers WHERE digest = ?1";
        self.read(|conn| query_one(conn, sql, [digest], |row| read_known_browser(row)))
    }

    fn take_login_attempt(&self, limits: &[AttemptLimit], now: Timestamp) -> Result<Option<Timestamp>> {
        // A refused attempt does not wait for the writer.
        if let Err(free_at) = self.read(|conn| take_attempts(conn, limits, now))? {
            return Ok(Some(free_at));
        }
        let sql = "INSERT INTO failed_logins (who, failures, failed_at, free_at) VALUES (?1, ?2, ?3, ?4) \
                   ON CONFLICT (who) DO UPDATE SET failures = excluded.failures, failed_at = excluded.failed_at, \
                   free_at = excluded.free_at";
        self.write(|conn| match take_attempts(conn, limits, now)? {
            Err(free_at) => Ok(Some(free_at)),
            Ok(after) => {
                for (limit, Attempts { count, last_at, free_at }) in limits.iter().zip(after) {
                    conn.execute(sql, (&limit.who, count, last_at.0, free_at.0))?;
                }
                Ok(None)
            }
        })
    }

    fn return_login_attempt(&self, cleared: &[&str], returned: &[&str]) -> Result<()> {
        self.write(|conn| {
            for who in cleared {
                conn.execute("DELETE FROM failed_logins WHERE who = ?1", [who])?;
            }
            for who in returned {
                let sql = "UPDATE failed_logins SET failures = max(failures - 1, 0) WHERE who = ?1";
                conn.execute(sql, [who])?;
            }
            Ok(())
        })
    }

    fn drop_login_attempts(&self, until: Timestamp) -> Result<usize> {
        self.write(|conn| Ok(conn.execute("DELETE FROM failed_logins WHERE failed_at <= ?1", [until.0])?))
    }
}

/// The attempts after one more for each limit, or the time before which a limit refuses.
fn take_attempts(
    conn: &Connection,
    limits: &[AttemptLimit],
    now: Timestamp,
) -> Result<std::result::Result<Vec<Attempts>, Timestamp>> {
    let sql = "SELECT who, failures, failed_at, free_at FROM failed_logins WHERE who = ?1";
    let mut before = HashMap::new();
    for limit in limits {
        before.extend(query_one(conn, sql, [&limit.who], |row| read_attempts(row))?);
    }
    Ok(take_all(limits, |who| before.get(who).copied(), now))
}

impl SqliteStore {
    /// Makes a change, unless nobody would be left to run everything.
    fn change_if_owned(&self, change: impl FnOnce(&Transaction<'_>) -> Result<()>) -> Result<bool> {
        self.write(|conn| {
            conn.execute_batch("SAVEPOINT change_if_owned")?;
            change(conn)?;
            let sql = "SELECT EXISTS (SELECT 1 FROM grants JOIN accounts USING (account_id) \
                       WHERE app_id = 0 AND role = ?1 AND disabled_at IS NULL)";
            let owned: bool = conn.query_row(sql, [Role::Owner.code()], |row| row.get(0))?;
            if !owned {
                conn.execute_batch("ROLLBACK TO change_if_owned")?;
            }
            conn.execute_batch("RELEASE change_if_owned")?;
            Ok(owned)
        })
    }
}

fn swap<A, B>(pair: Result<(A, B)>) -> Result<(B, A)> {
    pair.map(|(a, b)| (b, a))
}

fn account(conn: &Connection, id: AccountId) -> Result<Option<(Account, Vec<Grant>)>> {
    let sql = format!("SELECT {ACCOUNT_COLUMNS} FROM accounts WHERE account_id = ?1");
    let account = query_one(conn, &sql, [id.0], |row| read_account(row))?;
    account.map(|account| Ok((account, grants(conn, id)?))).transpose()
}

fn grants(conn: &Connection, id: AccountId) -> Result<Vec<Grant>> {
    let sql = "SELECT app_id, role FROM grants WHERE account_id = ?1 ORDER BY app_id";
    query_all(conn, sql, [id.0], |row| read_grant(row, 0))
}

fn replace_grants(conn: &Connection, id: AccountId, grants: &[Grant]) -> Result<()> {
    conn.execute("DELETE FROM grants WHERE account_id = ?1", [id.0])?;
    for Grant { app, role } in grants {
        let sql = "INSERT OR REPLACE INTO grants (account_id, app_id, role) VALUES (?1, ?2, ?3)";
        conn.execute(sql, (id.0, app.map_or(0, |app| app.0), role.code()))?;
    }
    Ok(())
}

fn set_password(conn: &Connection, id: AccountId, password: &str) -> Result<()> {
    conn.execute("UPDATE accounts SET password = ?2 WHERE account_id = ?1", (id.0, password))?;
    shut_out(conn, id)
}

/// Ends the sessions, links and known browsers of an account.
fn shut_out(conn: &Connection, id: AccountId) -> Result<()> {
    conn.execute("DELETE FROM sessions WHERE account_id = ?1", [id.0])?;
    conn.execute("DELETE FROM login_links WHERE account_id = ?1", [id.0])?;
    conn.execute("DELETE FROM known_browsers WHERE account_id = ?1", [id.0])?;
    Ok(())
}

fn login_link(conn: &Connection, digest: &[u8; 32]) -> Result<Option<LoginLink>> {
    let sql = "SELECT digest, account_id, expires_at FROM login_links WHERE digest = ?1";
    query_one(conn, sql, [digest], |row| read_login_link(row))
}
