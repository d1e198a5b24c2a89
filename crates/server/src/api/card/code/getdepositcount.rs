//! `POST /card/code/getdepositcount`. WeChat manual: "投放卡券" (distribute cards), import codes.

use crate::http::{Answer, Call};
use crate::state::query;
use kaquan_core::code::deposited::GetDepositCount;
use kaquan_core::error::Result;
use serde_json::json;

/// `{"card_id"}` answers `{"count"}`, all codes ever imported.
pub async fn handle(call: Call) -> Result<Answer> {
    let get = GetDepositCount { card_id: call.params().card_id()? };
    let count = query(&call.state, call.app_id()?, get).await?;
    Ok(Answer::with(json!({"count": count})))
}
