//! The app of a call that is to be passed on, and the call without kaquan's credentials.

use super::outgoing::{self, Content, Outgoing};
use super::path::{self, Credential};
use super::token::unauthorized;
use super::{Upstream, Upstreams};
use crate::auth::apps::AppHandle;
use crate::http::body::{self, BudgetPermit, Caller};
use crate::http::call::OPEN_BODY_MAX;
use crate::http::form_token;
use crate::http::query::parse_query;
use crate::state::{State, blocking};
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use kaquan_core::error::{ErrCode, Error, Result};
use std::sync::Arc;

/// A call whose caller is known.
pub struct Identified {
    pub app: Arc<AppHandle>,
    pub upstream: Arc<Upstream>,
    pub credential: Credential,
    pub outgoing: Outgoing,
}

/// Finds the app of a call, and takes kaquan's credentials out of it.
///
/// # Errors
///
/// The errcodes of the original host: 41001, 40001 and 42001 for the token; 41002, 41004, 40013 and 40125 for appid and
/// secret. 48001 if the app has no upstream, or if its lists do not let the path pass.
pub async fn identify(
    state: &State,
    upstreams: &Upstreams,
    parts: &Parts,
    request_body: &mut Body,
) -> Result<Identified> {
    let mut query = parse_query(&parts.uri)?;
    let call_path = parts.uri.path();
    let credential = Credential::of(call_path);
    let mut form = None;
    let may_have_token = form_token::is_form(parts) && !form_token::is_in(&query);
    if credential == Credential::AccountToken && may_have_token {
        form = read_form(state, request_body, &mut query).await?;
    }
    let app = match credential {
        Credential::AccountToken => state.tokens.check(value(&query, form_token::KEY)).await?,
        Credential::AppSecret => with_secret(state, &query).await?,
        Credential::Appid => with_appid(state, value(&query, "appid").ok_or(ErrCode::AppidMissing)?).await?,
        // A token of an app does not identify a person.
        Credential::UserToken if value(&query, form_token::KEY).is_some_and(outgoing::is_own_token) => {
            return Err(ErrCode::InvalidCredential.into());
        }
        Credential::UserToken => match value(&query, "appid") {
            Some(appid) => with_appid(state, appid).await?,
            None => only_host(state, upstreams).await?,
        },
    };
    let upstream = upstreams.get(&app.row.app.id).cloned();
    let upstream = upstream.ok_or_else(|| unauthorized("the app has no upstream for this path"))?;
    let lists = &upstream.settings;
    if !path::is_allowed(call_path, &lists.allow, &lists.refuse) {
        return Err(Error::field(
            ErrCode::ApiUnauthorized,
            "path",
            "the lists of the app do not let it pass",
        ));
    }
    let content = match form {
        Some(content) => content,
        None if credential.is_public() => outgoing::receive_small(&state.bodies, request_body).await?,
        None => outgoing::receive(&state.bodies, request_body, app.row.app.id).await?,
    };
    let own_token = match credential {
        Credential::AccountToken => value(&query, form_token::KEY).unwrap_or_default().to_owned(),
        _ => String::new(),
    };
    let mut outgoing = Outgoing {
        method: parts.method.clone(),
        path: call_path.to_owned(),
        query,
        headers: of_caller(&parts.headers),
        content,
        own_token,
    };
    take_out(state, &app, &mut outgoing).await?;
    for (name, value) in &mut outgoing.query {
        if name == "appid" && *value == app.row.appid {
            value.clone_from(&upstream.settings.appid);
        }
    }
    Ok(Identified { app, upstream, credential, outgoing })
}

/// The headers that go up.
fn of_caller(headers: &HeaderMap) -> HeaderMap {
    let named = outgoing::HEADERS.iter().filter_map(|name| Some((name.clone(), headers.get(name)?.clone())));
    named.collect()
}

