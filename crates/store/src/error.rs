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
}

impl StoreError {
    /// Whether somebody else held the store for longer than a statement waits. Trying again at once waits as long.
    pub fn is_busy(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
        match self {
            StoreError::Sqlite(error) => {
                matches!(error.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked))
            }
            _ => false,
        }
    }
}

impl From<StoreError> for kaquan_core::Error {
    fn from(error: StoreError) -> Self {
        kaquan_core::Error::internal(error.to_string())
    }
}
