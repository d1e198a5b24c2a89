//! A store (门店, POI): a place in which cards can be used. Cards have the numbers of stores in `location_id_list`.
//! WeChat's staff reviewed stores. kaquan has no such review: a store is approved when it is added. WeChat manual:
//! "微信门店接口" (stores).

mod add;
mod category;
mod delete;
mod get;
mod names;
mod place;
mod service;
mod store_card;
mod till_store;
mod update;

pub use add::AddPoi;
pub use category::CATEGORIES;
pub use delete::DeletePoi;
pub use get::GetPoi;
pub use names::{StoreName, StoreNames};
pub use place::{Place, Staff};
pub use till_store::{SetTillStore, TillStore};
pub use update::UpdatePoi;

use crate::engine::{Record, RecordKey, RecordKind, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
pub use service::Service;
pub use store_card::{GetStoreCard, SetStoreCard, StoreCard};

/// The `available_state` of an approved store.
pub const APPROVED: i64 = 3;
/// The `update_status` of a store without a change that waits for review.
pub const NO_UPDATE: i64 = 0;

/// The record of a store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PoiRecord {
    /// The store; `None` after it was deleted. The record remains, so that calls with its number report a deleted
    /// store.
    pub poi: Option<Poi>,
    /// The name of a deleted store, because past consumes are shown with it; empty before the deletion.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub former_name: String,
}

impl PoiRecord {
    /// The name of the store, also after it was deleted.
    pub fn name(&self) -> String {
        self.poi.as_ref().map_or_else(|| self.former_name.clone(), Poi::name)
    }
}

impl Record for PoiRecord {
    const KIND: RecordKind = RecordKind::Poi;
}

/// A store.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Poi {
    /// The merchant's own id of the store.
    pub sid: String,
    /// The name, without region and branch.
    pub business_name: String,
    pub branch_name: String,
    pub province: String,
    pub city: String,
    pub district: String,
    /// Street and house number.
    pub address: String,
    /// A single text; its levels are separated by commas.
    pub categories: Vec<String>,
    /// The coordinate system: 1 is GCJ-02, 2 to 5 are those of other maps.
    pub offset_type: i64,
    /// Degrees east.
    pub longitude: f64,
    /// Degrees north.
    pub latitude: f64,
    /// The fields that can be changed later.
    pub service: Service,
}

impl Poi {
    /// The name with the branch in brackets: `LocationName` of the events. It never changes.
    pub fn name(&self) -> String {
        match self.branch_name.is_empty() {
            true => self.business_name.clone(),
            false => format!("{}({})", self.business_name, self.branch_name),
        }
    }
}

/// The record key of a store.
pub fn key(poi_id: i64) -> RecordKey {
    RecordKey::numbered::<PoiRecord>(poi_id)
}

/// The store with this number.
///
/// # Errors
///
/// 65115 there was never such a store; 65116 it was deleted.
fn existing(ws: &WorkingSet, poi_id: i64, now: Timestamp) -> Result<Poi> {
    let record = ws.find_record::<PoiRecord>(&key(poi_id), now)?;
    let no_store = || Error::field(ErrCode::PoiIdNotExist, "poi_id", format!("no store {poi_id}"));
    record
        .ok_or_else(no_store)?
        .poi
        .ok_or_else(|| Error::field(ErrCode::PoiDeleted, "poi_id", format!("store {poi_id} was deleted")))
}
