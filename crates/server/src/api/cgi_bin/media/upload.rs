//! `POST /cgi-bin/media/upload`: keeps a file for three days. WeChat manual: "新增临时素材" (temporary media).

use crate::auth::secret;
use crate::encoding::url_base64;
use crate::http::{Answer, Call};
use crate::media::form;
use crate::media::temporary::{ID_LEN, KEPT_SECS, MediaType};
use crate::state::blocking;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::time::Timestamp;
use kaquan_store::TemporaryMedia;
use serde::Serialize;

/// A form with a file and `type` in the query answers an [`UploadedReply`] without errcode. Some clients send `type` in
/// the form.
///
/// # Errors
///
/// Checked in this order: -1 too many uploads of the app are waiting; 40006 the request is too large; 40004 the type is
/// missing or unknown; 41005 there is no file; 40006 the file is empty or too large for its type; 40005 the content is
/// not of the type.
pub async fn handle(call: Call) -> Result<Answer> {
    let read = form::file_and_text(call.form(), "type").await;
    let in_form = read.as_ref().ok().and_then(|(_, text)| text.as_deref());
    let media_type = call.query("type").or(in_form).and_then(MediaType::from_name);
    let media_type = media_type.ok_or_else(|| {
        Error::field(ErrCode::InvalidMediaType, "type", "must be image, voice, video or thumb")
    })?;
    let no_file = || Error::field(ErrCode::MediaMissing, "body", "has no file");
    let file = read?.0.ok_or_else(no_file)?;
    if file.is_empty() || file.len() > media_type.max() {
        let reason = format!("{} bytes; such a file has 1 to {}", file.len(), media_type.max());
        return Err(Error::field(ErrCode::InvalidMediaSize, "media", reason));
    }
    let format = media_type.format(&file).ok_or_else(|| {
        Error::field(ErrCode::InvalidFileType, "media", format!("is no {}", media_type.name()))
    })?;
    let (app, created_at) = (call.app_id()?, call.state.clock.now());
    let media_id = url_base64(&secret::random::<ID_LEN>()?);
    let media = TemporaryMedia { format, bytes: file.to_vec(), expires_at: created_at.plus(KEPT_SECS) };
    let id = media_id.clone();
    blocking(&call.state, move |store| store.save_temporary_media(app, &id, &media)).await?;
    let is_thumb = media_type == MediaType::Thumb;
    Answer::bare(&UploadedReply {
        media_type: media_type.name(),
        media_id: (!is_thumb).then(|| media_id.clone()),
        thumb_media_id: is_thumb.then_some(media_id),
        created_at,
    })
}

/// The reply of `/cgi-bin/media/upload`.
#[derive(Debug, Serialize)]
struct UploadedReply {
    /// The type of the request.
    #[serde(rename = "type")]
    media_type: &'static str,
    /// The id of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    media_id: Option<String>,
    /// The id of the file, if it is a thumb.
    #[serde(skip_serializing_if = "Option::is_none")]
    thumb_media_id: Option<String>,
    /// When it was uploaded, in Unix seconds.
    created_at: Timestamp,
}
