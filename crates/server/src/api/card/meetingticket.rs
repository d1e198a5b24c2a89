//! `POST /card/meetingticket/updateuser`. WeChat manual: "特殊票券" (special tickets), meeting tickets.

use crate::http::{Answer, Call};
use kaquan_core::error::Result;
use kaquan_core::ticket::{TicketChange, TicketInfo, UpdateTicket};

/// `{"code", "card_id"?, "zone"?, "entrance"?, "seat_number"?, "begin_time"?, "end_time"?}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let code = params.code(&call.app()?.cipher)?;
    let info = TicketInfo::MeetingTicket {
        zone: params.text("zone")?.unwrap_or_default(),
        entrance: params.text("entrance")?.unwrap_or_default(),
        seat_number: params.text("seat_number")?.unwrap_or_default(),
        begin_time: params.int("begin_time")?.unwrap_or(0),
        end_time: params.int("end_time")?.unwrap_or(0),
    };
    call.submit(UpdateTicket { code, change: TicketChange::Set(info) }).await?;
    Ok(Answer::ok())
}
