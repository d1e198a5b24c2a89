//! `POST /card/movieticket/updateuser`. WeChat manual: "特殊票券" (special tickets), film tickets.

use crate::http::params::Params;
use crate::http::{Answer, Call};
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::ticket::{TicketChange, TicketInfo, UpdateTicket};
use kaquan_core::value::ident;
use serde_json::Value;

/// `{"code", "card_id"?, "ticket_class", "show_time", "duration", "screening_room"?, "seat_number"?}`. If
/// `ticket_class`, `show_time` or `duration` is missing: 41014, 41015 or 41011, checked in this order.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let code = params.code(&call.app()?.cipher)?;
    let info = TicketInfo::MovieTicket {
        ticket_class: params.text("ticket_class")?.ok_or(ErrCode::TicketClassMissing)?,
        show_time: params.int("show_time")?.ok_or(ErrCode::ShowTimeMissing)?,
        duration: params.int("duration")?.ok_or_else(|| Error::missing("m_data.duration"))?,
        screening_room: params.text("screening_room")?.unwrap_or_default(),
        seat_number: seats(params)?,
    };
    call.submit(UpdateTicket { code, change: TicketChange::Set(info) }).await?;
    Ok(Answer::ok())
}

/// Reads a list of seats. Older clients send one seat without brackets, which counts as a list with one seat.
fn seats(params: Params<'_>) -> Result<Vec<String>> {
    let wrong = || Error::field(ErrCode::DataFormat, "seat_number", "must be a list of texts");
    match params.value("seat_number") {
        None => Ok(Vec::new()),
        Some(Value::Array(seats)) => seats.iter().map(|seat| ident(seat).ok_or_else(wrong)).collect(),
        Some(seat) => Ok(vec![ident(seat).ok_or_else(wrong)?]),
    }
}
