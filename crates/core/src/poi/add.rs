//! Adds a store: `POST /cgi-bin/poi/addpoi`. WeChat manual: "微信门店接口" (stores), add a store.

use super::service::text_up_to;
use super::{Poi, PoiRecord, Service, category, key};
use crate::card::Object;

use crate::engine::{Command, Keys, WorkingSet, sequence_key};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::NO_CARD;
use crate::time::Timestamp;
use crate::value::{decimal, filled, text, whole_number};

/// The longest `sid` in characters.
const SID_MAX: usize = 64;
/// The largest width of `business_name`. A Chinese character counts twice: 15 Chinese characters or 30 letters.
const BUSINESS_NAME_WIDTH: usize = 30;
/// The longest `branch_name`, `province`, `city` and `district`, in characters.
const NAME_MAX: usize = 10;
/// The longest `address` in characters.
const ADDRESS_MAX: usize = 128;

/// Adds a store and returns its number, which never changes. There is no review: an event reports the approval at
/// once.
///
/// # Errors
///
/// Field by field, in this order: 45021 `sid`; 65109 `business_name` is missing or too long; 45021 `branch_name`;
/// 65113 `province`; 65112 `city`; 45021 `district`; 65110 `address`; 65104 `categories`; 40097 `offset_type`,
/// `longitude`, `latitude`. Then the errors of [`Service::lay_over`], and 65111 if `telephone` is missing. 47001 for
/// a value of the wrong JSON type. Unknown keys are ignored.
#[derive(Debug, Clone, PartialEq)]
pub struct AddPoi {
    /// `business.base_info` of the request.
    pub base_info: Object,
}

impl Command for AddPoi {
    type Reply = i64;

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.records.insert(sequence_key::<PoiRecord>());
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<i64> {
        let poi = read(&self.base_info)?;
        let poi_id = ws.next_no::<PoiRecord>()?;
        let sid = poi.sid.clone();
        ws.put_record(key(poi_id), &PoiRecord { poi: Some(poi), former_name: String::new() })?;
        let event = Event::new(EventKind::PoiCheck, now, NO_CARD);
        ws.emit(Event { amount: poi_id, detail: Some(sid), ..event });
        Ok(poi_id)
    }
}

fn read(base_info: &Object) -> Result<Poi> {
    let mut poi = Poi {
        sid: text_up_to(base_info, "sid", SID_MAX)?.unwrap_or_default(),
        business_name: business_name(base_info)?,
        branch_name: text_up_to(base_info, "branch_name", NAME_MAX)?.unwrap_or_default(),
        province: required(base_info, "province", NAME_MAX, ErrCode::InvalidProvince)?,
        city: required(base_info, "city", NAME_MAX, ErrCode::InvalidCity)?,
        district: text_up_to(base_info, "district", NAME_MAX)?.unwrap_or_default(),
        address: required(base_info, "address", ADDRESS_MAX, ErrCode::InvalidAddress)?,
        categories: vec![category::read(base_info)?],
        offset_type: offset_type(base_info)?,
        longitude: degrees(base_info, "longitude", 180.0)?,
        latitude: degrees(base_info, "latitude", 90.0)?,
        service: Service::default(),
    };
    poi.service.lay_over(base_info)?;
    match poi.service.telephone.is_empty() {
        true => Err(Error::field(ErrCode::InvalidTelephone, "telephone", "is missing")),
        false => Ok(poi),
    }
}

fn required(base_info: &Object, key: &str, max: usize, refusal: ErrCode) -> Result<String> {
    let text = text(base_info, key)?.ok_or_else(|| Error::field(refusal, key, "is missing"))?;
    match text.chars().count() {
        length if length > max => {
            Err(Error::field(refusal, key, format!("{length} characters, at most {max}")))
        }
        _ => Ok(text),
    }
}

fn business_name(base_info: &Object) -> Result<String> {
    const KEY: &str = "business_name";
    let bad = |reason: &str| Error::field(ErrCode::InvalidBusinessName, KEY, reason);
    let name = text(base_info, KEY)?.ok_or_else(|| bad("is missing"))?;
    let width: usize = name.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    match width > BUSINESS_NAME_WIDTH {
        true => Err(bad("at most 15 Chinese characters or 30 letters")),
        false => Ok(name),
    }
}

fn offset_type(base_info: &Object) -> Result<i64> {
    match whole_number(base_info, "offset_type")? {
        Some(kind @ 1..=5) => Ok(kind),
        Some(_) => Err(Error::field(ErrCode::InvalidArgs, "offset_type", "must be 1 to 5")),
        None => Err(Error::field(ErrCode::InvalidArgs, "offset_type", "is missing")),
    }
}

