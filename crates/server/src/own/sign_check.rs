//! `POST /kaquan/v1/sign/check`: whether a signature is right, and what exactly was signed.

use crate::auth::sign::{Signed, Tickets, Values, check};
use crate::http::params::Params;
use crate::http::{Answer, Call};
use kaquan_core::error::{ErrCode, Error, Result};

/// `{"type": "card_ext" | "choose_card" | "jsapi", "signature", …}` with the values that are signed answers `{"valid",
/// "values", "string", "signature", "hints"}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let name = params.text("type")?.ok_or_else(|| Error::missing("type"))?;
    let kind = Signed::from_name(&name).ok_or_else(|| {
        Error::field(ErrCode::InvalidArgs, "type", "must be card_ext, choose_card or jsapi")
    })?;
    let app = &call.app()?.row;
    let mut given = params.0.clone();
    if kind == Signed::ChooseCard && params.value("app_id").is_none() {
        given.insert("app_id".to_owned(), app.appid.as_str().into());
    }
    let values = values(kind, Params(&given))?;
    let tickets = Tickets::of(&app.token_key, kind, call.state.clock.now());
    Ok(Answer::with(check(kind, &tickets, &values, &params.text("signature")?.unwrap_or_default())))
}

/// The values of a request that are signed.
pub fn values(kind: Signed, params: Params<'_>) -> Result<Values> {
    kind.fields().iter().map(|field| Ok(params.text(field)?.unwrap_or_default())).collect()
}
