//! A visitor of a page: language, address, path, query and cookies. The console and the wallet each identify the
//! visitor in their own way.

use super::cookie::{self, Cookie};
use super::peer::{self, Peer};
use super::{Fault, Fields, Lang, reply};
use crate::auth::secret;
use crate::encoding::hex;
use crate::state::State;
use axum::body::Body;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Response, StatusCode};
use kaquan_core::error::Result;

/// The name of the language cookie.
const LANG_COOKIE: &str = "kaquan_lang";
/// Lifetime of the language cookie, in seconds: one year.
const LANG_SECS: i64 = 365 * 86_400;

/// A visitor of a page.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The server.
    pub state: State,
    /// The language of the page.
    pub lang: Lang,
    /// The client address of the request.
    pub address: String,
    /// Whether the method is GET; otherwise it is the POST of a form.
    pub is_get: bool,
    /// The path of the request.
    pub path: String,
    pub query: Fields,
    pub headers: HeaderMap,
    /// The idempotency key of the forms of the page that the visitor gets.
    pub page_key: String,
    params: Vec<(String, String)>,
}

impl Visitor {
    /// Reads the head of a request.
    ///
    /// # Errors
    /// -1 when the system has no randomness.
    pub async fn read(state: State, parts: &mut Parts) -> Result<Visitor> {
        let params = match RawPathParams::from_request_parts(parts, &()).await {
            Ok(params) => params.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
            Err(_) => Vec::new(),
        };
        let query = Fields::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let chosen = cookie::read(&parts.headers, LANG_COOKIE).and_then(Lang::from_name);
        let peer = parts.extensions.get::<Peer>().copied();
        Ok(Visitor {
            lang: chosen.unwrap_or_else(|| Lang::accepted(&parts.headers)),
            is_get: parts.method == Method::GET,
            address: peer::address(peer, &parts.headers, &state.trusted_proxies),
            state,
            path: parts.uri.path().to_owned(),
            query,
            headers: parts.headers.clone(),
            page_key: hex(&secret::random::<16>()?),
            params,
        })
    }

    /// A part of the path by its name in the route; empty if the route has no such name.
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        cookie::read(&self.headers, name)
    }

    /// Whether clients reach this server over HTTPS.
    pub fn secure(&self) -> bool {
        self.state.public_url.starts_with("https://")
    }

    /// The response to `?lang=en` on any page: sets the language cookie and redirects to the page without the
    /// parameter.
    pub fn switch_language(&self) -> Option<Response<Body>> {
        let lang = Lang::from_name(self.query.get("lang")?)?;
        let rest = self.query.with("lang", None);
        let to = if rest.is_empty() { self.path.clone() } else { format!("{}?{rest}", self.path) };
        let cookie = Cookie {
            name: LANG_COOKIE,
            value: lang.name(),
            path: "/",
            max_age: LANG_SECS,
            secure: self.secure(),
        };
        Some(reply::with_cookie(reply::redirect(&local_path(&to)), &cookie))
    }

    /// The URL of this page in another language.
    pub fn in_language(&self, lang: Lang) -> String {
        format!("?{}", self.query.with("lang", Some(lang.name())))
    }

    /// Refuses forms of other sites (CSRF), recognized by the browser's header `Sec-Fetch-Site`.
    pub fn check_same_site(&self, method: &Method) -> Result<(), Fault> {
        if method == Method::GET || method == Method::HEAD {
            return Ok(());
        }
        match self.headers.get("sec-fetch-site").and_then(|site| site.to_str().ok()) {
            None | Some("same-origin" | "none") => Ok(()),
            Some(_) => Err(Fault::Status(StatusCode::FORBIDDEN)),
        }
    }
}

/// The longest path for a redirect, in bytes. The links of the pages are far shorter.
const LOCAL_MAX: usize = 2048;

/// Returns `path` if it stays on this server and has at most 2,048 bytes; otherwise `/`. Prevents open redirects.
pub fn local_path(path: &str) -> String {
    let ours =
        path.starts_with('/') && !path.starts_with("//") && !path.contains('\\') && path.len() <= LOCAL_MAX;
    if ours && !path.contains(char::is_control) { path.to_owned() } else { "/".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_path_stays_on_this_server() {
        assert_eq!(local_path("/console/a?b=c"), "/console/a?b=c");
        assert_eq!(local_path(&format!("/{}", "a".repeat(LOCAL_MAX))), "/");
        for foreign in ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a\nb"] {
            assert_eq!(local_path(foreign), "/", "{foreign}");
        }
    }
}
