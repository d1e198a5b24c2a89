//! The answer of the original host on its way to the caller. Its beginning is read to find errors of the token. The
//! rest is passed on as it arrives, with secrets masked. Only some headers are passed on.

use super::calls::RunningCall;
use super::client::Fault;
use super::mask::Mask;
use super::relay::{BYTES_MAX, Limits, Observer, Relay};
use axum::body::Body;
use axum::http::Response;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, LOCATION};
use hyper::http::response::Parts;
use serde::Deserialize;
use std::time::Duration;
use tokio::time::timeout;

/// Headers of the original host that are passed on to the caller.
const HEADERS: [HeaderName; 4] = [CONTENT_TYPE, CONTENT_DISPOSITION, CONTENT_ENCODING, LOCATION];
/// The longest answer that is read for its errcode, in bytes. Errors are short.
const PEEK_MAX: usize = 4 * 1024;
/// The errcodes of a token that has to be replaced.
const TOKEN_ERRORS: [i64; 3] = [40001, 40014, 42001];

/// An answer whose beginning was read.
#[derive(Debug)]
pub struct Answered {
    parts: Parts,
    begin: Bytes,
    /// The rest; `None` if all was read.
    rest: Option<Incoming>,
    length: Option<u64>,
    pub errcode: Option<i64>,
}

#[derive(Deserialize)]
struct ErrcodeOnly {
    errcode: Option<i64>,
}

impl Answered {
    /// Reads the beginning of an answer.
    ///
    /// # Errors
    ///
    /// Why there is no answer that could be passed on.
    pub async fn read(answer: Response<Incoming>, patience: Duration) -> Result<Answered, Fault> {
        let (parts, mut body) = answer.into_parts();
        let length = body.size_hint().exact();
        if length.is_some_and(|length| length > BYTES_MAX) {
            return Err(Fault::TooLong("the answer is longer than 32 MB".to_owned()));
        }
        let mut begin = BytesMut::new();
        while length.is_none_or(|length| length <= PEEK_MAX as u64) && begin.len() <= PEEK_MAX {
            let late = |_| Fault::Late(format!("no whole answer within {} seconds", patience.as_secs()));
            match timeout(patience, body.frame()).await.map_err(late)? {
                Some(Ok(frame)) => begin.extend_from_slice(&frame.into_data().unwrap_or_default()),
                Some(Err(_)) => return Err(Fault::Broken("the answer ended early".to_owned())),
                None => {
                    let errcode =
                        serde_json::from_slice::<ErrcodeOnly>(&begin).ok().and_then(|it| it.errcode);
                    let length = Some(begin.len() as u64);
                    return Ok(Answered { parts, begin: begin.freeze(), rest: None, length, errcode });
                }
            }
        }
        Ok(Answered { parts, begin: begin.freeze(), rest: Some(body), length, errcode: None })
    }

    /// Whether the host refused the token.
    pub fn is_token_error(&self) -> bool {
        self.errcode.is_some_and(|errcode| TOKEN_ERRORS.contains(&errcode))
    }

    /// The response for the caller. `kept` lives as long as the body.
    pub fn pass<K: Send + Unpin + 'static>(
        self,
        mut mask: Mask,
        patience: Duration,
        mut call: RunningCall,
        kept: K,
    ) -> Response<Body> {
        let Answered { parts, begin, rest, length, errcode } = self;
        call.answered(parts.status.as_u16(), errcode);
        let body = match rest {
            None => {
                let whole: Bytes = [mask.push(begin), mask.finish()].concat().into();
                call.passed(whole.len());
                call.ended(None);
                Body::from(whole)
            }
            Some(rest) => {
                let limits = Limits { idle: patience, bytes: BYTES_MAX };
                let observer = Keeping { call, _kept: kept };
                Body::new(Relay::new(begin, Body::new(rest), length, mask.clone(), limits, observer))
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = parts.status;
        for name in &HEADERS {
            for value in parts.headers.get_all(name).iter().filter(|value| !mask.finds(value.as_bytes())) {
                response.headers_mut().append(name, value.clone());
            }
        }
        response
    }
}

/// A running call with what must live as long as it.
struct Keeping<K> {
    call: RunningCall,
    _kept: K,
}

impl<K: Send> Observer for Keeping<K> {
    fn passed(&mut self, bytes: usize) {
        self.call.passed(bytes);
    }

    fn ended(&mut self, fault: Option<&str>) {
        self.call.ended(fault);
    }
}
