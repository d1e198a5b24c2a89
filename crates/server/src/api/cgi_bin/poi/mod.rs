//! `/cgi-bin/poi`: stores. WeChat manual: "微信门店接口" (stores).

pub mod addpoi;
pub mod delpoi;
pub mod getpoi;
pub mod getpoilist;
pub mod getwxcategory;
pub mod updatepoi;

use crate::http::params::Params;
use kaquan_core::card::Object;
use kaquan_core::error::{ErrCode, Error, Result};

/// Reads `business.base_info` of a request.
fn base_info(params: Params<'_>) -> Result<&Object> {
    Params(params.object("business")?).object("base_info")
}

/// Reads the number of a store: 41011 if it is missing, 40098 for a text that is not a number.
pub fn poi_id(params: Params<'_>) -> Result<i64> {
    match params.value("poi_id") {
        None => Err(Error::missing("poi_id")),
        Some(_) => params
            .int("poi_id")
            .ok()
            .flatten()
            .ok_or_else(|| Error::field(ErrCode::InvalidPoiid, "poi_id", "must be the number of a store")),
    }
}
