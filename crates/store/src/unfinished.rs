//! The mark of an unfinished store: a command began to fill it and has not verified the result. The mark is a row of
//! the store itself, written before the first row and deleted after the verification. A store with the mark does not
//! open. Only the filling that wrote the mark may write rows and delete the mark.

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
    DELETE_MARK = ["DELETE FROM records WHERE app_id = $1 AND kind = $2 AND no = 0 AND name = '' AND body = $3"];
}

/// The command that fills a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filling {
    /// The name of the command, such as `kaquan copy`.
    pub command: String,
    /// The source of the rows, without a password; empty if the command creates the rows.
    pub source: String,
    pub began_at: Timestamp,
    /// Tells two runs of a command apart; empty in marks of earlier versions.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    id: String,
}

impl Filling {
    /// A filling that begins now.
    ///
    /// # Errors
    /// The system gives no random number.
    pub fn new(command: &str, source: String, began_at: Timestamp) -> Result<Filling> {
        let id =
            getrandom::u64().map_err(|error| StoreError::Unsupported(format!("no randomness: {error}")))?;
        Ok(Filling { command: command.to_owned(), source, began_at, id: format!("{id:016x}") })
    }
}

impl fmt::Display for Filling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Filling { command, source, began_at, .. } = self;
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

    /// Removes the mark: the store is verified.
    ///
    /// # Errors
    /// The errors of the store; another filling took the store over.
    pub fn end_filling(&self, filling: &Filling) -> Result<()> {
        self.write(|sql| take_mark(sql, filling))
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

/// Refuses a store that has not the mark of this filling any more. To be called in the transaction that writes rows.
pub(crate) fn expect_mark(sql: &mut dyn Sql, filling: &Filling) -> Result<()> {
    if find(sql)?.as_ref() == Some(filling) { Ok(()) } else { Err(taken_over(filling)) }
}

/// Writes the mark within a transaction.
pub(crate) fn mark(sql: &mut dyn Sql, filling: &Filling) -> Result<()> {
    sql.execute(INSERT_MARK, args![MARK.0, MARK.1, &text(filling)?]).map(drop)
}

/// Removes the mark of this filling within a transaction.
///
/// # Errors
/// The errors of the store; the store has another mark, or none.
pub(crate) fn take_mark(sql: &mut dyn Sql, filling: &Filling) -> Result<()> {
    match sql.execute(DELETE_MARK, args![MARK.0, MARK.1, &text(filling)?])? {
        0 => Err(taken_over(filling)),
        _ => Ok(()),
    }
}

fn text(filling: &Filling) -> Result<String> {
    serde_json::to_string(filling).map_err(|error| StoreError::Damaged(error.to_string()))
}

fn taken_over(filling: &Filling) -> StoreError {
    StoreError::Unsupported(format!(
        "the store is not marked any more by what {filling}: another process filled it meanwhile. This one has stopped; see \
         which of them is to go on"
    ))
}
