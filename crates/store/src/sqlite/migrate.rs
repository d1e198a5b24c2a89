//! Migrates the tables to this version. The steps are numbered SQL files; `user_version` is the number of the last
//! applied step. A released step is never edited. No library is used, because each engine runs the same steps under
//! its own kind of lock.

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
    include_str!("../../migrations/sqlite/0008_stores.sql"),
    include_str!("../../migrations/sqlite/0009_temporary_media.sql"),
];

/// The schema of this version.
pub(super) const KNOWN: i64 = STEPS.len() as i64;

/// Applies the missing steps. Several processes may call this at the same time.
///
/// # Errors
/// The store has more steps than this version knows.
pub(super) fn migrate(conn: &mut Connection) -> Result<()> {
    let known = KNOWN;
    if version(conn)? == known {
        return Ok(());
    }
    let place = conn.path().unwrap_or_default().to_owned();
    let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Read again, because another process may have applied the steps meanwhile.
    let found = version(&transaction)?;
    let done = usize::try_from(found).ok().filter(|done| *done <= STEPS.len());
    let done = done.ok_or(StoreError::TooNew { place, found, known })?;
    for step in &STEPS[done..] {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(())
}

/// The number of applied steps.
pub(super) fn version(conn: &Connection) -> Result<i64> {
    Ok(conn.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}
