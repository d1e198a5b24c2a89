//! Phase 3 of a batch: sends all changed rows and `COMMIT` with one round trip. The number of the batch is written in
//! the same transaction, so that the writer can find out later whether the commit happened.

use super::super::connect::{Call, Param};
use super::super::sql;
use super::PostgresWriter;
use super::changes::Changes;
use crate::error::{Result, StoreError};
use kaquan_core::engine::WorkingSet;

impl PostgresWriter {
    pub(super) fn write(&mut self, sets: &[WorkingSet]) -> Result<()> {
        let changes: Vec<Changes<'_>> =
            sets.iter().map(|set| Changes::of(set, &self.cards)).collect::<Result<_>>()?;
        let mut calls: Vec<Call<'_>> = changes.iter().flat_map(Changes::calls).collect();
        for set in sets {
            calls.push((sql::RECORD_BATCH, vec![&set.app.id.0 as Param<'_>, &self.id, &self.batch]));
        }
        let conn = self.conn.as_mut().ok_or_else(|| StoreError::Unreachable("no connection".to_owned()))?;
        conn.commit(&calls)
    }
}
