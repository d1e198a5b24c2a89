//! `GET /cgi-bin/ticket/getticket`. WeChat manual: "附录：JS-SDK 使用权限签名算法" (signatures of the JS-SDK).

use crate::auth::ticket::{self, TicketKind};
use crate::http::{Answer, Call};
use kaquan_core::error::{ErrCode, Error, Result};
use serde_json::json;

/// Query `type` (`jsapi` if not given) answers `{"ticket", "expires_in"}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let kind = match call.query("type") {
        None | Some("jsapi") => TicketKind::Jsapi,
        Some("wx_card") => TicketKind::WxCard,
        Some(other) => {
            return Err(Error::field(ErrCode::InvalidArgs, "type", format!("{other:?} is no ticket type")));
        }
    };
    let (ticket, expires_in) = ticket::current(&call.app()?.row.token_key, kind, call.state.clock.now());
    Ok(Answer::with(json!({"ticket": ticket, "expires_in": expires_in})))
}
