//! The HTTP client for original hosts. It connects only to public addresses unless private ones are allowed, and passes
//! redirects on to the caller instead of following them.

use super::relay::{Activity, TOTAL_MAX};
use crate::push::client::{Connector, Reach, cause, connector};
use axum::body::Body;
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::{Request, Response};
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::io;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout};

/// How long an idle connection is kept. Hosts keep idle connections longer, so no request is sent on a connection that
/// the host has closed.
const IDLE_MAX: Duration = Duration::from_secs(15);
/// Idle connections to one host.
const IDLE_CONNECTIONS: usize = 32;
/// The longest answer with a token, in bytes.
const TOKEN_ANSWER_MAX: usize = 16 * 1024;
/// How long a request for a token may take.
const TOKEN_TIME_MAX: Duration = Duration::from_secs(10);

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// No connection was made, so nothing was sent.
    NotSent(String),
    /// The connection broke. The host may have done what was asked.
    Broken(String),
    /// The answer did not come in time. The host may have done what was asked.
    Late(String),
    /// The answer is too long to be passed on. Another try would get the same answer.
    TooLong(String),
}

impl Fault {
    pub fn reason(&self) -> &str {
        match self {
            Fault::NotSent(reason) | Fault::Broken(reason) | Fault::Late(reason) | Fault::TooLong(reason) => {
                reason
            }
        }
    }
}

/// The client; cheap to clone.
#[derive(Debug, Clone)]
pub struct UpstreamClient {
    http: legacy::Client<Connector, Body>,
    reach: Reach,
}

impl UpstreamClient {
    /// Creates a client. With `allow_private` it may also connect to this machine and its network.
    ///
    /// # Errors
    ///
    /// The TLS library refuses its configuration.
    pub fn new(allow_private: bool) -> io::Result<UpstreamClient> {
        let reach = Reach { allow_private, flag: "--upstream-private" };
        let http = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_MAX)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build(connector(reach)?);
        Ok(UpstreamClient { http, reach })
    }

    /// Sends a request and waits for the head of its answer, at most `patience` after the last byte was sent.
    ///
    /// # Errors
    ///
    /// Why there is no answer.
    pub async fn send(
        &self,
        request: Request<Body>,
        activity: &Activity,
        patience: Duration,
    ) -> Result<Response<Incoming>, Fault> {
        self.reach.check_literal(request.uri()).map_err(Fault::NotSent)?;
        let end = Instant::now() + TOTAL_MAX;
        let mut exchange = std::pin::pin!(self.http.request(request));
        loop {
            let until = (activity.last() + patience).min(end);
            tokio::select! {
                biased;
                answer = &mut exchange => return answer.map_err(fault),
                () = sleep_until(until) => {}
            }
            if activity.last() + patience <= Instant::now() || Instant::now() >= end {
                return Err(Fault::Late(format!("no answer within {} seconds", patience.as_secs())));
            }
        }
    }

    /// Sends a request for a token and reads the whole answer.
    ///
    /// # Errors
    ///
    /// Why there is no answer.
    pub async fn fetch(&self, request: Request<Body>) -> Result<Bytes, String> {
        let answer = async {
            let activity = Activity::begin();
            let sent = self.send(request, &activity, TOKEN_TIME_MAX).await;
            let answer = sent.map_err(|fault| fault.reason().to_owned())?;
            let body = Limited::new(answer.into_body(), TOKEN_ANSWER_MAX).collect().await;
            body.map(|body| body.to_bytes()).map_err(|error| cause(&*error))
        };
        let late = |_| Err(format!("no whole answer within {} seconds", TOKEN_TIME_MAX.as_secs()));
        timeout(TOKEN_TIME_MAX, answer).await.unwrap_or_else(late)
    }
}

fn fault(error: legacy::Error) -> Fault {
    let reason = cause(&error);
    if error.is_connect() { Fault::NotSent(reason) } else { Fault::Broken(reason) }
}
