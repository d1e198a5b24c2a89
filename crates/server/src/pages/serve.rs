//! Serves a page or a form: reads the visitor, switches the language, refuses forms of other sites, reads the form, and
//! turns faults into pages.

use super::{Fault, Fields, PageResult, Visitor};
use crate::state::State;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use std::pin::Pin;
use std::sync::Arc;

/// What a handler answers, later.
pub type Answer = Pin<Box<dyn Future<Output = PageResult> + Send>>;
/// Answers a visitor; forms come along, empty where a page is asked for.
pub type Handler = Arc<dyn Fn(Visitor, Fields) -> Answer + Send + Sync>;

/// The service of a page (GET) or a form (POST).
pub fn method(state: &State, method: &Method, handler: Handler) -> MethodRouter {
    let state = state.clone();
    let filter = if *method == Method::GET { MethodFilter::GET } else { MethodFilter::POST };
    on(filter, move |request: Request| answer(state.clone(), request, handler.clone()))
}

async fn answer(state: State, request: Request, handler: Handler) -> Response<Body> {
    let (mut parts, body) = request.into_parts();
    let visitor = Visitor::read(state, &mut parts).await;
    let lang = visitor.lang;
    if parts.method == Method::GET
        && let Some(switched) = visitor.switch_language()
    {
        return switched;
    }
    let outcome = async {
        visitor.check_same_site(&parts.method)?;
        let form = match parts.method {
            Method::POST => Fields::read(&parts.headers, body).await?,
            _ => Fields::default(),
        };
        handler(visitor, form).await
    };
    outcome.await.unwrap_or_else(|fault: Fault| fault.into_response(lang))
}
