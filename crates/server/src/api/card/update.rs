//! `POST /card/update`. WeChat manual: "管理卡券" (manage cards), "管理会员卡" (manage member cards).

use crate::http::{Answer, Call};
use kaquan_core::card::UpdateCard;
use kaquan_core::error::Result;
use serde::Serialize;

/// `{"card_id", "<type>": {…}}` answers an [`UpdateCardReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let card_id = call.params().card_id()?;
    let update = UpdateCard { card_id, patch: call.body().clone() };
    let updated = call.submit(update).await?;
    Answer::with(&UpdateCardReply { send_check: updated.send_check })
}

/// The reply of `/card/update`.
#[derive(Debug, Serialize)]
struct UpdateCardReply {
    /// Whether the update sends the card back to review.
    send_check: bool,
}
