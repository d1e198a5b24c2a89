//! Migrates the tables to this version. The steps are numbered SQL files. The table `schema_version` has the number
//! of the last applied step. A released step is never edited. No library is used, because each engine runs the same
//! steps under its own kind of lock.

use super::connect::Conn;
use super::pool::Pool;
use super::sql;
use crate::copy::TABLES;
use crate::error::{Result, StoreError};
use crate::failures::FailureKind;
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
    include_str!("../../migrations/postgres/0008_stores.sql"),
    include_str!("../../migrations/postgres/0009_temporary_media.sql"),
];

/// The tables of the schema in which new tables are created, without the tables of extensions.
const OWN_TABLES: &str = "SELECT relname::text FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace \
    WHERE nspname = current_schema() AND relkind IN ('r', 'p') AND NOT EXISTS (SELECT 1 FROM pg_depend \
    WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e') ORDER BY relname";
/// The table with the number of the last applied step.
const VERSION_TABLE: &str = "schema_version";

/// Applies the missing steps, all or none. Several nodes may call this at the same time.
///
/// # Errors
/// The schema has more steps than this version knows, has tables of other software, or lacks tables of kaquan.
pub(super) fn migrate(pool: &Pool, schema: &str) -> Result<()> {
    let known = STEPS.len() as i64;
    let found = pool.read(|conn| {
        let tables = own_tables(conn)?;
        match tables.iter().any(|name| name == VERSION_TABLE) {
            true => version(conn).map(|found| (found, tables)),
            false => Ok((0, tables)),
        }
    })?;
    match found {
        (found, tables) if found == known => expect_tables(schema, &tables),
        _ => pool.write(|conn| apply(conn, schema, known)),
    }
}

fn apply(conn: &mut Conn, schema: &str, known: i64) -> Result<()> {
    // Another node may need long for its steps, so this wait has no limit.
    conn.batch("SET LOCAL lock_timeout = 0")?;
    conn.query(sql::WAIT_LOCK, &[&format!("kaquan {schema} migrate")])?;
    // Read again, because another node may have applied the steps meanwhile.
    let tables = own_tables(conn)?;
    let has_version = tables.iter().any(|name| name == VERSION_TABLE);
    let found = if has_version { version(conn)? } else { 0 };
    if found == 0 && tables.iter().any(|name| name != VERSION_TABLE) {
        return Err(foreign(schema, &tables, has_version));
    }
    conn.batch("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY)")?;
    let done = usize::try_from(found).ok().filter(|done| *done <= STEPS.len());
    let place = format!("schema {schema}");
    let done = done.ok_or(StoreError::TooNew { place, found, known })?;
    for step in &STEPS[done..] {
        // One statement in each call, because Citus does not accept several in one text.
        statements(step).try_for_each(|statement| conn.batch(statement))?;
    }
    conn.batch("DELETE FROM schema_version")?;
    conn.batch(&format!("INSERT INTO schema_version VALUES ({known})"))
}

/// The statements of a step. Each ends with a semicolon at the end of its line, and no quoted text has a semicolon
/// there.
pub(super) fn statements(step: &str) -> impl Iterator<Item = &str> {
    step.split(";\n").filter(|statement| {
        statement.lines().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with("--"))
    })
}

/// The error for a schema that has tables but no number of a step.
fn foreign(schema: &str, tables: &[String], has_version: bool) -> StoreError {
    let some: Vec<&str> =
        tables.iter().map(String::as_str).filter(|name| *name != VERSION_TABLE).take(3).collect();
    let some = some.join(", ");
    wrong_tables(match has_version {
        true => format!("schema_version is empty in schema {schema}, which has tables such as {some}"),
        false => {
            format!("schema {schema} has tables of other software, such as {some}, and no schema_version")
        }
    })
}

fn expect_tables(schema: &str, tables: &[String]) -> Result<()> {
    let missing: Vec<&str> = TABLES
        .iter()
        .map(|table| table.name)
        .filter(|name| !tables.iter().any(|found| found == name))
        .collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(wrong_tables(format!("schema {schema} lacks {}", missing.join(", ")))),
    }
}

fn wrong_tables(reason: String) -> StoreError {
    StoreError::Failing { kind: FailureKind::WrongTables, place: "PostgreSQL".to_owned(), reason }
}

fn own_tables(conn: &mut Conn) -> Result<Vec<String>> {
    let rows = conn.query(OWN_TABLES, &[])?;
    rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
}

fn version(conn: &mut Conn) -> Result<i64> {
    let row = conn.query_one("SELECT coalesce(max(version), 0)::bigint FROM schema_version", &[])?;
    row.int(0)
}
