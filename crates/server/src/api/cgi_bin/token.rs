//! `GET /cgi-bin/token` (and POST, which some clients send). WeChat manual: "获取 Access token".

use crate::auth::token;
use crate::http::{Answer, Call};
use crate::state::blocking;
use kaquan_core::error::Result;
use serde_json::json;

/// Query `grant_type`, `appid`, `secret` answers `{"access_token", "expires_in"}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let (grant_type, appid, secret) = (call.query("grant_type"), call.query("appid"), call.query("secret"));
    let app = call.state.tokens.authenticate(grant_type, appid, secret).await?;
    let now = call.state.clock.now();
    let issued = blocking(&call.state, move |store| token::issue_plain(store, &app, now)).await?;
    call.state.tokens.forget();
    Ok(Answer::Bare(json!({"access_token": issued.access_token, "expires_in": issued.expires_in})))
}
