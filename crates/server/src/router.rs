//! The route table: every path of the API with its method and access. Tests and the manual read the same table.

use crate::http::call::{self, Access, Call, Verb};
use crate::http::{Answer, answer, body, refusal_id, whole};
use crate::media::show;
use crate::ops::{health, metrics};
use crate::pages::{Fault, Lang, Visitor, assets};
use crate::state::State;
use crate::{api, console, gateway, native, wallet};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{ACCEPT, STRICT_TRANSPORT_SECURITY};
use axum::http::{HeaderValue, Method, Response};
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{MethodRouter, any, get};
use kaquan_core::error::{ErrCode, Error, Result};
use std::any::Any;
use std::pin::Pin;
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;

type Handler = Arc<dyn Fn(Call) -> Pin<Box<dyn Future<Output = Result<Answer>> + Send>> + Send + Sync>;

/// A path of the API.
#[derive(Clone)]
pub struct Route {
    /// The path without its query.
    pub path: &'static str,
    /// The method of the call.
    pub verb: Verb,
    /// Whether the call needs a token.
    pub access: Access,
    /// The title of the page in WeChat's manual. For a native call, its purpose.
    pub page: &'static str,
    handler: Handler,
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Route").field("path", &self.path).field("verb", &self.verb).finish_non_exhaustive()
    }
}

fn route<F, Fut>(verb: Verb, access: Access, path: &'static str, page: &'static str, handler: F) -> Route
where
    F: Fn(Call) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Answer>> + Send + 'static,
{
    Route { path, verb, access, page, handler: Arc::new(move |call| Box::pin(handler(call))) }
}

fn post<F, Fut>(path: &'static str, page: &'static str, handler: F) -> Route
where
    F: Fn(Call) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Answer>> + Send + 'static,
{
    route(Verb::Post, Access::Token, path, page, handler)
}

