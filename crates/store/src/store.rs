//! The contract of an engine: the functions that each engine implements in its own way. All other functions of a
//! store are SQL that both engines run. They are written once, as methods of `dyn Store`, in the file of their
//! tables.

use crate::error::{Result, StoreError};
use crate::failures::Failures;
use crate::nodes::{Lease, LogChanged, Month, NodeJob, Nodes};
use crate::sql::Database;
use kaquan_core::code::Code;
use kaquan_core::engine::{Keys, WorkingSet};
use kaquan_core::event::Event;
use kaquan_core::id::{AppId, CardNo, CodeSeq, EventSeq, OpenId};
use kaquan_core::stats::ScannedEvent;
use kaquan_core::time::Day;

/// A store of one engine. All calls block. They may run on many threads at the same time, and see every commit that
/// ended before they began.
pub trait Store: Database + Send + Sync + 'static {
    /// A writer of this store. A folder has only one at a time, across all processes.
    ///
    /// # Errors
    /// [`StoreError::InUse`] if the only writer is in use.
    fn writer(&self) -> Result<Box<dyn Writer>>;
    /// Loads the rows in `keys` that the set does not have yet. Afterwards every key is loaded or recorded as absent.
    fn load(&self, keys: &Keys, set: &mut WorkingSet) -> Result<()>;
    /// The codes of a holder in the order they were issued, from `from` on, at most `limit`; of one card if `card` is
    /// given.
    fn codes_of_holder_from(
        &self,
        app: AppId,
        openid: &OpenId,
        card: Option<CardNo>,
        from: CodeSeq,
        limit: usize,
    ) -> Result<Vec<Code>>;
    /// The codes of a card from `from` on, sorted by number, at most `limit`.
    fn codes_of_card(&self, app: AppId, card: CardNo, from: CodeSeq, limit: usize) -> Result<Vec<Code>>;
    /// Visits in order the events of `day` whose numbers are from `first` to `last` (inclusive). Rows are not
    /// collected, because there can be millions.
    fn scan_events(
        &self,
        app: AppId,
        day: Day,
        first: EventSeq,
        last: EventSeq,
        visit: &mut dyn FnMut(ScannedEvent<'_>),
    ) -> Result<()>;
    /// Visits by number every event with a day from `first` up to `end` (exclusive). Includes events of detached
    /// months whose tables still exist.
    fn export_events(
        &self,
        app: AppId,
        first: Day,
        end: Day,
        visit: &mut dyn FnMut(Event) -> Result<()>,
    ) -> Result<()>;
    /// Leases and notifications of nodes on one database; `None` for a store that belongs to one process.
    fn nodes(&self) -> Option<&dyn Nodes>;
    /// The note about the clock in a data folder; `None` if there is none. A database has no such note.
    fn clock_note(&self) -> Option<String> {
        None
    }
    /// Writes the note about the clock into a data folder. Does nothing on a database.
    fn set_clock_note(&self, _note: &str) -> Result<()> {
        Ok(())
    }
    /// The failures since the store was opened.
    fn failures(&self) -> &Failures;
}

impl dyn Store + '_ {
    /// The writers that a server needs.
    ///
    /// # Errors
    /// The errors of [`Store::writer`].
    pub fn writers(&self) -> Result<Vec<Box<dyn Writer>>> {
        let count = self.nodes().map_or(1, Nodes::writers);
        (0..count).map(|_| self.writer()).collect()
    }

    /// All codes of a holder in the order they were issued; of one card if `card` is given.
    pub fn codes_of_holder(&self, app: AppId, openid: &OpenId, card: Option<CardNo>) -> Result<Vec<Code>> {
        self.codes_of_holder_from(app, openid, card, CodeSeq(0), usize::MAX)
    }

    /// Takes the lease of a job that only one node at a time may do. Returns `None` while another holder has it.
    pub fn try_lease(&self, job: NodeJob) -> Result<Option<Lease>> {
        self.nodes().map_or(Ok(Some(Lease::only())), |nodes| nodes.try_lease(job))
    }

    /// Calls `log_changed` from now on when another node or process adds to an app's log, or when the log lost events:
    /// at most two seconds late while the database can be reached, and sometimes twice. A store that belongs to one
    /// process has nothing to report.
    pub fn subscribe(&self, log_changed: LogChanged) -> Result<()> {
        self.nodes().map_or(Ok(()), |nodes| nodes.subscribe(log_changed))
    }

    /// Creates the tables for the events of this month and the next ones. Call it regularly.
    pub fn make_months(&self, today: Day) -> Result<()> {
        self.nodes().map_or(Ok(()), |nodes| nodes.make_months(today))
    }

    /// Drops the rows of writers that have ended. Call it regularly. Returns the number of rows.
    pub fn drop_writers(&self) -> Result<usize> {
        self.nodes().map_or(Ok(0), Nodes::drop_writers)
    }

    /// The months of the log that can be detached, oldest first; `None` if the log has no months.
    pub fn months(&self) -> Result<Option<Vec<Month>>> {
        self.nodes().map(Nodes::months).transpose()
    }

    /// Detaches a month from the log; its reports remain. Returns the name of the month's table.
    ///
    /// # Errors
    /// The month has days that are not closed, or events that are not pushed yet, or the log has no months.
    pub fn detach_month(&self, month: Month) -> Result<String> {
        match self.nodes() {
            Some(nodes) => nodes.detach_month(month),
            None => Err(StoreError::Unsupported(format!(
                "the log of a data folder has no months; {month} cannot be detached"
            ))),
        }
    }
}

/// Declares the rows that a batch needs, as far as the rows loaded so far show them.
pub type DeclareReads<'a> = dyn Fn(&WorkingSet, &mut Keys) + 'a;

/// The writing side of a store. It belongs to one thread.
pub trait Writer: Send {
    /// Reserves the writer's connection to a database server, before other parts use it. A writer also works without
    /// this call.
    ///
    /// # Errors
    /// The server cannot be reached, or has no connection left.
    fn prepare(&mut self) -> Result<()> {
        Ok(())
    }
    /// Loads a working set of this app with all rows that `declare_reads` names. `declare_reads` is called again
    /// until it names no new rows. Returns `None` if the app does not exist. Until the commit, no other writer can
    /// change the loaded rows. Afterwards call [`Writer::commit`] or [`Writer::abandon`]. Before that, sets of other
    /// apps may be loaded for the same commit.
    fn load(&mut self, app: AppId, declare_reads: &DeclareReads<'_>) -> Result<Option<WorkingSet>>;
    /// Writes the changes of the sets in one transaction and releases the loaded rows. After an error nothing was
    /// written, except with [`StoreError::Unknown`].
    fn commit(&mut self, sets: Vec<WorkingSet>) -> Result<()>;
    /// Releases the loaded rows without writing.
    fn abandon(&mut self);
    /// Commits a small change that no reader sees, to find out whether commits work. No rows may be loaded. A
    /// `thorough` probe also makes a table grow: on a disk that is too full for batches, a small change may still
    /// succeed.
    fn probe(&mut self, thorough: bool) -> Result<()>;
}
