//! Decodes a picture and encodes it again. The result has only the pixels: no metadata, and no other data in the
//! file. Limits prevent that a small file needs much memory or time.

use super::{jpeg, png};
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_store::MediaKind;

/// A picture that was encoded again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub kind: MediaKind,
    pub bytes: Vec<u8>,
}

/// Decodes a JPEG or PNG, recognised by its content, and encodes it again. The same file always gives the same bytes.
/// Blocks the thread.
///
/// # Errors
///
/// 40113 the picture has another format; 40005 the file is not a picture; 40009 there are too many pixels; 40137 the
/// kind of JPEG or PNG is not supported; 40160 the picture is damaged.
pub fn rewrite(file: &[u8]) -> Result<Picture> {
    let (kind, bytes) = match file {
        [0xff, 0xd8, 0xff, ..] => (MediaKind::Jpeg, jpeg::rewrite(file)?),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => (MediaKind::Png, png::rewrite(file)?),
        _ => return Err(no_picture(file)),
    };
    Ok(Picture { kind, bytes })
}

/// The name of the picture's format, if that format is known but not accepted.
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
