//! `POST /card/boardingpass/checkin`. WeChat manual: "特殊票券" (special tickets), boarding passes.

use crate::http::params::Params;
use crate::http::{Answer, Call};
use kaquan_core::error::{Error, Result};
use kaquan_core::ticket::{TicketChange, TicketInfo, UpdateTicket};

/// `{"code", "card_id"?, "passenger_name", "class", "etkt_bnr", "seat"?, "qrcode_data"?, "is_cancel"?}`. With
/// `is_cancel`, only the code is read.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let code = params.code(&call.app()?.cipher)?;
    let change = match params.flag("is_cancel")? {
        Some(true) => TicketChange::CancelCheckIn,
        _ => TicketChange::Set(TicketInfo::BoardingPass {
            passenger_name: needed(params, "passenger_name")?,
            class: needed(params, "class")?,
            etkt_bnr: needed(params, "etkt_bnr")?,
            seat: params.text("seat")?.unwrap_or_default(),
            qrcode_data: params.text("qrcode_data")?.unwrap_or_default(),
        }),
    };
    call.submit(UpdateTicket { code, change }).await?;
    Ok(Answer::ok())
}

fn needed(params: Params<'_>, key: &str) -> Result<String> {
    params.text(key)?.ok_or_else(|| Error::missing(format!("m_data.{key}")))
}
