//! `POST /wallet/v1/gift/accept`: a friend takes over a code that is being given away.

use crate::http::{Answer, Call};
use kaquan_core::code::accept::AcceptGift;
use kaquan_core::error::Result;
use serde_json::json;

/// `{"openid", "code", "card_id"?}` with the friend's openid and the giver's code answers `{"code"}`, the friend's.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let app = call.app()?;
    let accept = AcceptGift { code: params.code(&app.cipher)?, openid: params.openid()? };
    let claimed = call.submit(accept).await?;
    Ok(Answer::with(json!({"code": app.claimed_text(&claimed)?.as_str()})))
}
