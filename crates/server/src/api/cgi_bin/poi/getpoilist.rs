//! `POST /cgi-bin/poi/getpoilist`. WeChat manual: "微信门店接口" (stores), list stores.

use crate::http::{Answer, Call};
use crate::state::records;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::poi::PoiRecord;
use serde_json::{Value, json};

/// Stores one call may ask for.
const LIMIT_MAX: i64 = 50;
/// Stores answered when nobody says how many.
const LIMIT_DEFAULT: i64 = 20;

/// `{"begin"?, "limit"?}` answers `{"business_list", "total_count"}`, oldest first; the count is text, as WeChat has
/// it. Deleted stores are left out.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let begin = params.int("begin")?.unwrap_or(0);
    let limit = params.int("limit")?.unwrap_or(LIMIT_DEFAULT);
    let begin = usize::try_from(begin)
        .map_err(|_| Error::field(ErrCode::InvalidArgs, "begin", "must not be negative"))?;
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Error::field(ErrCode::InvalidArgs, "limit", format!("must be 1 to {LIMIT_MAX}")));
    }
    let stores = records::<PoiRecord>(&call.state, call.app_id()?).await?;
    let stores: Vec<_> = stores.into_iter().filter_map(|(key, record)| Some((key.no, record.poi?))).collect();
    let page = stores.iter().skip(begin).take(limit.unsigned_abs() as usize);
    let list: Vec<Value> = page.map(|(no, poi)| json!({"base_info": poi.to_json(*no)})).collect();
    Ok(Answer::with(json!({"business_list": list, "total_count": stores.len().to_string()})))
}
