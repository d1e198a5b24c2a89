//! `POST /card/code/checkcode`. WeChat manual: "投放卡券" (distribute cards), import codes.

use super::deposit::codes;
use crate::http::{Answer, Call};
use crate::state::query;
use kaquan_core::code::CheckCodes;
use kaquan_core::error::Result;
use kaquan_core::id::CodeText;
use serde::Serialize;

/// `{"card_id", "code": […]}` answers a [`CheckCodeReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let check = CheckCodes { card_id: params.card_id()?, codes: codes(params.value("code"))? };
    let checked = query(&call.state, call.app_id()?, check).await?;
    Answer::with(&CheckCodeReply { exist_code: checked.exist, not_exist_code: checked.not_exist })
}

/// The reply of `/card/code/checkcode`. Both lists have the order of the request.
#[derive(Debug, Serialize)]
struct CheckCodeReply {
    /// Codes that were imported for the card.
    exist_code: Vec<CodeText>,
    /// Codes that were not imported for the card.
    not_exist_code: Vec<CodeText>,
}
