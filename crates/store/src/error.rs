//! What can go wrong below the rules: the disk, the engine, or a damaged row.

/// The result of a store call.
pub type Result<T> = std::result::Result<T, StoreError>;

/// A failure of the store. None of them is the caller's fault; the wire shows all of them as -1.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The engine refused or failed.
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A file or folder could not be used.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process writes to the store.
    #[error("{0} is in use by another kaquan")]
    InUse(String),
    /// The files of a folder do not belong together, or are not fit to be used.
    #[error("{0}")]
    Folder(String),
    /// A file is no backup of a store.
    #[error("{path} is no backup: {why}")]
    NoBackup {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// The store was written by a newer version.
    #[error("the store has schema {found}, this kaquan knows up to {known}")]
    TooNew {
        /// Schema version found.
        found: i64,
        /// Newest schema version known.
        known: i64,
    },
    /// A row does not read as what it must be.
    #[error("damaged row: {0}")]
    Damaged(String),
    /// Another writer changed the same rows and was quicker. Nothing was written; the same again may well succeed.
    #[error("another node was quicker: {0}")]
    Conflict(String),
    /// The database server cannot be reached, or broke off. Nothing was written.
    #[error("PostgreSQL cannot be reached: {0}")]
    Unreachable(String),
    /// The connection broke in the moment of a commit, and the database cannot be asked what became of it.
    #[error("it is not known whether this was done: {0}")]
    Unknown(String),
    /// The address of a database cannot be read or used.
    #[error("the address of the database: {0}")]
    Address(String),
    /// What was to be made is there already.
    #[error("there already: {0}")]
    Taken(String),
    /// This engine cannot do it.
    #[error("{0}")]
    Unsupported(String),
    /// The database server refused a statement.
    #[error("PostgreSQL: {0}")]
    Postgres(String),
    /// The engine is at fault.
    #[error(transparent)]
    Bug(#[from] kaquan_core::Error),
}

impl StoreError {
    /// Whether the store could not be had for longer than a call waits. Trying again at once waits as long.
    pub fn is_outage(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
        match self {
            StoreError::Sqlite(error) => {
                matches!(error.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked))
            }
            StoreError::Unreachable(_) | StoreError::Unknown(_) => true,
            StoreError::Io { .. }
            | StoreError::InUse(_)
            | StoreError::TooNew { .. }
            | StoreError::Folder(_)
            | StoreError::NoBackup { .. }
            | StoreError::Damaged(_)
            | StoreError::Conflict(_)
            | StoreError::Address(_)
            | StoreError::Taken(_)
            | StoreError::Unsupported(_)
            | StoreError::Postgres(_)
            | StoreError::Bug(_) => false,
        }
    }

    /// Whether the same batch may well succeed if it is loaded and applied again.
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
