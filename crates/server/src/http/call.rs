//! A call in the form that handlers use: the calling app and the members of the request. The method, the
//! token, the size and the JSON are checked in this order. Each error has WeChat's errcode.

use super::answer::{self, Answer};
use super::body::{self, BodyError, BudgetPermit, Caller, ReceivedBody};
use super::form_token::{self, Fields};
use super::json_body::parse_body;
use super::params::Params;
use super::payload::Payload;
use super::query::{parse_query, query_value};
use super::refusal_id;
use crate::auth::apps::AppHandle;
use crate::fair::{Part, Permit, WorkKind};
use crate::state::State;
use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response};
use bytes::Bytes;
use kaquan_core::card::Object;
use kaquan_core::code::{CodeRef, DYNAMIC_VALID_SECS};
use kaquan_core::error::{Detail, ErrCode, Error, Result};
use kaquan_core::id::AppId;
use kaquan_core::operation::{
    IDEMPOTENCY_KEY_MAX, IdempotencyKey, Request as LedgerRequest, RequestOutcome, Typed,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::time::Instant;

/// The largest body of a request, in bytes.
pub const BODY_MAX: usize = 1024 * 1024;
/// The largest body of an upload, in bytes: a picture of a megabyte, and the form around it.
pub const UPLOAD_MAX: usize = BODY_MAX + 64 * 1024;
/// The largest temporary file, in bytes.
pub const MEDIA_MAX: usize = 10 * 1024 * 1024;
/// The largest body on a path that needs no token, in bytes.
pub const OPEN_BODY_MAX: usize = 16 * 1024;
/// The response header that marks a stored response.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The methods that a path accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// GET only.
    Get,
    /// POST only.
    Post,
    /// GET or POST.
    Any,
    /// POST of a form that contains a file.
    Upload,
    /// POST of a form that contains a file of up to ten megabytes.
    MediaUpload,
}

/// The body of an upload as it was sent.
#[derive(Debug, Clone, Default)]
pub struct Form {
    /// The `Content-Type` header; empty if there is none.
    pub content_type: String,
    pub bytes: Bytes,
}

/// The callers that a path accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// All callers, also without a token.
    Open,
    /// Callers with an access token of the app.
    Token,
}

/// A call that passed all checks.
#[derive(Debug, Clone)]
pub struct Call {
    pub state: State,
    /// The app of the access token; `None` on open paths.
    app: Option<Arc<AppHandle>>,
    pub query: Fields,
    /// The body of a path that expects a JSON object.
    body: Object,
    /// The body of a path that expects a form.
    form: Form,
    headers: HeaderMap,
    /// The idempotency key, if the request has one.
    once: Option<IdempotencyKey>,
    /// Released when the call and all its work have ended.
    held: Arc<CallPermits>,
    /// Whether the operations of this call were repeats.
    repeats: Arc<Repeats>,
}

/// What a call holds while its values are in memory.
#[derive(Debug)]
pub struct CallPermits {
    /// The body's part of the process's budget.
    _body: BudgetPermit,
    /// The upload's part of its app's share.
    _upload: Option<Permit>,
}

/// Whether the operations of a call were done now or before, and whether they were long.
#[derive(Debug, Default)]
struct Repeats {
    now: AtomicBool,
    before: AtomicBool,
    long: AtomicBool,
}

impl Repeats {
    fn note<R>(&self, answered: RequestOutcome<R>) -> R {
        let side = if answered.done_before.is_some() { &self.before } else { &self.now };
        side.store(true, Ordering::Relaxed);
        answered.reply
    }

    /// Whether every operation had been done before.
    fn all(&self) -> bool {
        self.before.load(Ordering::Relaxed) && !self.now.load(Ordering::Relaxed)
    }
}

impl Call {
    /// The calling app.
    ///
    /// # Errors
    ///
    /// 41001 on a path without a token, which is a bug of the route table.
    pub fn app(&self) -> Result<&AppHandle> {
        self.app.as_deref().ok_or_else(|| ErrCode::AccessTokenMissing.into())
    }

    /// A shared handle to the calling app.
    ///
    /// # Errors
    ///
    /// As [`Call::app`].
    pub fn app_handle(&self) -> Result<Arc<AppHandle>> {
        self.app.clone().ok_or_else(|| ErrCode::AccessTokenMissing.into())
    }

