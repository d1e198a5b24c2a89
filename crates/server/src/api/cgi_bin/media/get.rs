//! `GET /cgi-bin/media/get`: returns a temporary file. WeChat manual: "获取临时素材" (get temporary media).

use crate::http::{Answer, Call};
use crate::media::temporary::{content_type, video_url};
use crate::state::blocking;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_store::MediaFormat;
use serde::Serialize;

/// `media_id` in the query answers the file, or a [`VideoReply`] for a video.
///
/// # Errors
///
/// 41006 the id is missing; 40007 it is unknown or has expired.
pub async fn handle(call: Call) -> Result<Answer> {
    let media_id = call.query("media_id").ok_or(ErrCode::MediaIdMissing)?.to_owned();
    let (app, now, id) = (call.app()?, call.state.clock.now(), media_id.clone());
    let (app_id, appid) = (app.row.app.id, &app.row.appid);
    let found = blocking(&call.state, move |store| store.temporary_media(app_id, &id, now)).await?;
    let unknown = || Error::field(ErrCode::InvalidMediaId, "media_id", "is unknown or has expired");
    let media = found.ok_or_else(unknown)?;
    if media.format == MediaFormat::Mp4 {
        let video_url = video_url(&call.state.public_url, appid, &media_id);
        return Answer::bare(&VideoReply { video_url });
    }
    let (kind, extension) = content_type(media.format);
    Ok(Answer::Attachment { kind, name: format!("{media_id}.{extension}"), bytes: media.bytes })
}

/// The reply of `/cgi-bin/media/get` for a video.
#[derive(Debug, Serialize)]
struct VideoReply {
    /// The address of the video, for as long as it is kept.
    video_url: String,
}
