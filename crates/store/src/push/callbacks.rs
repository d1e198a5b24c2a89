//! The callbacks of apps, and the cursor of the reader of each app's log.

use super::{Callback, DeliveryState, PushCursor};
use crate::Store;
use crate::error::Result;
use crate::row::{read_callback, read_push_cursor};
use crate::sql::{Sql, Statement, args, statements};
use kaquan_core::id::AppId;

statements! {
    CALLBACKS = ["SELECT ", callback_columns, " FROM callbacks ORDER BY app_id"];
    CALLBACK = ["SELECT ", callback_columns, " FROM callbacks WHERE app_id = $1"];
    CALLBACK_TO_CHANGE = ["SELECT ", callback_columns, " FROM callbacks WHERE app_id = $1", for_update];
    LOCK_CALLBACK = ["SELECT app_id FROM callbacks WHERE app_id = $1", for_update];
    PUT_CALLBACK = ["INSERT INTO callbacks (", callback_columns, ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
        ON CONFLICT (app_id) DO UPDATE SET url = excluded.url, token = excluded.token, aes_key = excluded.aes_key, \
        mode = excluded.mode, secret = excluded.secret, policy = excluded.policy, original_id = excluded.original_id, \
        changed_at = excluded.changed_at"];
    INSERT_CALLBACK = ["INSERT INTO callbacks (", callback_columns, ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
        ON CONFLICT DO NOTHING"];
    REMOVE_CALLBACK = ["DELETE FROM callbacks WHERE app_id = $1"];
    BEGIN_CURSOR = ["INSERT INTO push_marks (app_id, since_seq, next_seq, told, revision) \
        SELECT app_id, event_seq, event_seq, '', 0 FROM counters WHERE app_id = $1 ON CONFLICT (app_id) DO UPDATE \
        SET since_seq = excluded.since_seq, next_seq = excluded.next_seq, told = excluded.told"];
    PUSH_CURSOR = ["SELECT since_seq, next_seq, told, revision FROM push_marks WHERE app_id = $1"];
    REVISE = ["UPDATE push_marks SET revision = revision + 1 WHERE app_id = $1"];
    DEAD_LETTER = ["UPDATE deliveries SET state = $2 WHERE app_id = $1 AND state = $3"];
}

impl dyn Store + '_ {
    /// The callbacks of all apps.
    pub fn callbacks(&self) -> Result<Vec<Callback>> {
        self.read(|sql| sql.all(CALLBACKS, &[], |row| read_callback(row)))
    }

    /// The callback of an app.
    pub fn callback(&self, app: AppId) -> Result<Option<Callback>> {
        self.read(|sql| sql.first(CALLBACK, args![app.0], |row| read_callback(row)))
    }

    /// Sets the callback of an app. If the app had none, the next event is the first to be pushed. Otherwise the
    /// reader continues at its cursor.
    pub fn set_callback(&self, callback: &Callback) -> Result<()> {
        self.write(|sql| set_callback(sql, callback))
    }

    /// Removes the callback of an app. Its pending deliveries become dead-lettered.
    pub fn remove_callback(&self, app: AppId) -> Result<()> {
        self.write(|sql| remove_callback(sql, app))
    }

    /// The cursor of an app's reader; `None` if the app never had a callback.
    pub fn push_cursor(&self, app: AppId) -> Result<Option<PushCursor>> {
        self.read(|sql| sql.first(PUSH_CURSOR, args![app.0], |row| read_push_cursor(row)))
    }
}

fn set_callback(sql: &mut dyn Sql, callback: &Callback) -> Result<()> {
    let had_callback = lock_callback(sql, callback.app)?;
    write_callback(sql, PUT_CALLBACK, callback)?;
    if !had_callback {
        sql.execute(BEGIN_CURSOR, args![callback.app.0])?;
    }
    revise(sql, callback.app)
}

/// Runs a statement that writes a callback. Returns whether it wrote one.
fn write_callback(sql: &mut dyn Sql, statement: Statement, callback: &Callback) -> Result<bool> {
    let Callback { app, url, token, aes_key, mode, secret, policy, original_id, changed_at } = callback;
    let (mode, policy) = (mode.number(), policy.number());
    let args = args![app.0, url, token, aes_key, mode, secret, policy, original_id, changed_at.0];
    Ok(sql.execute(statement, args)? > 0)
}

/// Sets the callback of an app, if it still is `was`. Returns whether it was.
pub(crate) fn replace_callback(
    sql: &mut dyn Sql,
    was: Option<&Callback>,
    callback: &Callback,
) -> Result<bool> {
    if !is_callback(sql, callback.app, was)? {
        return Ok(false);
    }
    // Without a row there is nothing to lock, and a call of the API may set the first callback at the same time.
    if was.is_none() && !write_callback(sql, INSERT_CALLBACK, callback)? {
        return Ok(false);
    }
    match was {
        Some(_) => write_callback(sql, PUT_CALLBACK, callback).map(drop)?,
        None => sql.execute(BEGIN_CURSOR, args![callback.app.0]).map(drop)?,
    }
    revise(sql, callback.app)?;
    Ok(true)
}

/// Removes the callback of an app, if it still is `was`. Returns whether it was.
pub(crate) fn take_callback(sql: &mut dyn Sql, app: AppId, was: Option<&Callback>) -> Result<bool> {
    let is_same = is_callback(sql, app, was)?;
    if is_same {
        remove_callback(sql, app)?;
    }
    Ok(is_same)
}

/// Locks the callback of an app and returns whether it is this one.
fn is_callback(sql: &mut dyn Sql, app: AppId, was: Option<&Callback>) -> Result<bool> {
    Ok(sql.first(CALLBACK_TO_CHANGE, args![app.0], |row| read_callback(row))?.as_ref() == was)
}

fn remove_callback(sql: &mut dyn Sql, app: AppId) -> Result<()> {
    sql.execute(REMOVE_CALLBACK, args![app.0])?;
    dead_letter(sql, app)?;
    revise(sql, app)
}

/// Locks the callback of an app and returns whether there is one.
pub(super) fn lock_callback(sql: &mut dyn Sql, app: AppId) -> Result<bool> {
    sql.exists(LOCK_CALLBACK, args![app.0])
}

pub(super) fn dead_letter(sql: &mut dyn Sql, app: AppId) -> Result<()> {
    let (dead_lettered, pending) = (DeliveryState::DeadLettered.number(), DeliveryState::Pending.number());
    sql.execute(DEAD_LETTER, args![app.0, dead_lettered, pending]).map(drop)
}

pub(super) fn revise(sql: &mut dyn Sql, app: AppId) -> Result<()> {
    sql.execute(REVISE, args![app.0]).map(drop)
}
