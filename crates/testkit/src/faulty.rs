//! Commits that fail on purpose. [`Faulty`] wraps the writers of any store. A test chooses which commit fails; the
//! tested code does not know about it.

use kaquan_core::engine::WorkingSet;
use kaquan_core::id::AppId;
use kaquan_store::{DeclareReads, Result, StoreError, Writer};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A test implements this to make commits fail. The functions are called around every commit.
pub trait Faults: Send + 'static {
    /// Called before any row is written. An error makes the commit fail.
    fn before_commit(&mut self, sets: &[WorkingSet]) -> Result<()> {
        let _ = sets;
        Ok(())
    }

    /// Called after all rows are committed. With an error, the writer fails before it reports the commit.
    fn after_commit(&mut self) -> Result<()> {
        Ok(())
    }
}

/// The plan of failures. Clones share it.
#[derive(Clone, Default)]
pub struct Faulty(Arc<Mutex<Plan>>);

#[derive(Default)]
struct Plan {
    /// How many of the next commits fail.
    failing: usize,
    /// Whether every commit and every probe fails.
    down: bool,
    /// Called for the commits that do not fail otherwise.
    faults: Option<Box<dyn Faults>>,
}

impl Faulty {
    /// Makes the next `n` commits fail before any row is written.
    pub fn fail_commits(&self, n: usize) {
        self.plan().failing = n;
    }

    /// Makes every commit and every probe fail, until this is called with `false`.
    pub fn set_down(&self, down: bool) {
        self.plan().down = down;
    }

    /// From now on, calls `faults` around every commit.
    pub fn set_faults(&self, faults: impl Faults) {
        self.plan().faults = Some(Box::new(faults));
    }

    /// Wraps these writers, so that their commits fail as planned.
    pub fn before(&self, writers: Vec<Box<dyn Writer>>) -> Vec<Box<dyn Writer>> {
        let wrap = |inner| Box::new(FaultyWriter { inner, faulty: self.clone() }) as Box<dyn Writer>;
        writers.into_iter().map(wrap).collect()
    }

    /// The plan, even if a test panicked while it held the lock.
    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faulty").field("failing", &self.plan().failing).finish_non_exhaustive()
    }
}

/// A writer whose commits fail as planned.
struct FaultyWriter {
    inner: Box<dyn Writer>,
    faulty: Faulty,
}

impl Writer for FaultyWriter {
    fn prepare(&mut self) -> Result<()> {
        self.inner.prepare()
    }

    fn load(&mut self, app: AppId, declare_reads: &DeclareReads<'_>) -> Result<Option<WorkingSet>> {
        self.inner.load(app, declare_reads)
    }

    fn commit(&mut self, sets: Vec<WorkingSet>) -> Result<()> {
        // Locked for the whole commit, so that a test changes the plan only between two commits.
        let mut plan = self.faulty.plan();
        let refused = plan.before_commit(&sets);
        if refused.is_err() {
            self.inner.abandon();
            return refused;
        }
        self.inner.commit(sets)?;
        plan.faults.as_mut().map_or(Ok(()), |faults| faults.after_commit())
    }

    fn abandon(&mut self) {
        self.inner.abandon();
    }

    fn probe(&mut self, thorough: bool) -> Result<()> {
        self.faulty.plan().check_up()?;
        self.inner.probe(thorough)
    }
}

impl Plan {
    fn check_up(&self) -> Result<()> {
        match self.down {
            true => Err(StoreError::Damaged("a store that is down".to_owned())),
            false => Ok(()),
        }
    }

    fn before_commit(&mut self, sets: &[WorkingSet]) -> Result<()> {
        self.check_up()?;
        if self.failing > 0 {
            self.failing -= 1;
            return Err(StoreError::Damaged("a commit that was to fail".to_owned()));
        }
        self.faults.as_mut().map_or(Ok(()), |faults| faults.before_commit(sets))
    }
}
