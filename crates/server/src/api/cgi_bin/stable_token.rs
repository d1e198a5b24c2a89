//! `POST /cgi-bin/stable_token`. WeChat manual: "获取稳定版接口调用凭据".

use super::token::TokenReply;
use crate::auth::token;
use crate::http::{Answer, Call};
use crate::state::blocking;
use kaquan_core::error::Result;

/// A body with `grant_type`, `appid`, `secret`, `force_refresh` answers a [`TokenReply`] without errcode.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let (grant_type, appid, secret) =
        (params.text("grant_type")?, params.text("appid")?, params.text("secret")?);
    let app =
        call.state.tokens.authenticate(grant_type.as_deref(), appid.as_deref(), secret.as_deref()).await?;
    let force = params.flag("force_refresh")?.unwrap_or(false);
    let now = call.state.clock.now();
    let issued = blocking(&call.state, move |store| token::issue_stable(store, &app, force, now)).await?;
    call.state.tokens.forget();
    Answer::bare(&TokenReply::from(issued))
}
