//! `POST /wallet/v1/selfconsume`: a holder consumes a code where the card has that entry.

use crate::http::{Answer, Call};
use kaquan_core::code::self_consume::SelfConsume;
use kaquan_core::error::Result;
use serde_json::json;

/// `{"openid", "code", "card_id"?, "verify_code"?, "remark_amount"?}` answers `{"card": {"card_id"}, "openid"}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let op = SelfConsume {
        code: params.code(&call.app()?.cipher)?,
        openid: params.openid()?,
        verify_code: params.text("verify_code")?,
        remark_amount: params.text("remark_amount")?,
    };
    let consumed = call.submit(op).await?;
    let (card_id, openid) = (consumed.card_id.as_str(), consumed.openid.as_str());
    Ok(Answer::with(json!({"card": {"card_id": card_id}, "openid": openid})))
}
