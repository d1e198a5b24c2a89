//! Serves uploaded pictures: `GET /media/<appid>/<digest>.<jpg or png>`. The URL contains the digest of the bytes. So
//! the picture at a URL never changes, and clients cache it forever.

use super::temporary;
use crate::encoding::hex;
use crate::state::{State, blocking};
use axum::body::Body;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use kaquan_store::{Media, MediaDigest, MediaKind};
use sha2::{Digest, Sha256};

/// The longest `logo_url` of a card, in bytes.
const LOGO_URL_MAX: usize = 128;
/// The length of a picture's URL after the public URL: `/media/`, an appid of 18 bytes, `/`, the digest, `.jpg`.
const PATH_LEN: usize = 7 + 18 + 1 + 32 + 4;
/// The longest public URL, in bytes, with which the URLs of pictures fit into a card.
pub const PUBLIC_URL_MAX: usize = LOGO_URL_MAX - PATH_LEN;

/// The digest under which a picture is stored.
pub fn digest(bytes: &[u8]) -> MediaDigest {
    let mut digest = MediaDigest::default();
    let whole = Sha256::digest(bytes);
    digest.copy_from_slice(&whole[..size_of::<MediaDigest>()]);
    digest
}

/// The prefix of the URLs of all pictures.
pub fn urls(public_url: &str) -> String {
    format!("{public_url}/media/")
}

/// The URL of a picture.
pub fn url(public_url: &str, appid: &str, digest: &MediaDigest, kind: MediaKind) -> String {
    format!("{}{appid}/{}.{}", urls(public_url), hex(digest), extension(kind))
}

/// Serves a picture or a temporary video; 404 for any other path, 304 if the client has the picture already.
pub async fn picture(state: State, path: Path<String>, headers: HeaderMap) -> Response<Body> {
    if let Some(video) = temporary::show_video(&state, &path).await {
        return video;
    }
    let found = match Address::read(&path) {
        Some(address) => find(&state, address).await,
        None => Ok(None),
    };
    match found {
        Ok(Some((address, media))) => show(&address, media, &headers),
        Ok(None) => empty(StatusCode::NOT_FOUND),
        Err(error) => {
            tracing::error!(%error, "picture read failed");
            empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// The parts of a path after `/media/`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Address {
    appid: String,
    digest: MediaDigest,
    kind: MediaKind,
}

impl Address {
    /// Parses a path. Every picture has exactly one valid path.
    fn read(path: &str) -> Option<Address> {
        let (appid, name) = path.split_once('/')?;
        let (text, end) = name.split_once('.')?;
        let kind = [MediaKind::Jpeg, MediaKind::Png].into_iter().find(|kind| extension(*kind) == end)?;
        let mut digest = MediaDigest::default();
        if text.len() != 2 * digest.len() || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        for (byte, at) in digest.iter_mut().zip((0..text.len()).step_by(2)) {
            *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
        }
        Some(Address { appid: appid.to_owned(), digest, kind })
    }
}

async fn find(state: &State, address: Address) -> kaquan_core::Result<Option<(Address, Media)>> {
    blocking(state, move |store| -> kaquan_core::Result<_> {
        let Some(app) = store.app_by_appid(&address.appid)? else { return Ok(None) };
        let media = store.media(app.app.id, &address.digest)?;
        Ok(media.filter(|media| media.kind == address.kind).map(|media| (address, media)))
    })
    .await
}

fn show(address: &Address, media: Media, headers: &HeaderMap) -> Response<Body> {
    let tag = format!("\"{}\"", hex(&address.digest));
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let known = known.flat_map(|list| list.split(',')).map(str::trim);
    let known = known
        .map(|entry| entry.strip_prefix("W/").unwrap_or(entry))
        .any(|entry| entry == tag || entry == "*");
    let mut response = match known {
        true => empty(StatusCode::NOT_MODIFIED),
        false => {
            let mut response = Response::new(Body::from(media.bytes));
            let kind = HeaderValue::from_static(content_type(media.kind));
            response.headers_mut().insert(CONTENT_TYPE, kind);
            response
        }
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, tag);
    }
    response
}

pub(super) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

const fn extension(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Jpeg => "jpg",
        MediaKind::Png => "png",
    }
}

const fn content_type(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Jpeg => "image/jpeg",
        MediaKind::Png => "image/png",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APPID: &str = "wx0123456789abcdef";

    #[test]
    fn an_address_is_read_back_and_fits_into_a_card() {
        for kind in [MediaKind::Jpeg, MediaKind::Png] {
            let digest = digest(b"picture");
            let public_url = "h".repeat(PUBLIC_URL_MAX);
            let url = url(&public_url, APPID, &digest, kind);
            assert_eq!(url.len(), LOGO_URL_MAX);
            let path = url.strip_prefix(&format!("{public_url}/media/")).unwrap();
            assert_eq!(Address::read(path), Some(Address { appid: APPID.into(), digest, kind }));
        }
    }

    #[test]
    fn there_is_one_address_for_a_picture() {
        let digest = hex(&digest(b"picture"));
        for path in [
            String::new(),
            APPID.to_owned(),
            format!("{APPID}/{digest}"),
            format!("{APPID}/{digest}.jpeg"),
            format!("{APPID}/{}.jpg", digest.to_uppercase()),
            format!("{APPID}/{}.jpg", &digest[1..]),
            format!("{APPID}/+{}.jpg", &digest[1..]),
            format!("{APPID}/{digest}.jpg/"),
            format!("{APPID}/../{digest}.jpg"),
        ] {
            assert_eq!(Address::read(&path), None, "{path}");
        }
    }
}
