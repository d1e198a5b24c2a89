//! Looks up the names of stores, also of deleted ones, for past events and reports. Native API.

use super::{PoiRecord, key};
use crate::engine::{Keys, Query, WorkingSet};
use crate::error::Result;
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// The name of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreName {
    /// The name with the branch in brackets.
    pub name: String,
    pub deleted: bool,
}

/// Looks up the names of the stores with these numbers. Numbers without a store are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreNames(pub Vec<i64>);

impl Query for StoreNames {
    type Reply = BTreeMap<i64, StoreName>;

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.records.extend(self.0.iter().map(|poi_id| key(*poi_id)));
    }

    fn run(&self, ws: &WorkingSet, now: Timestamp) -> Result<BTreeMap<i64, StoreName>> {
        let mut names = BTreeMap::new();
        for poi_id in &self.0 {
            if let Some(record) = ws.find_record::<PoiRecord>(&key(*poi_id), now)? {
                names.insert(*poi_id, StoreName { name: record.name(), deleted: record.poi.is_none() });
            }
        }
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::super::DeletePoi;
    use super::super::add::tests::add;
    use super::*;
    use crate::engine::testing::*;
    use serde_json::json;

    #[test]
    fn a_deleted_store_keeps_its_name() {
        let mut world = World::new();
        let here = world.run(add(json!({}))).expect("a store");
        let plain = world.run(add(json!({"branch_name": null}))).expect("a store");
        for deleted in [false, true] {
            let names = world.ask(StoreNames(vec![plain, here, 99])).expect("the names");
            let name = |name: &str| StoreName { name: name.into(), deleted };
            let expected = [(here, name("麦当劳(艺苑路店)")), (plain, name("麦当劳"))];
            assert_eq!(names, expected.into());
            for poi_id in [here, plain].into_iter().filter(|_| !deleted) {
                world.run(DeletePoi { poi_id }).expect("deleted");
            }
        }
    }
}