    /// The number of the calling app.
    pub fn app_id(&self) -> Result<AppId> {
        self.app().map(|app| app.row.app.id)
    }

    /// The code that a till sends: the code itself, or a dynamic code that is still valid.
    ///
    /// # Errors
    /// 41013, 40110, 47001, 40056 or 40073 if `code` is missing, or if `code` or `card_id` is malformed.
    pub fn till_code(&self) -> Result<CodeRef> {
        let now = self.state.clock.now();
        self.params().code_or_dynamic(&self.app()?.cipher, now, DYNAMIC_VALID_SECS)
    }

    /// The members of the body.
    pub fn params(&self) -> Params<'_> {
        Params(&self.body)
    }

    pub fn body(&self) -> &Object {
        &self.body
    }

    /// The body of an upload; empty on every other path.
    pub fn form(&self) -> &Form {
        &self.form
    }

    /// Submits an operation to the ledger and waits for its reply. With an `Idempotency-Key` header, the operation is
    /// done only once.
    ///
    /// # Errors
    ///
    /// The operation's own errors; -1 if it could not be committed.
    pub async fn submit<O: Typed>(&self, op: O) -> Result<O::Reply> {
        self.submit_as(self.once.clone(), op).await
    }

    /// As [`Call::submit`], for a call with several operations. The number of the operation is part of its
    /// idempotency key.
    pub async fn submit_part<O: Typed>(&self, part: usize, op: O) -> Result<O::Reply> {
        // No header contains a line feed, so the keys of different operations and headers differ.
        let once = self
            .once
            .clone()
            .map(|once| IdempotencyKey { key: format!("{}\n{part}", once.key).into(), ..once });
        self.submit_as(once, op).await
    }

    /// Submits an operation. One that costs more than 1, such as an import of codes, waits for its turn among all apps.
    async fn submit_as<O: Typed>(&self, once: Option<IdempotencyKey>, op: O) -> Result<O::Reply> {
        let (app, ledger, held) = (self.app_id()?, self.state.ledger.clone(), self.permits());
        let is_long = op.cost() > 1;
        let request = LedgerRequest { once, ..LedgerRequest::of(op) };
        let submit = async move { ledger.submit_holding(app, request, held).await };
        let outcome = if is_long {
            self.repeats.long.store(true, Ordering::Relaxed);
            self.state.shares.in_turn(app, Part::Import, submit).await?
        } else {
            submit.await?
        };
        Ok(self.repeats.note(outcome.try_map(O::reply)?))
    }

    /// The permits of the call. Work that continues after the caller disconnects keeps them.
    pub fn permits(&self) -> Arc<CallPermits> {
        self.held.clone()
    }

    /// The text of a header, if the request has it.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    }

    /// A parameter of the query.
    pub fn query(&self, key: &str) -> Option<&str> {
        query_value(&self.query, key)
    }
}

/// Reads a request, calls the handler and turns the result into a response.
pub async fn handle<F, Fut>(
    state: State,
    request: Request,
    path: &'static str,
    verb: Verb,
    access: Access,
    handler: F,
) -> Response<Body>
where
    F: FnOnce(Call) -> Fut,
    Fut: Future<Output = Result<Answer>>,
{
    let mut text = String::new();
    let repeats = Arc::new(Repeats::default());
    let outcome = match read(&state, request, verb, access, &mut text).await {
        Ok(call) => handler(Call { repeats: repeats.clone(), ..call }).await,
        Err(error) => Err(error),
    };
    state.metrics.request(path, outcome.as_ref().err().map(|error| error.code));
    if !repeats.long.load(Ordering::Relaxed) && !matches!(outcome, Ok(Answer::Stream(..))) {
        state.shares.served();
    }
    let response = match outcome {
        Ok(answer) => {
            let mut response = answer.into_response();
            if repeats.all() {
                response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
            }
            response
        }
        Err(error) => {
            let id = refusal_id::next();
            // A refusal for a known reason, such as a full budget, is not a failure: an attack must not fill the log.
            // The store logs its own failures once a minute.
            let is_known = matches!(error.detail, Detail::Field { .. } | Detail::Logged(_));
            if error.code == ErrCode::SystemError && !is_known {
                tracing::error!(%path, %id, %error, "call failed");
            } else {
                tracing::debug!(%path, %id, %error, "call refused");
            }
            answer::refusal(&error, &text, &id)
        }
    };
    answer::for_downloads(path, response)
}

