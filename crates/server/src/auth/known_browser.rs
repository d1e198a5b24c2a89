//! Browsers that have signed in to an account before. Such a browser has a cookie with a random token, and the store
//! has the token's digest. The token does not sign in. It only exempts the browser from waiting times that strangers
//! cause.

use super::secret;
use crate::encoding::url_base64;
use crate::pages::cookie::{self, Cookie};
use crate::pages::{Visitor, reply};
use crate::state::blocking;
use axum::body::Body;
use axum::http::Response;
use kaquan_core::error::Result;
use kaquan_core::time::DAY_SECS;
use kaquan_store::{AccountId, KnownBrowser, StoreError};

/// The prefix of the cookie's name. The account's number follows, so that a browser can be known to several accounts.
const COOKIE_PREFIX: &str = "kaquan_known_";
/// The path of the cookie.
const COOKIE_PATH: &str = "/console";
/// Seconds for which a browser stays known.
const KNOWN_SECS: i64 = 180 * DAY_SECS;
/// How many cookies of a request are looked up at most.
const COOKIES_MAX: usize = 16;

/// The account of this name and the browser's digest, if the browser is known to the account. Without such a cookie,
/// the store is not read.
///
/// # Errors
///
/// The errors of the store.
pub async fn find(visitor: &Visitor, name: &str) -> Result<Option<(AccountId, [u8; 32])>> {
    let tokens = cookie::with_prefix(&visitor.headers, COOKIE_PREFIX).take(COOKIES_MAX);
    let digests: Vec<[u8; 32]> = tokens.map(secret::digest).collect();
    if digests.is_empty() {
        return Ok(None);
    }
    let (name, now) = (name.to_owned(), visitor.state.clock.now());
    blocking(&visitor.state, move |store| -> std::result::Result<_, StoreError> {
        let Some(account) = store.account_by_name(&name)? else { return Ok(None) };
        for digest in digests {
            let known = store.known_browser(&digest)?;
            if known.is_some_and(|known| known.account == account.id && known.expires_at > now) {
                return Ok(Some((account.id, digest)));
            }
        }
        Ok(None)
    })
    .await
}

/// Makes the browser known to the account. Returns the response with the cookie.
///
/// # Errors
///
/// The errors of the store; -1 if the system returns no random bytes.
pub async fn remember(
    visitor: &Visitor,
    account: AccountId,
    response: Response<Body>,
) -> Result<Response<Body>> {
    let token = url_base64(&secret::random::<32>()?);
    let now = visitor.state.clock.now();
    let digest = secret::digest(&token);
    let browser = KnownBrowser { digest, account, created_at: now, expires_at: now.plus(KNOWN_SECS) };
    blocking(&visitor.state, move |store| store.create_known_browser(&browser)).await?;
    let name = format!("{COOKIE_PREFIX}{}", account.0);
    let cookie = Cookie {
        name: &name,
        value: &token,
        path: COOKIE_PATH,
        max_age: KNOWN_SECS,
        secure: visitor.secure(),
    };
    Ok(reply::with_cookie(response, &cookie))
}
