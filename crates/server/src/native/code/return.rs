//! `POST /kaquan/v1/code/return`: undoes a consume, for as long as the app allows.

use crate::http::{Answer, Call};
use kaquan_core::code::CodeState;
use kaquan_core::code::consume_return::ReturnConsume;
use kaquan_core::error::Result;
use serde_json::json;

/// `{"code", "card_id"?, "reason"?}` answers `{"card": {"card_id"}, "openid", "user_card_status"}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let op = ReturnConsume { code: params.code(&call.app()?.cipher)?, reason: params.text("reason")? };
    let returned = call.submit(op).await?;
    let state = if returned.expired { CodeState::Expire } else { CodeState::Normal };
    Ok(Answer::with(json!({
        "card": {"card_id": returned.card_id.as_str()},
        "openid": returned.openid.as_str(),
        "user_card_status": state.wire(),
    })))
}
