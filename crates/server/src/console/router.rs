//! The route table of the console: every page and every form, with the lowest role that may use it.

use super::session::SignedIn;
use super::visit::Visit;
use super::{
    account, cards, codes, data, events, home, login, login_link, members, overview, review, settings, till,
    till_store,
};
use crate::http::body::Caller;
use crate::pages::serve::{self, Handler};
use crate::pages::{Fields, Form, FormLimit, PageResult, Visitor};
use crate::state::State;
use axum::Router;
use axum::http::Method;
use kaquan_store::Role;
use std::sync::Arc;

/// A page or a form.
pub struct Route {
    /// The path; `{appid}` in it is the appid of the app.
    pub path: &'static str,
    /// GET for a page, POST for a form.
    pub method: Method,
    /// The lowest role that may use it; `None` for pages that check this themselves.
    pub least: Option<Role>,
    handler: Handler,
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Route { path, method, least, .. } = self;
        f.debug_struct("Route").field("method", method).field("path", path).field("least", least).finish()
    }
}

/// A page of an app.
fn show<F, Fut>(least: Role, path: &'static str, handler: F) -> Route
where
    F: Fn(Visit) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = PageResult> + Send + 'static,
{
    let handler: Handler = Arc::new(move |visitor, _| {
        Box::pin(async move { handler(Visit::read(visitor, least).await?).await })
    });
    Route { path, method: Method::GET, least: Some(least), handler }
}

/// A form of an app. Its handler gets it with an idempotency key.
fn act<F, Fut>(least: Role, path: &'static str, handler: F) -> Route
where
    F: Fn(Visit, Form) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = PageResult> + Send + 'static,
{
    act_up_to(FormLimit::SMALL, least, path, handler)
}

/// A form of an app with its own size limit. The session is verified before the body is read.
fn act_up_to<F, Fut>(limit: FormLimit, least: Role, path: &'static str, handler: F) -> Route
where
    F: Fn(Visit, Form) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = PageResult> + Send + 'static,
{
    let handler: Handler = Arc::new(move |visitor, sent| {
        Box::pin(async move {
            let caller = |visit: &Visit| Caller::App(visit.app_id());
            let (visit, form) = sent.after(Visit::read(visitor, least), limit, caller).await?;
            visit.signed_in.check(&form.fields)?;
            serve::run_to_its_end(form.held, handler(visit, Form::of(form.fields)?)).await
        })
    });
    Route { path, method: Method::POST, least: Some(least), handler }
}

/// A page or form that identifies the visitor itself.
fn open<F, Fut>(method: Method, path: &'static str, handler: F) -> Route
where
    F: Fn(Visitor, Fields) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = PageResult> + Send + 'static,
{
    Route {
        path,
        method,
        least: None,
        handler: Arc::new(move |visitor, sent| {
            Box::pin(async move {
                let form = sent.read(FormLimit::SMALL, Caller::Unknown).await?;
                serve::run_to_its_end(form.held, handler(visitor, form.fields)).await
            })
        }),
    }
}

/// A form that every signed-in account may send. It has no idempotency key, because a key belongs to an app. Instead,
/// the form must begin a new session or end the present one: then the server refuses it if it is sent again from an old
/// page.
fn own<F, Fut>(path: &'static str, handler: F) -> Route
where
    F: Fn(Visitor, SignedIn, Fields) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = PageResult> + Send + 'static,
{
    let handler: Handler = Arc::new(move |visitor, sent| {
        Box::pin(async move {
            let (signed_in, form) =
                sent.after(SignedIn::of(&visitor), FormLimit::SMALL, |_| Caller::Known).await?;
            signed_in.check(&form.fields)?;
            serve::run_to_its_end(form.held, handler(visitor, signed_in, form.fields)).await
        })
    });
    Route { path, method: Method::POST, least: None, handler }
}

/// Every page and form of the console.
pub fn routes() -> Vec<Route> {
    use Role::{Operator, Owner};
    vec![
        open(Method::GET, "/console", home::start_in_console),
        open(Method::GET, "/console/login", login::show),
        open(Method::POST, "/console/login", login::act),
        own("/console/logout", login::logout),
        open(Method::GET, "/console/enter/{token}", login_link::show),
        open(Method::POST, "/console/enter/{token}", login_link::act),
        open(Method::GET, "/console/account", account::show),
        own("/console/account/password", account::password),
        own("/console/account/elsewhere", account::elsewhere),
        show(Role::Clerk, "/console/{appid}", home::start_in_app),
        show(Operator, "/console/{appid}/cards", cards::list::show),
        show(Operator, "/console/{appid}/cards/new", cards::new::show),
        act_up_to(FormLimit::CARD, Operator, "/console/{appid}/cards/new", cards::new::act),
        show(Operator, "/console/{appid}/cards/{card_id}", cards::card::show),
        show(Operator, "/console/{appid}/cards/{card_id}/edit", cards::edit::show),
        act_up_to(FormLimit::CARD, Operator, "/console/{appid}/cards/{card_id}/edit", cards::edit::act),
        act_up_to(FormLimit::CARD, Operator, "/console/{appid}/cards/{card_id}/save", cards::edit::save),
        act(Operator, "/console/{appid}/cards/{card_id}/stock", cards::stock::modify),
        act(Operator, "/console/{appid}/cards/{card_id}/form", cards::activation_form::act),
        act(Operator, "/console/{appid}/cards/{card_id}/delete", cards::stock::delete),
        show(Operator, "/console/{appid}/review", review::show),
        act(Operator, "/console/{appid}/review/{card_id}", review::act),
        show(Operator, "/console/{appid}/codes", codes::search::show),
        show(Operator, "/console/{appid}/codes/{code}", codes::code::show),
        act(Operator, "/console/{appid}/codes/{code}", codes::actions::act),
        show(Role::Clerk, "/console/{appid}/till", till::show),
        act(Role::Clerk, "/console/{appid}/till/consume", till::consume),
        act(Role::Clerk, "/console/{appid}/till/undo", till::undo),
        act(Role::Clerk, "/console/{appid}/till/pay", till::pay),
        act(Role::Clerk, "/console/{appid}/till/store", till_store::remember),
        show(Operator, "/console/{appid}/members", members::show),
        show(Operator, "/console/{appid}/overview", overview::show),
        show(Operator, "/console/{appid}/overview/live", overview::live),
        show(Operator, "/console/{appid}/data", data::show),
        show(Operator, "/console/{appid}/data.csv", data::csv),
        show(Operator, "/console/{appid}/events", events::show),
        show(Operator, "/console/{appid}/events/{event}", events::one),
        act(Operator, "/console/{appid}/events/{event}", events::resend),
        show(Owner, "/console/{appid}/settings", settings::page::show),
        show(Owner, "/console/{appid}/settings/audit", settings::audit::show),
        act(Owner, "/console/{appid}/settings/rules", settings::app::rules),
        act(Owner, "/console/{appid}/settings/secret", settings::app::rotate),
        act(Owner, "/console/{appid}/settings/callback", settings::callback::set),
        act(Owner, "/console/{appid}/settings/callback/test", settings::callback::test),
        act(Owner, "/console/{appid}/settings/callback/delete", settings::callback::delete),
        act(Owner, "/console/{appid}/settings/identity", settings::identity::set),
        show(Owner, "/console/{appid}/settings/upstream", settings::upstream::show),
        act(Owner, "/console/{appid}/settings/upstream", settings::upstream::set),
        act(Owner, "/console/{appid}/settings/upstream/delete", settings::upstream::delete),
        act(Owner, "/console/{appid}/settings/accounts", settings::accounts::create),
        act(Owner, "/console/{appid}/settings/accounts/{account}", settings::accounts::act),
    ]
}

/// The console as a service.
pub fn router(state: &State) -> Router {
    let add = |router: Router, route: Route| {
        router.route(route.path, serve::method(state, &route.method, route.handler))
    };
    routes().into_iter().fold(Router::new(), add)
}
