//! `POST /kaquan/v1/sign/check`: checks a signature, and shows the exact text to be signed.

use crate::auth::sign::Signed;
use crate::auth::sign_check::{Question, Tickets, check};
use crate::http::{Answer, Call};
use crate::state::expensive;
use kaquan_core::error::{ErrCode, Error, Result};

/// `{"type": "card_ext" | "native_card_ext" | "choose_card" | "jsapi", "signature", …}` with the signed
/// values answers a [`SignatureCheck`](crate::auth::sign_check::SignatureCheck).
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let name = params.text("type")?.ok_or_else(|| Error::missing("type"))?;
    let kind = Signed::from_name(&name).ok_or_else(|| {
        Error::field(ErrCode::InvalidArgs, "type", "must be card_ext, native_card_ext, choose_card or jsapi")
    })?;
    let app = &call.app()?.row;
    let question = Question::read(kind, params, &app.appid)?;
    let tickets = Tickets::of(&app.token_key, kind, call.state.clock.now());
    // To explain a wrong signature, hundreds of hashes are computed.
    let checked = expensive(&call.state, app.app.id, move |_| Ok::<_, Error>(check(&question, &tickets)));
    Answer::with(&checked.await?)
}
