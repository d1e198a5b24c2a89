//! Finds the file in an upload. Clients name the part `media` or `buffer`, or not at all. So the first file is used,
//! whatever its name.

use crate::http::call::{BODY_MAX, Form};
use axum::body::Body;
use bytes::Bytes;
use kaquan_core::error::{ErrCode, Error, Result};
use multer::{Field, Multipart};

/// The largest number of parts that are read.
const PARTS_MAX: usize = 64;

/// The first file of a form: the first part with a file name, or with a content type other than text.
///
/// # Errors
///
/// 41005 if there is no file, or the form cannot be read to the end of the file; 40009 if the file is empty or larger
/// than a megabyte.
pub async fn first_file(form: &Form) -> Result<Bytes> {
    let missing = |reason: String| Error::field(ErrCode::MediaMissing, "body", reason);
    let unread = |error: multer::Error| missing(format!("is no form with a file: {error}"));
    let boundary = multer::parse_boundary(&form.content_type).map_err(unread)?;
    let mut parts = Multipart::new(Body::from(form.bytes.clone()).into_data_stream(), boundary);
    for _ in 0..PARTS_MAX {
        let Some(part) = parts.next_field().await.map_err(unread)? else { break };
        if !is_file(&part) {
            continue;
        }
        let bytes = part.bytes().await.map_err(unread)?;
        if bytes.is_empty() || bytes.len() > BODY_MAX {
            let reason = format!("{} bytes; a picture has 1 to {BODY_MAX}", bytes.len());
            return Err(Error::field(ErrCode::InvalidImageSize, "media", reason));
        }
        return Ok(bytes);
    }
    Err(missing(format!("has no file among its first {PARTS_MAX} parts")))
}

/// The first file of a form, and the text of the first part named `key`, in any order. The caller
/// checks the size of the file.
///
/// # Errors
///
/// 41005 if the form cannot be read.
pub async fn file_and_text(form: &Form, key: &str) -> Result<(Option<Bytes>, Option<String>)> {
    let unread = |error: multer::Error| {
        Error::field(ErrCode::MediaMissing, "body", format!("is no form with a file: {error}"))
    };
    let boundary = multer::parse_boundary(&form.content_type).map_err(unread)?;
    let mut parts = Multipart::new(Body::from(form.bytes.clone()).into_data_stream(), boundary);
    let (mut file, mut text) = (None, None);
    for _ in 0..PARTS_MAX {
        let Some(part) = parts.next_field().await.map_err(unread)? else { break };
        if is_file(&part) {
            let bytes = part.bytes().await.map_err(unread)?;
            file = file.or(Some(bytes));
        } else if part.name() == Some(key) && text.is_none() {
            text = Some(part.text().await.map_err(unread)?);
        }
    }
    Ok((file, text))
}

fn is_file(part: &Field<'_>) -> bool {
    part.file_name().is_some() || part.content_type().is_some_and(|kind| kind.type_() != "text")
}
