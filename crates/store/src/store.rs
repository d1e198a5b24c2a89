//! The contract of an engine: what each has its own way to do. Everything else that a store offers is SQL that both
//! engines run; it is written once, as methods of `dyn Store`, in the file of its tables.

use crate::error::{Result, StoreError};
use crate::failures::Failures;
use crate::nodes::{Lease, LogChanged, Month, Nodes, Work};
use crate::sql::Database;
use kaquan_core::code::Code;
use kaquan_core::engine::{Keys, WorkingSet};
use kaquan_core::event::Event;
use kaquan_core::id::{AppId, CardNo, CodeSeq, EventSeq, OpenId};
use kaquan_core::stats::ScannedEvent;
use kaquan_core::time::Day;

/// An engine with its rows. All calls block. They may run at the same time on many threads, and see everything that was
/// committed before they began.
pub trait Store: Database + Send + Sync + 'static {
    /// A writer of this store. An engine in a folder has one at a time, across all processes.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when the only writer is taken.
    fn writer(&self) -> Result<Box<dyn Writer>>;
    /// Loads what `keys` name and the set lacks. Afterwards every key is loaded or known to be absent.
    fn load(&self, keys: &Keys, set: &mut WorkingSet) -> Result<()>;
    /// The codes of a holder from `from` on, in the order they were issued, at most `limit`; of one card if `card` is
    /// given.
    fn codes_of_holder_from(
        &self,
        app: AppId,
        openid: &OpenId,
        card: Option<CardNo>,
        from: CodeSeq,
        limit: usize,
    ) -> Result<Vec<Code>>;
    /// The codes of a card from `from` on, by number, at most `limit`.
    fn codes_of_card(&self, app: AppId, card: CardNo, from: CodeSeq, limit: usize) -> Result<Vec<Code>>;
    /// Visits the events of `day` among those numbered `first` to `last` (inclusive), in order. For millions of rows:
    /// nothing is collected.
    fn scan_events(
        &self,
        app: AppId,
        day: Day,
        first: EventSeq,
        last: EventSeq,
        visit: &mut dyn FnMut(ScannedEvent<'_>),
    ) -> Result<()>;
    /// Visits every event that counts on a day from `first` up to `end` (exclusive), by number; those of detached
    /// months too, as long as their tables exist.
    fn export_events(
        &self,
        app: AppId,
        first: Day,
        end: Day,
        visit: &mut dyn FnMut(Event) -> Result<()>,
    ) -> Result<()>;
    /// Leases and notifications of nodes on one database; `None` for a store that belongs to one process.
    fn nodes(&self) -> Option<&dyn Nodes>;
    /// The note about the clock in a data folder; `None` if there is none, and for a database.
    fn clock_note(&self) -> Option<String> {
        None
    }
    /// Leaves a note about the clock in a data folder. A database keeps none.
    fn set_clock_note(&self, _note: &str) -> Result<()> {
        Ok(())
    }
    /// The failures since the store was opened.
    fn failures(&self) -> &Failures;
}

impl dyn Store + '_ {
    /// As many writers as a server uses.
    ///
    /// # Errors
    /// Those of [`Store::writer`].
    pub fn writers(&self) -> Result<Vec<Box<dyn Writer>>> {
        let count = self.nodes().map_or(1, Nodes::writers);
        (0..count).map(|_| self.writer()).collect()
    }

    /// All codes of a holder, in the order they were issued; of one card if `card` is given.
    pub fn codes_of_holder(&self, app: AppId, openid: &OpenId, card: Option<CardNo>) -> Result<Vec<Code>> {
        self.codes_of_holder_from(app, openid, card, CodeSeq(0), usize::MAX)
    }

    /// The lease of a piece of work that one node does at a time; `None` while another holder has it.
    pub fn try_lease(&self, work: Work) -> Result<Option<Lease>> {
        self.nodes().map_or(Ok(Some(Lease::only())), |nodes| nodes.try_lease(work))
    }

    /// Calls `log_changed` from now on when another node or process adds to an app's log, or when the log lost events: at
    /// most two seconds late while the database can be reached, and sometimes twice. A store that belongs to one process
    /// has nothing to report.
    pub fn subscribe(&self, log_changed: LogChanged) -> Result<()> {
        self.nodes().map_or(Ok(()), |nodes| nodes.subscribe(log_changed))
    }

    /// Creates the tables for the events of this month and the months to come. To be called now and then.
    pub fn make_months(&self, today: Day) -> Result<()> {
        self.nodes().map_or(Ok(()), |nodes| nodes.make_months(today))
    }

    /// Drops the rows of writers that ended. To be called now and then. Returns how many.
    pub fn drop_writers(&self) -> Result<usize> {
        self.nodes().map_or(Ok(0), Nodes::drop_writers)
    }

    /// The months of the log that can be detached, oldest first; `None` for a store whose log is in one piece.
    pub fn months(&self) -> Result<Option<Vec<Month>>> {
        self.nodes().map(Nodes::months).transpose()
    }

    /// Detaches a month from the log; its reports stay. Returns the name of the table that holds it now.
    ///
    /// # Errors
    /// The month has days that are not closed, or events that are not pushed yet. The log is in one piece.
    pub fn detach_month(&self, month: Month) -> Result<String> {
        match self.nodes() {
            Some(nodes) => nodes.detach_month(month),
            None => Err(StoreError::Unsupported(format!(
                "the log of this store is in one piece; {month} cannot be taken out"
            ))),
        }
    }
}

/// Names the rows a batch needs, as far as the rows loaded so far show.
pub type DeclareReads<'a> = dyn Fn(&WorkingSet, &mut Keys) + 'a;

/// A writing end of a store. It belongs to one thread.
pub trait Writer: Send {
    /// Takes what the writer needs of a database server before others take it. A writer works without this call too.
    ///
    /// # Errors
    /// The server cannot be reached, or has no connection left.
    fn prepare(&mut self) -> Result<()> {
        Ok(())
    }
    /// A working set of this app with everything `declare_reads` names, called again until it names nothing new;
    /// `None` for an unknown app. Until the commit no other writer can change what was loaded. To be followed by
    /// [`Writer::commit`] or [`Writer::abandon`]; before that, sets of other apps may be loaded to be committed with
    /// it.
    fn load(&mut self, app: AppId, declare_reads: &DeclareReads<'_>) -> Result<Option<WorkingSet>>;
    /// Writes the changes of the sets in one transaction and releases what was loaded. On an error nothing was written,
    /// unless it is [`StoreError::Unknown`].
    fn commit(&mut self, sets: Vec<WorkingSet>) -> Result<()>;
    /// Releases what was loaded without writing anything.
    fn abandon(&mut self);
    /// Commits a small change that no reader sees, to find out whether commits work. Nothing may be loaded. A `thorough`
    /// probe also lets a table grow, where a small change can still succeed on a disk that is full for batches.
    fn probe(&mut self, thorough: bool) -> Result<()>;
}