/// Every path of the API.
pub fn routes() -> Vec<Route> {
    use api::card::{self, code, generalcard, membercard, paygiftcard, paygiftmembercard, user};
    use api::{cgi_bin, datacube};
    vec![
        route(Verb::Any, Access::Open, "/cgi-bin/token", "获取 Access token", cgi_bin::token::handle),
        route(
            Verb::Post,
            Access::Open,
            "/cgi-bin/stable_token",
            "获取稳定版接口调用凭据",
            cgi_bin::stable_token::handle,
        ),
        route(
            Verb::Any,
            Access::Token,
            "/cgi-bin/ticket/getticket",
            "附录：JS-SDK 使用权限签名算法",
            cgi_bin::getticket::handle,
        ),
        post("/cgi-bin/clear_quota", "重置 API 调用次数", cgi_bin::clear_quota::handle),
        route(
            Verb::Post,
            Access::Open,
            "/cgi-bin/clear_quota/v2",
            "重置 API 调用次数",
            cgi_bin::clear_quota::with_secret,
        ),
        post("/card/create", "创建卡券", card::create::handle),
        post("/card/get", "管理卡券", card::get::handle),
        post("/card/batchget", "管理卡券", card::batchget::handle),
        post("/card/update", "管理卡券", card::update::handle),
        post("/card/modifystock", "管理卡券", card::modifystock::handle),
        post("/card/delete", "管理卡券", card::delete::handle),
        route(Verb::Any, Access::Token, "/card/getcolors", "获取卡券颜色列表接口", card::getcolors::handle),
        post("/card/code/get", "核销卡券", code::get::handle),
        post("/card/code/consume", "核销卡券", code::consume::handle),
        post("/card/code/unavailable", "管理卡券", code::unavailable::handle),
        post("/card/code/update", "管理卡券", code::update::handle),
        post("/card/code/deposit", "投放卡券", code::deposit::handle),
        post("/card/code/decrypt", "核销卡券", code::decrypt::handle),
        post("/card/code/getdepositcount", "投放卡券", code::getdepositcount::handle),
        post("/card/code/checkcode", "投放卡券", code::checkcode::handle),
        post("/card/code/mark", "朋友的券", code::mark::handle),
        post("/card/testwhitelist/set", "投放卡券", card::testwhitelist::handle),
        post("/card/mpnews/gethtml", "投放卡券", card::mpnews::handle),
        post("/card/landingpage/create", "投放卡券", card::landingpage::handle),
        post("/card/paycell/set", "管理卡券", card::paycell::handle),
        post("/card/selfconsumecell/set", "管理卡券", card::selfconsumecell::handle),
        post("/card/qrcode/create", "投放卡券", card::qrcode::create::handle),
        post("/card/sms/geturl", "投放卡券", card::sms::geturl::handle),
        post("/cgi-bin/qrcode/create", "投放卡券", cgi_bin::qrcode::create::handle),
        route(Verb::Get, Access::Open, "/cgi-bin/showqrcode", "投放卡券", cgi_bin::showqrcode::handle),
        route(
            Verb::Upload,
            Access::Token,
            "/cgi-bin/media/uploadimg",
            "上传图片接口",
            cgi_bin::media::uploadimg::handle,
        ),
        route(
            Verb::MediaUpload,
            Access::Token,
            "/cgi-bin/media/upload",
            "新增临时素材",
            cgi_bin::media::upload::handle,
        ),
        route(Verb::Get, Access::Token, "/cgi-bin/media/get", "获取临时素材", cgi_bin::media::get::handle),
        route(
            Verb::Any,
            Access::Token,
            "/cgi-bin/getcallbackip",
            "获取微信服务器IP地址",
            cgi_bin::getcallbackip::handle,
        ),
        route(
            Verb::Any,
            Access::Token,
            "/cgi-bin/get_api_domain_ip",
            "获取微信服务器IP地址",
            cgi_bin::getcallbackip::handle,
        ),
        post("/cgi-bin/poi/addpoi", "微信门店接口", cgi_bin::poi::addpoi::handle),
        post("/cgi-bin/poi/getpoi", "微信门店接口", cgi_bin::poi::getpoi::handle),
        post("/cgi-bin/poi/getpoilist", "微信门店接口", cgi_bin::poi::getpoilist::handle),
        post("/cgi-bin/poi/updatepoi", "微信门店接口", cgi_bin::poi::updatepoi::handle),
        post("/cgi-bin/poi/delpoi", "微信门店接口", cgi_bin::poi::delpoi::handle),
        route(
            Verb::Any,
            Access::Token,
            "/cgi-bin/poi/getwxcategory",
            "微信门店接口",
            cgi_bin::poi::getwxcategory::handle,
        ),
        post("/card/storewxa/set", "门店小程序卡券", card::storewxa::set::handle),
        post("/card/storewxa/get", "门店小程序卡券", card::storewxa::get::handle),
        post("/card/user/getcardlist", "管理卡券", user::getcardlist::handle),
        post("/card/membercard/activate", "创建会员卡", membercard::activate::handle),
        post("/card/membercard/activate/geturl", "创建会员卡", membercard::activate::geturl::handle),
        post("/card/membercard/activateuserform/set", "创建会员卡", membercard::activateuserform::handle),
        post("/card/membercard/activatetempinfo/get", "创建会员卡", membercard::activatetempinfo::handle),
        post("/card/membercard/userinfo/get", "管理会员卡", membercard::userinfo::handle),
        post("/card/membercard/updateuser", "管理会员卡", membercard::updateuser::handle),
        post("/card/announcement/send", "会员卡公告", card::announcement::send::handle),
        post("/card/announcement/update", "会员卡公告", card::announcement::update::handle),
        post("/card/generalcard/activate", "礼品卡", generalcard::activate::handle),
        post("/card/generalcard/unactivate", "礼品卡", generalcard::unactivate::handle),
        post("/card/generalcard/updateuser", "礼品卡", generalcard::updateuser::handle),
        post("/card/paygiftcard/add", "支付即会员", paygiftcard::add::handle),
        post("/card/paygiftcard/delete", "支付即会员", paygiftcard::delete::handle),
        post("/card/paygiftcard/getbyid", "支付即会员", paygiftcard::getbyid::handle),
        post("/card/paygiftcard/batchget", "支付即会员", paygiftcard::batchget::handle),
        post("/card/paygiftmembercard/add", "支付即会员", paygiftmembercard::add::handle),
        post("/card/paygiftmembercard/delete", "支付即会员", paygiftmembercard::delete::handle),
        post("/card/paygiftmembercard/get", "支付即会员", paygiftmembercard::get::handle),
        post("/card/meetingticket/updateuser", "特殊票券", card::meetingticket::handle),
        post("/card/movieticket/updateuser", "特殊票券", card::movieticket::handle),
        post("/card/boardingpass/checkin", "特殊票券", card::boardingpass::handle),
        post("/card/submerchant/submit", "第三方代制", card::submerchant::submit::handle),
        post("/card/submerchant/update", "第三方代制", card::submerchant::update::handle),
        post("/card/submerchant/get", "第三方代制", card::submerchant::get::handle),
        post("/card/submerchant/batchget", "第三方代制", card::submerchant::batchget::handle),
        route(
            Verb::Any,
            Access::Token,
            "/card/getapplyprotocol",
            "第三方代制",
            card::getapplyprotocol::handle,
        ),
        post("/datacube/getcardbizuininfo", "卡券数据接口", datacube::getcardbizuininfo::handle),
        post("/datacube/getcardcardinfo", "卡券数据接口", datacube::getcardcardinfo::handle),
        post("/datacube/getcardmembercardinfo", "卡券数据接口", datacube::getcardmembercardinfo::handle),
        post("/datacube/getcardmembercarddetail", "卡券数据接口", datacube::getcardmembercarddetail::handle),
        post("/wallet/v1/claim", "a holder claims a code", wallet::claim::handle),
        post("/wallet/v1/get", "what a holder's phone shows of a code", wallet::get::handle),
        post("/wallet/v1/dynamic_code", "the dynamic code of a code", wallet::dynamic_code::handle),
        post("/wallet/v1/choose_card", "a holder chooses among usable codes", wallet::choose_card::handle),
        post("/wallet/v1/view", "a holder opens a card's page", wallet::view::handle),
        post("/wallet/v1/gift", "a holder offers a code to a friend", wallet::gift::handle),
        post("/wallet/v1/gift/accept", "a friend accepts a code", wallet::gift::accept::handle),
        post("/wallet/v1/gift/cancel", "a giver takes a gift back", wallet::gift::cancel::handle),
        post(
            "/wallet/v1/gift/return",
            "a gift that was not accepted comes back",
            wallet::gift::r#return::handle,
        ),
        post("/wallet/v1/selfconsume", "a holder consumes a code", wallet::selfconsume::handle),
        post("/wallet/v1/delete", "a holder deletes a code", wallet::delete::handle),
        post("/wallet/v1/activate/form", "the form of a member card", wallet::activate::form::handle),
        post(
            "/wallet/v1/activate/submit",
            "a holder fills in the form of a member card",
            wallet::activate::submit::handle,
        ),
        post("/wallet/v1/pay", "a member pays with the card", wallet::pay::handle),
        post("/wallet/v1/pay_gift", "a payer is given a member card", wallet::pay_gift::handle),
        post("/kaquan/v1/review", "decides on a card that waits for review", native::review::handle),
        post(
            "/kaquan/v1/submerchant/review",
            "decides on a sub-merchant that waits for review",
            native::submerchant::review::handle,
        ),
        post(
            "/kaquan/v1/claim/get",
            "finds a claim by the merchant's number of the request",
            native::claim::get::handle,
        ),
        post("/kaquan/v1/callback/set", "sets the receiver of events", native::callback::set::handle),
        post("/kaquan/v1/callback/get", "shows the receiver of events", native::callback::get::handle),
        post(
            "/kaquan/v1/callback/delete",
            "removes the receiver of events",
            native::callback::delete::handle,
        ),
        post("/kaquan/v1/callback/test", "sends a handshake to the receiver", native::callback::test::handle),
        post("/kaquan/v1/upstream/set", "sets the original host of the app", native::upstream::set::handle),
        post("/kaquan/v1/upstream/get", "shows the original host of the app", native::upstream::get::handle),
        post(
            "/kaquan/v1/upstream/delete",
            "removes the original host of the app",
            native::upstream::delete::handle,
        ),
        post("/kaquan/v1/events/list", "finds events", native::events::list::handle),
        post("/kaquan/v1/events/get", "shows an event and its attempts", native::events::get::handle),
        post("/kaquan/v1/events/resend", "pushes events again", native::events::resend::handle),
        route(
            Verb::Get,
            Access::Token,
            "/kaquan/v1/events/stream",
            "events as they happen",
            native::events::stream::handle,
        ),
        post("/kaquan/v1/sign/check", "checks a signature", native::sign::check::handle),
        post("/kaquan/v1/code/import", "imports a file of codes in chunks", native::code::import::handle),
        post("/kaquan/v1/code/return", "undoes a consume", native::code::r#return::handle),
        post("/kaquan/v1/card/update/preview", "previews an update", native::card::update::preview::handle),
        post("/kaquan/v1/stats/close", "closes every day that has ended", native::stats::close::handle),
        route(
            Verb::Post,
            Access::Open,
            "/kaquan/v1/echo",
            "answers as a claim does, for benchmarks",
            native::echo::handle,
        ),
    ]
}

/// The service of a route that is not a call.
type Plain = fn(State) -> MethodRouter;

/// All other routes: for operators, for pictures, and for stylesheets and scripts.
pub const PLAIN: &[(&str, Plain)] = &[
    ("/static/{name}", |_| get(assets::show)),
    ("/healthz", |_| get(health::healthz)),
    ("/readyz", |state| get(move || health::readyz(state.clone()))),
    (METRICS, |state| get(move || health::metrics(state.clone()))),
    ("/version", |_| get(health::version)),
    ("/media/{*path}", |state| get(move |path, headers| show::picture(state.clone(), path, headers))),
];

/// The path of the metrics.
const METRICS: &str = "/metrics";

/// The address that serves `/metrics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metrics {
    /// The address of the API.
    Here,
    /// A separate address. On the API's address the path is unknown.
    Elsewhere,
}

