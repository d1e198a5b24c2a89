//! The id and the generation of a store. Both are in `kaquan.db` and in `holders.db`, so that files of different
//! stores in one folder are detected.

use super::load::{query_all, query_one};
use super::row::column;
use crate::copy::TABLES;
use crate::error::{Result, StoreError};
use rusqlite::Connection;
use std::fmt;

/// The identity of a store in one generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    /// 32 hexadecimal digits, random.
    pub store_id: String,
    /// 1 for a new store; every restore adds 1.
    pub generation: i64,
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} generation {}", self.store_id, self.generation)
    }
}

/// The identity of a store of this version.
pub(super) fn read(conn: &Connection) -> Result<Identity> {
    find(conn)?.ok_or_else(|| StoreError::Damaged("the store has no identity".to_owned()))
}

/// The identity of a store of any version; early versions have none.
pub(super) fn find(conn: &Connection) -> Result<Option<Identity>> {
    let table = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'store_identity'";
    if query_one(conn, table, [], |_| Ok(()))?.is_none() {
        return Ok(None);
    }
    let sql = "SELECT store_id, generation FROM store_identity";
    query_one(conn, sql, [], |row| Ok(Identity { store_id: column(row, 0)?, generation: column(row, 1)? }))
}

/// Tables that every version of kaquan has had.
const FIRST_TABLES: [&str; 4] = ["apps", "cards", "codes", "events"];

/// Refuses a file without all tables of kaquan.
///
/// # Errors
/// [`StoreError::Damaged`] with the names of the tables.
pub(super) fn expect_tables(conn: &Connection) -> Result<()> {
    expect(conn, &mut TABLES.iter().map(|table| table.name))
}

/// Refuses a file of an earlier version, before it is migrated, that lacks the tables that every version has had.
///
/// # Errors
/// As [`expect_tables`].
pub(super) fn expect_first_tables(conn: &Connection) -> Result<()> {
    expect(conn, &mut FIRST_TABLES.into_iter())
}

fn expect(conn: &Connection, names: &mut dyn Iterator<Item = &'static str>) -> Result<()> {
    let found = tables(conn)?;
    let missing: Vec<&str> = names.filter(|name| !found.iter().any(|found| found == name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(StoreError::Damaged(format!(
        "it lacks the tables {}, so kaquan did not write it",
        missing.join(", ")
    )))
}

/// The tables of a file.
pub(super) fn tables(conn: &Connection) -> Result<Vec<String>> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    query_all(conn, sql, [], |row| column(row, 0))
}

/// Whether the log has any event.
pub(super) fn has_events(conn: &Connection) -> Result<bool> {
    Ok(conn.query_row("SELECT EXISTS (SELECT 1 FROM events)", [], |row| row.get(0))?)
}

/// The next numbers of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NextNumbers {
    pub appid: String,
    pub card_no: i64,
    pub code_seq: i64,
    pub event_seq: i64,
}

/// The next numbers of every app.
pub(super) fn next_numbers(conn: &Connection) -> Result<Vec<NextNumbers>> {
    let sql = "SELECT appid, card_no, code_seq, event_seq FROM counters JOIN apps USING (app_id)";
    query_all(conn, sql, [], |row| {
        Ok(NextNumbers {
            appid: column(row, 0)?,
            card_no: column(row, 1)?,
            code_seq: column(row, 2)?,
            event_seq: column(row, 3)?,
        })
    })
}
