//! Temporary media: their types, limits and formats, and the address at which a video is downloaded. A file is kept as
//! it was sent, because only the merchant gets it back.

use super::show::empty;
use crate::encoding::from_url_base64;
use crate::state::{State, blocking};
use axum::body::Body;
use axum::http::{Response, StatusCode};
use kaquan_core::time::DAY_SECS;
use kaquan_store::{MediaFormat, TemporaryMedia};

/// For how many seconds a file is kept: three days.
pub const KEPT_SECS: i64 = 3 * DAY_SECS;
/// Random bytes of a `media_id`. In base64 they have 64 characters.
pub const ID_LEN: usize = 48;

/// The type of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaType {
    Image,
    Voice,
    Video,
    /// A small picture.
    Thumb,
}

impl MediaType {
    /// The type with this name.
    pub fn from_name(name: &str) -> Option<MediaType> {
        Some(match name {
            "image" => MediaType::Image,
            "voice" => MediaType::Voice,
            "video" => MediaType::Video,
            "thumb" => MediaType::Thumb,
            _ => return None,
        })
    }

    /// The name in requests and replies.
    pub const fn name(self) -> &'static str {
        match self {
            MediaType::Image => "image",
            MediaType::Voice => "voice",
            MediaType::Video => "video",
            MediaType::Thumb => "thumb",
        }
    }

    /// The largest file in bytes.
    pub const fn max(self) -> usize {
        match self {
            MediaType::Image | MediaType::Video => crate::http::call::MEDIA_MAX,
            MediaType::Voice => 2 * 1024 * 1024,
            MediaType::Thumb => 64 * 1024,
        }
    }

    /// The format of a file, if this type has it.
    pub fn format(self, file: &[u8]) -> Option<MediaFormat> {
        let format = format(file)?;
        let fits = match self {
            MediaType::Image => is_image(format),
            MediaType::Voice => matches!(format, MediaFormat::Amr | MediaFormat::Mp3),
            MediaType::Video => format == MediaFormat::Mp4,
            MediaType::Thumb => format == MediaFormat::Jpeg,
        };
        fits.then_some(format)
    }
}

/// The format of a file by its first bytes.
fn format(file: &[u8]) -> Option<MediaFormat> {
    Some(match file {
        [0xff, 0xd8, 0xff, ..] => MediaFormat::Jpeg,
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => MediaFormat::Png,
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => MediaFormat::Gif,
        [b'#', b'!', b'A', b'M', b'R', ..] => MediaFormat::Amr,
        // An ID3 tag, or the first frame of layer III.
        [b'I', b'D', b'3', ..] | [0xff, 0xe2 | 0xe3 | 0xf2 | 0xf3 | 0xfa | 0xfb, ..] => MediaFormat::Mp3,
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => MediaFormat::Mp4,
        _ => return None,
    })
}

/// Whether a format is that of a picture.
pub const fn is_image(format: MediaFormat) -> bool {
    matches!(format, MediaFormat::Jpeg | MediaFormat::Png | MediaFormat::Gif)
}

/// The content type and the extension of a format.
pub const fn content_type(format: MediaFormat) -> (&'static str, &'static str) {
    match format {
        MediaFormat::Jpeg => ("image/jpeg", "jpg"),
        MediaFormat::Png => ("image/png", "png"),
        MediaFormat::Gif => ("image/gif", "gif"),
        MediaFormat::Amr => ("audio/amr", "amr"),
        MediaFormat::Mp3 => ("audio/mpeg", "mp3"),
        MediaFormat::Mp4 => ("video/mp4", "mp4"),
    }
}

/// The address of a video. It needs no token, because its `media_id` cannot be guessed.
pub fn video_url(public_url: &str, appid: &str, media_id: &str) -> String {
    format!("{}{appid}/{media_id}.mp4", super::show::urls(public_url))
}

/// The response for a path of a video; `None` for any other path.
pub async fn show_video(state: &State, path: &str) -> Option<Response<Body>> {
    let (appid, name) = path.split_once('/')?;
    let media_id = name.strip_suffix(".mp4")?;
    from_url_base64(media_id).filter(|bytes| bytes.len() == ID_LEN)?;
    let (appid, media_id, now) = (appid.to_owned(), media_id.to_owned(), state.clock.now());
    let name = name.to_owned();
    let found = blocking(state, move |store| -> kaquan_core::Result<Option<TemporaryMedia>> {
        let Some(app) = store.app_by_appid(&appid)? else { return Ok(None) };
        Ok(store.temporary_media(app.app.id, &media_id, now)?)
    });
    Some(match found.await {
        Ok(Some(media)) if media.format == MediaFormat::Mp4 => {
            let (kind, _) = content_type(media.format);
            crate::http::Answer::Attachment { kind, name, bytes: media.bytes }.into_response()
        }
        Ok(_) => empty(StatusCode::NOT_FOUND),
        Err(error) => {
            tracing::error!(%error, "video read failed");
            empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_recognised_by_the_content_and_fits_its_types_only() {
        use MediaType::{Image, Thumb, Video, Voice};
        for (file, format, types) in [
            (&b"\xff\xd8\xff\xe0"[..], MediaFormat::Jpeg, &[Image, Thumb][..]),
            (b"\x89PNG\r\n\x1a\n", MediaFormat::Png, &[Image]),
            (b"GIF89a", MediaFormat::Gif, &[Image]),
            (b"#!AMR\n", MediaFormat::Amr, &[Voice]),
            (b"ID3\x04", MediaFormat::Mp3, &[Voice]),
            (b"\xff\xfb\x90", MediaFormat::Mp3, &[Voice]),
            (b"\0\0\0\x18ftypisom", MediaFormat::Mp4, &[Video]),
        ] {
            for media_type in [Image, Voice, Video, Thumb] {
                let expected = types.contains(&media_type).then_some(format);
                assert_eq!(media_type.format(file), expected, "{media_type:?} {format:?}");
                assert_eq!(MediaType::from_name(media_type.name()), Some(media_type));
            }
        }
        assert_eq!(Image.format(b"BM"), None);
        assert_eq!(Image.format(b""), None);
    }
}
