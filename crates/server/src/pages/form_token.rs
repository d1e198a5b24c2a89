//! The token of forms for unknown visitors, such as the login form. It is derived from a random cookie. Another site
//! cannot read the token, so it cannot sign a visitor in to its own account.

use super::cookie::Cookie;
use super::{Fields, Visitor, reply};
use crate::auth::secret;
use crate::encoding::{from_url_base64, url_base64};
use axum::body::Body;
use axum::http::Response;
use kaquan_core::error::Result;
use kaquan_core::time::DAY_SECS;
use sha2::{Digest, Sha256};

/// Lifetime of the cookie after the last page with a form, in seconds.
const COOKIE_SECS: i64 = 7 * DAY_SECS;
/// Random bytes in the cookie.
const COOKIE_BYTES: usize = 32;

/// The token of a visitor's forms.
#[derive(Debug)]
pub struct FormToken {
    cookie: String,
    /// The value of the hidden field `csrf`.
    pub csrf: String,
}

/// The name of the cookie. Over HTTPS its prefix prevents that other hosts of the domain set the cookie.
fn cookie_name(visitor: &Visitor) -> &'static str {
    if visitor.secure() { "__Host-kaquan_form" } else { "kaquan_form" }
}

fn csrf_of(cookie: &str) -> String {
    url_base64(&Sha256::new().chain_update("first form\n").chain_update(cookie).finalize())
}

impl FormToken {
    /// The token for the visitor's cookie. Without a cookie, a new one is created.
    ///
    /// # Errors
    /// -1 if the system returns no random bytes.
    pub fn of(visitor: &Visitor) -> Result<FormToken> {
        let cookie = match existing(visitor) {
            Some(cookie) => cookie.to_owned(),
            None => url_base64(&secret::random::<COOKIE_BYTES>()?),
        };
        Ok(FormToken { csrf: csrf_of(&cookie), cookie })
    }

    /// Adds the cookie to the page with the form.
    pub fn with_cookie(&self, visitor: &Visitor, response: Response<Body>) -> Response<Body> {
        let (name, value) = (cookie_name(visitor), self.cookie.as_str());
        let cookie = Cookie { name, value, path: "/", max_age: COOKIE_SECS, secure: visitor.secure() };
        reply::with_cookie(response, &cookie)
    }

    /// Whether a form has the token of the visitor's cookie.
    pub fn is_of(visitor: &Visitor, form: &Fields) -> bool {
        // Digests are compared, so that the time of the comparison reveals nothing about the token.
        let given = Sha256::digest(form.get("csrf").unwrap_or_default());
        existing(visitor).is_some_and(|cookie| given == Sha256::digest(csrf_of(cookie)))
    }
}

fn existing(visitor: &Visitor) -> Option<&str> {
    let cookie = visitor.cookie(cookie_name(visitor))?;
    from_url_base64(cookie).is_some_and(|bytes| bytes.len() == COOKIE_BYTES).then_some(cookie)
}
