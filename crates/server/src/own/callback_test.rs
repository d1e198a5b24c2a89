//! `POST /kaquan/v1/callback/test`: sends the receiver a handshake and tells how it went.

use crate::http::{Answer, Call};
use crate::push::verify::handshake;
use crate::push::webhook_request::RequestBuilder;
use crate::state::blocking;
use kaquan_core::error::{ErrCode, Error, Result};
use serde_json::json;

/// `{}` answers `{"accepted", "outcome", "status", "millis", "answer"}`.
///
/// Errors: 40097 where no callback is set.
pub async fn handle(call: Call) -> Result<Answer> {
    let app = call.app()?;
    let id = app.row.app.id;
    let callback = blocking(&call.state, move |store| store.callback(id)).await?;
    let none = || Error::field(ErrCode::InvalidArgs, "url", "no callback is set");
    let builder = RequestBuilder { callback: callback.ok_or_else(none)?, appid: app.row.appid.clone() };
    let (sent, verdict) = handshake(&call.state.push.client, &builder, call.state.clock.now()).await?;
    let (status, answer) =
        sent.response.map_or((0, String::new()), |response| (response.status, response.body));
    let shown: String = answer.chars().take(512).collect();
    Ok(Answer::with(json!({
        "accepted": verdict.is_ok(),
        "outcome": verdict.err().unwrap_or_else(|| "accepted".to_owned()),
        "status": status,
        "millis": sent.millis,
        "answer": shown,
    })))
}
