//! Sessions. The cookie has a random token, and the store has only the digest of this token. Every form has a second
//! token, derived from the first, so that no other site can send a form.

use crate::auth::secret;
use crate::encoding::url_base64;
use crate::pages::cookie::Cookie;
use crate::pages::{Fault, Fields, Visitor, reply};
use crate::state::{State, blocking};
use axum::body::Body;
use axum::http::Response;
use kaquan_core::error::Result;
use kaquan_core::time::Timestamp;
use kaquan_store::{Account, AccountId, Grant, Session};
use sha2::{Digest, Sha256};

/// The name of the session cookie.
const COOKIE: &str = "kaquan_console";
/// The path of the session cookie.
const COOKIE_PATH: &str = "/console";
/// Seconds until an unused session expires: twelve hours, a long working day.
const IDLE_SECS: i64 = 12 * 3600;
/// Seconds until any session expires: thirty days.
const LIFE_SECS: i64 = 30 * 86_400;
/// Seconds between two writes of a session's last use.
const TOUCH_EVERY_SECS: i64 = 300;

/// A signed-in account with its session.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub account: Account,
    /// The roles of the account, by app.
    pub grants: Vec<Grant>,
    /// The digest of the session's token.
    pub digest: [u8; 32],
    /// The `csrf` token of the session's forms.
    pub csrf: String,
    /// When the session began.
    pub since: Timestamp,
}

impl SignedIn {
    /// The visitor's session.
    ///
    /// # Errors
    ///
    /// A redirect to the login page, which leads back to this page.
    pub async fn of(visitor: &Visitor) -> Result<SignedIn, Fault> {
        match SignedIn::find(visitor).await? {
            Some(signed_in) => Ok(signed_in),
            None => {
                let next = visitor.query.with("lang", None);
                let next = format!("{}?{next}", visitor.path);
                let query = Fields::default().with("next", Some(next.trim_end_matches('?')));
                Err(Fault::SignIn(format!("/console/login?{query}")))
            }
        }
    }

    /// The visitor's session, if it is valid.
    pub async fn find(visitor: &Visitor) -> Result<Option<SignedIn>> {
        let Some(token) = visitor.cookie(COOKIE) else { return Ok(None) };
        let digest = secret::digest(token);
        let now = visitor.state.clock.now();
        let found = blocking(&visitor.state, move |store| -> Result<_> {
            let Some((session, account, grants)) = store.session(&digest)? else { return Ok(None) };
            if session.expires_at <= now || account.disabled_at.is_some() {
                return Ok(None);
            }
            if now.0 - session.used_at.0 >= TOUCH_EVERY_SECS {
                let end = now.plus(IDLE_SECS).min(session.created_at.plus(LIFE_SECS));
                store.touch_session(&digest, now, end)?;
            }
            Ok(Some((account, grants, session.created_at)))
        });
        let csrf = csrf(token);
        Ok(found.await?.map(|(account, grants, since)| SignedIn { account, grants, digest, csrf, since }))
    }

    /// Refuses a form without the `csrf` token of this session.
    pub fn check(&self, form: &Fields) -> Result<(), Fault> {
        // Digests are compared, so that the time of the comparison reveals nothing about the token.
        let given = Sha256::digest(form.get("csrf").unwrap_or_default());
        if given == Sha256::digest(&self.csrf) { Ok(()) } else { Err(Fault::OldPage(self.since)) }
    }
}

/// The `csrf` token for forms of a session. `token` is the session's token.
fn csrf(token: &str) -> String {
    url_base64(&Sha256::new().chain_update("form\n").chain_update(token).finalize())
}

/// Creates a session, sets its cookie, and redirects.
pub async fn begin(visitor: &Visitor, account: AccountId, to: &str) -> Result<Response<Body>, Fault> {
    let token = url_base64(&secret::random::<32>()?);
    let now = visitor.state.clock.now();
    let session = Session {
        digest: secret::digest(&token),
        account,
        created_at: now,
        used_at: now,
        expires_at: now.plus(IDLE_SECS),
    };
    blocking(&visitor.state, move |store| store.create_session(&session)).await?;
    let cookie = cookie(visitor, &token, LIFE_SECS);
    Ok(reply::with_cookie(reply::redirect(to), &cookie))
}

/// Deletes a session and its cookie, and redirects to the login page.
pub async fn end(state: &State, visitor: &Visitor, digest: [u8; 32]) -> Result<Response<Body>, Fault> {
    blocking(state, move |store| store.delete_session(&digest)).await?;
    Ok(reply::with_cookie(reply::redirect("/console/login"), &cookie(visitor, "", 0)))
}

fn cookie<'a>(visitor: &Visitor, value: &'a str, max_age: i64) -> Cookie<'a> {
    Cookie { name: COOKIE, value, path: COOKIE_PATH, max_age, secure: visitor.secure() }
}
