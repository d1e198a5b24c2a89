//! WeChat's web authorization. The guest is redirected to WeChat's page, which redirects back with a code. WeChat's
//! API then returns the openid for this code. Only the openid is requested (`snsapi_base`). WeChat manual: "网页授权"
//! (web authorization).

use super::chosen;
use crate::auth::aead::{self, Purpose};
use crate::auth::secret;
use crate::encoding::{from_url_base64, hex, url_base64};
use crate::http::link::with_params;
use crate::pages::cookie::Cookie;
use crate::pages::visitor::local_path;
use crate::pages::{Fault, Fields, PageResult, reply};
use crate::wallet::pages::guest::Guest;
use axum::http::StatusCode;
use kaquan_core::identity::Identity;
use serde_json::Value;

/// The cookie that shows that the same browser comes back from WeChat's page.
const COOKIE: &str = "kaquan_oauth";
/// Characters of WeChat's error text that are logged.
const ERRMSG_SHOWN: usize = 200;
/// The longest time for the redirect to WeChat and back, in seconds.
const WAY_SECS: i64 = 600;

/// Redirects to WeChat's page. The way back is valid only while the provider has the same binding.
pub fn begin(guest: &Guest, binding: &str, (appid, authorize_url): (&str, &str), next: &str) -> PageResult {
    let nonce = hex(&secret::random::<16>()?);
    let until = guest.state.clock.now().plus(WAY_SECS).0;
    let key = &guest.app.row.token_key;
    let state = aead::seal(key, Purpose::Oauth, format!("{until} {nonce} {binding} {next}").as_bytes())?;
    let back = format!("{}{}", guest.state.public_url, guest.url("oauth"));
    let params = [
        ("appid", appid),
        ("redirect_uri", &back),
        ("response_type", "code"),
        ("scope", "snsapi_base"),
        ("state", &url_base64(&state)),
    ];
    let to = format!("{}#wechat_redirect", with_params(authorize_url, &params));
    let cookie =
        Cookie { name: COOKIE, value: &nonce, path: "/w", max_age: WAY_SECS, secure: guest.secure() };
    Ok(reply::with_cookie(reply::redirect(&to), &cookie))
}

/// The redirect back from WeChat's page. It has `code` and `state`, or no code if the guest refused.
pub async fn back(guest: Guest, _: Fields) -> PageResult {
    let provider = chosen(&guest).await?.ok_or(Fault::FORBIDDEN)?;
    let Identity::Oauth { appid, secret, api_url, .. } = &provider.identity else {
        return Err(Fault::FORBIDDEN);
    };
    let next = next(&guest, &provider.binding).ok_or(Fault::FORBIDDEN)?;
    let code = guest.query.get("code").ok_or(Fault::FORBIDDEN)?;
    let params =
        [("appid", &**appid), ("secret", secret), ("code", code), ("grant_type", "authorization_code")];
    let url = with_params(&format!("{api_url}/sns/oauth2/access_token"), &params);
    let answer = guest.state.push.client.get(&url).await.response;
    let profile = answer.map(|answer| serde_json::from_str::<Value>(&answer.body).unwrap_or_default());
    match profile {
        Ok(profile) => match profile["openid"].as_str().filter(|openid| super::is_openid(openid)) {
            Some(openid) => guest.becomes(&provider, openid, &local_path(&next)),
            None => {
                let errmsg: String = profile["errmsg"].to_string().chars().take(ERRMSG_SHOWN).collect();
                let errcode = profile["errcode"].as_i64();
                tracing::warn!(?errcode, %errmsg, "OAuth reply without openid");
                Err(Fault::FORBIDDEN)
            }
        },
        Err(error) => {
            tracing::error!(%error, "OAuth request to WeChat failed");
            Err(Fault::Status(StatusCode::BAD_GATEWAY))
        }
    }
}

/// The page to continue with; `None` if another browser comes back, or after the time limit.
fn next(guest: &Guest, binding: &str) -> Option<String> {
    let sealed = from_url_base64(guest.query.get("state")?)?;
    let state = String::from_utf8(aead::open(&guest.app.row.token_key, Purpose::Oauth, &sealed)?).ok()?;
    let (until, rest) = state.split_once(' ')?;
    let (nonce, rest) = rest.split_once(' ')?;
    let (of, next) = rest.split_once(' ')?;
    let in_time = until.parse::<i64>().ok()? > guest.state.clock.now().0;
    (in_time && of == binding && guest.cookie(COOKIE) == Some(nonce)).then(|| next.to_owned())
}
