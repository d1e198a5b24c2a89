//! Brings a store's tables up to this version. The steps are numbered SQL files; `user_version` says how many of them
//! a store has had. A step that was released is never edited.

use crate::error::{Result, StoreError};
use rusqlite::{Connection, TransactionBehavior};

/// Every step, oldest first. Other engines have the same steps under the same names.
const STEPS: &[&str] = &[
    include_str!("../../migrations/sqlite/0001_tables.sql"),
    include_str!("../../migrations/sqlite/0002_push.sql"),
    include_str!("../../migrations/sqlite/0003_console.sql"),
    include_str!("../../migrations/sqlite/0004_nodes.sql"),
    include_str!("../../migrations/sqlite/0005_logins.sql"),
    include_str!("../../migrations/sqlite/0006_identity.sql"),
    include_str!("../../migrations/sqlite/0007_codes.sql"),
];

/// The schema this version works with.
pub(super) const KNOWN: i64 = STEPS.len() as i64;

/// Applies the steps this store has not had. Any number of processes may do so at once.
///
/// Errors: the store has had more steps than this version knows.
pub(super) fn migrate(conn: &mut Connection) -> Result<()> {
    let known = KNOWN;
    if version(conn)? == known {
        return Ok(());
    }
    let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Asked again: another process may have been quicker.
    let found = version(&transaction)?;
    let done = usize::try_from(found).ok().filter(|done| *done <= STEPS.len());
    let done = done.ok_or(StoreError::TooNew { found, known })?;
    for step in &STEPS[done..] {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(())
}

/// How many steps a store has had.
pub(super) fn version(conn: &Connection) -> Result<i64> {
    Ok(conn.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}
