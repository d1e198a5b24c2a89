//! The one clock of a process that works on a store. Every job, batch and rule gets its time here. It compares this
//! machine's clock with a second clock, so that a wrong clock closes no day and expires no code.

use super::Clock;
use super::database::DatabaseClock;
use super::folder::FolderClock;
use kaquan_core::error::Result;
use kaquan_core::event::{Event, EventKind};
use kaquan_core::id::EventSeq;
use kaquan_core::time::Timestamp;
use kaquan_store::{Nodes, Store};
use std::sync::Arc;
use std::time::Duration;

/// How many of the last events are searched for the time of the last commit.
const TAIL: i64 = 100;

/// A clock that is compared with a second clock.
pub struct GuardedClock(Witness);

enum Witness {
    /// A test or command sets this clock, so the clock is not compared with the database's.
    None(Arc<dyn Clock>),
    Database(DatabaseClock),
    Folder(FolderClock),
}

impl GuardedClock {
    /// Guards `clock` for work on this store, and compares it for the first time.
    ///
    /// # Errors
    ///
    /// The errors of the store.
    pub fn new(clock: Arc<dyn Clock>, store: &dyn Store) -> kaquan_store::Result<GuardedClock> {
        Ok(GuardedClock(match store.nodes() {
            Some(_) if clock.is_made_up() => Witness::None(clock),
            Some(nodes) => Witness::Database(DatabaseClock::new(clock, || nodes.time_millis())?),
            None => {
                let last_commit = last_commit(store)?;
                Witness::Folder(FolderClock::new(clock, last_commit, store.clock_note().as_deref()))
            }
        }))
    }

    /// Compares the clocks again. Call it every minute, and more often while there is a [`GuardedClock::fault`].
    ///
    /// # Errors
    ///
    /// The errors of the store.
    pub fn refresh(&self, store: &dyn Store) -> kaquan_store::Result<()> {
        match (&self.0, store.nodes()) {
            (Witness::Database(clock), Some(nodes)) => clock.compare(|| Nodes::time_millis(nodes)),
            (Witness::Folder(clock), _) => match clock.note() {
                Some(note) => store.set_clock_note(&note),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.clock().now()
    }

    /// The time up to which days may be closed and codes may expire.
    ///
    /// # Errors
    ///
    /// -1 while the clock differs too much from the second clock.
    pub fn for_closing(&self) -> Result<Timestamp> {
        self.clock().for_closing()
    }

    /// Why no batches are accepted; `None` while they are accepted.
    pub fn fault(&self) -> Option<String> {
        match &self.0 {
            Witness::Database(clock) => clock.fault(),
            Witness::None(_) | Witness::Folder(_) => None,
        }
    }

    /// Seconds by which this machine's clock is ahead of the time that rules get.
    pub fn offset_secs(&self) -> f64 {
        let millis = match &self.0 {
            Witness::Database(clock) => clock.offset(),
            Witness::Folder(clock) => clock.offset(),
            Witness::None(_) => 0,
        };
        millis as f64 / 1000.0
    }

    fn clock(&self) -> &dyn Clock {
        match &self.0 {
            Witness::None(clock) => &**clock,
            Witness::Database(clock) => clock,
            Witness::Folder(clock) => clock,
        }
    }
}

impl Clock for GuardedClock {
    fn now(&self) -> Timestamp {
        self.clock().now()
    }

    fn millis(&self) -> i64 {
        self.clock().millis()
    }

    fn elapsed(&self) -> Duration {
        self.clock().elapsed()
    }

    fn for_batch(&self) -> Result<Timestamp> {
        self.clock().for_batch()
    }

    fn for_closing(&self) -> Result<Timestamp> {
        self.clock().for_closing()
    }
}

/// The time of the last commit, read from the logs.
fn last_commit(store: &dyn Store) -> kaquan_store::Result<Option<Timestamp>> {
    let mut last = None;
    for row in store.apps()? {
        let Some(set) = store.working_set(row.app.id)? else { continue };
        let end = set.counters.event_seq;
        let tail =
            store.events(row.app.id, EventSeq((end - TAIL).max(0)), usize::try_from(TAIL).unwrap_or(0))?;
        // The last event is used and not the latest time: a clock that was ahead may have left later times before it.
        // Expiries have the time of the window's end, so they are skipped.
        let is_dated_now = |event: &&Event| !matches!(event.kind, EventKind::Expire | EventKind::Revive);
        let event = tail.iter().rev().find(is_dated_now).or(tail.last());
        last = last.max(event.map(|event| event.at.min(set.counters.latest)));
    }
    Ok(last)
}
