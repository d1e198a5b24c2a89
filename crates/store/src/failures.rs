//! The failures of a store that an operator has to end: a full disk, missing rights, a server that cannot be reached.
//! They are counted by kind. Each kind is logged at most once a minute, and the end of a failure is logged too.

use crate::error::StoreError;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a failure of one kind is logged.
const LOG_EVERY: Duration = Duration::from_secs(60);

macro_rules! kinds {
    ($($(#[$meta:meta])* $kind:ident = $name:literal, $text:literal, $advice:literal;)*) => {
        /// The kind of a failure.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum FailureKind {
            $($(#[$meta])* $kind,)*
        }

        impl FailureKind {
            /// All kinds.
            pub const ALL: &[FailureKind] = &[$(FailureKind::$kind,)*];

            /// The name in metrics and logs.
            pub fn name(self) -> &'static str {
                match self { $(FailureKind::$kind => $name,)* }
            }

            /// The kind in words.
            pub fn text(self) -> &'static str {
                match self { $(FailureKind::$kind => $text,)* }
            }

            /// The advice for an operator.
            pub fn advice(self) -> &'static str {
                match self { $(FailureKind::$kind => $advice,)* }
            }
        }
    };
}

kinds! {
    /// The disk or a quota is full.
    DiskFull = "disk_full", "the disk is full",
        "Free space or enlarge the disk; writes go on by themselves then";
    /// The file system, a file or the database is read-only.
    ReadOnly = "read_only", "it cannot be written to: it is read-only",
        "Make it writable: remount the disk, or name the primary server of the database; writes go on by themselves then";
    /// The system reported an error when it read or wrote.
    DiskError = "disk_error", "the disk fails",
        "Look for I/O errors in the log of the system (dmesg); make a copy before you repair the disk";
    /// The store never wrote this content.
    Damaged = "damaged", "it is damaged",
        "Keep a copy of it, then restore a backup: kaquan restore --from FILE for a folder, pg_restore for a database";
    /// The holder index cannot be read.
    DamagedIndex = "damaged_index", "the holder index is damaged",
        "Stop kaquan and delete holders.db, holders.db-wal and holders.db-shm; the index is built again from the log of events";
    /// This user may not use a file, a table or the database.
    NoRights = "no_rights", "permission denied",
        "Run kaquan as the owner of the files, or grant its database user the rights";
    /// The server refuses the user, the password or the database.
    NoAccess = "no_access", "the database server refuses the connection",
        "Check user, password and database in --database, and pg_hba.conf of the server";
    /// Tables are missing or have other columns.
    WrongTables = "wrong_tables", "its tables are not those of kaquan",
        "Restore a backup of the database, or name an empty schema in --database";
    /// There is not enough memory for a statement.
    NoMemory = "no_memory", "out of memory",
        "Give the server or this machine more memory, or lower work_mem";
    /// All connections of the database server are in use.
    NoConnections = "no_connections", "the database server has no free connection",
        "Raise max_connections of the server, or run fewer nodes or --writers";
    /// Another program has locked the file.
    Locked = "locked", "it is locked by another program",
        "End the program that has the file open, such as sqlite3 or a backup tool";
    /// The file cannot be opened.
    CannotOpen = "cannot_open", "it cannot be opened",
        "Check that it is a regular file in a folder that kaquan may write to";
    /// The database server does not reply.
    Unreachable = "unreachable", "the database server cannot be reached",
        "Check that the server runs, and host and port in --database";
}

impl FailureKind {
    /// The kind of an I/O error on a file.
    pub(crate) fn of_io(error: &std::io::Error) -> Option<FailureKind> {
        use std::io::ErrorKind as Io;
        // EIO has no `ErrorKind`.
        if error.raw_os_error() == Some(5) {
            return Some(FailureKind::DiskError);
        }
        match error.kind() {
            Io::StorageFull | Io::QuotaExceeded => Some(FailureKind::DiskFull),
            Io::ReadOnlyFilesystem => Some(FailureKind::ReadOnly),
            Io::PermissionDenied => Some(FailureKind::NoRights),
            Io::OutOfMemory => Some(FailureKind::NoMemory),
            Io::IsADirectory => Some(FailureKind::CannotOpen),
            _ => None,
        }
    }

