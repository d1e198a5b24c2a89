//! The store in PostgreSQL: any number of nodes, each with several writers. This module has the parts that the store
//! in a folder lacks: row locks, leases, notifications between nodes, and the months of the log.

mod address;
mod citus;
mod connect;
mod copy;
mod error;
mod lease;
mod limits;
mod load;
mod migrate;
mod months;
mod notify;
mod pool;
mod row;
mod shared;
mod silence;
mod sql;
mod timeline;
mod writer;

pub use citus::statements as citus_statements;
pub use pool::DEFAULT_READERS;

use crate::error::{Result, StoreError};
use crate::failures::Failures;
use crate::nodes::{Lease, LogChanged, Month, NodeJob, Nodes};
use crate::row::{Row as _, read_code, scanned_event};
use crate::sql::{limit, shared_statements};
use crate::{Store, Writer};
use address::Address;
use kaquan_core::code::Code;
use kaquan_core::engine::{Keys, WorkingSet};
use kaquan_core::event::Event;
use kaquan_core::id::{AppId, CardNo, CodeSeq, EventSeq, OpenId};
use kaquan_core::stats::ScannedEvent;
use kaquan_core::time::Day;
use notify::Notifier;
use pool::Pool;
use std::sync::Arc;

/// Default number of writers of a node. They commit batches of different apps at the same time.
pub const DEFAULT_WRITERS: usize = 4;

/// The store in a PostgreSQL database.
#[derive(Debug, Clone)]
pub struct PostgresStore {
    shared: Arc<Shared>,
    writers: usize,
}

/// The parts of the store that its writers use too.
#[derive(Debug)]
struct Shared {
    pool: Arc<Pool>,
    /// The schema of the tables. Several stores may share a database.
    schema: String,
    leases: lease::Leases,
    notifier: Notifier,
}

impl PostgresStore {
    /// The statement that lists the sessions on which the server works, for tests.
    #[doc(hidden)]
    pub const WORKING: &str = silence::WORKING;

    /// Opens the store at an address such as `postgres://user:password@host/database`, and creates its tables if they
    /// do not exist.
    ///
    /// # Errors
    /// The address cannot be read, the server cannot be reached, its encoding is not UTF-8, or the store is
    /// unfinished or has a newer version.
    pub fn open(url: &str) -> Result<PostgresStore> {
        let store = PostgresStore::open_unfinished(url)?;
        (&store as &dyn Store).refuse_unfinished(&store.place())?;
        Ok(store)
    }

    /// As [`PostgresStore::open`], for the command that fills the store: it also opens an unfinished store.
    pub fn open_unfinished(url: &str) -> Result<PostgresStore> {
        let address = Address::parse(url)?;
        address.compare_hosts_blocking()?;
        let pool = Arc::new(Pool::new(address));
        let schema = prepare(&pool).map_err(|error| error.within(pool.address().place()))?;
        let leases = lease::Leases::new(pool.clone(), schema.clone());
        let shared = Shared { pool, schema, leases, notifier: Notifier::default() };
        Ok(PostgresStore { shared: Arc::new(shared), writers: DEFAULT_WRITERS })
    }

    /// The store's address for messages: schema, database and host, without user and password.
    pub fn place(&self) -> String {
        format!("schema {} of {}", self.shared.schema, self.pool().address().place())
    }

    /// The same store with another number of writers.
    pub fn with_writers(self, writers: usize) -> PostgresStore {
        PostgresStore { writers: writers.max(1), ..self }
    }

    /// The same store with at most this many connections for reading.
    pub fn with_readers(self, readers: usize) -> PostgresStore {
        self.pool().set_max(readers);
        self
    }

    /// Every statement that this engine can run, with its name. Tests check all of them.
    pub fn statements() -> Vec<(&'static str, &'static str)> {
        let shared = shared_statements().map(|(name, statement)| (name, statement.postgres));
        sql::ALL.iter().copied().chain(shared).collect()
    }

    /// The statements that create the tables, oldest first.
    pub fn migrations() -> impl Iterator<Item = &'static str> {
        migrate::STEPS.iter().flat_map(|step| migrate::statements(step))
    }

    fn pool(&self) -> &Pool {
        &self.shared.pool
    }
}

