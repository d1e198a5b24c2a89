//! `POST /kaquan/v1/card/update/preview`: what `card/update` would do with this request, without doing it.

use crate::http::{Answer, Call};
use crate::state::query;
use kaquan_core::card::preview::PreviewUpdate;
use kaquan_core::card::update::UpdateCard;
use kaquan_core::error::Result;

/// The request of `card/update` answers `{"accepted", "send_check", "status", "status_after", "refusal"?, "fields"}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let card_id = call.params().card_id()?;
    let update = UpdateCard { card_id, patch: call.body().clone() };
    Ok(Answer::with(query(&call.state, call.app_id()?, PreviewUpdate(update)).await?))
}
