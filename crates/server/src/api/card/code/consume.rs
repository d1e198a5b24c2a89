//! `POST /card/code/consume`. WeChat manual: "核销卡券" (consume cards).

use crate::http::{Answer, Call};
use kaquan_core::code::claim::OUTER_STR_MAX;
use kaquan_core::code::consume::Consume;
use kaquan_core::error::Result;
use serde_json::json;

/// `{"code", "card_id"?, "outer_str"?}` answers `{"card": {"card_id"}, "openid"}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let code = params.code(&call.app()?.cipher)?;
    let outer_str = params.text_up_to("outer_str", OUTER_STR_MAX)?;
    let consume = Consume { outer_str, ..Consume::of(code) };
    let consumed = call.submit(consume).await?;
    let (card_id, openid) = (consumed.card_id.as_str(), consumed.openid.as_str());
    Ok(Answer::with(json!({"card": {"card_id": card_id}, "openid": openid})))
}