fn degrees(base_info: &Object, key: &str, max: f64) -> Result<f64> {
    let bad = |reason: String| Error::field(ErrCode::InvalidArgs, key, reason);
    let value = filled(base_info, key).ok_or_else(|| bad("is missing".to_owned()))?;
    match decimal(value) {
        Some(degrees) if degrees.abs() <= max => Ok(degrees),
        _ => Err(bad(format!("must be a number from -{max} to {max}"))),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::engine::testing::*;
    use serde_json::{Value, json};

    /// The required fields of a store.
    pub fn store() -> Value {
        json!({
            "business_name": "麦当劳", "branch_name": "艺苑路店", "province": "广东省", "city": "广州市",
            "district": "海珠区", "address": "艺苑路11号", "telephone": "020-12345678",
            "categories": ["美食,快餐小吃"], "offset_type": 1, "longitude": 115.32375, "latitude": "25.097486",
        })
    }

    pub fn add(base_info: Value) -> AddPoi {
        AddPoi { base_info: object(merged(store(), base_info)) }
    }

    #[test]
    fn a_store_gets_the_next_number_and_passes_at_once() {
        let mut world = World::new();
        assert_eq!(world.run(add(json!({}))), Ok(1));
        assert_eq!(world.run(add(json!({"sid": 33788392}))), Ok(2));
        let event = world.events.last().expect("an event");
        assert_eq!((event.kind, event.card, event.amount), (EventKind::PoiCheck, NO_CARD, 2));
        assert_eq!(event.detail.as_deref(), Some("33788392"));
    }

    #[test]
    fn texts_are_as_long_as_the_manual_says() {
        for (key, fits, too_long, refusal_of_it) in [
            ("business_name", "店".repeat(15), "店".repeat(15) + "a", ErrCode::InvalidBusinessName),
            ("business_name", "a".repeat(30), "a".repeat(31), ErrCode::InvalidBusinessName),
            ("branch_name", "店".repeat(10), "店".repeat(11), ErrCode::OutOfLengthLimit),
            ("province", "省".repeat(10), "省".repeat(11), ErrCode::InvalidProvince),
            ("city", "市".repeat(10), "市".repeat(11), ErrCode::InvalidCity),
            ("district", "区".repeat(10), "区".repeat(11), ErrCode::OutOfLengthLimit),
            ("address", "路".repeat(128), "路".repeat(129), ErrCode::InvalidAddress),
            ("recommend", "鸡".repeat(200), "鸡".repeat(201), ErrCode::OutOfLengthLimit),
            ("introduction", "鸡".repeat(300), "鸡".repeat(301), ErrCode::OutOfLengthLimit),
            ("sid", "1".repeat(64), "1".repeat(65), ErrCode::OutOfLengthLimit),
        ] {
            assert_eq!(refusal(World::new().run(add(json!({ key: fits })))), None, "{key}");
            let refused = World::new().run(add(json!({ key: too_long })));
            assert_eq!(refusal(refused), Some(refusal_of_it), "{key}");
        }
    }

    #[test]
    fn each_missing_or_invalid_field_has_its_own_errcode() {
        for (key, values, expected) in [
            ("business_name", [json!(null), json!("")], ErrCode::InvalidBusinessName),
            ("province", [json!(null), json!("")], ErrCode::InvalidProvince),
            ("city", [json!(null), json!("")], ErrCode::InvalidCity),
            ("address", [json!(null), json!("")], ErrCode::InvalidAddress),
            ("telephone", [json!(null), json!("call us")], ErrCode::InvalidTelephone),
            ("telephone", [json!("-"), json!("1".repeat(33))], ErrCode::InvalidTelephone),
            ("categories", [json!(null), json!([])], ErrCode::InvalidCategories),
            ("offset_type", [json!(null), json!(6)], ErrCode::InvalidArgs),
            ("longitude", [json!(null), json!(180.5)], ErrCode::InvalidArgs),
            ("latitude", [json!("north"), json!(-91)], ErrCode::InvalidArgs),
            ("avg_price", [json!(-1), json!(100_000_001)], ErrCode::InvalidArgs),
            ("photo_list", [json!([]), json!([])], ErrCode::PhotoListEmpty),
            ("photo_list", [json!([{}]), json!([{"photo_url": "a.png"}])], ErrCode::InvalidPhotoUrl),
            ("city", [json!([]), json!({})], ErrCode::DataFormat),
        ] {
            for value in values {
                let refused = World::new().run(add(json!({ key: value.clone() })));
                let gone = object(merged(store(), json!({ key: null })));
                let refused =
                    if value.is_null() { World::new().run(AddPoi { base_info: gone }) } else { refused };
                assert_eq!(refusal(refused), Some(expected), "{key} {value}");
            }
        }
    }

    #[test]
    fn poi_add_errors_follow_the_documented_order() {
        let mut faulty = json!({
            "business_name": "店".repeat(16), "province": "", "city": "", "address": "", "categories": [],
            "offset_type": 0, "longitude": "x", "photo_list": [], "telephone": "",
        });
        for (key, expected) in [
            ("business_name", ErrCode::InvalidBusinessName),
            ("province", ErrCode::InvalidProvince),
            ("city", ErrCode::InvalidCity),
            ("address", ErrCode::InvalidAddress),
            ("categories", ErrCode::InvalidCategories),
            ("offset_type", ErrCode::InvalidArgs),
            ("longitude", ErrCode::InvalidArgs),
            ("photo_list", ErrCode::PhotoListEmpty),
            ("telephone", ErrCode::InvalidTelephone),
        ] {
            assert_eq!(refusal(World::new().run(add(faulty.clone()))), Some(expected), "{key}");
            faulty.as_object_mut().expect("an object").remove(key);
        }
        assert_eq!(refusal(World::new().run(add(faulty))), None);
    }
}
