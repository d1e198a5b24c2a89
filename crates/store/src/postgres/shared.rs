//! Runs the statements that both engines share on PostgreSQL.

use super::PostgresStore;
use super::connect::{Conn, Param};
use crate::error::Result;
use crate::row::Row;
use crate::sql::{Arg, Column, Database, Scope, Sql, Statement};
use std::borrow::Cow;
use tokio_postgres::types::ToSql;

impl Database for PostgresStore {
    fn run(&self, scope: Scope, work: &mut dyn FnMut(&mut dyn Sql) -> Result<()>) -> Result<()> {
        let work = |conn: &mut Conn| work(conn);
        match scope {
            Scope::Read => self.pool().read(work),
            Scope::Snapshot => self.pool().snapshot(work),
            Scope::Write => self.pool().write(work),
        }
    }
}

impl Sql for Conn {
    fn visit(
        &mut self,
        statement: Statement,
        args: &[Arg<'_>],
        visit: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        Conn::visit(self, statement.postgres, &params(args), |row| visit(row))
    }

    fn execute(&mut self, statement: Statement, args: &[Arg<'_>]) -> Result<u64> {
        Conn::execute(self, statement.postgres, &params(args))
    }

    fn insert(&mut self, statement: Statement, args: &[Arg<'_>], columns: &[Column<'_>]) -> Result<()> {
        let columns: Vec<Box<dyn ToSql + Sync + '_>> = columns.iter().map(array).collect();
        let mut params = params(args);
        params.extend(columns.iter().map(|column| &**column as Param<'_>));
        Conn::execute(self, statement.postgres, &params).map(drop)
    }

    fn batch(&mut self, sql: &'static str) -> Result<()> {
        Conn::batch(self, sql)
    }

    fn lock_tables(&mut self, tables: &'static str) -> Result<()> {
        Conn::batch(self, &format!("LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE"))
    }
}

fn params<'a>(args: &'a [Arg<'a>]) -> Vec<Param<'a>> {
    let param = |arg: &'a Arg<'a>| match arg {
        Arg::Int(number) => number as Param<'a>,
        Arg::Text(text) => text,
        Arg::Bytes(bytes) => bytes,
        Arg::Ints(numbers) => numbers,
        Arg::Texts(texts) => texts,
    };
    args.iter().map(param).collect()
}

fn array<'a>(column: &'a Column<'a>) -> Box<dyn ToSql + Sync + 'a> {
    match column {
        Column::Ints(numbers) => Box::new(numbers),
        Column::Texts(texts) => {
            Box::new(texts.iter().copied().map(without_nul).collect::<Vec<Cow<'a, str>>>())
        }
    }
}

/// PostgreSQL cannot store NUL in a text, and the reply of an event receiver may contain it.
fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}
