//! The SQL that both engines run. A statement is written once as a list of fragments. Where the dialects differ, a
//! fragment has one text for each engine. Rows that a batch locks and writes are not here, because each engine
//! handles them differently.

use crate::Store;
use crate::error::{Result, StoreError};
use crate::row::Row;

/// A statement in both dialects. Parameters are `$1`, `$2`, …; in SQLite these are names.
#[derive(Debug, Clone, Copy)]
pub struct Statement {
    /// The text for PostgreSQL.
    pub(crate) postgres: &'static str,
    /// The text for SQLite.
    pub(crate) sqlite: &'static str,
}

/// Declares the statements of a file, and `ALL` with their names. A statement is a list of fragments; see
/// [`fragment`].
macro_rules! statements {
    ($($name:ident = [$($part:tt),* $(,)?];)*) => {
        $(pub(crate) const $name: $crate::sql::Statement = $crate::sql::Statement {
            postgres: concat!($($crate::sql::fragment!(postgres $part)),*),
            sqlite: concat!($($crate::sql::fragment!(sqlite $part)),*),
        };)*

        /// Every statement of this file with its name.
        pub(crate) const ALL: &[(&str, $crate::sql::Statement)] = &[$((stringify!($name), $name),)*];
    };
}
pub(crate) use statements;

/// A part of a statement in one dialect: a literal, the name of a macro with a list of columns, or one of the known
/// differences.
macro_rules! fragment {
    ($engine:ident $text:literal) => {
        $text
    };
    // SQLite runs one write transaction at a time, so rows need no locks.
    (postgres for_update) => {
        " FOR UPDATE"
    };
    (sqlite for_update) => {
        ""
    };
    (postgres skip_locked) => {
        " FOR UPDATE SKIP LOCKED"
    };
    (sqlite skip_locked) => {
        ""
    };
    // A list is an array in PostgreSQL. SQLite has no arrays, so a list is JSON there.
    (postgres (any $list:literal)) => {
        concat!(" = ANY(", $list, ")")
    };
    (sqlite (any $list:literal)) => {
        concat!(" IN (SELECT value FROM json_each(", $list, "))")
    };
    (postgres (either $postgres:literal $sqlite:literal)) => {
        $postgres
    };
    (sqlite (either $postgres:literal $sqlite:literal)) => {
        $sqlite
    };
    (postgres (either $postgres:ident $sqlite:ident)) => {
        $postgres!()
    };
    (sqlite (either $postgres:ident $sqlite:ident)) => {
        $sqlite!()
    };
    ($engine:ident $columns:ident) => {
        $columns!()
    };
}
pub(crate) use fragment;

/// A parameter of a statement.
#[derive(Debug, Clone, Copy)]
pub enum Arg<'a> {
    /// A number or NULL.
    Int(Option<i64>),
    /// A text or NULL.
    Text(Option<&'a str>),
    /// Bytes or NULL.
    Bytes(Option<&'a [u8]>),
    /// A list of numbers, for `any`.
    Ints(&'a [i64]),
    /// A list of texts, for `any`.
    Texts(&'a [&'a str]),
}

macro_rules! from {
    ($($type:ty, $value:ident => $arg:expr;)*) => {$(
        impl<'a> From<$type> for Arg<'a> {
            fn from($value: $type) -> Arg<'a> {
                $arg
            }
        }
    )*};
}

from! {
    i64, value => Arg::Int(Some(value));
    i32, value => Arg::Int(Some(value.into()));
    u32, value => Arg::Int(Some(value.into()));
    u8, value => Arg::Int(Some(value.into()));
    Option<i64>, value => Arg::Int(value);
    &'a str, value => Arg::Text(Some(value));
    &'a String, value => Arg::Text(Some(value));
    Option<&'a str>, value => Arg::Text(value);
    &'a [u8], value => Arg::Bytes(Some(value));
    &'a Vec<u8>, value => Arg::Bytes(Some(value));
    &'a [u8; 16], value => Arg::Bytes(Some(value));
    &'a [u8; 32], value => Arg::Bytes(Some(value));
    Option<&'a [u8; 32]>, value => Arg::Bytes(value.map(<[u8; 32]>::as_slice));
    &'a [i64], value => Arg::Ints(value);
    &'a Vec<i64>, value => Arg::Ints(value);
    &'a [&'a str], value => Arg::Texts(value);
    &'a Vec<&'a str>, value => Arg::Texts(value);
}

/// The parameters of a statement, in their order.
macro_rules! args {
    ($($value:expr),* $(,)?) => { &[$($crate::sql::Arg::from($value)),*] };
}
pub(crate) use args;

/// One column of the rows to be inserted.
#[derive(Debug)]
pub enum Column<'a> {
    /// Numbers or NULL.
    Ints(Vec<Option<i64>>),
    /// Texts.
    Texts(Vec<&'a str>),
}

impl<'a> Column<'a> {
    pub(crate) fn ints<T: Into<Option<i64>>>(values: impl Iterator<Item = T>) -> Column<'a> {
        Column::Ints(values.map(Into::into).collect())
    }

    pub(crate) fn texts(values: impl Iterator<Item = &'a str>) -> Column<'a> {
        Column::Texts(values.collect())
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Column::Ints(numbers) => numbers.len(),
            Column::Texts(texts) => texts.len(),
        }
    }

    /// The value in a row; NULL after the last row.
    pub(crate) fn at(&self, row: usize) -> Arg<'a> {
        match self {
            Column::Ints(numbers) => Arg::Int(numbers.get(row).copied().flatten()),
            Column::Texts(texts) => Arg::Text(texts.get(row).copied()),
        }
    }
}

