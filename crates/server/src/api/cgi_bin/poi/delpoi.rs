//! `POST /cgi-bin/poi/delpoi`. WeChat manual: "微信门店接口" (stores), delete a store.

use super::poi_id;
use crate::http::{Answer, Call};
use kaquan_core::error::Result;
use kaquan_core::poi::DeletePoi;

/// `{"poi_id"}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let poi_id = poi_id(call.params())?;
    call.submit(DeletePoi { poi_id }).await?;
    Ok(Answer::ok())
}
