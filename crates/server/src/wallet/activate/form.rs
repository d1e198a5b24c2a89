//! `POST /wallet/v1/activate/form`: shows the activation form of a member card to a holder.

use crate::auth::encrypt_card_id;
use crate::http::{Answer, Call};
use crate::state::query;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::member::ShowForm;

/// `{"code", "card_id"?}`, `{"card_id"}` or `{"encrypt_card_id"}` answers a
/// [`ShownForm`](kaquan_core::member::ShownForm).
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let app = call.app()?;
    let encrypted = params.text("encrypt_card_id")?;
    let show = match (params.value("code"), encrypted) {
        (Some(_), _) => ShowForm::Code(params.code(&app.cipher)?),
        (None, Some(encrypted)) => {
            let card = encrypt_card_id::decrypt(&app.row.token_key, &encrypted);
            ShowForm::CardNo(card.ok_or_else(|| {
                Error::field(ErrCode::InvalidCardId, "encrypt_card_id", "is no card of this app")
            })?)
        }
        (None, None) => ShowForm::Card(params.card_id()?),
    };
    Answer::with(&query(&call.state, call.app_id()?, show).await?)
}
