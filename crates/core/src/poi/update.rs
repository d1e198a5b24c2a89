//! Changes the services of a store: `POST /cgi-bin/poi/updatepoi`. WeChat manual: "微信门店接口" (stores), change a store.

use super::{PoiRecord, existing, key};
use crate::card::Object;
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::Result;
use crate::time::Timestamp;

/// Changes phone number, photos, recommendation, special services, introduction, hours and price of a store. Missing
/// fields are not changed. Name, place and category cannot be changed: clients send them, but they are ignored.
///
/// # Errors
///
/// 65115 no such store; 65116 deleted; then the errors of [`super::Service::lay_over`].
#[derive(Debug, Clone, PartialEq)]
pub struct UpdatePoi {
    /// The number of the store.
    pub poi_id: i64,
    /// `business.base_info` of the request.
    pub base_info: Object,
}

impl Command for UpdatePoi {
    type Reply = ();

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.records.insert(key(self.poi_id));
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        let mut poi = existing(ws, self.poi_id, now)?;
        poi.service.lay_over(&self.base_info)?;
        ws.put_record(key(self.poi_id), &PoiRecord { poi: Some(poi) })
    }
}

#[cfg(test)]
mod tests {
    use super::super::add::tests::add;
    use super::super::delete::DeletePoi;
    use super::super::get::GetPoi;
    use super::*;
    use crate::engine::testing::*;
    use crate::error::ErrCode;
    use serde_json::{Value, json};

    fn update(poi_id: i64, base_info: Value) -> UpdatePoi {
        UpdatePoi { poi_id, base_info: object(base_info) }
    }

    #[test]
    fn given_values_replace_and_omitted_fields_stay() {
        let mut world = World::new();
        let photos = json!([{"photo_url": "http://a/1"}, {"photo_url": "http://a/2"}]);
        let poi_id = world.run(add(json!({"photo_list": photos, "special": "wifi"}))).expect("a store");
        let before = world.ask(GetPoi { poi_id }).expect("the store");
        let given = json!({
            "telephone": "010-1", "photo_list": [{"photo_url": "http://a/3"}], "recommend": "r", "special": "",
            "introduction": null, "open_time": "8:00-20:00", "avg_price": "35", "business_name": "other",
            "longitude": 1,
        });
        world.run(update(poi_id, given)).expect("changed");
        let after = world.ask(GetPoi { poi_id }).expect("the store");
        let mut expected = before;
        expected.service.telephone = "010-1".into();
        expected.service.photo_list = vec!["http://a/3".into()];
        expected.service.recommend = "r".into();
        expected.service.open_time = "8:00-20:00".into();
        expected.service.avg_price = Some(35);
        assert_eq!(after, expected);
    }

    #[test]
    fn poi_update_errors_follow_the_documented_order() {
        let mut world = World::new();
        let [here, gone] = [(); 2].map(|()| world.run(add(json!({}))).expect("a store"));
        world.run(DeletePoi { poi_id: gone }).expect("deleted");
        for (poi_id, base_info, expected) in [
            (77, json!({"telephone": "x"}), ErrCode::PoiIdNotExist),
            (gone, json!({"telephone": "x"}), ErrCode::PoiDeleted),
            (here, json!({"telephone": "x", "photo_list": []}), ErrCode::InvalidTelephone),
            (here, json!({"photo_list": [], "special": "x".repeat(201)}), ErrCode::PhotoListEmpty),
            (here, json!({"open_time": "x".repeat(65), "avg_price": -1}), ErrCode::OutOfLengthLimit),
            (here, json!({"avg_price": -1}), ErrCode::InvalidArgs),
        ] {
            assert_eq!(refusal(world.run(update(poi_id, base_info.clone()))), Some(expected), "{base_info}");
        }
    }
}
