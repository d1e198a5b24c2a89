//! `POST /wallet/v1/gift/accept`: a friend accepts an offered code.

use crate::http::{Answer, Call};
use kaquan_core::code::AcceptGift;
use kaquan_core::error::Result;
use kaquan_core::id::CodeText;
use serde::Serialize;

/// `{"openid", "code", "card_id"?}` with the openid of the friend and the code of the giver answers an
/// [`AcceptGiftReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let app = call.app()?;
    let accept = AcceptGift { code: params.code(&app.cipher)?, openid: params.openid()? };
    let claimed = call.submit(accept).await?;
    Answer::with(&AcceptGiftReply { code: app.claimed_text(&claimed)? })
}

/// The reply of `/wallet/v1/gift/accept`.
#[derive(Debug, Serialize)]
struct AcceptGiftReply {
    /// The friend's code.
    code: CodeText,
}
