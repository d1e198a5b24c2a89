//! `POST /cgi-bin/clear_quota` and its second version, which names the secret in place of a token. kaquan has no daily
//! quota, so both check their caller and change nothing. WeChat manual: "重置 API 调用次数" (reset the number of calls).

use crate::http::{Answer, Call};
use kaquan_core::error::{ErrCode, Error, Result};

/// `{"appid"}` answers ok; 41002 without it, 40013 for the appid of another app.
pub async fn handle(call: Call) -> Result<Answer> {
    let appid = call.params().text("appid")?.ok_or(ErrCode::AppidMissing)?;
    if appid != call.app()?.row.appid {
        return Err(Error::field(ErrCode::InvalidAppid, "appid", "is not the app of the token"));
    }
    Ok(Answer::ok())
}

/// `{"appid", "appsecret"}` answers ok; the errors are those of `/cgi-bin/token`.
pub async fn with_secret(call: Call) -> Result<Answer> {
    let params = call.params();
    let (appid, secret) = (params.text("appid")?, params.text("appsecret")?);
    let grant_type = Some("client_credential");
    call.state.tokens.authenticate(grant_type, appid.as_deref(), secret.as_deref()).await?;
    Ok(Answer::ok())
}
