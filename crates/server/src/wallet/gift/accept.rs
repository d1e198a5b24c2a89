//! `POST /wallet/v1/gift/accept`: a friend takes over a code that is being given away.

use crate::http::{Answer, Call};
use kaquan_core::code::AcceptGift;
use kaquan_core::error::Result;
use kaquan_core::id::CodeText;
use serde::Serialize;

/// `{"openid", "code", "card_id"?}` with the friend's openid and the giver's code answers an [`AcceptGiftReply`].
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
