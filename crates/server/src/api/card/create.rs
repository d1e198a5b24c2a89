//! `POST /card/create`. WeChat manual: "创建卡券" (create a card).

use crate::auth::secret;
use crate::http::{Answer, Call};
use kaquan_core::card::Source;
use kaquan_core::card::create::CreateCard;
use kaquan_core::error::Result;
use serde_json::json;

/// `{"card": {"card_type", "<type>": {…}}}` answers `{"card_id"}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let card = call.params().object("card")?.clone();
    let card_id = secret::fresh_card_id(&call.app()?.row.token_key)?;
    let create = CreateCard { card_id, source: Source::Api, card };
    let card_id = call.submit(create).await?;
    Ok(Answer::with(json!({"card_id": card_id.as_str()})))
}