/// Migrates the tables. Returns their schema.
fn prepare(pool: &Pool) -> Result<String> {
    let schema = pool.read(|conn| {
        let encoding = conn.query_one(sql::ENCODING, &[])?.text(0)?.to_owned();
        if encoding != "UTF8" {
            return Err(StoreError::Address(format!("the database is in {encoding} and must be in UTF8")));
        }
        let row = conn.query_one(sql::SCHEMA, &[])?;
        let schema = row.text_or_null(0)?;
        let none = "search_path names no schema that exists; create it, or name one with ?options=-c%20search_path%3DNAME";
        Ok(schema.ok_or_else(|| StoreError::Address(none.to_owned()))?.to_owned())
    })?;
    migrate::migrate(pool, &schema)?;
    Ok(schema)
}

impl Store for PostgresStore {
    fn writer(&self) -> Result<Box<dyn Writer>> {
        Ok(Box::new(writer::PostgresWriter::new(self.shared.clone())?))
    }

    fn load(&self, keys: &Keys, set: &mut WorkingSet) -> Result<()> {
        self.pool().snapshot(|conn| load::load(conn, keys, set))
    }

    fn codes_of_holder_from(
        &self,
        app: AppId,
        openid: &OpenId,
        card: Option<CardNo>,
        from: CodeSeq,
        count: usize,
    ) -> Result<Vec<Code>> {
        let (card, count) = (card.map(|card| card.0), limit(count));
        self.pool().read(|conn| {
            let params: [connect::Param<'_>; 5] = [&app.0, &openid.as_str(), &card, &from.0, &count];
            let rows = conn.query(sql::CODES_OF_HOLDER, &params)?;
            rows.iter().map(read_code).collect()
        })
    }

    fn codes_of_card(&self, app: AppId, card: CardNo, from: CodeSeq, count: usize) -> Result<Vec<Code>> {
        self.pool().read(|conn| {
            let rows = conn.query(sql::CODES_OF_CARD, &[&app.0, &card.0, &from.0, &limit(count)])?;
            rows.iter().map(read_code).collect()
        })
    }

    fn scan_events(
        &self,
        app: AppId,
        day: Day,
        first: EventSeq,
        last: EventSeq,
        visit: &mut dyn FnMut(ScannedEvent<'_>),
    ) -> Result<()> {
        let (day, mut begun) = (i64::from(day.0), false);
        self.pool().read(|conn| {
            // The caller has already used some rows, so a scan is not repeated after its first row.
            if begun {
                return Err(StoreError::Unreachable(
                    "the connection broke while the log was read".to_owned(),
                ));
            }
            conn.visit(sql::SCAN_EVENTS, &[&app.0, &first.0, &last.0, &day], |row| {
                begun = true;
                visit(scanned_event(row)?);
                Ok(())
            })
        })
    }

    fn export_events(
        &self,
        app: AppId,
        first: Day,
        end: Day,
        visit: &mut dyn FnMut(Event) -> Result<()>,
    ) -> Result<()> {
        months::export(self.pool(), app, first, end, visit)
    }

    fn nodes(&self) -> Option<&dyn Nodes> {
        Some(self)
    }

    fn failures(&self) -> &Failures {
        self.pool().failures()
    }
}

impl Nodes for PostgresStore {
    fn writers(&self) -> usize {
        // At least 2, so that each batch has only one app.
        self.writers.max(2)
    }

    fn try_lease(&self, job: NodeJob) -> Result<Option<Lease>> {
        self.shared.leases.try_take(job)
    }

    fn subscribe(&self, log_changed: LogChanged) -> Result<()> {
        notify::start(&self.shared, log_changed)
    }

    fn make_months(&self, today: Day) -> Result<()> {
        months::make_ahead(self.pool(), &self.shared.schema, today)
    }

    fn drop_writers(&self) -> Result<usize> {
        let store: &dyn Store = self;
        store.drop_in_portions(|app, _| self.pool().write(|conn| conn.execute(sql::DROP_WRITERS, &[&app.0])))
    }

    fn time_millis(&self) -> Result<i64> {
        self.pool().read(|conn| conn.query_one(sql::TIME_MILLIS, &[])?.int(0))
    }

    fn months(&self) -> Result<Vec<Month>> {
        months::all(self.pool())
    }

    fn detach_month(&self, month: Month) -> Result<String> {
        months::detach(self.pool(), &self.shared.schema, month)
    }
}
