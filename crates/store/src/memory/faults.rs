//! Commits that fail on purpose. What may go wrong around a commit is a trait, so that a test says where and when
//! without a word about it in the code under test.

use crate::error::{Result, StoreError};
use kaquan_core::engine::WorkingSet;
use std::fmt;

/// Asked around every commit.
pub trait Faults: Send + 'static {
    /// Before anything is written: an error is a commit that failed.
    fn before_commit(&mut self, sets: &[WorkingSet]) -> Result<()> {
        let _ = sets;
        Ok(())
    }

    /// After everything is written: an error is a writer that dies before it can say so.
    fn after_commit(&mut self) -> Result<()> {
        Ok(())
    }
}

/// What goes wrong, and when.
#[derive(Default)]
pub(super) struct Plan {
    /// Commits still to fail.
    pub failing: usize,
    /// Asked about the others.
    pub faults: Option<Box<dyn Faults>>,
}

impl Plan {
    /// Before a commit.
    pub fn before_commit(&mut self, sets: &[WorkingSet]) -> Result<()> {
        if self.failing > 0 {
            self.failing -= 1;
            let source = std::io::Error::other("a commit that was to fail");
            return Err(StoreError::Io { path: "memory".to_owned(), source });
        }
        self.faults.as_mut().map_or(Ok(()), |faults| faults.before_commit(sets))
    }

    /// After a commit.
    pub fn after_commit(&mut self) -> Result<()> {
        self.faults.as_mut().map_or(Ok(()), |faults| faults.after_commit())
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan").field("failing", &self.failing).finish_non_exhaustive()
    }
}