/// The service on the separate address, which only has `/metrics`.
pub fn metrics_router(state: State) -> Router {
    Router::new().route(METRICS, get(move || health::metrics(state.clone())))
}

/// The whole HTTP service.
pub fn router(state: State, metrics: Metrics) -> Router {
    let mut router = Router::new();
    for route in routes() {
        let (state, is_media) = (state.clone(), gateway::is_media(route.path));
        let serve = move |request: Request| {
            let (state, handler) = (state.clone(), route.handler.clone());
            async move {
                let may_pass = is_media && gateway::may_pass(&request);
                if may_pass && gateway::takes_media(&state, request.uri()).await {
                    return gateway::serve(state, request).await;
                }
                let (path, verb, access) = (route.path, route.verb, route.access);
                call::handle(state, request, path, verb, access, move |call| handler(call)).await
            }
        };
        router = router.route(route.path, any(serve));
    }
    let console = console::router::router(&state);
    let wallet = wallet::pages::router::router(&state);
    for (path, serve) in PLAIN.iter().filter(|(path, _)| *path != METRICS || metrics == Metrics::Here) {
        router = router.route(path, serve(state.clone()));
    }
    let measure = from_fn_with_state(state.metrics.clone(), metrics::measure);
    let router = router
        .merge(console)
        .merge(wallet)
        .fallback({
            let state = state.clone();
            move |request| unknown(state.clone(), request)
        })
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(whole::for_http_1_0))
        .layer(measure);
    if state.public_url.starts_with("https://") { router.layer(map_response(with_hsts)) } else { router }
}

