//! Commits that fail on purpose. [`Faulty`] wraps the writers of any store. A test says which commit fails, and the
//! code under test does not know of it.

use kaquan_core::engine::WorkingSet;
use kaquan_core::id::AppId;
use kaquan_store::{DeclareReads, Result, StoreError, Writer};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Asked around every commit.
pub trait Faults: Send + 'static {
    /// Before anything is written: an error is a commit that failed.
    fn before_commit(&mut self, sets: &[WorkingSet]) -> Result<()> {
        let _ = sets;
        Ok(())
    }

    /// After everything is written: an error is a writer that dies before it reports the commit.
    fn after_commit(&mut self) -> Result<()> {
        Ok(())
    }
}

/// What goes wrong, and when. Clones share the plan.
#[derive(Clone, Default)]
pub struct Faulty(Arc<Mutex<Plan>>);

#[derive(Default)]
struct Plan {
    /// Commits still to fail.
    failing: usize,
    /// Whether nothing can be committed, probes included.
    down: bool,
    /// Asked about the others.
    faults: Option<Box<dyn Faults>>,
}

impl Faulty {
    /// Has the next `n` commits fail without having written anything.
    pub fn fail_commits(&self, n: usize) {
        self.plan().failing = n;
    }

    /// Has every commit and every probe fail, until this is called with `false`.
    pub fn set_down(&self, down: bool) {
        self.plan().down = down;
    }

    /// Asks `faults` around every commit from now on.
    pub fn set_faults(&self, faults: impl Faults) {
        self.plan().faults = Some(Box::new(faults));
    }

    /// These writers, with the plan before each of their commits.
    pub fn before(&self, writers: Vec<Box<dyn Writer>>) -> Vec<Box<dyn Writer>> {
        let wrap = |inner| Box::new(FaultyWriter { inner, faulty: self.clone() }) as Box<dyn Writer>;
        writers.into_iter().map(wrap).collect()
    }

    /// The plan, even after a test has panicked while it held the lock.
    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faulty").field("failing", &self.plan().failing).finish_non_exhaustive()
    }
}

/// A writer with commits that fail as planned.
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
        // Held throughout: a test that changes the plan changes it between two commits.
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
