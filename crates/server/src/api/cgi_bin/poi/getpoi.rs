//! `POST /cgi-bin/poi/getpoi`. WeChat manual: "微信门店接口" (stores), look up a store.

use super::poi_id;
use crate::http::{Answer, Call};
use crate::state::query;
use kaquan_core::error::Result;
use kaquan_core::poi::{APPROVED, GetPoi, NO_UPDATE, Poi};
use serde::Serialize;

/// `{"poi_id"}` answers a [`StoreReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let poi_id = poi_id(call.params())?;
    let poi = query(&call.state, call.app_id()?, GetPoi { poi_id }).await?;
    // A client library reads `poi_id` here as a number and fails on a text. The caller knows the number.
    let base_info = StoreInfo { poi_id: None, ..StoreInfo::of(poi_id, poi) };
    Answer::with(&StoreReply { business: Business { base_info } })
}

/// The reply of `/cgi-bin/poi/getpoi`.
#[derive(Debug, Serialize)]
struct StoreReply {
    /// The store.
    business: Business,
}

/// A store in a reply.
#[derive(Debug, Serialize)]
pub struct Business {
    /// The fields of the store.
    pub base_info: StoreInfo,
}

/// The fields of a store.
#[derive(Debug, Serialize)]
pub struct StoreInfo {
    /// The merchant's own id of the store.
    sid: String,
    /// The number of the store, as text; only in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    poi_id: Option<String>,
    /// The name, without region and branch.
    business_name: String,
    /// Name of the branch.
    branch_name: String,
    /// Province.
    province: String,
    /// City.
    city: String,
    /// District.
    district: String,
    /// Street and house number.
    address: String,
    /// The phone number: digits and `-`.
    telephone: String,
    /// A single text; its levels are separated by commas.
    categories: Vec<String>,
    /// The coordinate system: 1 is GCJ-02, 2 to 5 are those of other maps.
    offset_type: i64,
    /// Degrees east.
    longitude: f64,
    /// Degrees north.
    latitude: f64,
    /// Pictures.
    photo_list: Vec<Photo>,
    /// Recommended products.
    recommend: String,
    /// Special services.
    special: String,
    /// A description of the store.
    introduction: String,
    /// Hours, such as `8:00-20:00`.
    open_time: String,
    /// Average price for one person, in yuan.
    #[serde(skip_serializing_if = "Option::is_none")]
    avg_price: Option<i64>,
    /// The state of the store's review. Every store is approved.
    available_state: i64,
    /// The state of an update's review. No update waits for a review.
    update_status: i64,
}

/// A picture of a store.
#[derive(Debug, Serialize)]
struct Photo {
    /// The URL of the picture.
    photo_url: String,
}

impl StoreInfo {
    /// The store with this number.
    pub fn of(poi_id: i64, poi: Poi) -> StoreInfo {
        let service = poi.service;
        StoreInfo {
            sid: poi.sid,
            poi_id: Some(poi_id.to_string()),
            business_name: poi.business_name,
            branch_name: poi.branch_name,
            province: poi.province,
            city: poi.city,
            district: poi.district,
            address: poi.address,
            telephone: service.telephone,
            categories: poi.categories,
            offset_type: poi.offset_type,
            longitude: poi.longitude,
            latitude: poi.latitude,
            photo_list: service.photo_list.into_iter().map(|photo_url| Photo { photo_url }).collect(),
            recommend: service.recommend,
            special: service.special,
            introduction: service.introduction,
            open_time: service.open_time,
            avg_price: service.avg_price,
            available_state: APPROVED,
            update_status: NO_UPDATE,
        }
    }
}
