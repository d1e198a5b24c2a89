//! Runs on SQLite the statements that both engines share.

use super::SqliteStore;
use crate::error::{Result, StoreError};
use crate::row::Row;
use crate::sql::{Arg, Column, Database, Scope, Sql, Statement};
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, ToSql};

/// The names of parameters, in order.
const NAMES: [&str; 40] = [
    "$1", "$2", "$3", "$4", "$5", "$6", "$7", "$8", "$9", "$10", "$11", "$12", "$13", "$14", "$15", "$16",
    "$17", "$18", "$19", "$20", "$21", "$22", "$23", "$24", "$25", "$26", "$27", "$28", "$29", "$30", "$31",
    "$32", "$33", "$34", "$35", "$36", "$37", "$38", "$39", "$40",
];

impl Database for SqliteStore {
    fn run(&self, scope: Scope, work: &mut dyn FnMut(&mut dyn Sql) -> Result<()>) -> Result<()> {
        match scope {
            Scope::Read | Scope::Snapshot => self.read(|conn| work(&mut Session(conn))),
            Scope::Write => self.write(|transaction| work(&mut Session(transaction))),
        }
    }
}

/// A connection inside a transaction.
pub(super) struct Session<'a>(pub &'a Connection);

impl Sql for Session<'_> {
    fn visit(
        &mut self,
        statement: Statement,
        args: &[Arg<'_>],
        visit: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        let mut prepared = self.0.prepare_cached(statement.sqlite)?;
        bind(&mut prepared, args)?;
        let mut rows = prepared.raw_query();
        while let Some(row) = rows.next()? {
            visit(row)?;
        }
        Ok(())
    }

    fn execute(&mut self, statement: Statement, args: &[Arg<'_>]) -> Result<u64> {
        let mut prepared = self.0.prepare_cached(statement.sqlite)?;
        bind(&mut prepared, args)?;
        Ok(prepared.raw_execute()? as u64)
    }

    fn insert(&mut self, statement: Statement, args: &[Arg<'_>], columns: &[Column<'_>]) -> Result<()> {
        let mut prepared = self.0.prepare_cached(statement.sqlite)?;
        bind(&mut prepared, args)?;
        let places = (args.len()..args.len() + columns.len())
            .map(|place| index(&prepared, place))
            .collect::<Result<Vec<Option<usize>>>>()?;
        for row in 0..columns.first().map_or(0, Column::len) {
            for (column, place) in columns.iter().zip(&places) {
                if let Some(place) = place {
                    prepared.raw_bind_parameter(*place, column.at(row))?;
                }
            }
            prepared.raw_execute()?;
        }
        Ok(())
    }

    fn batch(&mut self, sql: &'static str) -> Result<()> {
        Ok(self.0.execute_batch(sql)?)
    }

    fn lock_tables(&mut self, _tables: &'static str) -> Result<()> {
        // Only one write transaction can run at a time, so no lock is needed.
        Ok(())
    }
}

fn bind(statement: &mut rusqlite::Statement<'_>, args: &[Arg<'_>]) -> Result<()> {
    for (place, arg) in args.iter().enumerate() {
        if let Some(index) = index(statement, place)? {
            statement.raw_bind_parameter(index, arg)?;
        }
    }
    Ok(())
}

/// SQLite's number of a parameter: SQLite counts names in the order in which they appear. `None` if the statement
/// does not use the parameter in this dialect.
fn index(statement: &rusqlite::Statement<'_>, place: usize) -> Result<Option<usize>> {
    let name = NAMES.get(place);
    let name = name.ok_or_else(|| StoreError::Damaged(format!("a statement with {place} parameters")))?;
    Ok(statement.parameter_index(name)?)
}

impl ToSql for Arg<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let json = |list: serde_json::Result<String>| {
            let list = list.map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
            Ok(ToSqlOutput::Owned(Value::Text(list)))
        };
        Ok(ToSqlOutput::Borrowed(match self {
            Arg::Int(number) => number.map_or(ValueRef::Null, ValueRef::Integer),
            Arg::Text(text) => text.map_or(ValueRef::Null, |text| ValueRef::Text(text.as_bytes())),
            Arg::Bytes(bytes) => bytes.map_or(ValueRef::Null, ValueRef::Blob),
            Arg::Ints(numbers) => return json(serde_json::to_string(numbers)),
            Arg::Texts(texts) => return json(serde_json::to_string(texts)),
        }))
    }
}
