//! `GET` or `POST /cgi-bin/ticket/getticket`. WeChat manual: "附录：JS-SDK 使用权限签名算法" (signatures of the JS-SDK).

use crate::auth::ticket::{self, TicketKind};
use crate::gateway;
use crate::http::{Answer, Call};
use kaquan_core::error::{ErrCode, Error, Result};
use serde::Serialize;

const PATH: &str = "/cgi-bin/ticket/getticket";

/// The query parameter `type` (default `jsapi`) answers a [`TicketReply`]. WeChat's JS-SDK checks signatures with the
/// ticket of type `jsapi` itself, so an app with an upstream gets that ticket from the original host.
pub async fn handle(call: Call) -> Result<Answer> {
    let kind = match call.query("type") {
        None | Some("jsapi") => {
            let query = vec![("type".to_owned(), "jsapi".to_owned())];
            if let Some(answer) = gateway::forward(&call.state, call.app_handle()?, PATH, query, None).await?
            {
                return Ok(answer);
            }
            TicketKind::Jsapi
        }
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
