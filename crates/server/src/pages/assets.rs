//! Stylesheets and scripts. They are compiled into the program. Their URLs contain a digest of the content, so that
//! browsers can cache them forever.

use super::reply;
use crate::encoding::hex;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderValue, Response, StatusCode, header};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

struct Asset {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
}

macro_rules! assets {
    ($($name:literal: $kind:literal;)*) => {
        &[$(Asset { name: $name, kind: $kind, text: include_str!(concat!("../../assets/", $name)) },)*]
    };
}

/// Every asset. A page lists those it needs.
const ASSETS: &[Asset] = assets! {
    "base.css": "text/css; charset=utf-8";
    "cards.css": "text/css; charset=utf-8";
    "codes.css": "text/css; charset=utf-8";
    "till.css": "text/css; charset=utf-8";
    "till.js": "text/javascript; charset=utf-8";
    "wallet.css": "text/css; charset=utf-8";
    "chart.css": "text/css; charset=utf-8";
    "once.js": "text/javascript; charset=utf-8";
    "renew.js": "text/javascript; charset=utf-8";
    "live.js": "text/javascript; charset=utf-8";
    "cards.js": "text/javascript; charset=utf-8";
    "console.css": "text/css; charset=utf-8";
    "icon.svg": "image/svg+xml";
};

/// The URLs, in the order of the assets.
static URLS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let url = |asset: &Asset| {
        let digest = Sha256::digest(asset.text);
        let version = hex(&digest[..6]);
        format!("/static/{}?v={version}", asset.name)
    };
    ASSETS.iter().map(url).collect()
});

/// The URL of an asset; empty if the asset does not exist, which a test checks.
pub fn url(name: &str) -> &'static str {
    let at = ASSETS.iter().position(|asset| asset.name == name);
    at.and_then(|at| URLS.get(at)).map_or("", String::as_str)
}

/// `GET /static/{name}`.
pub async fn show(Path(name): Path<String>) -> Response<Body> {
    let found = ASSETS.iter().find(|asset| asset.name == name);
    let mut response = Response::new(found.map_or(Body::empty(), |asset| Body::from(asset.text)));
    reply::protect(response.headers_mut());
    match found {
        Some(asset) => {
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.kind));
            let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
            headers.insert(header::CACHE_CONTROL, forever);
        }
        None => *response.status_mut() = StatusCode::NOT_FOUND,
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_of_an_asset_has_its_name_and_a_version() {
        for asset in ASSETS {
            assert!(url(asset.name).starts_with(&format!("/static/{}?v=", asset.name)));
        }
        assert_eq!(url("nothing.css"), "");
    }
}
