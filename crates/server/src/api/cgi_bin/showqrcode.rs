//! `GET /cgi-bin/showqrcode`: the picture of a QR code. WeChat manual: "投放卡券" (distribute cards), QR codes.

use crate::api::card::qrcode::ticket::Ticket;
use crate::http::{Answer, Call};
use kaquan_core::error::{Error, Result};
use qrcode::{Color, EcLevel, QrCode};

/// Pixels a module of the code measures.
const SCALE: usize = 8;
/// Modules of white around the code, as its standard demands.
const QUIET: usize = 4;

/// Query `ticket` answers a PNG; 404 for a ticket that is unknown or over.
pub async fn handle(call: Call) -> Result<Answer> {
    let Some(text) = call.query("ticket") else { return Ok(Answer::NotFound) };
    let Some(app) = Ticket::app(text) else { return Ok(Answer::NotFound) };
    let app = call.state.apps.get(app, &call.state).await?;
    let ticket = app.and_then(|app| Ticket::read(text, &app.row.token_key));
    match ticket {
        Some(ticket) if ticket.expires_at > call.state.clock.now() => {
            Ok(Answer::File("image/png", png(&Ticket::url(&call.state.public_url, text))?))
        }
        _ => Ok(Answer::NotFound),
    }
}

/// A picture of this text as a QR code, black on white.
pub fn png(text: &str) -> Result<Vec<u8>> {
    let failed = |what: &str| Error::internal(format!("the QR code could not be drawn: {what}"));
    let code =
        QrCode::with_error_correction_level(text, EcLevel::M).map_err(|error| failed(&error.to_string()))?;
    let (modules, colors) = (code.width(), code.to_colors());
    let side = (modules + 2 * QUIET) * SCALE;
    let mut pixels = vec![255_u8; side * side];
    for (at, _) in colors.iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
        let (left, top) = ((at % modules + QUIET) * SCALE, (at / modules + QUIET) * SCALE);
        for row in top..top + SCALE {
            pixels[row * side + left..][..SCALE].fill(0);
        }
    }
    let mut picture = Vec::new();
    let side = u32::try_from(side).map_err(|_| failed("too large"))?;
    let mut encoder = png::Encoder::new(&mut picture, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(|error| failed(&error.to_string()))?;
    writer.write_image_data(&pixels).map_err(|error| failed(&error.to_string()))?;
    writer.finish().map_err(|error| failed(&error.to_string()))?;
    Ok(picture)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_picture_is_a_png_of_the_right_size() {
        let picture = super::png("http://127.0.0.1:8080/w/q/abc").unwrap();
        assert_eq!(&picture[..8], b"\x89PNG\r\n\x1a\n");
        let width = u32::from_be_bytes(picture[16..20].try_into().unwrap());
        assert_eq!(width % 8, 0);
    }
}
