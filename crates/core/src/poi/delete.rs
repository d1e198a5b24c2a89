//! Deletes a store: `POST /cgi-bin/poi/delpoi`. WeChat manual: "微信门店接口" (stores), delete a store.

use super::{PoiRecord, existing, key};
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::Result;
use crate::time::Timestamp;

/// Deletes a store. Its number is never issued again. Its name is kept for past events and reports. Cards with this
/// store keep the number, because the number may also be that of a store in the merchant's own system.
///
/// # Errors
///
/// 65115 no such store; 65116 already deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeletePoi {
    /// The store.
    pub poi_id: i64,
}

impl Command for DeletePoi {
    type Reply = ();

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.records.insert(key(self.poi_id));
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        let former_name = existing(ws, self.poi_id, now)?.name();
        ws.put_record(key(self.poi_id), &PoiRecord { poi: None, former_name })
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
    fn a_store_is_deleted_once_and_its_number_is_not_given_out_again() {
        let mut world = World::new();
        let poi_id = world.run(add(json!({}))).expect("a store");
        world.run(DeletePoi { poi_id }).expect("deleted");
        assert_eq!(refusal(world.run(DeletePoi { poi_id })), Some(ErrCode::PoiDeleted));
        assert_eq!(world.run(add(json!({}))), Ok(poi_id + 1));
    }

    #[test]
    fn a_store_that_never_was_cannot_be_deleted() {
        let refused = World::new().run(DeletePoi { poi_id: 1 });
        assert_eq!(refusal(refused), Some(ErrCode::PoiIdNotExist));
    }
}
