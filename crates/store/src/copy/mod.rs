//! Copies the rows of a store into another store, which may have the other engine. Finally the rows of both sides are
//! counted and their checksums are compared; the copy succeeds only if they are equal. Until then the target has the
//! mark of an unfinished store.

mod tables;

pub use tables::{Kind, TABLES, Table};

use crate::Store;
use crate::error::{Result, StoreError};
use crate::unfinished::{self, Filling};

/// Rows written with one call.
const ROWS_AT_ONCE: usize = 5_000;

/// A value in a row, the same type for every engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    Null,
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// A store whose rows can be copied.
pub trait Tables: Store {
    /// Visits every row of every table in the order of the key. All rows come from one state of the store.
    fn visit_rows(&self, visit: &mut dyn FnMut(&'static Table, Vec<Cell>) -> Result<()>) -> Result<()>;
    /// Inserts rows of a table.
    ///
    /// # Errors
    /// The errors of the store; the store no longer has the mark of this filling.
    fn write_rows(&self, filling: &Filling, table: &'static Table, rows: &[Vec<Cell>]) -> Result<()>;
    /// Called once after all rows are written.
    fn finish_rows(&self) -> Result<()>;
    /// Deletes the rows of every table, and replaces the mark of an earlier filling in the same transaction.
    ///
    /// # Errors
    /// The errors of the store; the store no longer has the mark of the earlier filling.
    fn start_over(&self, earlier: &Filling, filling: &Filling) -> Result<()>;
}

/// The number of rows of a table, and the checksums of its columns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sums {
    pub rows: u64,
    /// For each column, the wrapping sum of its numbers or of the checksums of its texts.
    pub columns: Vec<i64>,
}

impl Sums {
    fn add(&mut self, row: &[Cell]) {
        self.rows += 1;
        self.columns.resize(row.len(), 0);
        for (sum, cell) in self.columns.iter_mut().zip(row) {
            *sum = sum.wrapping_add(match cell {
                Cell::Null => 0,
                Cell::Integer(number) => *number,
                Cell::Text(text) => checksum(text.as_bytes()),
                Cell::Bytes(bytes) => checksum(bytes),
            });
        }
    }
}

/// The checksum depends on the order of the bytes.
fn checksum(bytes: &[u8]) -> i64 {
    let add = |sum: i64, (place, byte): (usize, &u8)| {
        sum.wrapping_add((place as i64 + 1).wrapping_mul(i64::from(*byte) + 1))
    };
    bytes.iter().enumerate().fold(0, add)
}

/// Prepares a store as the target of a copy, and marks it as unfinished. The rows of an earlier unfinished copy are
/// deleted. Returns that earlier copy, if there was one.
///
/// # Errors
/// The store has rows but no mark, or the mark of another command.
pub fn prepare_copy(to: &dyn Tables, filling: &Filling) -> Result<Option<Filling>> {
    let store: &dyn Store = to;
    match store.unfinished()? {
        Some(earlier) if earlier.command == filling.command => {
            to.start_over(&earlier, filling)?;
            Ok(Some(earlier))
        }
        Some(earlier) => {
            Err(StoreError::Unfinished { place: "the store to copy to".to_owned(), filling: earlier })
        }
        None => {
            // No other copy can begin or end between the mark and the check for rows.
            store.write(|sql| {
                unfinished::mark(sql, filling)?;
                refuse_rows(to)
            })?;
            Ok(None)
        }
    }
}

/// Refuses a store that has rows.
fn refuse_rows(store: &dyn Tables) -> Result<()> {
    store.visit_rows(&mut |table, _| {
        let name = table.name;
        Err(StoreError::Unsupported(format!(
            "the store to copy to is not empty: it has rows in {name}. Nothing was changed; name an empty store with --to"
        )))
    })
}

/// Copies all rows into a store that was prepared for this filling, and calls `progress` after every portion. Removes
/// the mark of the store when the sums of both sides agree. Returns the sums of each table.
///
/// # Errors
/// Either side fails; the sums of both sides differ; another filling took the store over. The store keeps its mark
/// then.
pub fn copy(
    from: &dyn Tables,
    to: &dyn Tables,
    filling: &Filling,
    progress: &mut dyn FnMut(&'static Table, u64),
) -> Result<Vec<(&'static Table, Sums)>> {
    let mut read: Vec<(&'static Table, Sums)> = Vec::new();
    let mut waiting: Vec<Vec<Cell>> = Vec::new();
    let mut of: Option<&'static Table> = None;
    from.visit_rows(&mut |table, row| {
        if of.is_none_or(|of| of.name != table.name) || waiting.len() >= ROWS_AT_ONCE {
            hand_over(to, filling, of, &mut waiting, progress)?;
        }
        of = Some(table);
        add(&mut read, table, &row);
        waiting.push(row);
        Ok(())
    })?;
    hand_over(to, filling, of, &mut waiting, progress)?;
    to.finish_rows()?;
    let written = sums(to)?;
    for (table, sums) in &read {
        let found = written.iter().find(|(other, _)| other.name == table.name).map(|(_, sums)| sums);
        if found != Some(sums) {
            let name = table.name;
            return Err(StoreError::Damaged(format!(
                "{name}: read {sums:?}, and found {found:?} in the copy"
            )));
        }
    }
    let store: &dyn Store = to;
    store.end_filling(filling)?;
    Ok(read)
}

fn hand_over(
    to: &dyn Tables,
    filling: &Filling,
    table: Option<&'static Table>,
    rows: &mut Vec<Vec<Cell>>,
    progress: &mut dyn FnMut(&'static Table, u64),
) -> Result<()> {
    if let Some(table) = table.filter(|_| !rows.is_empty()) {
        to.write_rows(filling, table, rows)?;
        progress(table, rows.len() as u64);
        rows.clear();
    }
    Ok(())
}

fn sums(of: &dyn Tables) -> Result<Vec<(&'static Table, Sums)>> {
    let mut sums = Vec::new();
    of.visit_rows(&mut |table, row| {
        add(&mut sums, table, &row);
        Ok(())
    })?;
    Ok(sums)
}

fn add(sums: &mut Vec<(&'static Table, Sums)>, table: &'static Table, row: &[Cell]) {
    if sums.last().is_none_or(|(last, _)| last.name != table.name) {
        sums.push((table, Sums::default()));
    }
    if let Some((_, sums)) = sums.last_mut() {
        sums.add(row);
    }
}
