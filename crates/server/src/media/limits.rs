//! Limits for pictures to be decoded, and the errors if a picture exceeds them.

use kaquan_core::error::{ErrCode, Error, Result};

/// The largest width or height in pixels.
const SIDE_MAX: u32 = 4096;
/// The largest number of pixels: enough for the camera of a phone.
pub(super) const PIXELS_MAX: u64 = 12 * 1024 * 1024;
/// The largest decoded picture, in bytes.
pub(super) const DECODED_MAX: usize = 64 * 1024 * 1024;

/// Refuses a picture that would need too much memory, before memory is allocated.
///
/// # Errors
///
/// 40009 if the picture is too large.
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
