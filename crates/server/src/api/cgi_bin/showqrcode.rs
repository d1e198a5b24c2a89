//! `GET /cgi-bin/showqrcode`: the picture of a QR code. WeChat manual: "投放卡券" (distribute cards), QR codes.

use crate::api::card::qrcode::ticket::Ticket;
use crate::draw::qr;
use crate::http::{Answer, Call};
use kaquan_core::error::Result;

/// The query parameter `ticket` answers a PNG; 404 for an unknown or expired ticket.
pub async fn handle(call: Call) -> Result<Answer> {
    let Some(text) = call.query("ticket") else { return Ok(Answer::NotFound) };
    let Some(app) = Ticket::app(text) else { return Ok(Answer::NotFound) };
    let app = call.state.apps.of_ticket(app).await?;
    let ticket = app.and_then(|app| Ticket::read(text, &app.row.token_key));
    match ticket {
        Some(ticket) if ticket.expires_at > call.state.clock.now() => {
            Ok(Answer::File("image/png", qr::png(&Ticket::url(&call.state.public_url, text))?))
        }
        _ => Ok(Answer::NotFound),
    }
}
