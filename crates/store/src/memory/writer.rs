//! The writing end of the store in memory.

use super::MemoryStore;
use crate::Writer;
use crate::error::{Result, StoreError};
use kaquan_core::engine::{Keys, WorkingSet};
use kaquan_core::id::AppId;

/// The one writer of a store.
#[derive(Debug)]
pub(super) struct MemoryWriter {
    store: MemoryStore,
}

impl MemoryWriter {
    /// The writer, if there is no other.
    pub fn open(store: MemoryStore) -> Result<MemoryWriter> {
        let taken = std::mem::replace(&mut store.state().writing, true);
        if taken { Err(StoreError::InUse("memory".to_owned())) } else { Ok(MemoryWriter { store }) }
    }
}

impl Drop for MemoryWriter {
    fn drop(&mut self) {
        self.store.state().writing = false;
    }
}

impl Writer for MemoryWriter {
    fn working_set(&mut self, app: AppId) -> Result<Option<WorkingSet>> {
        Ok(self.store.state().working_set(app))
    }

    fn load(&mut self, keys: &Keys, set: &mut WorkingSet) -> Result<()> {
        self.store.state().load(keys, set);
        Ok(())
    }

    fn commit(&mut self, sets: Vec<WorkingSet>) -> Result<()> {
        let mut plan = super::lock(&self.store.plan);
        plan.before_commit(&sets)?;
        let mut state = self.store.state();
        sets.into_iter().filter(WorkingSet::is_changed).for_each(|set| state.write(set));
        drop(state);
        plan.after_commit()
    }
}
