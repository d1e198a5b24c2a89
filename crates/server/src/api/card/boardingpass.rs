//! `POST /card/boardingpass/checkin`. WeChat manual: "特殊票券" (special tickets), boarding passes.

use crate::http::params::Params;
use crate::http::{Answer, Call};
use kaquan_core::card::Object;
use kaquan_core::error::{Error, Result};
use kaquan_core::ticket::{TicketChange, TicketInfo, UpdateTicket};
use kaquan_core::value::given;

/// `{"code", "card_id"?, "passenger_name", "class", "etkt_bnr", "seat"?, "qrcode_data"?, "gate"?, "boarding_time"?,
/// "is_cancel"?}`. With `is_cancel`, only the code is read. A missing gate or boarding time is not changed. `""`
/// removes the gate and 0 the boarding time; then the value of the card applies again.
pub async fn handle(call: Call) -> Result<Answer> {
    // The manual's sample has a blank at the end of the key `is_cancel`.
    let body: Object =
        call.body().iter().map(|(key, value)| (key.trim().to_owned(), value.clone())).collect();
    let params = Params(&body);
    let code = params.code(&call.app()?.cipher)?;
    let change = match params.flag("is_cancel")? {
        Some(true) => TicketChange::CancelCheckIn,
        _ => check_in(params)?,
    };
    call.submit(UpdateTicket { code, change }).await?;
    Ok(Answer::ok())
}

fn check_in(params: Params<'_>) -> Result<TicketChange> {
    let info = TicketInfo::BoardingPass {
        passenger_name: needed(params, "passenger_name")?,
        class: needed(params, "class")?,
        etkt_bnr: needed(params, "etkt_bnr")?,
        seat: params.text("seat")?.unwrap_or_default(),
        qrcode_data: params.text("qrcode_data")?.unwrap_or_default(),
        gate: String::new(),
        boarding_time: 0,
    };
    let is_given = |key: &str| given(params.0, key).is_some();
    let gate = is_given("gate").then(|| params.text("gate").map(Option::unwrap_or_default)).transpose()?;
    let boarding_time = is_given("boarding_time")
        .then(|| params.int("boarding_time").map(Option::unwrap_or_default))
        .transpose()?;
    Ok(TicketChange::CheckIn { info, gate, boarding_time })
}

fn needed(params: Params<'_>, key: &str) -> Result<String> {
    params.text(key)?.ok_or_else(|| Error::missing(format!("m_data.{key}")))
}
