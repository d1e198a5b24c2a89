//! A store that counts the rows read from it. With the count, a test can check that a request reads a bounded part of
//! an app's data, without measuring time or memory.

use kaquan_core::code::Code;
use kaquan_core::engine::{Keys, WorkingSet};
use kaquan_core::event::Event;
use kaquan_core::id::{AppId, CardNo, CodeSeq, EventSeq, OpenId};
use kaquan_core::stats::ScannedEvent;
use kaquan_core::time::Day;
use kaquan_store::{
    Arg, Column, Database, Failures, Nodes, Result, Row, Scope, Sql, Statement, Store, Writer,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A store whose rows are counted.
pub struct CountedStore {
    inner: Arc<dyn Store>,
    rows: AtomicUsize,
    /// The most rows of one statement.
    most: AtomicUsize,
}

impl CountedStore {
    /// Counts the rows of this store.
    pub fn new(inner: Arc<dyn Store>) -> CountedStore {
        CountedStore { inner, rows: AtomicUsize::new(0), most: AtomicUsize::new(0) }
    }

    /// The rows that were read since the last call, and the most that one statement had.
    pub fn take(&self) -> (usize, usize) {
        (self.rows.swap(0, Ordering::SeqCst), self.most.swap(0, Ordering::SeqCst))
    }

    fn count(&self, rows: usize) {
        self.rows.fetch_add(rows, Ordering::SeqCst);
        self.most.fetch_max(rows, Ordering::SeqCst);
    }
}

impl Database for CountedStore {
    fn run(&self, scope: Scope, work: &mut dyn FnMut(&mut dyn Sql) -> Result<()>) -> Result<()> {
        self.inner.run(scope, &mut |sql| work(&mut CountedSql { inner: sql, counted: self }))
    }
}

impl Store for CountedStore {
    fn writer(&self) -> Result<Box<dyn Writer>> {
        self.inner.writer()
    }

    fn load(&self, keys: &Keys, set: &mut WorkingSet) -> Result<()> {
        self.count(keys.cards.len() + keys.card_ids.len() + keys.codes.len() + keys.records.len());
        self.inner.load(keys, set)
    }

    fn codes_of_holder_from(
        &self,
        app: AppId,
        openid: &OpenId,
        card: Option<CardNo>,
        from: CodeSeq,
        limit: usize,
    ) -> Result<Vec<Code>> {
        let codes = self.inner.codes_of_holder_from(app, openid, card, from, limit)?;
        self.count(codes.len());
        Ok(codes)
    }

    fn codes_of_card(&self, app: AppId, card: CardNo, from: CodeSeq, limit: usize) -> Result<Vec<Code>> {
        let codes = self.inner.codes_of_card(app, card, from, limit)?;
        self.count(codes.len());
        Ok(codes)
    }

    fn scan_events(
        &self,
        app: AppId,
        day: Day,
        first: EventSeq,
        last: EventSeq,
        visit: &mut dyn FnMut(ScannedEvent<'_>),
    ) -> Result<()> {
        self.inner.scan_events(app, day, first, last, visit)
    }

    fn export_events(
        &self,
        app: AppId,
        first: Day,
        end: Day,
        visit: &mut dyn FnMut(Event) -> Result<()>,
    ) -> Result<()> {
        self.inner.export_events(app, first, end, visit)
    }

    fn nodes(&self) -> Option<&dyn Nodes> {
        self.inner.nodes()
    }

    fn clock_note(&self) -> Option<String> {
        self.inner.clock_note()
    }

    fn set_clock_note(&self, note: &str) -> Result<()> {
        self.inner.set_clock_note(note)
    }

    fn failures(&self) -> &Failures {
        self.inner.failures()
    }
}

struct CountedSql<'a> {
    inner: &'a mut dyn Sql,
    counted: &'a CountedStore,
}

impl Sql for CountedSql<'_> {
    fn visit(
        &mut self,
        statement: Statement,
        args: &[Arg<'_>],
        visit: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        let mut rows = 0;
        let done = self.inner.visit(statement, args, &mut |row| {
            rows += 1;
            visit(row)
        });
        self.counted.count(rows);
        done
    }

    fn execute(&mut self, statement: Statement, args: &[Arg<'_>]) -> Result<u64> {
        self.inner.execute(statement, args)
    }

    fn insert(&mut self, statement: Statement, args: &[Arg<'_>], columns: &[Column<'_>]) -> Result<()> {
        self.inner.insert(statement, args, columns)
    }

    fn batch(&mut self, sql: &'static str) -> Result<()> {
        self.inner.batch(sql)
    }

    fn lock_tables(&mut self, tables: &'static str) -> Result<()> {
        self.inner.lock_tables(tables)
    }
}
