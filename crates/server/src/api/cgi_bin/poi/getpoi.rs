//! `POST /cgi-bin/poi/getpoi`. WeChat manual: "微信门店接口" (stores), look up a store.

use super::poi_id;
use crate::http::{Answer, Call};
use crate::state::query;
use kaquan_core::error::Result;
use kaquan_core::poi::get::GetPoi;
use serde_json::json;

/// `{"poi_id"}` answers `{"business": {"base_info": {…}}}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let poi_id = poi_id(call.params())?;
    let poi = query(&call.state, call.app_id()?, GetPoi { poi_id }).await?;
    Ok(Answer::with(json!({"business": {"base_info": poi.to_json(poi_id)}})))
}