async fn read(
    state: &State,
    request: Request,
    verb: Verb,
    access: Access,
    text: &mut String,
) -> Result<Call> {
    let (parts, mut body) = request.into_parts();
    let mut query = parse_query(&parts.uri);
    let key = once_key(&parts.headers);
    // The deadline includes the wait of an upload for its turn. So the times of slow uploads do not add up.
    let end = body::deadline();
    let is_form = matches!(verb, Verb::Post | Verb::Any) && form_token::is_form(&parts);
    let form = match &mut query {
        Ok(query) if is_form && access == Access::Token && !form_token::is_in(query) => {
            read_form(state, &mut body, query, end).await.map(Some)
        }
        _ => Ok(None),
    };
    let read = match form {
        Ok(form) => admit(state, &parts.method, &query, verb, access).await.map(|admitted| (form, admitted)),
        Err(error) => Err(error),
    };
    let read = match read {
        Ok((Some((fields, held)), admitted)) => Ok((admitted, Payload::Form(fields), held)),
        Ok((None, admitted)) => {
            let caller = match admitted.0.as_ref().map(|app| app.row.app.id) {
                None => Caller::Unknown,
                Some(app) if verb == Verb::MediaUpload => Caller::Media(app),
                Some(app) => Caller::App(app),
            };
            let read = read_body(state, &mut body, verb, caller, is_form, end).await;
            read.map(|it| (admitted, Payload::Bytes(it.bytes), it.held))
        }
        Err(error) => Err(error),
    };
    body::drain(body, end).await;
    let ((app, place), payload, mut held) = read?;
    let mut query = query?;
    let once = key?.map(|key| IdempotencyKey { key, digest: payload.digest(parts.uri.path()).into() });
    let (body, form) = match (verb, payload) {
        (Verb::Any, Payload::Form(fields)) => {
            query.extend(fields);
            (Object::new(), Form::default())
        }
        (Verb::Any, Payload::Bytes(bytes)) => {
            query.extend(form_token::parse(&bytes)?);
            (Object::new(), Form::default())
        }
        (_, Payload::Form(fields)) => (form_token::members(fields), Form::default()),
        (Verb::Get, _) => (Object::new(), Form::default()),
        (Verb::Post, Payload::Bytes(bytes)) => (parse_body(bytes, text, &mut held).await?, Form::default()),
        (Verb::Upload | Verb::MediaUpload, Payload::Bytes(bytes)) => {
            (Object::new(), Form { content_type: content_type(&parts.headers), bytes })
        }
    };
    let (repeats, headers) = (Arc::default(), parts.headers);
    let held = Arc::new(CallPermits { _body: held, _upload: place });
    Ok(Call { state: state.clone(), app, query, body, form, headers, once, repeats, held })
}

/// Reads a form-encoded body that may have the token, and adds the token to the query. Returns the other fields.
async fn read_form(
    state: &State,
    body: &mut Body,
    query: &mut Fields,
    end: Instant,
) -> Result<(Fields, BudgetPermit)> {
    // A stranger's large form must not use up the budget of strangers: requests for tokens need it.
    let (max, caller) = match body.size_hint().exact() {
        Some(length) if length <= OPEN_BODY_MAX as u64 => (OPEN_BODY_MAX, Caller::Unknown),
        _ => (BODY_MAX, Caller::Form),
    };
    let ReceivedBody { bytes, held } =
        receive(state, body, max, ErrCode::InvalidArgsSize, caller, end).await?;
    let mut fields = form_token::parse(&bytes)?;
    query.extend(form_token::take(&mut fields).map(|token| (form_token::KEY.to_owned(), token)));
    Ok((fields, held))
}