/// Prefixes of the paths of pages.
const PAGES: [&str; 3] = ["/console/", "/w/", "/bizmall/"];

/// Handles unknown paths. A browser at `/` is redirected to the console, and a browser at an unknown page gets an
/// error page. All other requests get the errcode of an unknown path.
async fn unknown(state: State, request: Request) -> Response<Body> {
    let accepts = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let (path, is_browser) = (request.uri().path(), accepts.contains("text/html"));
    if is_browser && path == "/" && request.method() == Method::GET {
        return Redirect::to("/console").into_response();
    }
    if gateway::may_pass(&request) && gateway::is_on(&state).await {
        return gateway::serve(state, request).await;
    }
    if !is_browser || !PAGES.iter().any(|start| path.starts_with(start)) {
        return unknown_path(request).await;
    }
    let (mut parts, body) = request.into_parts();
    body::drain(body, body::deadline()).await;
    let visitor = Visitor::read(state, &mut parts).await;
    let lang = visitor.map_or_else(|_| Lang::accepted(&parts.headers), |it| it.lang);
    Fault::NOT_FOUND.into_response(lang, parts.uri.path())
}

/// Tells browsers to use only HTTPS for a year after their last visit.
async fn with_hsts(mut response: Response<Body>) -> Response<Body> {
    let value = HeaderValue::from_static("max-age=31536000");
    response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, value);
    response
}

