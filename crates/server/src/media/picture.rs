//! Decodes a picture and encodes it again. The result has the pixels only: no metadata, and no data after or between
//! the parts of the file. Limits bound the memory and the time that a small file can cost.

use super::{jpeg, png};
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_store::MediaKind;

/// Largest width and height, pixels.
const SIDE_MAX: u32 = 4096;
/// Most pixels of a picture: those of a phone's camera.
pub(super) const PIXELS_MAX: u64 = 12 * 1024 * 1024;
/// Largest decoded picture, bytes.
pub(super) const DECODED_MAX: usize = 64 * 1024 * 1024;

/// A picture that was encoded again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The format.
    pub kind: MediaKind,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Decodes a JPEG or PNG, recognised by its content, and encodes it again. The same file gives the same bytes. Blocks.
///
/// # Errors
///
/// 40113 a picture of another format; 40005 not a picture; 40009 too many pixels; 40137 an unsupported kind of JPEG or
/// PNG; 40160 a damaged picture.
pub fn rewrite(file: &[u8]) -> Result<Picture> {
    let (kind, bytes) = match file {
        [0xff, 0xd8, 0xff, ..] => (MediaKind::Jpeg, jpeg::rewrite(file)?),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => (MediaKind::Png, png::rewrite(file)?),
        _ => return Err(no_picture(file)),
    };
    Ok(Picture { kind, bytes })
}

/// The name of a picture format that is not accepted.
fn other_format(file: &[u8]) -> Option<&'static str> {
    match file {
        [b'G', b'I', b'F', b'8', ..] => Some("GIF"),
        [b'B', b'M', ..] => Some("BMP"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("WebP"),
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Some("TIFF"),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some("HEIF or AVIF"),
        _ => None,
    }
}

fn no_picture(file: &[u8]) -> Error {
    match other_format(file) {
        Some(format) => {
            let reason = format!("is {format}, and not JPEG or PNG");
            Error::field(ErrCode::UnsupportedFileType, "media", reason)
        }
        None => Error::field(ErrCode::InvalidFileType, "media", "is neither JPEG nor PNG"),
    }
}

/// Refuses a picture that needs too much memory, before any is allocated.
///
/// # Errors
///
/// 40009.
pub(super) fn check_size(width: u32, height: u32) -> Result<()> {
    let pixels = u64::from(width) * u64::from(height);
    match width <= SIDE_MAX && height <= SIDE_MAX && pixels <= PIXELS_MAX {
        true => Ok(()),
        false => Err(too_large(&format!("{width}×{height} pixels"))),
    }
}

pub(super) fn too_large(found: &str) -> Error {
    let reason = format!("{found}; at most {SIDE_MAX} a side and {PIXELS_MAX} in all");
    Error::field(ErrCode::InvalidImageSize, "media", reason)
}

pub(crate) fn damaged(cause: impl std::fmt::Display) -> Error {
    Error::field(ErrCode::InvalidImageFile, "media", format!("cannot be decoded: {cause}"))
}