/// Makes the checks that need no body, and waits for the turn of an upload.
async fn admit(
    state: &State,
    method: &Method,
    query: &Result<Fields>,
    verb: Verb,
    access: Access,
) -> Result<(Option<Arc<AppHandle>>, Option<Permit>)> {
    let app = check(state, method, query, verb, access).await?;
    let place = upload_place(state, verb, app.as_deref()).await?;
    Ok((app, place))
}

/// Waits for the turn of an upload before its body is read. A waiting upload uses nothing of the budget of bodies.
///
/// # Errors
///
/// -1 if too many uploads of the app are waiting.
async fn upload_place(state: &State, verb: Verb, app: Option<&AppHandle>) -> Result<Option<Permit>> {
    match (verb, app) {
        (Verb::Upload | Verb::MediaUpload, Some(app)) => {
            state.shares.enter(app.row.app.id, WorkKind::Upload).await.map(Some)
        }
        _ => Ok(None),
    }
}

/// Makes the checks that need no body.
async fn check(
    state: &State,
    method: &Method,
    query: &Result<Fields>,
    verb: Verb,
    access: Access,
) -> Result<Option<Arc<AppHandle>>> {
    let query = query.as_ref().map_err(Clone::clone)?;
    match verb {
        Verb::Get if method != Method::GET => return Err(ErrCode::RequireGet.into()),
        Verb::Post | Verb::Upload | Verb::MediaUpload if method != Method::POST => {
            return Err(ErrCode::RequirePost.into());
        }
        _ => {}
    }
    match access {
        Access::Open => Ok(None),
        Access::Token => state.tokens.check(query_value(query, form_token::KEY)).await.map(Some),
    }
}

/// The `Idempotency-Key` of a request.
fn once_key(headers: &HeaderMap) -> Result<Option<Arc<str>>> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    match value.to_str() {
        Ok(key) if (1..=IDEMPOTENCY_KEY_MAX).contains(&key.len()) => Ok(Some(key.into())),
        _ => {
            let reason = format!("must be 1 to {IDEMPOTENCY_KEY_MAX} visible characters");
            Err(Error::field(ErrCode::InvalidArgs, "Idempotency-Key", reason))
        }
    }
}

fn content_type(headers: &HeaderMap) -> String {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// Reads the body. `Verb::Get` has no body; `Verb::Any` has a form or no body.
async fn read_body(
    state: &State,
    body: &mut Body,
    verb: Verb,
    caller: Caller,
    is_form: bool,
    end: Instant,
) -> Result<ReceivedBody> {
    let (max, too_large) = match (verb, caller) {
        (Verb::Get, _) => (0, ErrCode::InvalidArgsSize),
        (Verb::Any, _) if !is_form => (0, ErrCode::InvalidArgsSize),
        (Verb::Post | Verb::Any, Caller::Unknown) => (OPEN_BODY_MAX, ErrCode::InvalidArgsSize),
        (Verb::Post | Verb::Any, _) => (BODY_MAX, ErrCode::InvalidArgsSize),
        (Verb::Upload, _) => (UPLOAD_MAX, ErrCode::MediaSizeOutOfLimit),
        (Verb::MediaUpload, _) => (MEDIA_MAX + 64 * 1024, ErrCode::InvalidMediaSize),
    };
    if max == 0 {
        return Ok(ReceivedBody { bytes: Bytes::new(), held: BudgetPermit::new(&state.bodies, caller) });
    }
    receive(state, body, max, too_large, caller, end).await
}

/// Reads a body of at most `max` bytes.
async fn receive(
    state: &State,
    body: &mut Body,
    max: usize,
    too_large: ErrCode,
    caller: Caller,
    end: Instant,
) -> Result<ReceivedBody> {
    body::read(&state.bodies, body, max, caller, end).await.map_err(|fault| match fault {
        BodyError::TooLarge => Error::field(too_large, "body", format!("more than {max} bytes")),
        BodyError::Late => Error::field(ErrCode::DataFormat, "body", "did not arrive in time"),
        BodyError::Broken => Error::field(ErrCode::DataFormat, "body", "ended early"),
        BodyError::Busy => busy(),
    })
}

/// The error if the budget of bodies is used up.
pub(crate) fn busy() -> Error {
    Error::field(ErrCode::SystemError, "body", "too many requests arrive at once; repeat the call later")
}