/// Takes kaquan's token and secret out of query, headers and body. The secret is known by its digest only, so texts that
/// could be one are compared with it.
async fn take_out(state: &State, app: &AppHandle, outgoing: &mut Outgoing) -> Result<()> {
    let Outgoing { query, headers, content, own_token, .. } = outgoing;
    let whole = match content {
        Content::Whole(bytes, _) => bytes.clone(),
        _ => bytes::Bytes::new(),
    };
    let texts = query.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
    let texts = texts.chain(headers.values().map(HeaderValue::as_bytes)).chain([&whole[..]]);
    let digest = match texts.into_iter().any(|text| outgoing::possible_secrets(text).next().is_some()) {
        true => {
            let appid = app.row.appid.clone();
            let row = blocking(state, move |store| store.app_by_appid(&appid)).await?;
            row.map(|row| row.secret_digest)
        }
        false => None,
    };
    let scrub = |bytes: bytes::Bytes| outgoing::scrub(bytes, own_token, digest.as_ref());
    let is_clean = |text: &[u8]| scrub(text.to_vec().into()) == text;
    query.retain(|(name, value)| is_clean(name.as_bytes()) && is_clean(value.as_bytes()));
    let clean = headers.iter().filter(|(_, value)| is_clean(value.as_bytes()));
    *headers = clean.map(|(name, value)| (name.clone(), value.clone())).collect();
    if let Content::Whole(bytes, _) = content {
        *bytes = scrub(whole);
    }
    Ok(())
}

/// The token of a form moves into the query; the other fields stay a form.
async fn read_form(
    state: &State,
    request_body: &mut Body,
    query: &mut Vec<(String, String)>,
) -> Result<Option<Content>> {
    let read =
        body::read(&state.bodies, request_body, OPEN_BODY_MAX, Caller::Unknown, body::deadline()).await;
    let read = read.map_err(|_| Error::from(ErrCode::AccessTokenMissing))?;
    let Some(token) = form_token::take(&mut form_token::parse(&read.bytes)?) else {
        return Ok(Some(Content::Whole(read.bytes, read.held)));
    };
    query.retain(|(name, _)| name != form_token::KEY);
    let rest = form_urlencoded::parse(&read.bytes).filter(|(name, _)| name != form_token::KEY);
    let rest = form_urlencoded::Serializer::new(String::new()).extend_pairs(rest).finish();
    query.push((form_token::KEY.to_owned(), token));
    Ok(Some(Content::Whole(rest.into(), BudgetPermit::new(&state.bodies, Caller::Known))))
}

fn value<'a>(query: &'a [(String, String)], key: &str) -> Option<&'a str> {
    let found = query.iter().find(|(name, _)| name == key);
    found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
}

async fn with_secret(state: &State, query: &[(String, String)]) -> Result<Arc<AppHandle>> {
    let (appid, secret) = (value(query, "appid"), value(query, "secret"));
    let row = state.tokens.authenticate(Some("client_credential"), appid, secret).await?;
    state.apps.get(row.app.id).await?.ok_or_else(|| ErrCode::InvalidAppid.into())
}

async fn with_appid(state: &State, appid: &str) -> Result<Arc<AppHandle>> {
    let appid = appid.to_owned();
    let row = blocking(state, move |store| store.app_by_appid(&appid)).await?.ok_or(ErrCode::InvalidAppid)?;
    state.apps.get(row.app.id).await?.ok_or_else(|| ErrCode::InvalidAppid.into())
}

/// Chooses the app of a call that names no app. If all upstreams have the same host, any app will do, because the call
/// contains no secret of an app.
async fn only_host(state: &State, upstreams: &Upstreams) -> Result<Arc<AppHandle>> {
    let mut hosts: Vec<_> = upstreams.values().map(|it| (it.settings.url.as_str(), it.row.app)).collect();
    hosts.sort_unstable();
    let app = match hosts.as_slice() {
        [(first, app), rest @ ..] if rest.iter().all(|(host, _)| host == first) => *app,
        _ => return Err(Error::field(ErrCode::AppidMissing, "appid", "the apps have different upstreams")),
    };
    state.apps.get(app).await?.ok_or_else(|| ErrCode::InvalidAppid.into())
}
