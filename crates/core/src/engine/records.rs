//! Records in a working set: finds them by key, writes them, and numbers new ones.

use super::record::{Record, RecordKey, RecordKind, StoredRecord};
use super::working_set::WorkingSet;
use crate::error::{Error, Result};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The last number issued for a kind of record.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Sequence(i64);

impl Record for Sequence {
    const KIND: RecordKind = RecordKind::Sequence;
}

/// The key of the last issued number of this type. Operations that call [`WorkingSet::next_no`] must read it.
pub fn sequence_key<T: Record>() -> RecordKey {
    RecordKey::numbered::<Sequence>(T::KIND.number().into())
}

impl WorkingSet {
    /// A record, if it exists and has not expired at `now`.
    ///
    /// # Errors
    ///
    /// -1 if the record was not loaded.
    pub fn find_record<T: Record>(&self, key: &RecordKey, now: Timestamp) -> Result<Option<T>> {
        match self.records.get(key)?.filter(|record| record.is_alive(now)) {
            Some(record) => record.value().map(Some),
            None => Ok(None),
        }
    }

    /// A record of a code or card that this batch may have created. Such a record was not loaded, and exists only if
    /// the batch put it.
    pub fn find_record_of_new<T: Record>(&self, key: &RecordKey, now: Timestamp) -> Result<Option<T>> {
        if self.records.is_loaded(key) { self.find_record(key, now) } else { Ok(None) }
    }

    /// Puts a record that never expires.
    pub fn put_record<T: Record>(&mut self, key: RecordKey, value: &T) -> Result<()> {
        self.put_record_until(key, value, None)
    }

    /// Puts a record that expires at `expires_at`.
    pub fn put_record_until<T: Record>(
        &mut self,
        key: RecordKey,
        value: &T,
        expires_at: Option<Timestamp>,
    ) -> Result<()> {
        let body = serde_json::to_string(value)
            .map_err(|error| Error::internal(format!("record of kind {:?}: {error}", T::KIND)))?;
        self.records.put(key, StoredRecord { body: body.into(), expires_at });
        Ok(())
    }

    /// Issues the number of a new record of this type. The first number is 1.
    ///
    /// # Errors
    ///
    /// -1 if [`sequence_key`] was not loaded.
    pub fn next_no<T: Record>(&mut self) -> Result<i64> {
        let key = sequence_key::<T>();
        let last = match self.records.get(&key)? {
            Some(record) => record.value::<Sequence>()?.0,
            None => 0,
        };
        self.put_record(key, &Sequence(last + 1))?;
        Ok(last + 1)
    }
}
