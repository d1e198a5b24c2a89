//! A call on its way to the original host: the parts of the caller's request that are passed on. Only some headers are.
//! kaquan's token and secret are taken out of the query and the body.

use super::mask::Mask;
use super::relay::{Activity, BYTES_MAX, Limits, Relay};
use crate::auth::secret;
use crate::auth::token_text::TokenText;
use crate::http::body::{self, BodyError, Budget, BudgetPermit, Caller, ReceivedBody};
use crate::http::call::{OPEN_BODY_MAX, busy};
use axum::body::{Body, HttpBody as _};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, HeaderName, USER_AGENT};
use hyper::{HeaderMap, Method, Request};
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::AppId;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::time::Duration;
use tokio::time::timeout_at;

/// Characters that are percent-encoded in a query: all except letters, digits and these four.
const IN_QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'-').remove(b'.').remove(b'~');

/// The header that marks a request of a gateway, so that kaquan does not pass on a request that came back to it.
pub const MARK: HeaderName = HeaderName::from_static("x-kaquan-gateway");

/// Headers of the caller that go up.
pub const HEADERS: [HeaderName; 4] = [CONTENT_TYPE, ACCEPT, ACCEPT_LANGUAGE, USER_AGENT];
/// The largest body that is kept in memory, so that it can be sent again. Larger ones are passed on as they come.
const WHOLE_MAX: usize = 1024 * 1024;
/// The length of kaquan's secrets: hexadecimal digits.
const SECRET_LEN: usize = 32;

/// The body of a call.
pub enum Content {
    /// In memory, with its part of the budget of the process, which it holds while the call lasts.
    Whole(Bytes, #[expect(dead_code, reason = "it is held, not read")] BudgetPermit),
    /// Partly read: the bytes read so far, the rest, and the length of both together if it is known.
    Stream(Bytes, Body, Option<u64>),
    /// Sent already.
    Sent,
}

/// A call as it goes up. The token is added when it is sent.
pub struct Outgoing {
    pub method: Method,
    pub path: String,
    /// Names and values without the token.
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub content: Content,
    /// kaquan's token of the caller, which must not go up.
    pub own_token: String,
}

impl Outgoing {
    /// Whether the call can be sent again.
    pub fn is_whole(&self) -> bool {
        matches!(self.content, Content::Whole(..))
    }

    /// The request to this host, with this token of the account.
    ///
    /// # Errors
    ///
    /// -1 if the body cannot be sent again, or if the address is not valid, which is a bug.
    pub fn request(
        &mut self,
        host: &str,
        token: Option<&str>,
        idle: Duration,
        activity: &Activity,
    ) -> Result<Request<Body>> {
        let uri = format!("{host}{}{}", self.path, self.query_text(token));
        let mut request = Request::builder().method(self.method.clone()).uri(uri).header(MARK, "1");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let body = match &mut self.content {
            Content::Whole(bytes, _) => Body::from(bytes.clone()),
            content @ Content::Stream(..) => {
                let Content::Stream(begin, rest, length) = std::mem::replace(content, Content::Sent) else {
                    return Err(Error::internal("a body changed its form"));
                };
                let limits = Limits { idle, bytes: BYTES_MAX };
                let mask = Mask::new([self.own_token.as_str()]);
                Body::new(Relay::new(begin, rest, length, mask, limits, activity.clone()))
            }
            Content::Sent => return Err(Error::internal("a body was sent already")),
        };
        request.body(body).map_err(|error| Error::internal(format!("a call cannot be written: {error}")))
    }

