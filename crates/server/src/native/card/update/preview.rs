//! `POST /kaquan/v1/card/update/preview`: shows the effect of a `card/update` request without
//! changing anything.

use crate::http::{Answer, Call};
use crate::state::query;
use kaquan_core::card::{PreviewUpdate, UpdateCard};
use kaquan_core::error::Result;

/// The request of `card/update` answers an [`UpdatePreview`](kaquan_core::card::UpdatePreview).
pub async fn handle(call: Call) -> Result<Answer> {
    let card_id = call.params().card_id()?;
    let update = UpdateCard { card_id, patch: call.body().clone() };
    Answer::with(&query(&call.state, call.app_id()?, PreviewUpdate(update)).await?)
}
