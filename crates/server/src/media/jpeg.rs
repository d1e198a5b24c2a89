//! Decodes and encodes JPEG. Cameras store the orientation in the metadata. The metadata is dropped, so the pixels
//! are rotated instead.

use super::limits::{DECODED_MAX, check_size, damaged, too_large};
use exif::{Tag, Value};
use jpeg_encoder::{ColorType, Encoder};
use kaquan_core::error::{ErrCode, Error, Result};
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// Quality of the encoder, from 0 to 100.
const QUALITY: u8 = 90;
/// The largest number of scans of a progressive JPEG; usual files have about ten.
const SCANS_MAX: usize = 64;

/// Decodes a JPEG, rotates it according to its metadata, and encodes it again.
///
/// # Errors
///
/// 40009, 40137, 40160.
pub(super) fn rewrite(file: &[u8]) -> Result<Vec<u8>> {
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        // The largest size that a header can have. Below, `check_size` refuses large pictures before memory for the
        // pixels is allocated.
        .set_max_width(u16::MAX.into())
        .set_max_height(u16::MAX.into())
        .jpeg_set_max_scans(SCANS_MAX);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), options);
    decoder.decode_headers().map_err(refused)?;
    let info = decoder.info().ok_or_else(|| damaged("it has no header"))?;
    check_size(info.width.into(), info.height.into())?;
    let grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let (space, color, channels) = match grey {
        true => (ColorSpace::Luma, ColorType::Luma, 1),
        false => (ColorSpace::RGB, ColorType::Rgb, 3),
    };
    decoder.set_options(options.jpeg_set_out_colorspace(space));
    let pixels = decoder.decode().map_err(refused)?;
    let (width, height) = (usize::from(info.width), usize::from(info.height));
    if pixels.len() != width * height * channels || pixels.len() > DECODED_MAX {
        return Err(damaged("it has fewer pixels than its head says"));
    }
    let turn = decoder.exif().map_or(1, |note| orientation(note));
    let (pixels, width, height) = rotate(pixels, width, height, channels, turn);
    let side = |pixels: usize| u16::try_from(pixels).map_err(|_| too_large("a side"));
    let mut written = Vec::new();
    Encoder::new(&mut written, QUALITY)
        .encode(&pixels, side(width)?, side(height)?, color)
        .map_err(damaged)?;
    Ok(written)
}

fn refused(error: DecodeErrors) -> Error {
    match error {
        DecodeErrors::Unsupported(kind) => Error::field(
            ErrCode::InvalidImageFormat,
            "media",
            format!("is a JPEG that is not read: {kind:?}"),
        ),
        error => damaged(error),
    }
}

/// The Exif orientation, 1 to 8. If the metadata cannot be read, the result is 1 (upright).
fn orientation(note: &[u8]) -> u16 {
    let fields = exif::parse_exif(note).map(|(fields, _)| fields).unwrap_or_default();
    let orientation =
        fields.iter().find(|field| field.tag == Tag::Orientation && field.ifd_num == exif::In::PRIMARY);
    match orientation.map(|field| &field.value) {
        Some(Value::Short(values)) => {
            values.first().copied().filter(|turn| (1..=8).contains(turn)).unwrap_or(1)
        }
        _ => 1,
    }
}

/// Rotates the pixels upright. Returns them with width and height.
fn rotate(
    pixels: Vec<u8>,
    width: usize,
    height: usize,
    channels: usize,
    turn: u16,
) -> (Vec<u8>, usize, usize) {
    if turn == 1 {
        return (pixels, width, height);
    }
    let (right, bottom) = (width - 1, height - 1);
    let (new_width, new_height) = if turn >= 5 { (height, width) } else { (width, height) };
    let mut new = Vec::with_capacity(pixels.len());
    for y in 0..new_height {
        for x in 0..new_width {
            let (from_x, from_y) = match turn {
                2 => (right - x, y),
                3 => (right - x, bottom - y),
                4 => (x, bottom - y),
                5 => (y, x),
                6 => (y, bottom - x),
                7 => (right - y, bottom - x),
                _ => (right - y, x),
            };
            let at = (from_y * width + from_x) * channels;
            new.extend_from_slice(&pixels[at..at + channels]);
        }
    }
    (new, new_width, new_height)
}

#[cfg(test)]
mod tests {
    use super::super::limits::PIXELS_MAX;
    use super::*;

    #[test]
    fn pixels_are_turned_as_the_camera_was_held() {
        // The pixels of the picture: two rows, a b c and d e f.
        for (turn, expected, size) in [
            (1, "abcdef", (3, 2)),
            (2, "cbafed", (3, 2)),
            (3, "fedcba", (3, 2)),
            (4, "defabc", (3, 2)),
            (5, "adbecf", (2, 3)),
            (6, "daebfc", (2, 3)),
            (7, "fcebda", (2, 3)),
            (8, "cfbead", (2, 3)),
        ] {
            let (pixels, width, height) = rotate(b"abcdef".to_vec(), 3, 2, 1, turn);
            assert_eq!((pixels.as_slice(), (width, height)), (expected.as_bytes(), size), "{turn}");
        }
        let (pixels, ..) = rotate(b"AaBbCc".to_vec(), 3, 1, 2, 2);
        assert_eq!(pixels, b"CcBbAa");
    }

    #[test]
    fn unreadable_metadata_means_upright() {
        for note in [&b""[..], b"II", b"II*\0\x08\0\0\0\xff\xff", &[0; 64]] {
            assert_eq!(orientation(note), 1);
        }
    }

    #[test]
    fn every_picture_within_the_limits_can_be_held_in_memory() {
        assert!(PIXELS_MAX * 3 <= DECODED_MAX as u64);
    }
}
