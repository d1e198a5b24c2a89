//! `POST /kaquan/v1/callback/test`: sends the handshake to the receiver and reports the outcome.

use crate::http::{Answer, Call};
use crate::push::verify::handshake;
use crate::push::webhook_request::RequestBuilder;
use crate::state::blocking;
use kaquan_core::error::{ErrCode, Error, Result};
use serde::Serialize;

/// Characters of the receiver's response that the reply contains.
const ANSWER_MAX: usize = 512;

/// `{}` answers a [`HandshakeReply`].
///
/// # Errors
///
/// 40097 if no callback is set.
pub async fn handle(call: Call) -> Result<Answer> {
    let app = call.app()?;
    let id = app.row.app.id;
    let callback = blocking(&call.state, move |store| store.callback(id)).await?;
    let none = || Error::field(ErrCode::InvalidArgs, "url", "no callback is set");
    let builder = RequestBuilder { callback: callback.ok_or_else(none)?, appid: app.row.appid.clone() };
    let (sent, verdict) = handshake(&call.state.push.client, &builder, call.state.clock.now()).await?;
    let (status, answer) =
        sent.response.map_or((0, String::new()), |response| (response.status, response.body));
    let shown: String = answer.chars().take(ANSWER_MAX).collect();
    Answer::with(&HandshakeReply {
        accepted: verdict.is_ok(),
        outcome: verdict.err().unwrap_or_else(|| "accepted".to_owned()),
        status,
        millis: sent.millis,
        answer: shown,
    })
}

/// The reply of `/kaquan/v1/callback/test`.
#[derive(Debug, Serialize)]
struct HandshakeReply {
    /// Whether the receiver passed the handshake.
    accepted: bool,
    /// `accepted`, or the reason of the failure.
    outcome: String,
    /// HTTP status of the receiver's response; 0 without a response.
    status: u16,
    /// Duration of the request in milliseconds.
    millis: u32,
    /// The first 512 characters of the response.
    answer: String,
}
