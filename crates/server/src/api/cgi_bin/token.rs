//! `GET /cgi-bin/token` (and POST, which some clients send). WeChat manual: "获取 Access token".

use crate::auth::token::{self, IssuedToken};
use crate::http::{Answer, Call};
use crate::state::blocking;
use kaquan_core::error::Result;
use serde::Serialize;

/// Query `grant_type`, `appid`, `secret` answers a [`TokenReply`] without errcode.
pub async fn handle(call: Call) -> Result<Answer> {
    let (grant_type, appid, secret) = (call.query("grant_type"), call.query("appid"), call.query("secret"));
    let app = token::authenticate(&call.state, grant_type, appid, secret).await?;
    let now = call.state.clock.now();
    let issued = blocking(&call.state, move |store| token::issue_plain(store, &app, now)).await?;
    call.state.tokens.forget();
    Answer::bare(&TokenReply::from(issued))
}

/// The reply of the calls that give an access token.
#[derive(Debug, Serialize)]
pub struct TokenReply {
    /// The access token.
    access_token: String,
    /// Lifetime of the token, seconds.
    expires_in: i64,
}

impl From<IssuedToken> for TokenReply {
    fn from(issued: IssuedToken) -> TokenReply {
        TokenReply { access_token: issued.access_token, expires_in: issued.expires_in }
    }
}
