//! The callback of an app: checks its settings and computes missing ones. A callback is stored after its receiver has
//! passed the handshake. WeChat manual: "接入指南" (verifying a receiver).

use super::client::{Client, SendOutcome};
use super::webhook_request::RequestBuilder;
use super::{crypt, json, verify};
use crate::auth::secret::random;
use crate::encoding::hex;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::time::Timestamp;
use kaquan_store::{AppRow, Callback, PushMode, PushPolicy};
use sha2::{Digest, Sha256};

/// The longest URL in bytes.
const URL_MAX: usize = 1024;
/// The length of a token in characters.
const TOKEN_LEN: std::ops::RangeInclusive<usize> = 3..=32;
/// The length in bytes of a secret that the merchant chooses.
const SECRET_LEN: std::ops::RangeInclusive<usize> = 24..=64;

/// A change of the callback. A missing setting keeps its value, or gets the default.
#[derive(Clone, Default)]
pub struct CallbackChange {
    /// The URL of the receiver.
    pub url: Option<String>,
    /// The form of the messages.
    pub mode: Option<PushMode>,
    /// The token that signs `signature`: 3 to 32 letters and digits.
    pub token: Option<String>,
    /// The EncodingAESKey: 43 letters and digits.
    pub encoding_aes_key: Option<String>,
    /// The retry policy.
    pub policy: Option<PushPolicy>,
    /// `ToUserName`.
    pub original_id: Option<String>,
    /// The secret for the signature of JSON, as `whsec_` and base64. It is generated if it is missing.
    pub secret: Option<String>,
}

impl CallbackChange {
    /// The callback after the change of `before`. Sends no request.
    ///
    /// # Errors
    ///
    /// 41011 if a setting that the mode needs is missing; 45021 if the URL is too long; 40097 if a setting is not
    /// valid.
    pub fn callback(self, app: &AppRow, before: Option<Callback>, now: Timestamp) -> Result<Callback> {
        let before = before.unwrap_or_else(|| unset(app));
        let mode = self.mode.unwrap_or(before.mode);
        let encrypted = matches!(mode, PushMode::Compatible | PushMode::Safe);
        let classic = mode != PushMode::Json;
        let given = |wanted: Option<String>, before: String| wanted.unwrap_or(before);
        let callback = Callback {
            app: app.app.id,
            url: check_url(given(self.url, before.url))?,
            token: check_token(given(self.token, before.token), classic)?,
            aes_key: check_aes_key(given(self.encoding_aes_key, before.aes_key), encrypted)?,
            mode,
            secret: secret(self.secret, before.secret, mode)?,
            policy: self.policy.unwrap_or(before.policy),
            original_id: check_original_id(given(self.original_id, before.original_id))?,
            changed_at: now,
        };
        Ok(callback)
    }
}

fn unset(app: &AppRow) -> Callback {
    Callback {
        app: app.app.id,
        url: String::new(),
        token: String::new(),
        aes_key: String::new(),
        mode: PushMode::Plain,
        secret: Vec::new(),
        policy: PushPolicy::Durable,
        original_id: original_id(&app.appid),
        changed_at: Timestamp(0),
    }
}

/// The original id of an app for which none was set: it is computed from the appid.
pub fn original_id(appid: &str) -> String {
    let digest = Sha256::new().chain_update("original id\n").chain_update(appid).finalize();
    format!("gh_{}", hex(&digest[..6]))
}

fn wrong(field: &str, reason: impl Into<String>) -> Error {
    Error::field(ErrCode::InvalidArgs, field, reason.into())
}

fn check_url(url: String) -> Result<String> {
    if url.is_empty() {
        return Err(Error::missing("url"));
    }
    if url.len() > URL_MAX {
        let reason = format!("{} bytes, at most {URL_MAX}", url.len());
        return Err(Error::field(ErrCode::OutOfLengthLimit, "url", reason));
    }
    let uri: hyper::Uri = url.parse().map_err(|error| {
        wrong("url", format!("is no address: {error}; a name with other letters goes in its xn-- form"))
    })?;
    match (uri.scheme_str(), uri.authority()) {
        (Some("http" | "https"), Some(authority)) if authority.as_str().contains('@') => {
            Err(wrong("url", "must not have a user name in it"))
        }
        (Some("http" | "https"), Some(_)) if url.contains('#') => {
            Err(wrong("url", "must not have a # in it"))
        }
        (Some("http" | "https"), Some(_)) => Ok(url),
        _ => Err(wrong("url", "must begin with http:// or https://")),
    }
}

fn check_token(token: String, needed: bool) -> Result<String> {
    match token.is_empty() {
        true if needed => Err(Error::missing("token")),
        true => Ok(token),
        false
            if TOKEN_LEN.contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
        {
            Ok(token)
        }
        false => Err(wrong("token", "must be 3 to 32 letters and digits")),
    }
}

fn check_aes_key(key: String, needed: bool) -> Result<String> {
    match key.is_empty() {
        true if needed => Err(Error::missing("encoding_aes_key")),
        false if crypt::aes_key(&key).is_none() => {
            Err(wrong("encoding_aes_key", "must be 43 letters and digits"))
        }
        _ => Ok(key),
    }
}

