//! The place of a store under test. It can be opened, and opened again as after the end of a process.

use kaquan_store::{Options, PostgresStore, SqliteStore, Store, Tables};
use kaquan_testkit::{Schema, Template};
use std::path::Path;
use std::sync::OnceLock;
use tempfile::TempDir;

/// A place at which a store can be opened, any number of times.
pub trait Place {
    fn open(&self) -> Box<dyn Store>;
    /// Opens the tables for a copy, even if the store is unfinished.
    fn open_tables(&self) -> Box<dyn Tables>;
    /// Changes rows behind the store's back.
    fn execute(&self, sql: &str);
}

pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn open_sqlite(&self) -> Box<dyn Store> {
        Box::new(SqliteStore::open(self.path(), Options::default()).unwrap())
    }
}

impl Place for Folder {
    fn open(&self) -> Box<dyn Store> {
        self.open_sqlite()
    }

    fn open_tables(&self) -> Box<dyn Tables> {
        Box::new(SqliteStore::open_unfinished(self.path(), Options::default()).unwrap())
    }

    fn execute(&self, sql: &str) {
        rusqlite::Connection::open(self.path().join("kaquan.db")).unwrap().execute_batch(sql).unwrap();
    }
}

pub struct Database(Schema);

impl Database {
    /// A database with the tables of a store.
    pub fn new() -> Database {
        static TEMPLATE: OnceLock<Template> = OnceLock::new();
        let fill = |url: &str| drop(PostgresStore::open(url).unwrap());
        Database(TEMPLATE.get_or_init(|| Template::new(fill)).copy())
    }

    /// A database without tables, on Citus too.
    pub fn empty() -> Database {
        Database(Schema::empty())
    }

    pub fn schema(&self) -> &Schema {
        &self.0
    }

    pub fn open_postgres(&self) -> Box<dyn Store> {
        Box::new(PostgresStore::open(&self.0.url()).unwrap())
    }
}

impl Place for Database {
    fn open(&self) -> Box<dyn Store> {
        self.open_postgres()
    }

    fn open_tables(&self) -> Box<dyn Tables> {
        Box::new(PostgresStore::open_unfinished(&self.0.url()).unwrap())
    }

    fn execute(&self, sql: &str) {
        self.0.execute(sql);
    }
}
