//! The account's token at the original host. It is in the store, encrypted, so that nodes share it. One node at a time
//! fetches a new one, under a lease. A token that the host refuses is replaced at most once in a while, so that
//! refusals cause no loop.

use super::mask::Mask;
use super::{Gateway, Upstream};
use crate::auth::apps::AppHandle;
use axum::body::Body;
use hyper::Request;
use hyper::header::CONTENT_TYPE;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::time::Timestamp;
use kaquan_store::UpstreamRow;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Seconds for which a node may fetch a token before others try. It is more than a fetch may take.
const LEASE_SECS: i64 = 15;
/// How long a call waits for the token that another node fetches.
const WAIT_MAX: Duration = Duration::from_secs(20);
/// The pause between two reads of the store by a waiting call.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Seconds for which a refused token is not replaced again.
const FORCE_GAP_SECS: i64 = 30;
/// How long calls get the error of a failed fetch, before a call fetches again.
const FAILURE_LASTS: Duration = Duration::from_secs(1);
/// A token is replaced this many seconds before it expires.
const MARGIN_SECS: i64 = 60;
/// The lifetime of a token from a server that does not say it, in seconds.
const UNKNOWN_LIFE_SECS: i64 = 300;
/// The longest token in bytes.
const TOKEN_MAX: usize = 1024;

/// A token of the account.
#[derive(Clone)]
pub struct AccountToken {
    pub text: String,
    pub serial: i64,
    until: Timestamp,
}

// Not derived, so that no token gets into a log.
impl std::fmt::Debug for AccountToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AccountToken({})", self.serial)
    }
}

/// The token of one app in the memory of this node.
#[derive(Debug, Default)]
pub struct TokenSlot {
    known: Mutex<Option<AccountToken>>,
    /// Held while this node looks for a token, so that calls of one node wait for each other.
    failure: tokio::sync::Mutex<Option<(Instant, Error)>>,
}

impl TokenSlot {
    /// The token that this node last used.
    pub fn known(&self) -> Option<AccountToken> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn usable(&self, least: i64, refused: Option<i64>, now: Timestamp) -> Option<AccountToken> {
        let fits = |token: &AccountToken| {
            token.serial >= least && refused.is_none_or(|serial| token.serial > serial) && token.until > now
        };
        self.known().filter(fits)
    }
}

impl Gateway {
    /// The account's token. `refused` is the serial of the token that the original host has just refused.
    ///
    /// # Errors
    ///
    /// -1 if the original host, or the token server, gives no answer; 48001 if it refuses the credentials of the app, or a
    /// token that is new.
    pub async fn token(
        self: &Arc<Self>,
        upstream: &Upstream,
        app: &Arc<AppHandle>,
        refused: Option<i64>,
    ) -> Result<AccountToken> {
        let slot = self.slot(app.row.app.id);
        let usable = || slot.usable(upstream.row.token_serial, refused, self.now());
        if let Some(token) = usable() {
            return Ok(token);
        }
        let mut failure = slot.failure.lock().await;
        if let Some(token) = usable() {
            return Ok(token);
        }
        if let Some((at, error)) = &*failure
            && at.elapsed() < FAILURE_LASTS
        {
            return Err(error.clone());
        }
        // A caller may go away, but a lease must end: the work goes on without the caller.
        let (gateway, shared) = (self.clone(), app.clone());
        let found = tokio::spawn(async move { gateway.shared_token(&shared, refused).await }).await;
        let found = found.map_err(|error| Error::internal(format!("a token was not fetched: {error}")))?;
        *failure = found.as_ref().err().map(|error| (Instant::now(), error.clone()));
        let token = found?;
        *slot.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        Ok(token)
    }

