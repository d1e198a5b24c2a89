//! `POST /cgi-bin/poi/getpoilist`. WeChat manual: "微信门店接口" (stores), list stores.

use super::getpoi::{Business, StoreInfo};
use crate::http::{Answer, Call};
use crate::state::each_record;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::poi::PoiRecord;
use serde::Serialize;
use std::ops::ControlFlow;

/// Largest `limit`.
const LIMIT_MAX: i64 = 50;
/// The number of stores in a reply if the request has no `limit`.
const LIMIT_DEFAULT: i64 = 20;

/// `{"begin"?, "limit"?}` answers a [`StoresReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let begin = params.int("begin")?.unwrap_or(0);
    let limit = params.int("limit")?.unwrap_or(LIMIT_DEFAULT);
    let begin = usize::try_from(begin)
        .map_err(|_| Error::field(ErrCode::InvalidArgs, "begin", "must not be negative"))?;
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Error::field(ErrCode::InvalidArgs, "limit", format!("must be 1 to {LIMIT_MAX}")));
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    // All stores are read for the count; only the stores of the page stay in memory.
    let (mut count, mut business_list) = (0, Vec::new());
    each_record(&call.state, call.app_id()?, i64::MIN, |key, record: PoiRecord| {
        if let Some(poi) = record.poi {
            if count >= begin && business_list.len() < limit {
                business_list.push(Business { base_info: StoreInfo::of(key.no, poi) });
            }
            count += 1;
        }
        ControlFlow::Continue(())
    })
    .await?;
    Answer::with(&StoresReply { business_list, total_count: count.to_string() })
}

/// The reply of `/cgi-bin/poi/getpoilist`.
#[derive(Debug, Serialize)]
struct StoresReply {
    /// The stores of this page, oldest first, without deleted ones.
    business_list: Vec<Business>,
    /// The number of stores on all pages, as text.
    total_count: String,
}