    fn query_text(&self, token: Option<&str>) -> String {
        let token = token.map(|token| ("access_token", token));
        let rest = self.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let encode = |text| utf8_percent_encode(text, IN_QUERY).to_string();
        let pairs = token.into_iter().chain(rest);
        let pairs: Vec<String> =
            pairs.map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
    }
}

/// Reads the body of a caller who shows no secret of the app.
///
/// # Errors
///
/// As [`receive`], for smaller bodies.
pub async fn receive_small(budget: &Budget, request_body: &mut Body) -> Result<Content> {
    let read = body::read(budget, request_body, OPEN_BODY_MAX, Caller::Unknown, body::deadline()).await;
    let ReceivedBody { bytes, held } = read.map_err(refused)?;
    Ok(Content::Whole(bytes, held))
}

/// Reads a body up to the size that is kept in memory, and leaves the rest unread.
///
/// # Errors
///
/// 40035 if the body is larger than [`BYTES_MAX`]; 47001 if it ends early or arrives too slowly; -1 if too many bodies
/// are in memory.
pub async fn receive(budget: &Budget, request_body: &mut Body, app: AppId) -> Result<Content> {
    let (length, end) = (request_body.size_hint().exact(), body::deadline());
    if length.is_some_and(|length| length > BYTES_MAX) {
        return Err(refused(BodyError::TooLarge));
    }
    let (mut held, mut bytes) = (BudgetPermit::new(budget, Caller::App(app)), BytesMut::new());
    while length.is_none_or(|length| length <= WHOLE_MAX as u64) {
        let frame = timeout_at(end, request_body.frame()).await.map_err(|_| refused(BodyError::Late))?;
        let Some(frame) = frame else { return Ok(Content::Whole(bytes.freeze(), held)) };
        let data = frame.map_err(|_| refused(BodyError::Broken))?.into_data().unwrap_or_default();
        held.take(data.len()).await.map_err(refused)?;
        bytes.extend_from_slice(&data);
        if bytes.len() > WHOLE_MAX {
            break;
        }
    }
    let rest = std::mem::replace(request_body, Body::empty());
    Ok(Content::Stream(bytes.freeze(), rest, length))
}

fn refused(fault: BodyError) -> Error {
    match fault {
        BodyError::TooLarge => {
            Error::field(ErrCode::InvalidArgsSize, "body", "is longer than what is passed on")
        }
        BodyError::Late => Error::field(ErrCode::DataFormat, "body", "did not arrive in time"),
        BodyError::Broken => Error::field(ErrCode::DataFormat, "body", "ended early"),
        BodyError::Busy => busy(),
    }
}

/// Replaces by stars all texts that have the form of kaquan's tokens, and the secret that has this digest. `own_token`
/// is found also between other letters.
pub fn scrub(bytes: Bytes, own_token: &str, digest: Option<&[u8; 32]>) -> Bytes {
    let secrets = possible_secrets(&bytes).filter(|text| Some(&secret::digest(text)) == digest);
    let found: Vec<String> = secrets.chain(tokens(&bytes)).collect();
    let mut mask = Mask::new(found.iter().map(String::as_str).chain([own_token]));
    [mask.push(bytes), mask.finish()].concat().into()
}

/// The texts that have the form of kaquan's tokens.
fn tokens(bytes: &[u8]) -> impl Iterator<Item = String> {
    let in_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    let runs = bytes.split(move |byte| !in_token(byte)).map(|run| String::from_utf8_lossy(run).into_owned());
    runs.filter(|run| is_own_token(run))
}

/// Whether a text has the form of kaquan's tokens.
pub fn is_own_token(text: &str) -> bool {
    TokenText::read(text).is_some()
}

/// The texts in a body that have the form of kaquan's secrets.
pub fn possible_secrets(bytes: &[u8]) -> impl Iterator<Item = String> {
    let runs = bytes.split(|byte| !byte.is_ascii_hexdigit()).filter(|run| run.len() == SECRET_LEN);
    runs.map(|run| String::from_utf8_lossy(run).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaquan_core::id::AppId;
    use kaquan_store::TokenKind;

    #[test]
    fn neither_token_nor_secret_is_left_in_a_body() {
        let secret = "0123456789abcdef0123456789abcdef";
        let token = TokenText { app: AppId(1), kind: TokenKind::Plain, serial: 1 }.sign(&[1; 32]);
        let other = "fedcba9876543210fedcba9876543210";
        let body = format!(r#"{{"a":"{token}","appsecret":"{secret}","b":"{other}"}}"#);
        let digest = secret::digest(secret);
        let clean = scrub(body.clone().into(), "", Some(&digest));
        let text = String::from_utf8(clean.to_vec()).unwrap();
        assert!(!text.contains(&token) && !text.contains(secret) && text.contains(other), "{text}");
        assert_eq!(text.len(), body.len());
    }
}
