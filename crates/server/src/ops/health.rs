//! `/healthz`, `/readyz`, `/metrics` and `/version`. Unlike the card API, these answer with HTTP statuses.

use super::readiness;
use crate::state::State;
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Response, StatusCode};

/// `GET /healthz`: shows that the process answers.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: 503 with the reason while this node cannot commit. Answers within two seconds, even if the store
/// hangs.
pub async fn readyz(state: State) -> Response<Body> {
    let reason = readiness::trouble(&state).await;
    let status = if reason.is_none() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = serde_json::to_string(&Readiness { ready: reason.is_none(), reason }).unwrap_or_default();
    text(status, "application/json", body)
}

#[derive(serde::Serialize)]
struct Readiness {
    ready: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// `GET /metrics`: counters in the OpenMetrics text form.
pub async fn metrics(state: State) -> Response<Body> {
    let writable = readiness::store_trouble(&state).await.is_none();
    let offset = state.clock.offset_secs();
    let gateway = state.gateway.metrics();
    match state.metrics.encode(gateway, state.ledger.stats(), state.store.failures(), writable, offset) {
        Ok(body) => text(StatusCode::OK, "application/openmetrics-text; version=1.0.0; charset=utf-8", body),
        Err(_) => text(StatusCode::INTERNAL_SERVER_ERROR, "text/plain; charset=utf-8", String::new()),
    }
}

/// `GET /version`: name and version.
pub async fn version() -> Response<Body> {
    let body = serde_json::json!({"name": "kaquan", "version": env!("CARGO_PKG_VERSION")}).to_string();
    text(StatusCode::OK, "application/json", body)
}

fn text(status: StatusCode, kind: &'static str, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
