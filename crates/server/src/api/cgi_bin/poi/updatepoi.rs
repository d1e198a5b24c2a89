//! `POST /cgi-bin/poi/updatepoi`. WeChat manual: "微信门店接口" (stores), change a store.

use super::{base_info, poi_id};
use crate::http::params::Params;
use crate::http::{Answer, Call};
use kaquan_core::error::Result;
use kaquan_core::poi::UpdatePoi;

/// `{"business": {"base_info": {"poi_id", …}}}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let base_info = base_info(call.params())?;
    let poi_id = poi_id(Params(base_info))?;
    call.submit(UpdatePoi { poi_id, base_info: base_info.clone() }).await?;
    Ok(Answer::ok())
}
