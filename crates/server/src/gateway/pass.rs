//! Passes a call on to the original host. A call is sent again only if the host certainly did not do what was asked, or if
//! doing it twice does not matter, and never after a byte of its answer went down.

use super::answer::Answered;
use super::calls::RunningCall;
use super::client::Fault;
use super::identify::{Identified, identify};
use super::mask::Mask;
use super::outgoing::{Content, MARK, Outgoing};
use super::path::{self, Credential};
use super::relay::Activity;
use super::token::{AccountToken, trouble, unauthorized};
use super::{Upstream, message};
use crate::auth::apps::AppHandle;
use crate::http::body::{self, BudgetPermit, Caller};
use crate::http::query::parse_query;
use crate::http::{Answer, answer, form_token, refusal_id};
use crate::state::State;
use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Response, Uri, header};
use kaquan_core::card::Object;
use kaquan_core::error::{Detail, ErrCode, Error, Result};
use std::sync::Arc;

/// Whether a request has the form of a call that could go to the original host of an app.
pub fn may_pass(request: &Request) -> bool {
    let is_call = matches!(*request.method(), Method::GET | Method::POST);
    is_call && path::may_pass(request.uri().path()) && !request.headers().contains_key(MARK)
}

/// Whether any app has an upstream.
pub async fn is_on(state: &State) -> bool {
    match state.gateway.upstreams().await {
        Ok(upstreams) => !upstreams.is_empty(),
        Err(error) => {
            tracing::error!(%error, "upstreams not read");
            false
        }
    }
}

/// Paths that kaquan answers itself unless the upstream of the app takes them: messages of the account need media that
/// the original host has.
const MEDIA: [&str; 2] = ["/cgi-bin/media/upload", "/cgi-bin/media/get"];

/// Whether a path is one of temporary media.
pub fn is_media(path: &str) -> bool {
    MEDIA.contains(&path)
}

/// Whether a call of temporary media goes to the original host: its token is of an app whose upstream takes the path.
pub async fn takes_media(state: &State, uri: &Uri) -> bool {
    let call_path = uri.path();
    let Ok(upstreams) = state.gateway.upstreams().await else { return false };
    let token = parse_query(uri).ok().and_then(|query| {
        let token = query.into_iter().find(|(name, value)| name == form_token::KEY && !value.is_empty());
        token.map(|(_, token)| token)
    });
    let (Some(token), false) = (token, upstreams.is_empty()) else { return false };
    let Ok(app) = state.tokens.check(Some(&token)).await else { return false };
    let lists = upstreams.get(&app.row.app.id).map(|upstream| &upstream.settings);
    lists.is_some_and(|lists| path::is_allowed(call_path, &lists.allow, &lists.refuse))
}

/// Answers a request that could go to the original host of its app.
pub async fn serve(state: State, request: Request) -> Response<Body> {
    let end = body::deadline();
    let (parts, mut request_body) = request.into_parts();
    let passed = pass(&state, &parts, &mut request_body).await;
    state.shares.served();
    match passed {
        Ok(response) => response,
        Err(error) => {
            let (path, id) = (parts.uri.path(), refusal_id::next());
            // As for other calls: an error without a field is one of this server.
            match error.code == ErrCode::SystemError
                && !matches!(error.detail, Detail::Field { .. } | Detail::Logged(_))
            {
                true => tracing::error!(%path, %id, %error, "call failed"),
                false => tracing::debug!(%path, %id, %error, "call refused"),
            }
            body::drain(request_body, end).await;
            answer::refusal(&error, "", &id)
        }
    }
}

async fn pass(state: &State, parts: &Parts, request_body: &mut Body) -> Result<Response<Body>> {
    let upstreams = state.gateway.upstreams().await?;
    let mut found = identify(state, &upstreams, parts, request_body).await?;
    if message::may_have_card(&found.outgoing.path)
        && let Content::Whole(bytes, _) = &mut found.outgoing.content
    {
        let wxcard = found.upstream.settings.wxcard;
        let path = &found.outgoing.path;
        if let Some(changed) = message::rewrite(state, &found.app, wxcard, path, bytes).await? {
            *bytes = changed;
        }
    }
    send(state, found).await
}

/// Passes on a call that kaquan answers itself for apps without an upstream. The body is a JSON object or empty.
/// Returns `None` if the app has no upstream, or if its lists do not let the path pass.
///
/// # Errors
///
/// As those of a call that is passed on.
pub async fn forward(
    state: &State,
    app: Arc<AppHandle>,
    path: &str,
    query: Vec<(String, String)>,
    object: Option<&Object>,
) -> Result<Option<Answer>> {
    let upstreams = state.gateway.upstreams().await?;
    let Some(upstream) = upstreams.get(&app.row.app.id).cloned() else { return Ok(None) };
    if !path::is_allowed(path, &upstream.settings.allow, &upstream.settings.refuse) {
        return Ok(None);
    }
    let held = BudgetPermit::new(&state.bodies, Caller::App(app.row.app.id));
    let (mut headers, mut method, mut body) = (HeaderMap::new(), Method::GET, bytes::Bytes::new());
    if let Some(object) = object {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        (method, body) = (
            Method::POST,
            serde_json::to_vec(object).map_err(|error| Error::internal(error.to_string()))?.into(),
        );
    }
    let outgoing = Outgoing {
        method,
        path: path.to_owned(),
        query,
        headers,
        content: Content::Whole(body, held),
        own_token: String::new(),
    };
    let found = Identified { app, upstream, credential: Credential::AccountToken, outgoing };
    send(state, found).await.map(|response| Some(Answer::Passed(Box::new(response))))
}

