//! The route table of the wallet's pages.

use super::guest::Guest;
use super::{activate, cards, claim, code, gift, identity, landing, stores};
use crate::pages::serve::{self, Handler};
use crate::pages::{Fields, PageResult, Visitor};
use crate::state::State;
use axum::Router;
use axum::http::Method;
use std::sync::Arc;

/// A page or a form.
struct Route {
    path: &'static str,
    method: Method,
    handler: Handler,
}

/// A page or form that finds out itself which app it is of.
fn open<F, Fut>(method: Method, path: &'static str, handler: F) -> Route
where
    F: Fn(Visitor, Fields) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = PageResult> + Send + 'static,
{
    Route { path, method, handler: Arc::new(move |visitor, form| Box::pin(handler(visitor, form))) }
}

/// A page or form of the app named in the path.
fn of_app<F, Fut>(method: Method, path: &'static str, handler: F) -> Route
where
    F: Fn(Guest, Fields) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = PageResult> + Send + 'static,
{
    let handler: Handler = Arc::new(move |visitor: Visitor, form| {
        Box::pin(async move {
            let appid = visitor.param("appid").to_owned();
            handler(Guest::of_appid(visitor, &appid).await?, form).await
        })
    });
    Route { path, method, handler }
}

fn routes() -> Vec<Route> {
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    vec![
        open(GET, "/w/q/{ticket}", claim::show_ticket),
        open(POST, "/w/q/{ticket}", claim::claim_ticket),
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
        of_app(POST, "/w/{appid}/activate/{card_id}", activate::act),
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
