//! Accounts with their passwords and grants.

use super::{Account, AccountId, Grant, Role, sessions};
use crate::Store;
use crate::error::Result;
use crate::row::{read_account, read_grant};
use crate::sql::{Sql, args, statements};
use kaquan_core::time::Timestamp;
use std::collections::HashMap;

statements! {
    ACCOUNTS = ["SELECT ", account_columns, " FROM accounts ORDER BY account_id"];
    ACCOUNT = ["SELECT ", account_columns, " FROM accounts WHERE account_id = $1"];
    ACCOUNT_BY_NAME = ["SELECT ", account_columns, " FROM accounts WHERE name_key = $1"];
    INSERT_ACCOUNT = ["INSERT INTO accounts (name, name_key, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING \
        RETURNING ", account_columns];
    SET_PASSWORD = ["UPDATE accounts SET password = $2 WHERE account_id = $1"];
    SET_DISABLED_IF = ["UPDATE accounts SET disabled_at = $3 WHERE account_id = $1 AND coalesce(disabled_at, -1) = $2"];
    SET_DISABLED = ["UPDATE accounts SET disabled_at = $2 WHERE account_id = $1"];
    ALL_GRANTS = ["SELECT account_id, app_id, role FROM grants ORDER BY account_id, app_id"];
    GRANTS = ["SELECT app_id, role FROM grants WHERE account_id = $1 ORDER BY app_id"];
    DROP_GRANTS = ["DELETE FROM grants WHERE account_id = $1"];
    INSERT_GRANT = ["INSERT INTO grants (account_id, app_id, role) VALUES ($1, $2, $3) \
        ON CONFLICT (account_id, app_id) DO UPDATE SET role = excluded.role"];
    COUNT_OWNERS = ["SELECT count(*) FROM grants JOIN accounts USING (account_id) WHERE app_id = 0 AND role = $1 \
        AND disabled_at IS NULL"];
}

impl dyn Store + '_ {
    /// All accounts with their grants, oldest first.
    pub fn accounts(&self) -> Result<Vec<(Account, Vec<Grant>)>> {
        self.snapshot(|sql| {
            let mut grants: HashMap<i64, Vec<Grant>> = HashMap::new();
            sql.visit(ALL_GRANTS, &[], &mut |row| {
                grants.entry(row.int(0)?).or_default().push(read_grant(row, 1)?);
                Ok(())
            })?;
            sql.all(ACCOUNTS, &[], |row| {
                let account = read_account(row)?;
                let grants = grants.remove(&account.id.0).unwrap_or_default();
                Ok((account, grants))
            })
        })
    }

    /// The account with this number, with its grants.
    pub fn account(&self, id: AccountId) -> Result<Option<(Account, Vec<Grant>)>> {
        self.snapshot(|sql| account(sql, id))
    }

    /// The account with this name. Upper and lower case are equal.
    pub fn account_by_name(&self, name: &str) -> Result<Option<Account>> {
        let key = name.to_lowercase();
        self.read(|sql| sql.first(ACCOUNT_BY_NAME, args![&key], |row| read_account(row)))
    }

    /// Creates an account without a password. Returns `None` if the name is taken.
    pub fn create_account(&self, name: &str, grants: &[Grant], now: Timestamp) -> Result<Option<Account>> {
        self.write(|sql| insert_account(sql, name, grants, now))
    }

    /// Sets the password of an account and ends its sessions, login links and known browsers.
    pub fn set_password(&self, id: AccountId, password: &str) -> Result<()> {
        self.write(|sql| set_password(sql, id, password))
    }

    /// Replaces the grants of an account. If no enabled owner of the whole server would remain, changes nothing and
    /// returns `false`.
    pub fn set_grants(&self, id: AccountId, grants: &[Grant]) -> Result<bool> {
        self.write(|sql| change_if_owned(sql, |sql| replace_grants(sql, id, grants)))
    }

    /// Disables an account from the time `since` and ends its sessions and login links; `None` enables it again. If
    /// no enabled owner of the whole server would remain, changes nothing and returns `false`.
    pub fn set_disabled(&self, id: AccountId, since: Option<Timestamp>) -> Result<bool> {
        self.write(|sql| {
            change_if_owned(sql, |sql| {
                sql.execute(SET_DISABLED, args![id.0, since.map(|at| at.0)])?;
                if since.is_some() { sessions::end_all(sql, id) } else { Ok(()) }
            })
        })
    }
}

/// Creates an account without a password, within a transaction. Returns `None` if the name is taken.
pub(crate) fn insert_account(
    sql: &mut dyn Sql,
    name: &str,
    grants: &[Grant],
    now: Timestamp,
) -> Result<Option<Account>> {
    let key = name.to_lowercase();
    let account = sql.first(INSERT_ACCOUNT, args![name, &key, now.0], |row| read_account(row))?;
    let Some(account) = account else { return Ok(None) };
    replace_grants(sql, account.id, grants)?;
    Ok(Some(account))
}

/// Disables or enables an account that is disabled since `was`. Returns `None` if the account is not in that state, and
/// `false` if no enabled owner of the whole server would remain. In both cases nothing is changed.
pub(crate) fn switch_account(
    sql: &mut dyn Sql,
    id: AccountId,
    was: Option<Timestamp>,
    since: Option<Timestamp>,
) -> Result<Option<bool>> {
    let mut is_as_it_was = false;
    let is_owned = change_if_owned(sql, |sql| {
        let (was, since) = (was.map_or(-1, |at| at.0), since.map(|at| at.0));
        is_as_it_was = sql.execute(SET_DISABLED_IF, args![id.0, was, since])? > 0;
        if is_as_it_was && since.is_some() { sessions::end_all(sql, id) } else { Ok(()) }
    })?;
    Ok(is_as_it_was.then_some(is_owned))
}

/// Makes a change, unless no enabled owner of the whole server would remain. Returns whether it was made.
fn change_if_owned(sql: &mut dyn Sql, mut change: impl FnMut(&mut dyn Sql) -> Result<()>) -> Result<bool> {
    // Two nodes that each remove another owner must not both succeed.
    sql.lock_tables("grants, accounts")?;
    sql.batch("SAVEPOINT change_if_owned")?;
    change(sql)?;
    let owners = sql.only(COUNT_OWNERS, args![Role::Owner.number()], |row| row.int(0))?;
    if owners == 0 {
        sql.batch("ROLLBACK TO SAVEPOINT change_if_owned")?;
    }
    sql.batch("RELEASE SAVEPOINT change_if_owned")?;
    Ok(owners > 0)
}

pub(super) fn account(sql: &mut dyn Sql, id: AccountId) -> Result<Option<(Account, Vec<Grant>)>> {
    let Some(account) = sql.first(ACCOUNT, args![id.0], |row| read_account(row))? else { return Ok(None) };
    let grants = sql.all(GRANTS, args![id.0], |row| read_grant(row, 0))?;
    Ok(Some((account, grants)))
}

pub(super) fn set_password(sql: &mut dyn Sql, id: AccountId, password: &str) -> Result<()> {
    sql.execute(SET_PASSWORD, args![id.0, password])?;
    sessions::end_all(sql, id)
}

fn replace_grants(sql: &mut dyn Sql, id: AccountId, grants: &[Grant]) -> Result<()> {
    sql.execute(DROP_GRANTS, args![id.0])?;
    for Grant { app, role } in grants {
        // 0 means every app.
        sql.execute(INSERT_GRANT, args![id.0, app.map_or(0, |app| app.0), role.number()])?;
    }
    Ok(())
}
