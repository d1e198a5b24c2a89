//! Copies rows from and to a folder.

use super::SqliteStore;
use super::shared::Session;
use crate::copy::{Cell, Kind, TABLES, Table, Tables};
use crate::error::Result;
use crate::row::Row as _;
use crate::unfinished::{self, Filling};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Row, ToSql, params_from_iter};

impl Tables for SqliteStore {
    fn visit_rows(&self, visit: &mut dyn FnMut(&'static Table, Vec<Cell>) -> Result<()>) -> Result<()> {
        self.read(|conn| {
            for table in TABLES {
                let mut statement = conn.prepare(&table.select())?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    visit(table, read(table, row)?)?;
                }
            }
            Ok(())
        })
    }

    fn write_rows(&self, filling: &Filling, table: &'static Table, rows: &[Vec<Cell>]) -> Result<()> {
        let places: Vec<String> = (1..=table.columns.len()).map(|place| format!("?{place}")).collect();
        let sql =
            format!("INSERT INTO {} ({}) VALUES ({})", table.name, table.column_names(), places.join(", "));
        self.write(|conn| {
            unfinished::expect_mark(&mut Session(conn), filling)?;
            let mut insert = conn.prepare_cached(&sql)?;
            for row in rows {
                insert.execute(params_from_iter(row))?;
            }
            Ok(())
        })
    }

    fn finish_rows(&self) -> Result<()> {
        // The holder index reads missing entries from the log.
        Ok(())
    }

    fn start_over(&self, earlier: &Filling, filling: &Filling) -> Result<()> {
        self.write(|conn| {
            unfinished::take_mark(&mut Session(conn), earlier)?;
            for table in TABLES.iter().rev() {
                conn.execute(&format!("DELETE FROM {}", table.name), [])?;
            }
            unfinished::mark(&mut Session(conn), filling)
        })?;
        // The index may have entries of the deleted events. It is built again when the store is opened for writing.
        self.read(|conn| self.shared.holders.clear(conn))
    }
}

fn read(table: &Table, row: &Row<'_>) -> Result<Vec<Cell>> {
    let cell = |(index, (_, kind)): (usize, &(&str, Kind))| {
        if matches!(row.get_ref(index)?, ValueRef::Null) {
            return Ok(Cell::Null);
        }
        Ok(match kind {
            Kind::Integer => Cell::Integer(row.int(index)?),
            Kind::Text => Cell::Text(row.text(index)?.to_owned()),
            Kind::Bytes => Cell::Bytes(row.bytes(index)?.to_vec()),
        })
    };
    table.columns.iter().enumerate().map(cell).collect()
}

impl ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Cell::Null => ValueRef::Null,
            Cell::Integer(number) => ValueRef::Integer(*number),
            Cell::Text(text) => ValueRef::Text(text.as_bytes()),
            Cell::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}
