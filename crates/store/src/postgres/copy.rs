//! Copies rows from and to a database. Only these statements read all apps row by row; no server runs during a copy.

use super::connect::Param;
use super::{PostgresStore, months};
use crate::copy::{Cell, Kind, TABLES, Table, Tables};
use crate::error::{Result, StoreError};
use crate::nodes::Month;
use crate::row::Row as _;
use crate::unfinished::{self, Filling};
use kaquan_core::time::Day;
use std::collections::BTreeSet;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

/// The largest number of months with their own table. Events outside of these months go to the table for other days.
const MONTHS_MAX: usize = 240;

impl Tables for PostgresStore {
    fn visit_rows(&self, visit: &mut dyn FnMut(&'static Table, Vec<Cell>) -> Result<()>) -> Result<()> {
        let mut place = self.pool().own_place()?;
        let conn = place.conn();
        conn.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        for table in TABLES {
            conn.visit_once(&table.select(), |row| visit(table, read(table, row)?))?;
        }
        conn.batch("COMMIT")
    }

    fn write_rows(&self, filling: &Filling, table: &'static Table, rows: &[Vec<Cell>]) -> Result<()> {
        if table.name == "events" {
            self.make_months(table, rows)?;
        }
        let arrays: Vec<String> =
            (1..).zip(table.columns).map(|(place, (_, kind))| array(place, *kind)).collect();
        let names = table.column_names();
        let sql = format!("INSERT INTO {} ({names}) SELECT * FROM unnest({})", table.name, arrays.join(", "));
        let columns: Vec<Box<dyn ToSql + Sync>> = table
            .columns
            .iter()
            .enumerate()
            .map(|(index, (_, kind))| column(rows, index, *kind))
            .collect::<Result<_>>()?;
        let params: Vec<Param<'_>> = columns.iter().map(|column| &**column as Param<'_>).collect();
        self.pool().write(|conn| {
            // Until the commit, this read keeps others from truncating the table of the mark.
            unfinished::expect_mark(conn, filling)?;
            conn.execute_once(&sql, &params)
        })
    }

    fn finish_rows(&self) -> Result<()> {
        // Each statement has its own transaction, because Citus does not accept both in one.
        self.pool().write(|conn| {
            conn.batch(
                "SELECT setval(pg_get_serial_sequence('accounts', 'account_id'), greatest(max(account_id), 1)) \
                 FROM accounts",
            )
        })?;
        let names: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
        self.pool().write(|conn| conn.batch(&format!("ANALYZE {}", names.join(", "))))
    }

    fn start_over(&self, earlier: &Filling, filling: &Filling) -> Result<()> {
        let names: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
        let truncate = format!("TRUNCATE {}", names.join(", "));
        self.pool().write(|conn| {
            // This statement is first, so that the end of the earlier filling waits for this row.
            unfinished::take_mark(conn, earlier)?;
            conn.batch(&truncate)?;
            unfinished::mark(conn, filling)
        })
    }
}

impl PostgresStore {
    fn make_months(&self, events: &Table, rows: &[Vec<Cell>]) -> Result<()> {
        let place = events.columns.iter().position(|(name, _)| *name == "day");
        let place = place.ok_or_else(|| StoreError::Damaged("events have no day".to_owned()))?;
        let days: BTreeSet<i64> = rows
            .iter()
            .filter_map(|row| match row.get(place) {
                Some(Cell::Integer(day)) => Some(*day),
                _ => None,
            })
            .collect();
        let months: BTreeSet<Month> =
            days.iter().filter_map(|day| i32::try_from(*day).ok()).map(|day| Month::of(Day(day))).collect();
        let known = months::all(self.pool())?;
        for month in months
            .into_iter()
            .filter(|month| !known.contains(month))
            .take(MONTHS_MAX - known.len().min(MONTHS_MAX))
        {
            months::make(self.pool(), &self.shared.schema, month)?;
        }
        Ok(())
    }
}

fn array(place: usize, kind: Kind) -> String {
    let name = match kind {
        Kind::Integer => "bigint",
        Kind::Text => "text",
        Kind::Bytes => "bytea",
    };
    format!("${place}::{name}[]")
}

fn column(rows: &[Vec<Cell>], index: usize, kind: Kind) -> Result<Box<dyn ToSql + Sync>> {
    macro_rules! values {
        ($type:ty, $variant:ident) => {{
            let value = |row: &Vec<Cell>| match row.get(index) {
                Some(Cell::$variant(value)) => Ok(Some(value.clone())),
                Some(Cell::Null) => Ok(None),
                other => Err(StoreError::Damaged(format!("{other:?} in a column of {kind:?}"))),
            };
            Box::new(rows.iter().map(value).collect::<Result<Vec<Option<$type>>>>()?)
        }};
    }
    Ok(match kind {
        Kind::Integer => values!(i64, Integer),
        Kind::Text => values!(String, Text),
        Kind::Bytes => values!(Vec<u8>, Bytes),
    })
}

fn read(table: &Table, row: &Row) -> Result<Vec<Cell>> {
    let cell = |(index, (_, kind)): (usize, &(&str, Kind))| {
        Ok(match kind {
            Kind::Integer => row.int_or_null(index)?.map_or(Cell::Null, Cell::Integer),
            Kind::Text => row.text_or_null(index)?.map_or(Cell::Null, |text| Cell::Text(text.to_owned())),
            Kind::Bytes => {
                let bytes: Option<&[u8]> = row.try_get(index).map_err(super::error::broken)?;
                bytes.map_or(Cell::Null, |bytes| Cell::Bytes(bytes.to_vec()))
            }
        })
    };
    table.columns.iter().enumerate().map(cell).collect()
}