/// Characters of a path that are logged and answered.
const PATH_SHOWN: usize = 256;

/// Old clients read only `errcode`, so the answer for an unknown path has one too.
async fn unknown_path(request: Request) -> Response<Body> {
    let (path, id) = (request.uri().path().chars().take(PATH_SHOWN).collect::<String>(), refusal_id::next());
    tracing::debug!(%path, %id, "unknown path called");
    let reason = format!("{path:?} is no call of this server");
    body::drain(request.into_body(), body::deadline()).await;
    answer::refusal(&Error::field(ErrCode::ApiUnauthorized, "path", reason), "", &id)
}

/// After a panic in a handler, the call answers -1 and the server continues.
fn panicked(cause: Box<dyn Any + Send>) -> Response<Body> {
    let text =
        cause.downcast_ref::<&str>().copied().or_else(|| cause.downcast_ref::<String>().map(String::as_str));
    let id = refusal_id::next();
    tracing::error!(%id, panic = text.unwrap_or("no message"), "handler panicked");
    answer::refusal(&ErrCode::SystemError.into(), "", &id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;
    use bytes::Bytes;
    use http_body_util::channel::Channel;
    use std::collections::HashSet;
    use std::convert::Infallible;
    use tokio::time::{Instant, timeout};

    #[tokio::test(start_paused = true)]
    async fn an_unknown_path_waits_for_a_while_only_for_the_end_of_a_body() {
        let (_sender, body) = Channel::<Bytes, Infallible>::new(1);
        let began = Instant::now();
        let answer = timeout(2 * body::TIME_MAX, unknown_path(Request::new(Body::new(body)))).await.unwrap();
        assert_eq!((answer.status(), began.elapsed()), (StatusCode::OK, body::TIME_MAX));
    }

    #[test]
    fn every_path_stands_once_in_the_table() {
        let mut seen = HashSet::new();
        for route in routes() {
            assert!(seen.insert(route.path), "{} twice", route.path);
        }
    }

    #[test]
    fn a_panic_answers_system_error() {
        let response = panicked(Box::new("boom"));
        assert_eq!(response.status(), 200);
    }
}
