//! Coordination between nodes on one database: leases for single-node jobs, notifications of changes, and the months
//! of the log. A store that belongs to one process does not need them.

use crate::error::Result;
use kaquan_core::id::{AppId, EventSeq};
use kaquan_core::time::Day;
use std::fmt;
use std::sync::Arc;

/// The functions of a store on a database server, for several nodes. For each, `dyn Store` has a method of the same
/// name, which also works for a store that belongs to one process.
pub trait Nodes {
    /// The number of writers of a node. They commit batches of different apps at the same time.
    fn writers(&self) -> usize;
    /// See `Store::try_lease`.
    fn try_lease(&self, job: NodeJob) -> Result<Option<Lease>>;
    /// See `Store::subscribe`.
    fn subscribe(&self, log_changed: LogChanged) -> Result<()>;
    /// See `Store::make_months`.
    fn make_months(&self, today: Day) -> Result<()>;
    /// See `Store::drop_writers`.
    fn drop_writers(&self) -> Result<usize>;
    /// See `Store::months`.
    fn months(&self) -> Result<Vec<Month>>;
    /// The time of the database server, in milliseconds since 1970.
    fn time_millis(&self) -> Result<i64>;
    /// See `Store::detach_month`.
    fn detach_month(&self, month: Month) -> Result<String>;
}

/// A job that only one node at a time may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NodeJob {
    /// Closes the days of an app.
    Closing(AppId),
    /// Pushes the events of an app.
    Push(AppId),
    /// Drops expired rows.
    Cleanup,
    /// Copies another store into this one.
    Copy,
}

/// The right to do a job. It ends when it is dropped or when the node's connection is lost.
pub struct Lease(Option<Box<dyn LeaseHandle>>);

/// The part of a lease that the engine implements.
pub(crate) trait LeaseHandle: Send + Sync {
    /// Asks the database whether the lease is still held.
    fn is_held(&self) -> bool;
}

impl Lease {
    /// A lease on a store that belongs to one process. It cannot be lost.
    pub(crate) const fn only() -> Lease {
        Lease(None)
    }

    /// A lease that can be lost.
    pub(crate) fn of(handle: impl LeaseHandle + 'static) -> Lease {
        Lease(Some(Box::new(handle)))
    }

    /// Whether the lease is still held. Blocks until the database replies.
    pub fn is_held(&self) -> bool {
        self.0.as_ref().is_none_or(|handle| handle.is_held())
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lease")
    }
}

/// A change of an app's log, with the number that its next event will have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogChange {
    Grew(EventSeq),
    /// The database lost events that were committed: a standby took over that had not received them.
    WentBack(EventSeq),
}

/// Called when an app's log has changed.
pub type LogChanged = Arc<dyn Fn(AppId, LogChange) + Send + Sync>;

/// A month of the log that has its own table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    /// The first day of the month.
    pub first: Day,
}

impl Month {
    /// The month of a day.
    pub fn of(day: Day) -> Month {
        let text = day.to_string();
        let first = text.get(..7).and_then(|month| Day::parse(&format!("{month}-01")));
        Month { first: first.unwrap_or(day) }
    }

    /// Parses `YYYY-MM`.
    pub fn parse(text: &str) -> Option<Month> {
        Day::parse(&format!("{text}-01")).map(|first| Month { first })
    }

    /// The first day after the month.
    pub fn end(self) -> Day {
        Month::of(self.first.plus(31)).first
    }

    pub fn next(self) -> Month {
        Month { first: self.end() }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.first.to_string().get(..7).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_follow_each_other_across_years() {
        let december = Month::parse("2026-12").unwrap();
        assert_eq!(Month::of(Day::parse("2026-12-31").unwrap()), december);
        assert_eq!(december.next().to_string(), "2027-01");
        assert_eq!(Month::parse("2028-02").unwrap().end().to_string(), "2028-03-01");
        assert_eq!(Month::parse("2026-13"), None);
    }
}