    /// The token in the store, or a new one if this node gets the lease.
    async fn shared_token(&self, app: &AppHandle, refused: Option<i64>) -> Result<AccountToken> {
        let (id, end) = (app.row.app.id, Instant::now() + WAIT_MAX);
        loop {
            let row = self.access.blocking(move |store| store.upstream(id)).await?;
            let row = row.ok_or_else(|| unauthorized("the app has no upstream any more"))?;
            let (now, is_refused) = (self.now(), refused == Some(row.token_serial));
            if !row.token.is_empty() && row.token_until > now && !is_refused {
                let text = self.open(app, &row.token)?;
                return Ok(AccountToken { text, serial: row.token_serial, until: row.token_until });
            }
            if is_refused && (0..FORCE_GAP_SECS).contains(&(now.0 - row.forced_at.0)) {
                return Err(unauthorized(
                    "the original host refuses a new token: check the appid and the secret of the upstream",
                ));
            }
            let (serial, until) = (row.token_serial, now.plus(LEASE_SECS));
            let lease =
                move |store: &dyn kaquan_store::Store| store.lease_upstream_token(id, serial, now, until);
            if self.access.blocking(lease).await? {
                return self.renew(app, row, is_refused).await;
            }
            if Instant::now() >= end {
                return Err(trouble("another node did not get the token of the account in time"));
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Fetches a token under the lease, and stores it for all nodes. The lease ends in any case.
    async fn renew(&self, app: &AppHandle, row: UpstreamRow, is_refused: bool) -> Result<AccountToken> {
        let (id, serial) = (app.row.app.id, row.token_serial);
        let renewed = self.fetch_and_store(app, &row, is_refused).await;
        self.calls.metrics.renewal(renewed.is_ok());
        match &renewed {
            Ok(_) => tracing::info!(app = id.0, forced = is_refused, "token of the original host renewed"),
            Err(error) => {
                tracing::warn!(app = id.0, %error, "token of the original host not renewed");
                self.access.blocking(move |store| store.end_upstream_lease(id, serial)).await?;
            }
        }
        renewed
    }

    async fn fetch_and_store(
        &self,
        app: &AppHandle,
        row: &UpstreamRow,
        is_refused: bool,
    ) -> Result<AccountToken> {
        let (id, serial) = (app.row.app.id, row.token_serial);
        let (text, life) = self.fetch(app, row, is_refused).await?;
        let now = self.now();
        let until = now.plus(life - MARGIN_SECS.min(life / 2));
        let (sealed, forced_at) = (self.seal(app, &text)?, is_refused.then_some(now));
        let put = move |store: &dyn kaquan_store::Store| {
            store.put_upstream_token(id, serial, &sealed, until, forced_at)
        };
        match self.access.blocking(put).await? {
            true => Ok(AccountToken { text, serial: serial + 1, until }),
            false => Err(trouble("the upstream was changed meanwhile")),
        }
    }

    /// Asks the token server, or the original host, for a token. Returns it with its lifetime in seconds.
    async fn fetch(&self, app: &AppHandle, row: &UpstreamRow, force: bool) -> Result<(String, i64)> {
        let upstream = Upstream::read(row.clone())?;
        let secrets = self.secrets(app, row)?;
        let request = match secrets.token_url.is_empty() {
            true => {
                let body = json!({
                    "grant_type": "client_credential", "appid": upstream.settings.appid,
                    "secret": secrets.secret, "force_refresh": force,
                });
                Request::post(format!("{}/cgi-bin/stable_token", upstream.settings.url))
                    .header(CONTENT_TYPE, "application/json")
                    .body(Body::from(body.to_string()))
            }
            false => Request::get(&secrets.token_url).body(Body::empty()),
        };
        // The old token too: the reason of a refusal may repeat it.
        let old = self.slot(app.row.app.id).known().map(|token| token.text).unwrap_or_default();
        let mask = Mask::new([secrets.secret.as_str(), secrets.token_url.as_str(), &old]);
        let request = request.map_err(|_| unauthorized("the address of the token cannot be called"))?;
        let answer = self.client.fetch(request).await;
        let answer = answer.map_err(|reason| trouble(&format!("no token: {}", mask.text(&reason))))?;
        read_token(&answer).map_err(|reason| unauthorized(&mask.text(&reason)))
    }
}

/// Reads a token: an object of WeChat's form, or the token alone as text.
fn read_token(answer: &[u8]) -> Result<(String, i64), String> {
    let good = |text: &str| {
        (1..=TOKEN_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let text = std::str::from_utf8(answer).unwrap_or_default().trim();
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(reply)) => {
            let life = reply.get("expires_in").and_then(Value::as_i64).filter(|secs| *secs > 0);
            match reply.get("access_token").and_then(Value::as_str).filter(|token| good(token)) {
                Some(token) => Ok((token.to_owned(), life.unwrap_or(UNKNOWN_LIFE_SECS))),
                None => Err(refusal(&reply)),
            }
        }
        Ok(Value::String(token)) if good(&token) => Ok((token, UNKNOWN_LIFE_SECS)),
        Err(_) if good(text) && !text.starts_with(['<', '{']) => Ok((text.to_owned(), UNKNOWN_LIFE_SECS)),
        _ => Err("the answer has no token".to_owned()),
    }
}

/// The errcode and errmsg of the original host, for example about an address that is not on its list.
fn refusal(reply: &serde_json::Map<String, Value>) -> String {
    let errcode = reply.get("errcode").and_then(Value::as_i64).unwrap_or_default();
    let errmsg = reply.get("errmsg").and_then(Value::as_str).unwrap_or_default();
    let errmsg: String = errmsg.chars().filter(|c| !c.is_control()).take(200).collect();
    format!("the original host gives no token: {errcode} {errmsg}")
}

/// An error that a repeated call may not have.
pub fn trouble(reason: &str) -> Error {
    Error::field(ErrCode::SystemError, "upstream", reason)
}

/// An error that a person has to correct.
pub fn unauthorized(reason: &str) -> Error {
    Error::field(ErrCode::ApiUnauthorized, "upstream", reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_in_every_form_of_token_servers() {
        let token = |life| Ok(("TOKEN-1".to_owned(), life));
        assert_eq!(read_token(br#"{"access_token":"TOKEN-1","expires_in":7200}"#), token(7200));
        assert_eq!(read_token(br#"{"access_token":"TOKEN-1"}"#), token(UNKNOWN_LIFE_SECS));
        assert_eq!(read_token(b"TOKEN-1\n"), token(UNKNOWN_LIFE_SECS));
        assert_eq!(read_token(br#""TOKEN-1""#), token(UNKNOWN_LIFE_SECS));
        for wrong in ["", "<html></html>", "two words", "[]", "{", "7", "{}"] {
            assert!(read_token(wrong.as_bytes()).is_err(), "{wrong}");
        }
        let refused = read_token(br#"{"errcode":40164,"errmsg":"invalid ip 192.0.2.1"}"#).unwrap_err();
        assert!(refused.contains("40164 invalid ip 192.0.2.1"), "{refused}");
    }
}
