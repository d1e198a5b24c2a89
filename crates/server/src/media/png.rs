//! Decodes and encodes PNG. Pixels, palette and transparency remain exactly the same; everything else is dropped. Of
//! an animation only the first picture remains.

use super::limits::{DECODED_MAX, check_size, damaged, too_large};
use kaquan_core::error::{Error, Result};
use png::{Decoder, DecodingError, Encoder, Limits, Transformations};
use std::io::Cursor;

/// Encodes a PNG again.
///
/// # Errors
///
/// 40009, 40160.
pub(super) fn rewrite(file: &[u8]) -> Result<Vec<u8>> {
    let mut decoder = Decoder::new_with_limits(Cursor::new(file), Limits { bytes: DECODED_MAX });
    decoder.set_transformations(Transformations::IDENTITY);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let size = decoder.read_header_info().map(|info| (info.width, info.height)).map_err(refused)?;
    check_size(size.0, size.1)?;
    let mut reader = decoder.read_info().map_err(refused)?;
    let bytes = reader.output_buffer_size().filter(|bytes| *bytes <= DECODED_MAX);
    let mut pixels = vec![0; bytes.ok_or_else(|| too_large("more memory than allowed"))?];
    let frame = reader.next_frame(&mut pixels).map_err(refused)?;
    // Reads to the end, so that a file that was cut off after its pixels is refused.
    reader.finish().map_err(refused)?;
    let info = reader.info();
    let mut written = Vec::new();
    let mut encoder = Encoder::new(&mut written, frame.width, frame.height);
    encoder.set_color(frame.color_type);
    encoder.set_depth(frame.bit_depth);
    if let Some(palette) = info.palette.clone().filter(|_| frame.color_type == png::ColorType::Indexed) {
        encoder.set_palette(palette);
    }
    if let Some(transparent) = info.trns.clone() {
        encoder.set_trns(transparent);
    }
    // A file that can be decoded but not encoded is damaged, for example if its palette is missing.
    let failed = |error: png::EncodingError| damaged(error);
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(&pixels[..frame.buffer_size()]).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(written)
}

fn refused(error: DecodingError) -> Error {
    match error {
        DecodingError::LimitsExceeded => too_large("more memory than allowed"),
        error => damaged(error),
    }
}
