//! Copies a store into another, row by row as they are, from one engine to the other and back. At the end both sides are
//! counted and added up; only then is it a copy.

mod tables;

pub use tables::{Kind, TABLES, Table};

use crate::error::{Result, StoreError};

/// Rows handed over together.
const ROWS_AT_ONCE: usize = 5_000;

/// A value as every engine has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A number.
    Integer(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// An engine that has tables.
pub trait Tables {
    /// Visits every row of every table, in the order of its key, all with one view of the store.
    fn visit_rows(&self, visit: &mut dyn FnMut(&'static Table, Vec<Cell>) -> Result<()>) -> Result<()>;
    /// Writes rows of a table that are not there yet.
    fn write_rows(&self, table: &'static Table, rows: &[Vec<Cell>]) -> Result<()>;
    /// Does what has to be done when all rows are there.
    fn finish_rows(&self) -> Result<()>;
}

/// What the rows of a table come to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sums {
    /// How many rows.
    pub rows: u64,
    /// For each column, what its numbers add up to, or the bytes of its texts; wrapping around.
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
                Cell::Text(text) => weigh(text.as_bytes()),
                Cell::Bytes(bytes) => weigh(bytes),
            });
        }
    }
}

/// A number that a text leaves behind: another text of the same length has another.
fn weigh(bytes: &[u8]) -> i64 {
    let weigh = |sum: i64, (place, byte): (usize, &u8)| {
        sum.wrapping_add((place as i64 + 1).wrapping_mul(i64::from(*byte) + 1))
    };
    bytes.iter().enumerate().fold(0, weigh)
}

/// Copies everything into a store that has nothing in it yet; `progress` hears of every portion of rows. Answers what
/// each table came to.
///
/// Errors: the target is not empty; either side fails; both sides do not come to the same.
pub fn copy(
    from: &dyn Tables,
    to: &dyn Tables,
    progress: &mut dyn FnMut(&'static Table, u64),
) -> Result<Vec<(&'static Table, Sums)>> {
    if sums(to)?.iter().any(|(_, sums)| sums.rows > 0) {
        return Err(StoreError::Unsupported("there is something in the store to copy to".to_owned()));
    }
    let mut read: Vec<(&'static Table, Sums)> = Vec::new();
    let mut waiting: Vec<Vec<Cell>> = Vec::new();
    let mut of: Option<&'static Table> = None;
    from.visit_rows(&mut |table, row| {
        if of.is_none_or(|of| of.name != table.name) || waiting.len() >= ROWS_AT_ONCE {
            hand_over(to, of, &mut waiting, progress)?;
        }
        of = Some(table);
        add(&mut read, table, &row);
        waiting.push(row);
        Ok(())
    })?;
    hand_over(to, of, &mut waiting, progress)?;
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
    Ok(read)
}

fn hand_over(
    to: &dyn Tables,
    table: Option<&'static Table>,
    rows: &mut Vec<Vec<Cell>>,
    progress: &mut dyn FnMut(&'static Table, u64),
) -> Result<()> {
    if let Some(table) = table.filter(|_| !rows.is_empty()) {
        to.write_rows(table, rows)?;
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
