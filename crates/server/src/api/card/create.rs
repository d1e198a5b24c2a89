//! `POST /card/create`. WeChat manual: "创建卡券" (create a card).

use crate::auth::secret;
use crate::http::{Answer, Call};
use kaquan_core::card::{CreateCard, Source};
use kaquan_core::error::Result;
use kaquan_core::id::CardId;
use serde::Serialize;

/// `{"card": {"card_type", "<type>": {…}}}` answers a [`CreateCardReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let card = call.params().object("card")?.clone();
    let card_id = secret::fresh_card_id(&call.app()?.row.token_key)?;
    let create = CreateCard { card_id, source: Source::Api, card };
    let card_id = call.submit(create).await?;
    Answer::with(&CreateCardReply { card_id })
}

/// The reply of `/card/create`.
#[derive(Debug, Serialize)]
struct CreateCardReply {
    /// The id of the new card.
    card_id: CardId,
}
