//! Changes that forms of the console make outside of the rules: of accounts, secrets, receivers and deliveries. Each is
//! committed in one transaction with the idempotency key and the audit entry of its form. A change is based on the state
//! that its page showed, and is refused if the state has changed since.

use crate::apps::{APP_AND_COUNTERS, change_app, change_secret};
use crate::console::accounts::{insert_account, switch_account};
use crate::console::sessions::put_login_link;
use crate::error::{Result, StoreError};
use crate::push::callbacks::{replace_callback, take_callback};
use crate::push::deliveries::make_pending;
use crate::row::{read_app, read_counters, read_stored_record};
use crate::sql::{Sql, args, statements};
use crate::{Account, AccountId, Callback, Grant, LoginLink, Store};
use kaquan_core::app::App;
use kaquan_core::engine::{Command as _, Keys, RecordKey, WorkingSet};
use kaquan_core::id::{AppId, EventSeq};
use kaquan_core::operation::{AuditEntry, Request};
use kaquan_core::time::Timestamp;

/// A change outside of the rules. The `was` of a change is the state that its page showed.
#[derive(Debug, Clone)]
pub enum SettingsChange {
    /// Replaces the review policy and the time limits of an app.
    Rules { was: App, app: App },
    /// Replaces the digest of an app's secret.
    Secret { was: [u8; 32], digest: [u8; 32] },
    /// Sets the callback of an app.
    SetCallback { was: Option<Box<Callback>>, callback: Box<Callback> },
    /// Removes the callback of an app.
    RemoveCallback { was: Option<Box<Callback>> },
    /// Creates an account with a login link. Refused if the name is taken.
    CreateAccount { name: String, grants: Vec<Grant>, link: [u8; 32], link_expires_at: Timestamp },
    /// Disables an account since a time, or enables it. Refused if no enabled owner of the whole server would remain.
    SetDisabled { account: AccountId, was: Option<Timestamp>, since: Option<Timestamp> },
    /// Creates a login link. Earlier links of the account become invalid.
    LoginLink(LoginLink),
    /// Makes the deliveries of these events pending. Refused if no delivery can be made pending.
    PushAgain(Vec<EventSeq>),
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingsOutcome {
    /// The change was made, with its idempotency key and its audit entry.
    Done,
    /// The account was created.
    Created(Account),
    /// The same form made the change before, at this time.
    Before(Timestamp),
    /// Nothing was changed: the state is no longer the one that the page showed.
    Moved,
    /// Nothing was changed: the change itself is not possible.
    Refused,
}

statements! {
    BEGIN_SEQUENCE = ["INSERT INTO records (app_id, kind, no, name, body) VALUES ($1, $2, $3, '', '0') \
        ON CONFLICT DO NOTHING"];
    LOCK_RECORD = ["SELECT body, expires_at FROM records WHERE app_id = $1 AND kind = $2 AND no = $3 AND name = $4",
        for_update];
    PUT_RECORD = ["INSERT INTO records (app_id, kind, no, name, body, expires_at) VALUES ($1, $2, $3, $4, $5, $6) \
        ON CONFLICT (app_id, kind, no, name) DO UPDATE SET body = excluded.body, expires_at = excluded.expires_at"];
}

impl dyn Store + '_ {
    /// Makes a change of an app's settings, with the key and the audit entry of the request. The operation of the request
    /// must read records only.
    ///
    /// # Errors
    /// [`StoreError::Bug`] with 40097 if the key was used for another request; the errors of the store.
    pub fn change_settings(
        &self,
        app: AppId,
        request: &Request,
        change: &SettingsChange,
        now: Timestamp,
    ) -> Result<SettingsOutcome> {
        self.write(|sql| {
            // The number of the audit log is locked first. So the changes of one app wait for each other, and each finds
            // the key of the one before. Batches lock it in the same order: before the counters.
            lock_audit(sql, app)?;
            let mut set = load_records(sql, app, request)?;
            let outcome = request.apply(&mut set, now).map_err(StoreError::Bug)?;
            if let Some(at) = outcome.done_before {
                return Ok(SettingsOutcome::Before(at));
            }
            let done = make(sql, app, change, now)?;
            if matches!(done, SettingsOutcome::Done | SettingsOutcome::Created(_)) {
                write_records(sql, &set)?;
            }
            Ok(done)
        })
    }
}

fn lock_audit(sql: &mut dyn Sql, app: AppId) -> Result<()> {
    let RecordKey { kind, no, name } = AuditEntry::sequence();
    sql.execute(BEGIN_SEQUENCE, args![app.0, kind.number(), no])?;
    sql.exists(LOCK_RECORD, args![app.0, kind.number(), no, &*name]).map(drop)
}

/// The working set of the request, with the records that it reads.
fn load_records(sql: &mut dyn Sql, app: AppId, request: &Request) -> Result<WorkingSet> {
    let mut set = sql.only(APP_AND_COUNTERS, args![app.0], |row| {
        Ok(WorkingSet::new(read_app(row)?, read_counters(row, 4)?))
    })?;
    let mut keys = Keys::default();
    request.reads(&set, &mut keys);
    for key in keys.records {
        let args = args![app.0, key.kind.number(), key.no, &*key.name];
        let record = sql.first(LOCK_RECORD, args, |row| read_stored_record(row, 0))?;
        set.records.load(key, record);
    }
    Ok(set)
}

fn write_records(sql: &mut dyn Sql, set: &WorkingSet) -> Result<()> {
    for (key, record, _) in set.records.changed() {
        let expires_at = record.expires_at.map(|at| at.0);
        let args = args![set.app.id.0, key.kind.number(), key.no, &*key.name, &*record.body, expires_at];
        sql.execute(PUT_RECORD, args)?;
    }
    Ok(())
}

/// Makes the change itself.
fn make(sql: &mut dyn Sql, id: AppId, change: &SettingsChange, now: Timestamp) -> Result<SettingsOutcome> {
    let or = |is_done: bool, otherwise| if is_done { SettingsOutcome::Done } else { otherwise };
    let or_moved = |is_done| or(is_done, SettingsOutcome::Moved);
    Ok(match change {
        SettingsChange::Rules { was, app } => or_moved(change_app(sql, was, app)?),
        SettingsChange::Secret { was, digest } => or_moved(change_secret(sql, id, was, digest)?),
        SettingsChange::SetCallback { was, callback } => {
            or_moved(replace_callback(sql, was.as_deref(), callback)?)
        }
        SettingsChange::RemoveCallback { was } => or_moved(take_callback(sql, id, was.as_deref())?),
        SettingsChange::CreateAccount { name, grants, link, link_expires_at } => {
            match insert_account(sql, name, grants, now)? {
                Some(account) => {
                    let (digest, expires_at) = (*link, *link_expires_at);
                    put_login_link(sql, &LoginLink { digest, account: account.id, expires_at })?;
                    SettingsOutcome::Created(account)
                }
                None => SettingsOutcome::Refused,
            }
        }
        SettingsChange::SetDisabled { account, was, since } => {
            match switch_account(sql, *account, *was, *since)? {
                Some(is_owned) => or(is_owned, SettingsOutcome::Refused),
                None => SettingsOutcome::Moved,
            }
        }
        SettingsChange::LoginLink(link) => {
            put_login_link(sql, link)?;
            SettingsOutcome::Done
        }
        SettingsChange::PushAgain(events) => {
            or(make_pending(sql, id, events, now)? > 0, SettingsOutcome::Refused)
        }
    })
}
