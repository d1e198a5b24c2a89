//! `POST /card/code/checkcode`. WeChat manual: "投放卡券" (distribute cards), import codes.

use super::deposit::{codes, texts};
use crate::http::{Answer, Call};
use crate::state::query;
use kaquan_core::code::deposited::CheckCodes;
use kaquan_core::error::Result;
use serde_json::json;

/// `{"card_id", "code": […]}` answers `{"exist_code", "not_exist_code"}`, in the order of the request.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let check = CheckCodes { card_id: params.card_id()?, codes: codes(params.value("code"))? };
    let checked = query(&call.state, call.app_id()?, check).await?;
    Ok(Answer::with(json!({
        "exist_code": texts(&checked.exist),
        "not_exist_code": texts(&checked.not_exist),
    })))
}
