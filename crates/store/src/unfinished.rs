//! The mark of an unfinished store: a command began to fill the store and has not verified the result. The mark is a
//! row of the store, written before all other rows and deleted after the verification. A store with the mark cannot
//! be opened.

use crate::Store;
use crate::error::{Result, StoreError};
use crate::sql::{Sql, args, statements};
use kaquan_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The app and the kind of the mark's record. No app and no `RecordKind` has these numbers.
const MARK: (i64, i64) = (0, 0);

statements! {
    FIND_MARK = ["SELECT body FROM records WHERE app_id = $1 AND kind = $2 AND no = 0 AND name = ''"];
    INSERT_MARK = ["INSERT INTO records (app_id, kind, no, name, body) VALUES ($1, $2, 0, '', $3)"];
    DELETE_MARK = ["DELETE FROM records WHERE app_id = $1 AND kind = $2 AND no = 0 AND name = ''"];
}

/// The command that fills a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filling {
    /// The name of the command, such as `kaquan copy`.
    pub command: String,
    /// The source of the rows, without a password; empty if the command creates the rows.
    pub source: String,
    pub began_at: Timestamp,
}

impl fmt::Display for Filling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Filling { command, source, began_at } = self;
        match source.as_str() {
            "" => write!(f, "{command} began at {began_at}"),
            source => write!(f, "{command} from {source} began at {began_at}"),
        }
    }
}

impl dyn Store + '_ {
    /// The filling that has begun and not finished, if there is one.
    pub fn unfinished(&self) -> Result<Option<Filling>> {
        self.read(find)
    }

    /// Marks an empty store as unfinished.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if the store has a mark already.
    pub fn begin_filling(&self, filling: &Filling) -> Result<()> {
        self.write(|sql| mark(sql, filling))
    }

    /// Removes the mark, because the store is verified.
    pub fn end_filling(&self) -> Result<()> {
        self.write(|sql| sql.execute(DELETE_MARK, args![MARK.0, MARK.1]).map(drop))
    }

    /// Refuses a store with the mark. `place` is the store's name in the error.
    pub(crate) fn refuse_unfinished(&self, place: &str) -> Result<()> {
        match self.unfinished()? {
            Some(filling) => Err(StoreError::Unfinished { place: place.to_owned(), filling }),
            None => Ok(()),
        }
    }
}

/// The mark in the store that `sql` reads.
pub(crate) fn find(sql: &mut dyn Sql) -> Result<Option<Filling>> {
    let body = sql.first(FIND_MARK, args![MARK.0, MARK.1], |row| Ok(row.text(0)?.to_owned()))?;
    let Some(body) = body else { return Ok(None) };
    let damaged =
        |error: serde_json::Error| StoreError::Damaged(format!("the mark of an unfinished store: {error}"));
    serde_json::from_str(&body).map(Some).map_err(damaged)
}

/// Writes the mark. Called in a transaction.
pub(crate) fn mark(sql: &mut dyn Sql, filling: &Filling) -> Result<()> {
    let body = serde_json::to_string(filling).map_err(|error| StoreError::Damaged(error.to_string()))?;
    sql.execute(INSERT_MARK, args![MARK.0, MARK.1, &body]).map(drop)
}
