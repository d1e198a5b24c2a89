//! A writer: it loads the rows of a batch, keeps them locked, and commits what the batch changed.
//!
//! ```text
//!           load                                commit
//!  idle ----------> discover ----> lock ----> open ----> commit ----> idle
//!   ^               holds nothing   |          |  |          |
//!   |               no such app <---+          |  | load:    | connection lost
//!   +------------------------------------------+  | next app v
//!                    abandon, error               +---> resolve_commit ----> idle
//! ```
//!
//! * **discover** reads without locks until every row that the batch needs is known.
//! * **lock** begins the transaction and locks these rows, in the same order on every node. The app's own row comes
//!   last. New numbers come from that row, so they follow the order of commits.
//! * **open**: the rows are locked. The ledger applies the batch.
//! * **commit** sends all statements and `COMMIT` with one round trip.
//! * **resolve_commit** finds out whether a commit happened after its reply was lost.

mod card_cache;
mod changes;
mod commit;
mod discover;
mod lock;
mod resolve_commit;

use super::connect::Conn;
use super::notify::LogEnd;
use super::{Shared, limits, sql};
use crate::error::{Result, StoreError};
use crate::probe::{PROBE, PROBE_GROWTH, PROBE_KEY, THOROUGH_BYTES};
use crate::{DeclareReads, Writer};
use card_cache::CardCache;
use kaquan_core::app::Counters;
use kaquan_core::engine::{WorkingSet, load_until_complete};
use kaquan_core::id::{AppId, EventSeq};
use std::sync::Arc;

/// One of the writers of this process.
pub(super) struct PostgresWriter {
    shared: Arc<Shared>,
    conn: Option<Conn>,
    /// The random id of this writer, unique among the writers of all nodes.
    id: i64,
    /// The number of this writer's next batch.
    batch: i64,
    /// The apps whose rows are locked by the open transaction.
    open: Vec<AppId>,
    cards: CardCache,
}

impl PostgresWriter {
    pub fn new(shared: Arc<Shared>) -> Result<PostgresWriter> {
        let id = getrandom::u64().map_err(|error| StoreError::Address(format!("no randomness: {error}")))?;
        let (id, cards) = (id.cast_signed(), CardCache::default());
        Ok(PostgresWriter { shared, conn: None, id, batch: 1, open: Vec::new(), cards })
    }

    /// The connection and its cache of cards. Connects if there is no connection or the server closed it.
    fn conn(&mut self) -> Result<(&mut Conn, &mut CardCache)> {
        if self.conn.as_ref().is_none_or(Conn::is_closed) {
            // The old connection is closed first, because the server may have no other left.
            self.disconnect();
            let mut conn = self.shared.pool.reserved()?;
            conn.set_reply_max(Some(limits::BATCH));
            conn.query(sql::SET_UP, &[&limits::LOCK_TIMEOUT, &limits::IDLE_TIMEOUT])?;
            self.conn = Some(conn);
        }
        self.open_conn()
    }

    /// The connection of the open transaction.
    fn open_conn(&mut self) -> Result<(&mut Conn, &mut CardCache)> {
        match &mut self.conn {
            Some(conn) => Ok((conn, &mut self.cards)),
            None => Err(StoreError::Unreachable("no connection".to_owned())),
        }
    }

    fn try_load(&mut self, app: AppId, declare_reads: &DeclareReads<'_>) -> Result<Option<WorkingSet>> {
        let (keys, card_nos) = self.discover(app, declare_reads)?;
        let Some(mut set) = self.lock(app, &keys, &card_nos)? else { return Ok(None) };
        // Rows that became known only after locking. Usually none; some when another node changed rows after discovery.
        load_until_complete(&mut set, declare_reads, |keys, set| self.lock_more(keys, set))?;
        Ok(Some(set))
    }

