//! Opens connections to a SQLite file, and has a pool of idle ones. Connections with the same role have the same
//! settings. No pool library is used: opening a connection takes less than a millisecond, so the pool only has to
//! keep idle ones.

use crate::error::Result;
use rusqlite::{Connection, OpenFlags};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a statement waits for the transaction of another connection.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);
/// Prepared statements that a connection caches.
const STATEMENTS_KEPT: usize = 96;
/// Idle connections in a pool at most.
const IDLE_MAX: usize = 16;

/// The role of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Only reads.
    Reader,
    /// Transactions that write.
    Writer {
        /// Whether every commit is flushed to the disk.
        flushed: bool,
        /// The size of the page cache in KiB.
        cache_kib: i64,
        /// WAL pages from which a commit runs a checkpoint.
        checkpoint_pages: i64,
    },
}

/// Opens a connection. Creates the file if it does not exist.
pub(super) fn open(path: &Path, role: Role) -> Result<Connection> {
    let conn = Connection::open(path)?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    use_wal(&conn)?;
    match role {
        Role::Reader => {
            conn.pragma_update(None, "cache_size", -16_384)?;
            conn.pragma_update(None, "query_only", true)?;
        }
        Role::Writer { flushed, cache_kib, checkpoint_pages } => {
            conn.pragma_update(None, "synchronous", if flushed { "FULL" } else { "NORMAL" })?;
            conn.pragma_update(None, "cache_size", -cache_kib)?;
            conn.pragma_update(None, "wal_autocheckpoint", checkpoint_pages)?;
            // If the WAL grew during a long read, it is truncated after its checkpoint.
            conn.pragma_update(None, "journal_size_limit", 256 << 20)?;
        }
    }
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(conn)
}

/// Opens a file for reading: without its WAL, without locks, and without creating files beside it.
pub(super) fn open_immutable(path: &Path) -> Result<Connection> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let path = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(format!("file:{path}?immutable=1"), flags)?)
}

/// Switches a new file to WAL mode. The switch needs the file exclusively and SQLite does not wait for it. Processes
/// that start at the same time therefore have to retry.
fn use_wal(conn: &Connection) -> Result<()> {
    let mut tries = 0;
    loop {
        let mode = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0));
        match mode {
            Ok(_) => return Ok(()),
            Err(error) if tries < 200 && is_busy(&error) => {
                tries += 1;
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
    matches!(error.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked))
}

/// Locks a mutex, even if a thread panicked while it held the lock: the guarded data is valid after every step.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A pool of connections that read one file.
#[derive(Debug)]
pub(super) struct Pool {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    /// A pool that opens a connection when a caller needs one.
    pub fn new(path: PathBuf) -> Pool {
        Pool { path, idle: Mutex::new(Vec::new()) }
    }

    /// Returns a connection. It goes back to the pool when it is dropped.
    pub fn get(&self) -> Result<PooledConnection<'_>> {
        let idle = lock(&self.idle).pop();
        let conn = match idle {
            Some(conn) => conn,
            None => open(&self.path, Role::Reader)?,
        };
        Ok(PooledConnection { pool: self, conn: Some(conn) })
    }

    /// Closes the idle connections.
    pub fn clear(&self) {
        lock(&self.idle).clear();
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// A connection of a pool.
#[derive(Debug)]
pub(super) struct PooledConnection<'a> {
    pool: &'a Pool,
    // Only `drop` sets it to `None`.
    conn: Option<Connection>,
}

impl Deref for PooledConnection<'_> {
    type Target = Connection;

    #[allow(clippy::expect_used)]
    fn deref(&self) -> &Connection {
        self.conn.as_ref().expect("a pooled connection is there until it is dropped")
    }
}

impl Drop for PooledConnection<'_> {
    fn drop(&mut self) {
        let Some(conn) = self.conn.take() else { return };
        let mut idle = lock(&self.pool.idle);
        // If an error left the connection in a transaction, it is closed: it would read an old state.
        if idle.len() < IDLE_MAX && conn.is_autocommit() {
            idle.push(conn);
        }
    }
}
