//! The route table of the wallet's pages.

use super::guest::Guest;
use super::{activate, cards, claim, code, gift, identity, landing, stores};
use crate::http::body::Caller;
use crate::pages::serve::{self, Handler};
use crate::pages::{Fault, Fields, FormLimit, PageResult, Visitor};
use crate::state::State;
use axum::Router;
use axum::http::Method;
use std::sync::Arc;

/// A page or a form.
pub struct Route {
    /// The path; `{appid}` in it is the appid of the app.
    pub path: &'static str,
    /// GET for a page, POST for a form.
    pub method: Method,
    handler: Handler,
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Route")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// A page or form that finds its app itself.
fn open<F, Fut>(method: Method, path: &'static str, handler: F) -> Route
where
    F: Fn(Visitor, Fields) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = PageResult> + Send + 'static,
{
    let handler: Handler = Arc::new(move |visitor, sent| {
        Box::pin(async move {
            let form = sent.read(FormLimit::SMALL, Caller::Unknown).await?;
            serve::run_to_its_end(form.held, handler(visitor, form.fields)).await
        })
    });
    Route { path, method, handler }
}

/// A page or form of the app in the path.
fn of_app<F, Fut>(method: Method, path: &'static str, handler: F) -> Route
where
    F: Fn(Guest, Fields) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = PageResult> + Send + 'static,
{
    of_app_up_to(FormLimit::SMALL, method, path, handler)
}

/// As [`of_app`], with its own size limit for forms of identified holders. Other guests may only send small forms.
fn of_app_up_to<F, Fut>(limit: FormLimit, method: Method, path: &'static str, handler: F) -> Route
where
    F: Fn(Guest, Fields) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = PageResult> + Send + 'static,
{
    let handler: Handler = Arc::new(move |visitor: Visitor, sent| {
        Box::pin(async move {
            let appid = visitor.param("appid").to_owned();
            let guest = match Guest::of_appid(visitor, &appid).await {
                Ok(guest) => guest,
                Err(fault) => {
                    sent.drain().await;
                    return Err::<_, Fault>(fault);
                }
            };
            let form = match guest.openid {
                Some(_) => sent.read(limit, Caller::App(guest.app_id())).await?,
                None => sent.read(FormLimit::SMALL, Caller::Unknown).await?,
            };
            serve::run_to_its_end(form.held, handler(guest, form.fields)).await
        })
    });
    Route { path, method, handler }
}

/// Every page and form of the wallet.
pub fn routes() -> Vec<Route> {
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    vec![
        open(GET, "/w/q/{ticket}", claim::show_ticket),
        open(POST, "/w/q/{ticket}", claim::claim_ticket),
        open(GET, "/w/s/{link}", claim::show_sms),
        open(POST, "/w/s/{link}", claim::claim_sms),
        open(GET, "/w/l/{appid}/{page_id}", landing::show),
        open(GET, "/bizmall/activatemembercard", activate::from_link),
        open(GET, "/bizmall/appmsgcard", landing::from_article),
        of_app(GET, "/w/{appid}", cards::start),
        of_app(GET, "/w/{appid}/cards", cards::show),
        of_app(GET, "/w/{appid}/card/{card_id}", claim::show_card),
        of_app(POST, "/w/{appid}/card/{card_id}", claim::claim_card),
        of_app(GET, "/w/{appid}/card/{card_id}/stores", stores::show),
        of_app(GET, "/w/{appid}/codes/{code}", code::show),
        of_app(POST, "/w/{appid}/codes/{code}", code::act),
        of_app(GET, "/w/{appid}/gift/{gift}", gift::show),
        of_app(POST, "/w/{appid}/gift/{gift}", gift::accept),
        of_app(GET, "/w/{appid}/activate/{card_id}", activate::show),
        of_app_up_to(FormLimit::ANSWERS, POST, "/w/{appid}/activate/{card_id}", activate::act),
        of_app(GET, "/w/{appid}/who", identity::ask),
        of_app(POST, "/w/{appid}/who", identity::pretend),
        of_app(GET, "/w/{appid}/in", identity::signed_link::enter),
        of_app(GET, "/w/{appid}/oauth", identity::oauth::back),
        of_app(POST, "/w/{appid}/leave", identity::leave),
    ]
}

/// The wallet's pages as a service.
pub fn router(state: &State) -> Router {
    let add = |router: Router, route: Route| {
        router.route(route.path, serve::method(state, &route.method, route.handler))
    };
    routes().into_iter().fold(Router::new(), add)
}
