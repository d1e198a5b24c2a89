//! `GET` or `POST /cgi-bin/ticket/getticket`. WeChat manual: "附录：JS-SDK 使用权限签名算法" (signatures of the JS-SDK).

use crate::auth::ticket::{self, TicketKind};
use crate::http::{Answer, Call};
use kaquan_core::error::{ErrCode, Error, Result};
use serde::Serialize;

/// The query parameter `type` (default `jsapi`) answers a [`TicketReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let kind = match call.query("type") {
        None | Some("jsapi") => TicketKind::Jsapi,
        Some("wx_card") => TicketKind::WxCard,
        Some(other) => {
            return Err(Error::field(ErrCode::InvalidArgs, "type", format!("{other:?} is no ticket type")));
        }
    };
    let (ticket, expires_in) = ticket::current(&call.app()?.row.token_key, kind, call.state.clock.now());
    Answer::with(&TicketReply { ticket, expires_in })
}

/// The reply of `/cgi-bin/ticket/getticket`.
#[derive(Debug, Serialize)]
struct TicketReply {
    /// The ticket with which pages make signatures.
    ticket: String,
    /// The lifetime of the ticket in seconds.
    expires_in: i64,
}
