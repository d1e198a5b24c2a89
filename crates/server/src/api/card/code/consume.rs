//! `POST /card/code/consume`. WeChat manual: "核销卡券" (consume cards).

use crate::http::{Answer, Call};
use kaquan_core::code::{Consume, ConsumedCode, OUTER_STR_MAX};
use kaquan_core::error::Result;
use kaquan_core::id::{CardId, OpenId};
use serde::Serialize;

/// `{"code", "card_id"?, "openid"?, "outer_str"?, "location_id"?, "staff_openid"?}` answers a [`ConsumeReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let code = call.till_code()?;
    let openid = params.optional_openid("openid")?;
    let outer_str = params.text_up_to("outer_str", OUTER_STR_MAX)?;
    let consume = Consume { openid, outer_str, place: params.place()?, ..Consume::of(code) };
    Answer::with(&ConsumeReply::from(call.submit(consume).await?))
}

/// The reply of a consume.
#[derive(Debug, Serialize)]
pub struct ConsumeReply {
    /// The card of the code.
    pub card: CardName,
    /// The holder.
    pub openid: OpenId,
}

/// A card by its id alone.
#[derive(Debug, Serialize)]
pub struct CardName {
    /// The id of the card.
    pub card_id: CardId,
}

impl From<ConsumedCode> for ConsumeReply {
    fn from(consumed: ConsumedCode) -> ConsumeReply {
        ConsumeReply { card: CardName { card_id: consumed.card_id }, openid: consumed.openid }
    }
}