    /// The kind of an error of SQLite on the file at `path`.
    pub(crate) fn of_sqlite(error: &rusqlite::Error, path: &Path) -> Option<FailureKind> {
        use rusqlite::ErrorCode as Code;
        Some(match error.sqlite_error_code()? {
            Code::DiskFull => FailureKind::DiskFull,
            Code::ReadOnly => FailureKind::ReadOnly,
            // If shared memory does not fit on the disk, SQLite reports an I/O error.
            Code::SystemIoFailure if is_full(path) => FailureKind::DiskFull,
            Code::SystemIoFailure => FailureKind::DiskError,
            Code::CannotOpen if is_full(path) => FailureKind::DiskFull,
            Code::CannotOpen => FailureKind::CannotOpen,
            Code::DatabaseCorrupt | Code::NotADatabase if path.ends_with("holders.db") => {
                FailureKind::DamagedIndex
            }
            Code::DatabaseCorrupt | Code::NotADatabase => FailureKind::Damaged,
            Code::PermissionDenied => FailureKind::NoRights,
            Code::OutOfMemory => FailureKind::NoMemory,
            Code::DatabaseBusy | Code::DatabaseLocked => FailureKind::Locked,
            _ => return None,
        })
    }
}

/// Whether the file system of this path has no free space.
fn is_full(path: &Path) -> bool {
    rustix::fs::statvfs(path.parent().unwrap_or(path)).is_ok_and(|system| system.f_bavail == 0)
}

/// The failures of a store since it was opened.
#[derive(Debug)]
pub struct Failures {
    /// The path or address of the store, for the log.
    place: String,
    counts: [AtomicU64; FailureKind::ALL.len()],
    logged: Mutex<[Option<Instant>; FailureKind::ALL.len()]>,
    /// True after a failed write was logged, until a write succeeds.
    failing: AtomicBool,
}

impl Failures {
    pub(crate) fn new(place: String) -> Failures {
        Failures {
            place,
            counts: std::array::from_fn(|_| AtomicU64::new(0)),
            logged: Mutex::default(),
            failing: AtomicBool::new(false),
        }
    }

    /// The number of failures of each kind.
    pub fn counts(&self) -> impl Iterator<Item = (FailureKind, u64)> {
        FailureKind::ALL.iter().zip(&self.counts).map(|(kind, count)| (*kind, count.load(Ordering::Relaxed)))
    }

    /// Records the result of a read.
    pub(crate) fn read<T>(&self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(error) = &done {
            self.record(error);
        }
        done
    }

    /// Records the result of the reads before a write.
    pub(crate) fn begin<T>(&self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        match done {
            Err(error) => self.write(Err(error)),
            done => done,
        }
    }

    /// Records the result of a write.
    pub(crate) fn write<T>(&self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        match &done {
            Err(error) => {
                if self.record(error) {
                    self.failing.store(true, Ordering::Relaxed);
                }
            }
            Ok(_) if self.failing.load(Ordering::Relaxed) && self.failing.swap(false, Ordering::Relaxed) => {
                tracing::warn!(store = %self.place, "writes work again");
            }
            Ok(_) => {}
        }
        done
    }

    /// Records the result of a background job. Errors that are no failures are logged with `text`.
    pub(crate) fn note<T>(&self, done: Result<T, StoreError>, path: &Path, text: &str) -> Option<T> {
        let error = match done {
            Ok(done) => return Some(done),
            Err(error) => error.at(path),
        };
        self.record(&error);
        if error.failure().is_none() {
            tracing::warn!(%error, "{text}");
        }
        None
    }

    /// Counts a failure. Returns whether it was logged.
    pub(crate) fn record(&self, error: &StoreError) -> bool {
        let Some(kind) = error.failure() else { return false };
        if let Some(count) = self.counts.get(kind as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let now = Instant::now();
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(last) = logged.get_mut(kind as usize) else { return false };
        if last.is_some_and(|last| now.duration_since(last) < LOG_EVERY) {
            return false;
        }
        *last = Some(now);
        drop(logged);
        tracing::error!(store = %self.place, kind = kind.name(), %error, "store failed; this kind is logged once a minute");
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> StoreError {
        StoreError::Failing { kind: FailureKind::DiskFull, place: "p".to_owned(), reason: "r".to_owned() }
    }

    #[test]
    fn failures_are_counted_each_and_logged_once_a_minute() {
        let failures = Failures::new("store".to_owned());
        assert!(failures.record(&full()) && !failures.record(&full()));
        let counts: Vec<u64> = failures.counts().map(|(_, count)| count).filter(|count| *count > 0).collect();
        assert_eq!(counts, [2]);
        assert!(!failures.record(&StoreError::Taken("row".to_owned())), "no failure of the store");
    }

    #[test]
    fn a_failure_names_the_path_the_problem_and_advice() {
        let said = full().to_string();
        assert!(said.starts_with("p: the disk is full: r. Free space"), "{said}");
        assert!(FailureKind::ALL.iter().all(|kind| !kind.advice().ends_with('.')));
    }
}