/// A connection within a scope of its database.
pub trait Sql {
    /// Calls `visit` for each row of a statement as it arrives, without collecting the rows.
    fn visit(
        &mut self,
        statement: Statement,
        args: &[Arg<'_>],
        visit: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()>;
    /// Runs a statement and returns the number of changed rows.
    fn execute(&mut self, statement: Statement, args: &[Arg<'_>]) -> Result<u64>;
    /// Inserts rows, given as columns of equal length. The parameters of the columns come after `args`. PostgreSQL
    /// gets the columns as arrays and runs the statement once; SQLite runs it for each row.
    fn insert(&mut self, statement: Statement, args: &[Arg<'_>], columns: &[Column<'_>]) -> Result<()>;
    /// Runs a statement without parameters and result rows, such as `SAVEPOINT`.
    fn batch(&mut self, sql: &'static str) -> Result<()>;
    /// Prevents other transactions from changing these tables until the end of this transaction.
    fn lock_tables(&mut self, tables: &'static str) -> Result<()>;
}

impl dyn Sql + '_ {
    /// All rows of a statement.
    pub(crate) fn all<T>(
        &mut self,
        statement: Statement,
        args: &[Arg<'_>],
        mut read: impl FnMut(&dyn Row) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut all = Vec::new();
        self.visit(statement, args, &mut |row| {
            all.push(read(row)?);
            Ok(())
        })?;
        Ok(all)
    }

    /// The first row of a statement; `None` if there is none.
    pub(crate) fn first<T>(
        &mut self,
        statement: Statement,
        args: &[Arg<'_>],
        read: impl FnMut(&dyn Row) -> Result<T>,
    ) -> Result<Option<T>> {
        Ok(self.all(statement, args, read)?.into_iter().next())
    }

    /// The only row of a statement; an error if there is none.
    pub(crate) fn only<T>(
        &mut self,
        statement: Statement,
        args: &[Arg<'_>],
        read: impl FnMut(&dyn Row) -> Result<T>,
    ) -> Result<T> {
        let row = self.first(statement, args, read)?;
        row.ok_or_else(|| StoreError::Damaged(format!("no row for {}", statement.sqlite)))
    }

    /// Whether a statement returns a row.
    pub(crate) fn exists(&mut self, statement: Statement, args: &[Arg<'_>]) -> Result<bool> {
        Ok(self.first(statement, args, |_| Ok(()))?.is_some())
    }
}

/// The scope of statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// A single statement that reads.
    Read,
    /// Several statements that read the same state of the database.
    Snapshot,
    /// A transaction that writes.
    Write,
}

/// An engine whose tables can be read and written with SQL. Only this crate implements it.
pub trait Database {
    /// Runs `work` in a scope. If an attempt certainly had no effect, `work` may be called again.
    ///
    /// # Errors
    /// The errors of `work`; [`StoreError::Unknown`] if the connection was lost during the commit.
    fn run(&self, scope: Scope, work: &mut dyn FnMut(&mut dyn Sql) -> Result<()>) -> Result<()>;
}

impl dyn Store + '_ {
    /// Runs one statement that reads.
    pub(crate) fn read<T>(&self, query: impl FnMut(&mut dyn Sql) -> Result<T>) -> Result<T> {
        self.in_scope(Scope::Read, query)
    }

    /// Runs several statements that read the same state of the database.
    pub(crate) fn snapshot<T>(&self, query: impl FnMut(&mut dyn Sql) -> Result<T>) -> Result<T> {
        self.in_scope(Scope::Snapshot, query)
    }

    /// Runs a transaction outside of the batches.
    pub(crate) fn write<T>(&self, change: impl FnMut(&mut dyn Sql) -> Result<T>) -> Result<T> {
        self.in_scope(Scope::Write, change)
    }

    fn in_scope<T>(&self, scope: Scope, mut work: impl FnMut(&mut dyn Sql) -> Result<T>) -> Result<T> {
        let mut done = None;
        self.run(scope, &mut |sql| {
            done = Some(work(sql)?);
            Ok(())
        })?;
        done.ok_or_else(|| StoreError::Damaged("a transaction was not run".to_owned()))
    }
}

/// A limit or offset as a parameter.
pub(crate) fn limit(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The statements that both engines run, by name.
pub(crate) fn shared_statements() -> impl Iterator<Item = (&'static str, Statement)> {
    let files = [
        crate::ahead::ALL,
        crate::apps::ALL,
        crate::card_list::ALL,
        crate::cards::ALL,
        crate::console::accounts::ALL,
        crate::console::attempts::ALL,
        crate::console::sessions::ALL,
        crate::log::ALL,
        crate::media::ALL,
        crate::membership::store::ALL,
        crate::probe::ALL,
        crate::push::callbacks::ALL,
        crate::push::deliveries::ALL,
        crate::reports::ALL,
        crate::settings::ALL,
        crate::temporary_media::ALL,
        crate::unfinished::ALL,
        crate::upstreams::ALL,
    ];
    files.into_iter().flatten().copied().chain(crate::reports::report_statements())
}
