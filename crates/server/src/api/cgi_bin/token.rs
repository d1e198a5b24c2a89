//! `GET /cgi-bin/token` (and POST, which some clients send). WeChat manual: "获取 Access token".

use crate::auth::token::{self, IssuedToken};
use crate::http::{Answer, Call};
use crate::state::blocking;
use kaquan_core::error::Result;
use serde::Serialize;

/// A query with `grant_type`, `appid`, `secret` answers a [`TokenReply`] without errcode.
pub async fn handle(call: Call) -> Result<Answer> {
    let (grant_type, appid, secret) = (call.query("grant_type"), call.query("appid"), call.query("secret"));
    let app = call.state.tokens.authenticate(grant_type, appid, secret).await?;
    let now = call.state.clock.now();
    let issued = blocking(&call.state, move |store| token::issue_plain(store, &app, now)).await?;
    call.state.tokens.forget();
    Answer::bare(&TokenReply::from(issued))
}

/// The reply of the calls that issue an access token.
#[derive(Debug, Serialize)]
pub struct TokenReply {
    /// The access token.
    access_token: String,
    /// The lifetime of the token in seconds.
    expires_in: i64,
}

impl From<IssuedToken> for TokenReply {
    fn from(issued: IssuedToken) -> TokenReply {
        TokenReply { access_token: issued.access_token, expires_in: issued.expires_in }
    }
}
