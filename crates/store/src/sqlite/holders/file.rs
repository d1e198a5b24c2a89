//! The file of the holder index: its tables, its cursors in the log, and the bulk writes. The content can be computed
//! again from the log, so an unreadable file is deleted.

use super::memtable::{Entry, Memtable};
use crate::error::{Result, StoreError};
use crate::sqlite::connect::{self, Role};
use crate::sqlite::folder::create_private;
use crate::sqlite::identity::Identity;
use crate::sqlite::load::query_one;
use crate::sqlite::row::column;
use kaquan_core::id::{AppId, EventSeq};
use rusqlite::{Connection, ErrorCode, TransactionBehavior};
use std::path::Path;

/// The version of the tables. A file of another version is built again.
const VERSION: i64 = 2;

const TABLES: &str = "
    DROP TABLE IF EXISTS held;
    DROP TABLE IF EXISTS card_codes;
    DROP TABLE IF EXISTS watermarks;
    DROP TABLE IF EXISTS origin;
    CREATE TABLE held (
        app_id  INTEGER NOT NULL,
        openid  TEXT    NOT NULL,
        card_no INTEGER NOT NULL,
        seq     INTEGER NOT NULL,
        PRIMARY KEY (app_id, openid, card_no, seq)
    ) WITHOUT ROWID;
    CREATE TABLE card_codes (
        app_id  INTEGER NOT NULL,
        card_no INTEGER NOT NULL,
        seq     INTEGER NOT NULL,
        PRIMARY KEY (app_id, card_no, seq)
    ) WITHOUT ROWID;
    -- Events before this one are in the index.
    CREATE TABLE watermarks (
        app_id    INTEGER NOT NULL,
        event_seq INTEGER NOT NULL,
        PRIMARY KEY (app_id)
    ) WITHOUT ROWID;
    -- The store whose log the index was made from.
    CREATE TABLE origin (
        only_row   INTEGER PRIMARY KEY CHECK (only_row = 1),
        store_id   TEXT    NOT NULL,
        generation INTEGER NOT NULL
    );
";

/// Opens the file for writing. A missing or unreadable file is replaced by an empty one.
pub(super) fn open(path: &Path) -> Result<Connection> {
    match try_open(path) {
        Err(StoreError::Sqlite(error))
            if matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt)
            ) =>
        {
            tracing::warn!(path = %path.display(), %error, "holder index unreadable; it is built again");
            for suffix in ["", "-wal", "-shm"] {
                let mut name = path.as_os_str().to_owned();
                name.push(suffix);
                match std::fs::remove_file(&name) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        let path = name.to_string_lossy().into_owned();
                        return Err(StoreError::Io { path, source: error });
                    }
                    _ => {}
                }
            }
            try_open(path)
        }
        opened => opened,
    }
}

fn try_open(path: &Path) -> Result<Connection> {
    create_private(path)?;
    // Commits are not flushed: entries lost in a power failure are read from the log again.
    let role = Role::Writer { flushed: false, cache_kib: 131_072, checkpoint_pages: 8_000 };
    let mut conn = connect::open(path, role)?;
    let version = |conn: &Connection| conn.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0));
    if version(&conn)? != VERSION {
        let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if version(&transaction)? != VERSION {
            transaction.execute_batch(TABLES)?;
            transaction.pragma_update(None, "user_version", VERSION)?;
        }
        transaction.commit()?;
    }
    Ok(conn)
}

/// The store from which this index was made; `None` in a new file.
pub(super) fn origin(conn: &Connection) -> Result<Option<Identity>> {
    let sql = "SELECT store_id, generation FROM origin";
    query_one(conn, sql, [], |row| Ok(Identity { store_id: column(row, 0)?, generation: column(row, 1)? }))
}

/// Empties the index and records that it belongs to this store.
pub(super) fn set_origin(conn: &mut Connection, identity: &Identity) -> Result<()> {
    let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for table in ["held", "card_codes", "watermarks", "origin"] {
        transaction.execute(&format!("DELETE FROM {table}"), [])?;
    }
    let insert = "INSERT INTO origin (only_row, store_id, generation) VALUES (1, ?1, ?2)";
    transaction.execute(insert, (&identity.store_id, identity.generation))?;
    transaction.commit()?;
    Ok(())
}

/// Whether the index has any entry.
pub(super) fn has_content(conn: &Connection) -> Result<bool> {
    Ok(conn.query_row("SELECT EXISTS (SELECT 1 FROM held)", [], |row| row.get(0))?)
}

/// The first event of an app that is not in the index yet.
pub(super) fn cursor(conn: &Connection, app: AppId) -> Result<EventSeq> {
    let sql = "SELECT event_seq FROM watermarks WHERE app_id = ?1";
    Ok(query_one(conn, sql, [app.0], |row| column(row, 0).map(EventSeq))?.unwrap_or_default())
}

/// Deletes the entries and the cursor of an app.
pub(super) fn clear_app(conn: &mut Connection, app: AppId) -> Result<()> {
    let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for table in ["held", "card_codes", "watermarks"] {
        transaction.execute(&format!("DELETE FROM {table} WHERE app_id = ?1"), [app.0])?;
    }
    transaction.commit()?;
    Ok(())
}

/// Writes the sorted entries of a memtable and its cursors in one transaction.
pub(super) fn write(conn: &mut Connection, memtable: &Memtable) -> Result<()> {
    let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    {
        let mut entries: Vec<&Entry> = memtable.entries.iter().collect();
        entries.sort_unstable_by(|a, b| {
            (a.app, &a.issued.openid, a.issued.card, a.issued.seq).cmp(&(
                b.app,
                &b.issued.openid,
                b.issued.card,
                b.issued.seq,
            ))
        });
        // A chunk may be written twice if its cursor was lost.
        let mut held = transaction.prepare_cached(
            "INSERT OR IGNORE INTO held (app_id, openid, card_no, seq) VALUES (?1, ?2, ?3, ?4)",
        )?;
        for Entry { app, issued, .. } in &entries {
            held.execute((app.0, issued.openid.as_str(), issued.card.0, issued.seq.0))?;
        }
        entries.sort_unstable_by_key(|entry| (entry.app, entry.issued.card, entry.issued.seq));
        let mut card_codes = transaction
            .prepare_cached("INSERT OR IGNORE INTO card_codes (app_id, card_no, seq) VALUES (?1, ?2, ?3)")?;
        for Entry { app, issued, .. } in &entries {
            card_codes.execute((app.0, issued.card.0, issued.seq.0))?;
        }
        let mut cursors = transaction
            .prepare_cached("INSERT OR REPLACE INTO watermarks (app_id, event_seq) VALUES (?1, ?2)")?;
        for (app, next) in &memtable.next {
            cursors.execute((app.0, next.0))?;
        }
    }
    transaction.commit()?;
    Ok(())
}
