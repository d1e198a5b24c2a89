//! `POST /cgi-bin/poi/addpoi`. WeChat manual: "微信门店接口" (stores), add a store.

use super::base_info;
use crate::http::{Answer, Call};
use kaquan_core::error::Result;
use kaquan_core::poi::AddPoi;
use serde::Serialize;

/// `{"business": {"base_info": {…}}}` answers an [`AddStoreReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let base_info = base_info(call.params())?.clone();
    let poi_id = call.submit(AddPoi { base_info }).await?;
    Answer::with(&AddStoreReply { poi_id: poi_id.to_string() })
}

/// The reply of `/cgi-bin/poi/addpoi`.
#[derive(Debug, Serialize)]
struct AddStoreReply {
    /// The number of the new store, as text.
    poi_id: String,
}
