//! A store (门店, POI): a place where cards can be used. Cards name stores by number in `location_id_list`. WeChat had
//! stores checked by people; kaquan takes them as they are, so a store stands as approved from its first moment.
//! WeChat manual: "微信门店接口" (stores).

pub mod add;
pub mod category;
pub mod delete;
pub mod get;
pub mod service;
pub mod update;

use crate::engine::{Record, RecordKey, RecordKind, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
pub use service::Service;

/// `available_state` of a store that passed.
const APPROVED: i64 = 3;
/// `update_status` of a store without a change that waits for review.
const NO_UPDATE: i64 = 0;

/// What is kept under a store's number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PoiRecord {
    /// The store; `None` once it is deleted, so that its number stays known as one that was.
    pub poi: Option<Poi>,
}

impl Record for PoiRecord {
    const KIND: RecordKind = RecordKind::Poi;
}

/// A store.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Poi {
    /// The merchant's own id of it.
    pub sid: String,
    /// Name, without region and branch.
    pub business_name: String,
    pub branch_name: String,
    pub province: String,
    pub city: String,
    pub district: String,
    /// Street and house.
    pub address: String,
    /// One text, its levels divided by commas.
    pub categories: Vec<String>,
    /// What the coordinates are of: 1 GCJ-02, 2 to 5 other maps.
    pub offset_type: i64,
    /// Degrees east.
    pub longitude: f64,
    /// Degrees north.
    pub latitude: f64,
    /// What can be changed later.
    pub service: Service,
}

impl Poi {
    /// The value of `base_info` in replies.
    pub fn to_json(&self, poi_id: i64) -> Value {
        let Service { telephone, photo_list, recommend, special, introduction, open_time, avg_price } =
            &self.service;
        let photos: Vec<Value> = photo_list.iter().map(|url| json!({"photo_url": url})).collect();
        let mut base_info = json!({
            "sid": self.sid,
            "poi_id": poi_id.to_string(),
            "business_name": self.business_name,
            "branch_name": self.branch_name,
            "province": self.province,
            "city": self.city,
            "district": self.district,
            "address": self.address,
            "telephone": telephone,
            "categories": self.categories,
            "offset_type": self.offset_type,
            "longitude": self.longitude,
            "latitude": self.latitude,
            "photo_list": photos,
            "recommend": recommend,
            "special": special,
            "introduction": introduction,
            "open_time": open_time,
        });
        if let Some(price) = avg_price {
            base_info["avg_price"] = (*price).into();
        }
        base_info["available_state"] = APPROVED.into();
        base_info["update_status"] = NO_UPDATE.into();
        base_info
    }
}

/// The key of a store.
fn key(poi_id: i64) -> RecordKey {
    RecordKey::numbered::<PoiRecord>(poi_id)
}

/// The store with this number.
///
/// # Errors
///
/// 65115 there never was one; 65116 it was deleted.
fn existing(ws: &WorkingSet, poi_id: i64, now: Timestamp) -> Result<Poi> {
    let record = ws.find_record::<PoiRecord>(&key(poi_id), now)?;
    let no_store = || Error::field(ErrCode::PoiIdNotExist, "poi_id", format!("no store {poi_id}"));
    record
        .ok_or_else(no_store)?
        .poi
        .ok_or_else(|| Error::field(ErrCode::PoiDeleted, "poi_id", format!("store {poi_id} was deleted")))
}
