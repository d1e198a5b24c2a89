//! `POST /card/submerchant/batchget`. WeChat manual: "第三方代制" (cards for sub-merchants).

use crate::http::{Answer, Call};
use crate::state::each_record;
use kaquan_core::engine::RecordKey;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::sub_merchant::{STATUSES, ShownSubMerchant, SubMerchant};
use serde::Serialize;
use std::ops::ControlFlow;

/// The largest `limit`.
const LIMIT_MAX: i64 = 100;
/// The default `limit`.
const LIMIT: i64 = 50;

/// `{"begin_id"?, "limit"?, "status"?}` answers a [`SubMerchantsReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let begin_id = params.int("begin_id")?.unwrap_or(0);
    let limit = params.int("limit")?.unwrap_or(LIMIT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Error::field(ErrCode::InvalidArgs, "limit", format!("must be 1 to {LIMIT_MAX}")));
    }
    let status = params.text("status")?;
    if status.as_deref().is_some_and(|status| !STATUSES.contains(&status)) {
        return Err(Error::field(ErrCode::InvalidArgs, "status", "is no status"));
    }
    let now = call.state.clock.now();
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut page: Vec<(RecordKey, SubMerchant)> = Vec::new();
    each_record(&call.state, call.app_id()?, begin_id, |key, merchant: SubMerchant| {
        if status.as_deref().is_none_or(|status| merchant.status(now) == status) {
            page.push((key, merchant));
        }
        if page.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })
    .await?;
    let next = page.last().map_or(begin_id, |(key, _)| key.no);
    let list = page.iter().map(|(key, merchant)| merchant.shown(key.no, now)).collect();
    Answer::with(&SubMerchantsReply { info_list: list, next_begin_id: next })
}

/// The reply of `/card/submerchant/batchget`.
#[derive(Debug, Serialize)]
struct SubMerchantsReply {
    /// The sub-merchants after `begin_id`.
    info_list: Vec<ShownSubMerchant>,
    /// The number of the last sub-merchant of this page, to be sent as `begin_id` for the next page.
    next_begin_id: i64,
}
