//! The one clock of a process that works on a store: every job, batch and rule gets its time here. It compares this
//! machine's clock with a second witness, so that a clock that is set wrong closes no day and lets nothing expire.

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

/// Events at the end of a log among which the last commit is looked for.
const TAIL: i64 = 100;

/// A clock with a second witness.
pub struct GuardedClock(Witness);

enum Witness {
    /// The time is made up, so the database's says nothing about it.
    None(Arc<dyn Clock>),
    Database(DatabaseClock),
    Folder(FolderClock),
}

impl GuardedClock {
    /// Guards `clock` for work on this store, and compares it for the first time.
    ///
    /// # Errors
    ///
    /// Those of the store.
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

    /// Compares the clocks again; to be called every minute, and more often while there is a [`GuardedClock::fault`].
    ///
    /// # Errors
    ///
    /// Those of the store.
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

    /// The moment up to which days may be closed and things may expire.
    ///
    /// # Errors
    ///
    /// -1 while the clock is too far off.
    pub fn for_closing(&self) -> Result<Timestamp> {
        self.clock().for_closing()
    }

    /// Why no batches are taken; `None` while they are.
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

/// When anything was committed last, as far as the logs show it.
fn last_commit(store: &dyn Store) -> kaquan_store::Result<Option<Timestamp>> {
    let mut last = None;
    for row in store.apps()? {
        let Some(set) = store.working_set(row.app.id)? else { continue };
        let end = set.counters.event_seq;
        let tail =
            store.events(row.app.id, EventSeq((end - TAIL).max(0)), usize::try_from(TAIL).unwrap_or(0))?;
        // The last event, because a wrong clock of the past may have left later ones before it. Expiries are dated back.
        let is_dated_now = |event: &&Event| !matches!(event.kind, EventKind::Expire | EventKind::Revive);
        let event = tail.iter().rev().find(is_dated_now).or(tail.last());
        last = last.max(event.map(|event| event.at.min(set.counters.latest)));
    }
    Ok(last)
}
