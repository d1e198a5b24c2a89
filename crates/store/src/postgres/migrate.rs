//! Migrates the tables to this version. The steps are numbered SQL files; the table `schema_version` has the number of
//! the last one applied. A released step is never edited. Written by hand, because both engines need the same steps under
//! a lock of their own kind.

use super::connect::Conn;
use super::pool::Pool;
use super::sql;
use crate::error::{Result, StoreError};
use crate::row::Row as _;

/// Every step, oldest first. Other engines have the same steps under the same names.
pub(super) const STEPS: &[&str] = &[
    include_str!("../../migrations/postgres/0001_tables.sql"),
    include_str!("../../migrations/postgres/0002_push.sql"),
    include_str!("../../migrations/postgres/0003_console.sql"),
    include_str!("../../migrations/postgres/0004_nodes.sql"),
    include_str!("../../migrations/postgres/0005_logins.sql"),
    include_str!("../../migrations/postgres/0006_identity.sql"),
    include_str!("../../migrations/postgres/0007_codes.sql"),
];

/// Applies the missing steps, all or none. Several nodes may call this at the same time.
///
/// # Errors
/// The schema has more steps than this version knows.
pub(super) fn migrate(pool: &Pool, schema: &str) -> Result<()> {
    let known = STEPS.len() as i64;
    if pool.read(version).is_ok_and(|found| found == known) {
        return Ok(());
    }
    pool.write(|conn| {
        // The steps of another node may take long.
        conn.batch("SET LOCAL lock_timeout = 0")?;
        conn.query(sql::WAIT_LOCK, &[&format!("kaquan {schema} migrate")])?;
        conn.batch("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY)")?;
        let found = version(conn)?;
        let done = usize::try_from(found).ok().filter(|done| *done <= STEPS.len());
        let done = done.ok_or(StoreError::TooNew { found, known })?;
        for step in &STEPS[done..] {
            // One statement a call: Citus refuses several in one text.
            statements(step).try_for_each(|statement| conn.batch(statement))?;
        }
        conn.batch("DELETE FROM schema_version")?;
        conn.batch(&format!("INSERT INTO schema_version VALUES ({known})"))
    })
}

/// The statements of a step, which has no quoted semicolons: each ends with a semicolon at the end of its line.
pub(super) fn statements(step: &str) -> impl Iterator<Item = &str> {
    step.split(";\n").filter(|statement| {
        statement.lines().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with("--"))
    })
}

fn version(conn: &mut Conn) -> Result<i64> {
    let row = conn.query_one("SELECT coalesce(max(version), 0) FROM schema_version", &[])?;
    row.int(0)
}
