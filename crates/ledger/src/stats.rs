//! Counters of the ledger, for `/metrics`.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters since the start. Reading them is not atomic across counters.
#[derive(Debug, Default)]
pub struct LedgerStats {
    batches: AtomicU64,
    operations: AtomicU64,
    refused: AtomicU64,
    retried: AtomicU64,
    commit_micros: AtomicU64,
}

impl LedgerStats {
    pub(crate) fn batch(&self, operations: usize, refused: usize, commit_micros: u64) {
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.operations.fetch_add(operations as u64, Ordering::Relaxed);
        self.refused.fetch_add(refused as u64, Ordering::Relaxed);
        self.commit_micros.fetch_add(commit_micros, Ordering::Relaxed);
    }

    pub(crate) fn retry(&self) {
        self.retried.fetch_add(1, Ordering::Relaxed);
    }

    /// Batches taken from the queue.
    pub fn batches(&self) -> u64 {
        self.batches.load(Ordering::Relaxed)
    }

    /// Operations done or refused.
    pub fn operations(&self) -> u64 {
        self.operations.load(Ordering::Relaxed)
    }

    /// Operations refused.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Retries of batches that failed: together after a write conflict, or one operation at a time.
    pub fn retried(&self) -> u64 {
        self.retried.load(Ordering::Relaxed)
    }

    /// Microseconds spent in commits.
    pub fn commit_micros(&self) -> u64 {
        self.commit_micros.load(Ordering::Relaxed)
    }
}
