//! The errors of a store: the disk, the engine, the database server, or a damaged row.

use crate::unfinished::Filling;

pub type Result<T> = std::result::Result<T, StoreError>;

/// A failure of the store. No request causes one, so the wire shows all of them as errcode -1.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A file or folder could not be used.
    #[error("{path}: {source}")]
    Io { path: String, source: std::io::Error },
    /// Another process has the only writer, or the folder for itself.
    #[error("{0} is in use by another kaquan")]
    InUse(String),
    /// The files of a folder do not belong together, or cannot be used.
    #[error("{0}")]
    Folder(String),
    /// A file is no backup of a store.
    #[error("{path} is no backup: {why}")]
    NoBackup { path: String, why: String },
    /// The store was written by a newer version.
    #[error("the store has schema {found}, this kaquan knows up to {known}")]
    TooNew {
        found: i64,
        /// The newest schema this version knows.
        known: i64,
    },
    /// A command began to fill the store and did not end.
    #[error(
        "{place} is unfinished: {filling} and has not ended. If it does not run any more, run the same {} again: it \
         starts over. Nothing else uses this store until then",
        filling.command
    )]
    Unfinished { place: String, filling: Filling },
    /// A row has a value that kaquan never writes.
    #[error("damaged row: {0}")]
    Damaged(String),
    /// Another writer changed the same rows first. Nothing was written; the same batch can succeed when it is repeated.
    #[error("write conflict: another node committed first: {0}")]
    Conflict(String),
    /// The database server cannot be reached, or the connection was lost. Nothing was written.
    #[error("PostgreSQL cannot be reached: {0}")]
    Unreachable(String),
    /// The database server has no connection left, or this node uses all that it may. Nothing was written.
    #[error(
        "no connection to PostgreSQL left: {0}; raise max_connections of the server, or lower --readers and --writers"
    )]
    TooManyConnections(String),
    /// The connection was lost during a commit, and the database cannot be asked whether it happened.
    #[error("commit outcome unknown: {0}")]
    Unknown(String),
    /// The address of a database is not valid, or its database cannot be used.
    #[error("the address of the database: {0}")]
    Address(String),
    /// The row to insert exists.
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
    /// Whether the store was not available for as long as a call waits. A retry would wait as long again.
    pub fn is_outage(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
        match self {
            StoreError::Sqlite(error) => {
                matches!(error.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked))
            }
            StoreError::Unreachable(_) | StoreError::TooManyConnections(_) | StoreError::Unknown(_) => true,
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

    /// Whether the same batch can succeed if it is loaded and applied again.
    pub fn is_conflict(&self) -> bool {
        matches!(self, StoreError::Conflict(_))
    }
}

impl From<StoreError> for kaquan_core::Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Bug(error) => error,
            error => kaquan_core::Error::internal(error.to_string()),
        }
    }
}