/// Sends a call, and notes how it went.
async fn send(state: &State, mut found: Identified) -> Result<Response<Body>> {
    let gateway = &state.gateway;
    let app = found.app.row.app.id;
    let places = gateway.places(app, found.credential.is_public())?;
    let (method, path) = (found.outgoing.method.to_string(), found.outgoing.path.clone());
    let call = RunningCall::begin(&gateway.calls, app, gateway.now(), &method, &path);
    let secrets = match gateway.secrets(&found.app, &found.upstream.row) {
        Ok(secrets) => secrets,
        Err(error) => {
            call.failed(&error.to_string());
            return Err(error);
        }
    };
    if found.credential == Credential::AppSecret {
        found.outgoing.query.push(("secret".to_owned(), secrets.secret.clone()));
    }
    let known = |token: Option<AccountToken>| token.map(|token| token.text).unwrap_or_default();
    let before = known(gateway.slot(app).known());
    let answered = match found.credential {
        Credential::AppSecret if secrets.secret.is_empty() => {
            Err(unauthorized("this call needs the real secret, and the upstream has only a token server"))
        }
        _ => exchange(state, &mut found).await,
    };
    let after = known(gateway.slot(app).known());
    let mask = Mask::new([secrets.secret.as_str(), secrets.token_url.as_str(), &before, &after]);
    match answered {
        Ok(answered) => Ok(answered.pass(mask, found.upstream.patience(), call, places)),
        Err(error) => {
            let error = masked(error, &mask);
            call.failed(&error.to_string());
            Err(error)
        }
    }
}

/// An error without secrets in its reason.
fn masked(error: Error, mask: &Mask) -> Error {
    match error.detail {
        Detail::Field { field, reason } => {
            Error { detail: Detail::Field { field, reason: mask.text(&reason) }, ..error }
        }
        _ => error,
    }
}

/// Sends a call until there is an answer to pass on, at most three times.
async fn exchange(state: &State, found: &mut Identified) -> Result<Answered> {
    let Identified { app, upstream, credential, outgoing } = found;
    let (mut refused, mut repeated) = (None, false);
    loop {
        let token = match credential {
            Credential::AccountToken => Some(state.gateway.token(upstream, app, refused).await?),
            _ => None,
        };
        let text = token.as_ref().map(|token| token.text.as_str());
        let (fault, is_safe) = match attempt(state, upstream, outgoing, text).await? {
            Ok(answered) => {
                let Some(token) = token.filter(|_| answered.is_token_error()) else { return Ok(answered) };
                if refused.is_some() {
                    return Err(unauthorized("the original host refuses a token that is new"));
                }
                refused = Some(token.serial);
                if outgoing.is_whole() {
                    continue;
                }
                state.gateway.token(upstream, app, refused).await?;
                return Err(trouble("the token of the account was replaced; repeat the call"));
            }
            // Nothing was sent, so every call may be repeated if its body is still there.
            Err(fault @ Fault::NotSent(_)) => (fault, true),
            Err(fault @ Fault::TooLong(_)) => (fault, false),
            Err(fault) => (fault, outgoing.method == Method::GET),
        };
        let again = is_safe && outgoing.is_whole() && !repeated && !matches!(fault, Fault::Late(_));
        if !again {
            return Err(failed(&fault, is_safe));
        }
        repeated = true;
    }
}

async fn attempt(
    state: &State,
    upstream: &Upstream,
    outgoing: &mut Outgoing,
    token: Option<&str>,
) -> Result<std::result::Result<Answered, Fault>> {
    let (patience, activity) = (upstream.patience(), Activity::begin());
    let request = outgoing.request(&upstream.settings.url, token, patience, &activity)?;
    Ok(match state.gateway.client.send(request, &activity, patience).await {
        Ok(answer) => Answered::read(answer, patience).await,
        Err(fault) => Err(fault),
    })
}

/// Clients repeat a call after -1. So a call that may have been done, and must not be done twice, has another errcode.
fn failed(fault: &Fault, is_safe: bool) -> Error {
    let code = if is_safe { ErrCode::SystemError } else { ErrCode::UpstreamFailed };
    let reason = match fault {
        Fault::NotSent(reason) => format!("the original host cannot be reached: {reason}"),
        Fault::Broken(reason) => format!("the original host gave no whole answer: {reason}"),
        Fault::Late(reason) | Fault::TooLong(reason) => format!("the original host: {reason}"),
    };
    Error::field(code, "upstream", reason)
}
