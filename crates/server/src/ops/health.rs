//! `/healthz`, `/readyz`, `/metrics` and `/version`. Unlike the card API, these answer with HTTP statuses.

use crate::state::{State, blocking};
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Response, StatusCode};

/// `GET /healthz`: the process answers.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the store can be read and the ledger takes operations; 503 otherwise.
pub async fn readyz(state: State) -> Response<Body> {
    match blocking(&state, |store| store.check()).await {
        Ok(()) if !state.ledger.is_running() => text(
            StatusCode::SERVICE_UNAVAILABLE,
            "text/plain; charset=utf-8",
            "the ledger has stopped\n".to_owned(),
        ),
        Ok(()) => text(StatusCode::OK, "text/plain; charset=utf-8", "ok\n".to_owned()),
        Err(error) => {
            tracing::error!(%error, "store not ready");
            text(
                StatusCode::SERVICE_UNAVAILABLE,
                "text/plain; charset=utf-8",
                "the store is not ready\n".to_owned(),
            )
        }
    }
}

/// `GET /metrics`: counters in the OpenMetrics text form.
pub async fn metrics(state: State) -> Response<Body> {
    match state.metrics.encode(state.ledger.stats(), state.store.failures()) {
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