    fn try_probe(&mut self, thorough: bool) -> Result<()> {
        let key = format!("{PROBE_KEY}{:016x}", self.id);
        let (conn, _) = self.conn()?;
        if thorough {
            let mut bytes = vec![0; THOROUGH_BYTES];
            // Random bytes, because the database would compress others.
            getrandom::fill(&mut bytes)
                .map_err(|error| StoreError::Address(format!("no randomness: {error}")))?;
            let digest = &bytes[..32];
            conn.batch("BEGIN")?;
            conn.execute(PROBE_GROWTH.postgres, &[&-1_i64, &digest, &bytes])?;
            conn.batch("ROLLBACK")?;
        }
        conn.execute(PROBE.postgres, &[&key]).map(drop)
    }

    /// Closes the connection; the server rolls back what was open. Another server may not have all cards as they were.
    fn disconnect(&mut self) {
        self.open.clear();
        self.conn = None;
        self.cards = CardCache::default();
    }
}

impl Writer for PostgresWriter {
    fn prepare(&mut self) -> Result<()> {
        let prepared = self.conn().map(drop);
        self.shared.pool.failures().begin(prepared)
    }

    fn load(&mut self, app: AppId, declare_reads: &DeclareReads<'_>) -> Result<Option<WorkingSet>> {
        if self.open.contains(&app) {
            self.abandon();
        }
        let is_first = self.open.is_empty();
        let loaded = match self.try_load(app, declare_reads) {
            Err(error) if is_first && error.wants_new_connection() => {
                // The server closed the idle connection, and no row was written yet.
                self.disconnect();
                self.try_load(app, declare_reads).inspect_err(|_| self.disconnect())
            }
            Err(error) => {
                self.disconnect();
                Err(error)
            }
            Ok(None) => {
                self.abandon();
                Ok(None)
            }
            done => done,
        };
        self.shared.pool.failures().begin(loaded)
    }

    fn commit(&mut self, mut sets: Vec<WorkingSet>) -> Result<()> {
        sets.retain(WorkingSet::is_changed);
        if sets.is_empty() {
            self.abandon();
            return Ok(());
        }
        if let Some(set) = sets.iter().find(|set| !self.open.contains(&set.app.id)) {
            let app = set.app.id;
            self.abandon();
            return Err(StoreError::Damaged(format!("the locks of app {app} were lost before the commit")));
        }
        let written = match self.write(&sets) {
            Err(StoreError::Unreachable(reason)) => {
                self.disconnect();
                let apps: Vec<AppId> = sets.iter().map(|set| set.app.id).collect();
                self.resolve_commit(&apps, reason)
            }
            // Another node inserted a row that was recorded as absent.
            Err(StoreError::Taken(reason)) => Err(StoreError::Conflict(reason)),
            done => done,
        };
        self.open.clear();
        self.batch += 1;
        match self.shared.pool.failures().write(written) {
            Ok(()) => {
                for set in &sets {
                    self.cards.update(set);
                    let Counters { code_seq, event_seq, .. } = set.counters;
                    self.shared.numbers_confirmed(set.app.id, code_seq, event_seq);
                    self.shared
                        .notifier
                        .on_append(set.app.id, LogEnd { next: EventSeq(event_seq), code_seq });
                }
                Ok(())
            }
            Err(error) => {
                self.disconnect();
                Err(error)
            }
        }
    }

    fn abandon(&mut self) {
        if self.open.is_empty() {
            return;
        }
        self.open.clear();
        if let Some(conn) = &mut self.conn
            && conn.batch("ROLLBACK").is_err()
        {
            self.conn = None;
        }
    }

    fn probe(&mut self, thorough: bool) -> Result<()> {
        self.abandon();
        match self.try_probe(thorough) {
            Err(StoreError::Unreachable(_)) => {
                // The server closed the idle connection. A probe may run twice.
                self.disconnect();
                self.try_probe(thorough).inspect_err(|_| self.disconnect())
            }
            done => done.inspect_err(|_| self.disconnect()),
        }
    }
}
