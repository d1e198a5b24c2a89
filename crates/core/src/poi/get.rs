//! Looks up a store: `POST /cgi-bin/poi/getpoi`. WeChat manual: "微信门店接口" (stores), look up a store.

use super::{Poi, existing, key};
use crate::engine::{Keys, Query, WorkingSet};
use crate::error::Result;
use crate::time::Timestamp;

/// Looks up a store.
///
/// # Errors
///
/// 65115 no such store; 65116 deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GetPoi {
    /// The number of the store.
    pub poi_id: i64,
}

impl Query for GetPoi {
    type Reply = Poi;

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.records.insert(key(self.poi_id));
    }

    fn run(&self, ws: &WorkingSet, now: Timestamp) -> Result<Poi> {
        existing(ws, self.poi_id, now)
    }
}

#[cfg(test)]
mod tests {
    use super::super::add::tests::{add, store};
    use super::*;
    use crate::engine::testing::*;
    use serde_json::json;

    #[test]
    fn a_store_comes_back_as_it_was_given() {
        let mut world = World::new();
        let more = json!({
            "sid": "s1", "photo_list": [{"photo_url": "https://a/p"}], "recommend": "r", "special": "s",
            "introduction": "i", "open_time": "8:00-20:00", "avg_price": 35,
        });
        let poi_id = world.run(add(more.clone())).expect("a store");
        let mut found = json!(world.ask(GetPoi { poi_id }).expect("the store"));
        let service = found.as_object_mut().and_then(|poi| poi.remove("service")).expect("what it offers");
        let known = json!({"photo_list": ["https://a/p"], "latitude": 25.097486});
        assert_eq!(merged(found, service), merged(merged(store(), more), known));
    }
}
