//! The errors of a store. Their causes are the disk, the engine, the database server, or a damaged row.

use crate::failures::FailureKind;
use crate::unfinished::Filling;
use std::path::Path;

pub type Result<T> = std::result::Result<T, StoreError>;

/// A failure of the store. No request causes such an error, so every one has errcode -1 on the wire.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A file or folder could not be used.
    #[error("{path}: {source}")]
    Io { path: String, source: std::io::Error },
    /// An operator has to act: the disk, the rights or the database server prevent the work.
    #[error("{place}: {}: {reason}. {}", kind.text(), kind.advice())]
    Failing {
        kind: FailureKind,
        /// The path of the file, or the database.
        place: String,
        reason: String,
    },
    /// Another process has the only writer, or has the folder exclusively.
    #[error("{0} is in use by another kaquan")]
    InUse(String),
    /// The files of a folder do not belong together, or cannot be used.
    #[error("{0}")]
    Folder(String),
    /// The file is not a backup of a store.
    #[error("{path} is no backup: {why}")]
    NoBackup { path: String, why: String },
    /// The store was written by a newer version.
    #[error(
        "{place}: the store has schema {found}, this kaquan knows up to {known}. Run the newer kaquan that wrote it, or \
         restore a backup from before it"
    )]
    TooNew {
        place: String,
        found: i64,
        /// The newest schema that this version knows.
        known: i64,
    },
    /// A command began to fill the store and has not finished.
    #[error(
        "{place} is unfinished: {filling} and has not ended. If it does not run any more, run the same {} again: it \
         starts over. Nothing else uses this store until then",
        filling.command
    )]
    Unfinished { place: String, filling: Filling },
    /// A row has a value that kaquan never writes.
    #[error("damaged row: {0}")]
    Damaged(String),
    /// Another writer changed the same rows first. Nothing was written; a retry of the batch can succeed.
    #[error("write conflict: another node committed first: {0}")]
    Conflict(String),
    /// The database server cannot be reached, or the connection was lost. Nothing was written.
    #[error("PostgreSQL cannot be reached: {0}. {advice}", advice = FailureKind::Unreachable.advice())]
    Unreachable(String),
    /// The database server has no connection left, or this node uses all its connections. Nothing was written.
    #[error(
        "no connection to PostgreSQL left: {0}; raise max_connections of the server, or lower --readers and --writers"
    )]
    TooManyConnections(String),
    /// Another transaction held a lock for too long. The server replied, and nothing was written.
    #[error(
        "PostgreSQL: a lock was not free in time: {0}. Look in pg_locks for the transaction that holds it, and end it"
    )]
    LockTimeout(String),
    /// The connection was lost during a commit, and the database cannot be asked whether the commit happened.
    #[error("commit outcome unknown: {0}")]
    Unknown(String),
    /// The address of a database is not valid, or the database cannot be used.
    #[error(
        "the address of the database: {0}. Check --database; it looks like postgres://user:password@host/database"
    )]
    Address(String),
    /// The row to be inserted exists already.
    #[error("already exists: {0}")]
    Taken(String),
    /// This engine does not support the call.
    #[error("{0}")]
    Unsupported(String),
    /// The database server refused a statement.
    #[error("PostgreSQL: {0}")]
    Postgres(String),
    /// A bug in the rules.
    #[error(transparent)]
    Bug(#[from] kaquan_core::Error),
}

impl StoreError {
    /// Whether the store was unavailable until a timeout. A retry would wait for the timeout again.
    pub fn is_outage(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
        match self {
            StoreError::Sqlite(error) => {
                matches!(error.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked))
            }
            StoreError::Failing { kind, .. } => {
                matches!(kind, FailureKind::Locked | FailureKind::Unreachable)
            }
            StoreError::Unreachable(_)
            | StoreError::TooManyConnections(_)
            | StoreError::LockTimeout(_)
            | StoreError::Unknown(_) => true,
            StoreError::Io { .. }
            | StoreError::InUse(_)
            | StoreError::TooNew { .. }
            | StoreError::Folder(_)
            | StoreError::NoBackup { .. }
            | StoreError::Unfinished { .. }
            | StoreError::Damaged(_)
            | StoreError::Conflict(_)
            | StoreError::Address(_)
            | StoreError::Taken(_)
            | StoreError::Unsupported(_)
            | StoreError::Postgres(_)
            | StoreError::Bug(_) => false,
        }
    }

    /// The kind of failure, if an operator has to end it; otherwise `None`.
    pub fn failure(&self) -> Option<FailureKind> {
        match self {
            StoreError::Failing { kind, .. } => Some(*kind),
            StoreError::Io { source, .. } => FailureKind::of_io(source),
            StoreError::Unreachable(_) => Some(FailureKind::Unreachable),
            StoreError::TooManyConnections(_) => Some(FailureKind::NoConnections),
            _ => None,
        }
    }

    /// Whether a new connection may help: this one was lost, or its server is no longer the primary.
    pub(crate) fn wants_new_connection(&self) -> bool {
        match self {
            StoreError::Failing { kind, .. } => *kind == FailureKind::ReadOnly,
            StoreError::Unreachable(_) => true,
            _ => false,
        }
    }

    /// Adds the path of the file to an error of SQLite.
    pub(crate) fn at(self, path: &Path) -> StoreError {
        let place = path.display().to_string();
        match self {
            StoreError::Sqlite(error) => match FailureKind::of_sqlite(&error, path) {
                Some(kind) => StoreError::Failing { kind, place, reason: error.to_string() },
                None => StoreError::Sqlite(error),
            },
            StoreError::Damaged(reason) => StoreError::Failing { kind: FailureKind::Damaged, place, reason },
            error => error,
        }
    }

    /// Adds the database to an error of its server.
    pub(crate) fn within(self, place: String) -> StoreError {
        match self {
            StoreError::Failing { kind, reason, .. } => StoreError::Failing { kind, place, reason },
            StoreError::Unreachable(reason) => {
                StoreError::Failing { kind: FailureKind::Unreachable, place, reason }
            }
            error => error,
        }
    }

    /// Whether the same batch can succeed after it is loaded and applied again.
    pub fn is_conflict(&self) -> bool {
        matches!(self, StoreError::Conflict(_))
    }
}

impl From<StoreError> for kaquan_core::Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Bug(error) => error,
            error if error.failure().is_some() => kaquan_core::Error::logged(error.to_string()),
            error => kaquan_core::Error::internal(error.to_string()),
        }
    }
}
