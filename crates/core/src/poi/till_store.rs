//! The store of a till. In each app, an account of the console may have a store, and its consumes and payments are in
//! this store. The console sets the store. Native API.

use super::{Place, key};
use crate::engine::{Command, Keys, Record, RecordKey, RecordKind, WorkingSet};
use crate::error::Result;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The store of an account's till.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TillStore {
    /// The store. It may have been deleted since.
    pub location_id: i64,
}

impl Record for TillStore {
    const KIND: RecordKind = RecordKind::TillStore;
}

impl TillStore {
    /// The record key for this account.
    pub fn key(account: i64) -> RecordKey {
        RecordKey::numbered::<TillStore>(account)
    }
}

/// Sets or removes the store of an account's till.
///
/// # Errors
///
/// 40098 no such store, or a deleted one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetTillStore {
    /// The number of the account.
    pub account: i64,
    /// The store; `None` for no store.
    pub location_id: Option<i64>,
}

impl SetTillStore {
    fn place(&self) -> Place {
        Place { location_id: self.location_id, staff: None }
    }
}

impl Command for SetTillStore {
    type Reply = ();

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.records.insert(TillStore::key(self.account));
        keys.records.extend(self.location_id.map(key));
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        self.place().check(ws, now)?;
        let key = TillStore::key(self.account);
        match self.location_id {
            Some(location_id) => ws.put_record(key, &TillStore { location_id }),
            None => ws.records.remove(&key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::add::tests::add;
    use super::*;
    use crate::engine::testing::*;
    use crate::error::ErrCode;
    use serde_json::json;

    #[test]
    fn a_till_gets_a_store_that_exists_and_can_lose_it() {
        let mut world = World::new();
        let here = world.run(add(json!({}))).expect("a store");
        let set = |location_id| SetTillStore { account: 3, location_id };
        assert_eq!(refusal(world.run(set(Some(here + 1)))), Some(ErrCode::InvalidPoiid));
        for location_id in [Some(here), Some(here), None, None] {
            world.run(set(location_id)).expect("set");
            assert_eq!(world.records.contains_key(&TillStore::key(3)), location_id.is_some());
        }
    }
}