fn check_original_id(id: String) -> Result<String> {
    let good =
        (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if good {
        Ok(id)
    } else {
        Err(wrong("original_id", "must be letters, digits and _ such as gh_0123456789ab"))
    }
}

fn secret(wanted: Option<String>, before: Vec<u8>, mode: PushMode) -> Result<Vec<u8>> {
    match wanted {
        Some(text) => json::read_secret(&text)
            .filter(|secret| SECRET_LEN.contains(&secret.len()))
            .ok_or_else(|| wrong("secret", "must be whsec_ and the base64 of 24 to 64 bytes")),
        None if before.is_empty() && mode == PushMode::Json => Ok(random::<32>()?.to_vec()),
        None => Ok(before),
    }
}

/// Sends the handshake to the receiver of a callback.
///
/// # Errors
///
/// 40097 with the reason of the failure.
pub async fn verify(
    client: &Client,
    callback: &Callback,
    appid: &str,
    now: Timestamp,
) -> Result<SendOutcome> {
    let builder = RequestBuilder { callback: callback.clone(), appid: appid.to_owned() };
    let (sent, verdict) = verify::handshake(client, &builder, now).await?;
    verdict.map_err(|reason| wrong("url", format!("the receiver did not pass the handshake: {reason}")))?;
    Ok(sent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaquan_core::app::{App, ReviewPolicy};
    use kaquan_core::id::AppId;

    const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

    fn app() -> AppRow {
        AppRow {
            app: App::new(AppId(1), ReviewPolicy::Auto),
            appid: "wx0000000000000001".to_owned(),
            name: String::new(),
            secret_digest: [0; 32],
            code_key: [0; 32],
            token_key: [0; 32],
            created_at: Timestamp(0),
        }
    }

    fn wanted(url: &str, token: &str) -> CallbackChange {
        CallbackChange {
            url: Some(url.to_owned()),
            token: Some(token.to_owned()),
            ..CallbackChange::default()
        }
    }

    fn refusal(wanted: CallbackChange) -> (ErrCode, String) {
        let error = wanted.callback(&app(), None, Timestamp(5)).unwrap_err();
        (error.code, error.to_string())
    }

    #[test]
    fn omitted_settings_have_defaults_and_later_keep_their_values() {
        let first = wanted("http://shop.example/wx?a=1", "abc").callback(&app(), None, Timestamp(5)).unwrap();
        assert_eq!((first.mode, first.policy), (PushMode::Plain, PushPolicy::Durable));
        assert_eq!(first.original_id, original_id("wx0000000000000001"));
        assert!(first.original_id.starts_with("gh_") && first.original_id.len() == 15);
        let more = CallbackChange {
            mode: Some(PushMode::Safe),
            encoding_aes_key: Some(KEY.to_owned()),
            original_id: Some("gh_x".to_owned()),
            ..CallbackChange::default()
        };
        let second = more.callback(&app(), Some(first.clone()), Timestamp(6)).unwrap();
        assert_eq!((second.url, second.token), (first.url, first.token));
        assert_eq!((second.mode, second.original_id.as_str()), (PushMode::Safe, "gh_x"));
    }

    #[test]
    fn an_address_is_on_the_web_and_has_nothing_odd_in_it() {
        for url in
            ["ftp://a/", "shop.example", "http://", "/wx", "http://user:pass@a/", "http://a/#b", "http://店/"]
        {
            assert_eq!(refusal(wanted(url, "abc")).0, ErrCode::InvalidArgs, "{url}");
        }
        assert_eq!(
            refusal(wanted(&format!("http://a/{}", "b".repeat(1024)), "abc")).0,
            ErrCode::OutOfLengthLimit
        );
        assert_eq!(refusal(CallbackChange::default()).0, ErrCode::MissingFields);
    }

    #[test]
    fn each_mode_needs_its_secrets() {
        let url = "https://shop.example/";
        let of_mode = |mode| CallbackChange {
            mode: Some(mode),
            url: Some(url.to_owned()),
            ..CallbackChange::default()
        };
        let with_token = |mode| CallbackChange { token: Some("abc".to_owned()), ..of_mode(mode) };
        for mode in [PushMode::Plain, PushMode::Compatible, PushMode::Safe] {
            let (code, text) = refusal(of_mode(mode));
            assert!(code == ErrCode::MissingFields && text.contains("token"), "{text}");
        }
        for mode in [PushMode::Compatible, PushMode::Safe] {
            let (code, text) = refusal(with_token(mode));
            assert!(code == ErrCode::MissingFields && text.contains("encoding_aes_key"), "{text}");
        }
        for token in ["ab", "with space", &"a".repeat(33), "标"] {
            assert_eq!(refusal(wanted(url, token)).0, ErrCode::InvalidArgs, "{token}");
        }
        let json = of_mode(PushMode::Json).callback(&app(), None, Timestamp(5)).unwrap();
        assert_eq!(json.secret.len(), 32);
        let again = of_mode(PushMode::Json).callback(&app(), Some(json.clone()), Timestamp(6)).unwrap();
        assert_eq!(again.secret, json.secret);
        let short = CallbackChange { secret: Some("whsec_AAAA".to_owned()), ..of_mode(PushMode::Json) };
        assert_eq!(refusal(short).0, ErrCode::InvalidArgs);
    }
}
