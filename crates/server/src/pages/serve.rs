//! Serves a page or a form. It reads the visitor, switches the language, refuses forms of other sites, and converts
//! faults into error pages. The route reads the body of the form after it has identified the visitor.

use super::fields::{PAIRS_MAX, pairs};
use super::{Fault, Lang, PageResult, UnreadForm, Visitor};
use crate::state::State;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, Response, StatusCode};
use axum::routing::{MethodFilter, MethodRouter, on};
use kaquan_core::error::Error;
use std::pin::Pin;
use std::sync::Arc;

/// The future of a handler's response.
pub type Answer = Pin<Box<dyn Future<Output = PageResult> + Send>>;
/// A handler of a page or form. The body of the form is not read yet; for a page it is empty.
pub type Handler = Arc<dyn Fn(Visitor, UnreadForm) -> Answer + Send + Sync>;

/// The service of a page (GET) or a form (POST).
pub fn method(state: &State, method: &Method, handler: Handler) -> MethodRouter {
    let state = state.clone();
    let filter = if *method == Method::GET { MethodFilter::GET } else { MethodFilter::POST };
    on(filter, move |request: Request| answer(state.clone(), request, handler.clone()))
}

async fn answer(state: State, request: Request, handler: Handler) -> Response<Body> {
    let (mut parts, body) = request.into_parts();
    let too_many = pairs(parts.uri.query().unwrap_or_default().as_bytes()) > PAIRS_MAX;
    let visitor = match Visitor::read(state.clone(), &mut parts).await {
        Ok(visitor) => visitor,
        Err(error) => {
            return Fault::from(error).into_response(Lang::accepted(&parts.headers), parts.uri.path());
        }
    };
    let lang = visitor.lang;
    let path = parts.uri.path().to_owned();
    let sent = match parts.method {
        Method::POST => UnreadForm::of(state, parts.headers, body),
        _ => UnreadForm::nothing(state),
    };
    let refused = match visitor.check_same_site(&parts.method) {
        _ if too_many => Err(Fault::Status(StatusCode::URI_TOO_LONG)),
        checked => checked,
    };
    if let Err(fault) = refused {
        sent.drain().await;
        return fault.into_response(lang, &path);
    }
    if parts.method == Method::GET
        && let Some(switched) = visitor.switch_language()
    {
        return switched;
    }
    handler(visitor, sent).await.unwrap_or_else(|fault: Fault| fault.into_response(lang, &path))
}

/// Runs a handler in a task of its own, which goes on when the caller hangs up. So the permits of the handler last as long
/// as its work. `held` is dropped after the handler.
///
/// # Errors
///
/// The fault of the handler; 500 if it panics.
pub async fn run_to_its_end<H: Send + 'static>(
    held: H,
    handler: impl Future<Output = PageResult> + Send + 'static,
) -> PageResult {
    let task = tokio::spawn(async move {
        let _held = held;
        handler.await
    });
    task.await.map_err(|error| Error::internal(format!("a page was not made: {error}")))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::reply;
    use tokio::sync::Notify;

    #[tokio::test]
    async fn a_page_keeps_its_permits_when_its_caller_hangs_up() {
        let (begun, may_end, held) = (Arc::new(Notify::new()), Arc::new(Notify::new()), Arc::new(()));
        let (begins, ends) = (begun.clone(), may_end.clone());
        let mut page = Box::pin(run_to_its_end(held.clone(), async move {
            begins.notify_one();
            ends.notified().await;
            Ok(reply::redirect("/"))
        }));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(page.as_mut().poll(&mut context).is_pending());
        begun.notified().await;
        drop(page);
        assert_eq!(Arc::strong_count(&held), 2, "the work goes on, and so does its permit");
        may_end.notify_one();
        while Arc::strong_count(&held) > 1 {
            tokio::task::yield_now().await;
        }
    }
}
