//! The writing end of the store in memory.

use super::MemoryStore;
use crate::error::{Result, StoreError};
use crate::{Ask, Writer};
use kaquan_core::engine::{WorkingSet, load_rounds};
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
    fn load(&mut self, app: AppId, ask: &Ask<'_>) -> Result<Option<WorkingSet>> {
        let state = self.store.state();
        let Some(mut set) = state.working_set(app) else { return Ok(None) };
        load_rounds(&mut set, ask, |keys, set| {
            state.load(keys, set);
            Ok::<_, StoreError>(())
        })?;
        Ok(Some(set))
    }

    fn commit(&mut self, sets: Vec<WorkingSet>) -> Result<()> {
        let mut plan = super::lock(&self.store.plan);
        plan.before_commit(&sets)?;
        let mut state = self.store.state();
        sets.into_iter().filter(WorkingSet::is_changed).for_each(|set| state.write(set));
        drop(state);
        plan.after_commit()
    }

    fn abandon(&mut self) {
        // Nobody else writes, so nothing was taken.
    }
}
