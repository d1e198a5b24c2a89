//! Responses of pages: HTML with headers that allow only resources of this server and forbid inline scripts.

use super::cookie::Cookie;
use super::{Fault, PageResult};
use askama::Template;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use kaquan_core::error::Error;

/// Pictures may come from any server, because merchants give their URLs. All other resources must come from this
/// server.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
    connect-src 'self'; img-src * data:; media-src 'self' blob:; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";

/// Renders a page.
///
/// # Errors
///
/// The template cannot be rendered, which is a bug of the template.
pub fn html(status: StatusCode, page: &impl Template) -> PageResult {
    let text =
        page.render().map_err(|error| Error::internal(format!("a page cannot be written: {error}")))?;
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    protect(response.headers_mut());
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}

/// Redirects to another page. The browser requests it with GET.
pub fn redirect(to: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    protect(response.headers_mut());
    if let Ok(to) = HeaderValue::from_str(to) {
        response.headers_mut().insert(header::LOCATION, to);
    }
    response
}

/// A file that the browser saves under this name.
pub fn download(kind: &'static str, name: &str, body: Body) -> PageResult {
    let mut response = Response::new(body);
    protect(response.headers_mut());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let disposition = disposition.map_err(|_| Fault::Status(StatusCode::NOT_FOUND))?;
    response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    Ok(response)
}

pub fn with_cookie(mut response: Response<Body>, cookie: &Cookie<'_>) -> Response<Body> {
    response.headers_mut().append(header::SET_COOKIE, cookie.header());
    response
}

/// Adds the header that says after how many seconds the request may be repeated.
pub fn with_retry_after(mut response: Response<Body>, secs: i64) -> Response<Body> {
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(secs));
    response
}

/// Adds the headers of every response that does not belong to the API.
pub fn protect(headers: &mut HeaderMap) {
    let mut set = |name: HeaderName, value| headers.insert(name, HeaderValue::from_static(value));
    set(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "same-origin");
    set(header::CACHE_CONTROL, "no-store");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("permissions-policy"), "camera=(self), microphone=(), geolocation=()");
}
