//! Answers in HTTP/1.0. It has no chunks, so a client cannot distinguish a cut answer from a complete one. An answer of
//! unknown length is therefore collected and sent with its length, or refused.

use super::{answer, refusal_id};
use axum::body::Body;
use axum::body::HttpBody as _;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Response, StatusCode, Version};
use axum::middleware::Next;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kaquan_core::error::{ErrCode, Error};

/// The largest answer that is collected, in bytes. The limit of large answers also limits the number of collected ones.
const COLLECTED_MAX: usize = 4 * 1024 * 1024;

/// Collects the answer to a request in HTTP/1.0. A stream of events is not collected, because it has no end.
pub async fn for_http_1_0(request: Request, next: Next) -> Response<Body> {
    let version = request.version();
    let response = next.run(request).await;
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_stream = kind.starts_with("text/event-stream");
    if version > Version::HTTP_10 || response.body().size_hint().exact().is_some() || is_stream {
        return response;
    }
    let is_call = kind.starts_with("application/json");
    let (head, body) = response.into_parts();
    let error = match Limited::new(body, COLLECTED_MAX).collect().await {
        Ok(whole) => return Response::from_parts(head, Body::from(whole.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => {
            let reason = "the answer has more than 4 MiB; ask for it in HTTP/1.1";
            Error::field(ErrCode::InvalidArgsSize, "HTTP version", reason)
        }
        // The error is already in the log.
        Err(_) => ErrCode::SystemError.into(),
    };
    let mut refusal = answer::refusal(&error, "", &refusal_id::next());
    if !is_call {
        *refusal.status_mut() = StatusCode::HTTP_VERSION_NOT_SUPPORTED;
    }
    refusal
}
