//! The settings of an upstream: the original host of an app, its credentials there, and which paths go to it. A change is
//! checked as a whole before it is stored. Secrets are apart from the rest, because they are stored encrypted.

use super::path::{self, DEFAULT_ALLOW};
use crate::public_url::PublicUrl;
use kaquan_core::error::{ErrCode, Error, Result};
use serde::{Deserialize, Serialize};

/// The address of the original host.
pub const WECHAT: &str = "https://api.weixin.qq.com";
/// The longest address in bytes.
const URL_MAX: usize = 1024;
/// The longest appid and the longest secret in bytes.
const NAME_MAX: usize = 128;
/// The largest number of prefixes in a list.
const PREFIXES_MAX: usize = 64;
/// Seconds that the original host may take, if nothing else is set.
const TIMEOUT_SECS: u64 = 20;
/// The seconds that can be set.
const TIMEOUT_RANGE: std::ops::RangeInclusive<u64> = 1..=60;

/// How a message with a card of kaquan is handled. WeChat cannot show such a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CardMessage {
    /// A text message with the link to claim the card.
    Text,
    /// An article with the link. Mass messages have no such form, so they become texts.
    News,
    /// The call is refused with 40073.
    Refuse,
}

impl CardMessage {
    /// Every value.
    pub const ALL: [CardMessage; 3] = [CardMessage::Text, CardMessage::News, CardMessage::Refuse];

    /// The name in settings.
    pub const fn name(self) -> &'static str {
        match self {
            CardMessage::Text => "text",
            CardMessage::News => "news",
            CardMessage::Refuse => "refuse",
        }
    }

    /// The value with this name.
    pub fn from_name(name: &str) -> Option<CardMessage> {
        CardMessage::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// The settings that are no secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpstreamSettings {
    /// The original host: scheme, host and port.
    pub url: String,
    /// The real appid of the account.
    pub appid: String,
    /// Prefixes of the paths that are passed on.
    pub allow: Vec<String>,
    /// Prefixes of paths that are not passed on, although `allow` has them.
    pub refuse: Vec<String>,
    /// How a message with a card of kaquan is handled.
    pub wxcard: CardMessage,
    /// Seconds without any byte from the original host after which a call fails.
    pub timeout_secs: u64,
}

/// The secrets of an upstream.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UpstreamSecrets {
    /// The real secret of the account; empty if there is only a token server.
    pub secret: String,
    /// The address of the merchant's token server; empty if the original host issues the token. It may have a password in
    /// its query.
    pub token_url: String,
}

// Not derived, so that no secret gets into a log.
impl std::fmt::Debug for UpstreamSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UpstreamSecrets")
    }
}

/// A change of an upstream. A missing setting keeps its value, or gets the default.
#[derive(Clone, Default)]
pub struct UpstreamChange {
    /// The original host.
    pub url: Option<String>,
    /// The real appid.
    pub appid: Option<String>,
    /// The real secret.
    pub secret: Option<String>,
    /// The address of the merchant's token server.
    pub token_url: Option<String>,
    /// Prefixes of the paths that are passed on.
    pub allow: Option<Vec<String>>,
    /// Prefixes of paths that are not passed on.
    pub refuse: Option<Vec<String>>,
    /// How a message with a card of kaquan is handled.
    pub wxcard: Option<CardMessage>,
    /// Seconds without any byte after which a call fails.
    pub timeout_secs: Option<u64>,
}

impl UpstreamChange {
    /// The upstream after the change of `before`. `public_url` is the address of this server, which must not be the
    /// upstream.
    ///
    /// # Errors
    ///
    /// 41011 if the appid is missing, or if both the secret and the token server are missing; 45021 a text that is too
    /// long; 40097 any other value that is not valid, or a new `url` without the secret.
    pub fn apply(
        self,
        before: Option<(UpstreamSettings, UpstreamSecrets)>,
        public_url: &str,
    ) -> Result<(UpstreamSettings, UpstreamSecrets)> {
        let (settings, secrets) = before.unwrap_or_else(unset);
        let url = host(self.url.as_deref().unwrap_or(&settings.url))?;
        if url == public_url {
            return Err(wrong("url", "is the address of this server"));
        }
        // Otherwise a caller who may only change settings could send the secret to another host.
        let moved = url != settings.url && !secrets.secret.is_empty();
        if moved && self.secret.is_none() {
            return Err(wrong("url", "a new url needs the secret in the same call"));
        }
        let settings = UpstreamSettings {
            url,
            appid: name("appid", self.appid.unwrap_or(settings.appid))?,
            allow: prefixes("allow", self.allow.unwrap_or(settings.allow))?,
            refuse: prefixes("refuse", self.refuse.unwrap_or(settings.refuse))?,
            wxcard: self.wxcard.unwrap_or(settings.wxcard),
            timeout_secs: timeout(self.timeout_secs.unwrap_or(settings.timeout_secs))?,
        };
        let secrets = UpstreamSecrets {
            secret: name("secret", self.secret.unwrap_or(secrets.secret))?,
            token_url: token_url(self.token_url.unwrap_or(secrets.token_url))?,
        };
        if settings.appid.is_empty() {
            return Err(Error::missing("appid"));
        }
        if secrets.secret.is_empty() && secrets.token_url.is_empty() {
            return Err(Error::missing("secret"));
        }
        Ok((settings, secrets))
    }
}

fn unset() -> (UpstreamSettings, UpstreamSecrets) {
    let settings = UpstreamSettings {
        url: WECHAT.to_owned(),
        appid: String::new(),
        allow: DEFAULT_ALLOW.iter().map(|&prefix| prefix.to_owned()).collect(),
        refuse: Vec::new(),
        wxcard: CardMessage::Text,
        timeout_secs: TIMEOUT_SECS,
    };
    (settings, UpstreamSecrets::default())
}

fn wrong(field: &str, reason: impl Into<String>) -> Error {
    Error::field(ErrCode::InvalidArgs, field, reason.into())
}

fn too_long(field: &str, text: &str, max: usize) -> Result<()> {
    let reason = || format!("{} bytes, at most {max}", text.len());
    if text.len() > max { Err(Error::field(ErrCode::OutOfLengthLimit, field, reason())) } else { Ok(()) }
}

fn host(text: &str) -> Result<String> {
    too_long("url", text, URL_MAX)?;
    let url: PublicUrl = text.parse().map_err(|reason: String| wrong("url", reason))?;
    Ok(url.as_str().to_owned())
}

fn name(field: &str, text: String) -> Result<String> {
    too_long(field, &text, NAME_MAX)?;
    match text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        true => Ok(text),
        false => Err(wrong(field, "must be letters, digits, - and _")),
    }
}

/// The address is not in an error, because it may have a password.
fn token_url(text: String) -> Result<String> {
    too_long("token_url", &text, URL_MAX)?;
    let is_url = |uri: &hyper::Uri| {
        let scheme = matches!(uri.scheme_str(), Some("http" | "https"));
        scheme && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
    };
    match text.is_empty() || text.parse().is_ok_and(|uri| is_url(&uri)) {
        true => Ok(text),
        false => Err(wrong("token_url", "must begin with http:// or https://, and have no user name")),
    }
}

fn prefixes(field: &str, list: Vec<String>) -> Result<Vec<String>> {
    if list.len() > PREFIXES_MAX {
        return Err(wrong(field, format!("{} prefixes, at most {PREFIXES_MAX}", list.len())));
    }
    match list.iter().find(|prefix| !path::is_plain(prefix)) {
        Some(prefix) => {
            Err(wrong(field, format!("{prefix:?} is no beginning of a path such as /cgi-bin/user/")))
        }
        None => Ok(list),
    }
}

fn timeout(secs: u64) -> Result<u64> {
    match TIMEOUT_RANGE.contains(&secs) {
        true => Ok(secs),
        false => Err(wrong("timeout_secs", "must be 1 to 60")),
    }
}

/// An upstream as callers and operators see it.
#[derive(Debug, Clone, Serialize)]
pub struct UpstreamView {
    /// The original host; empty if there is no upstream.
    pub url: String,
    /// The real appid.
    pub appid: String,
    /// Whether the real secret is known.
    pub has_secret: bool,
    /// Scheme and host of the token server; empty if the original host issues the token.
    pub token_url: String,
    /// Prefixes of the paths that are passed on.
    pub allow: Vec<String>,
    /// Prefixes of paths that are not passed on.
    pub refuse: Vec<String>,
    /// How a message with a card of kaquan is handled.
    pub wxcard: &'static str,
    /// Seconds without any byte after which a call fails.
    pub timeout_secs: u64,
}

impl UpstreamView {
    /// What a new upstream begins with.
    pub fn unset() -> UpstreamView {
        let (settings, secrets) = unset();
        UpstreamView::of(&settings, &secrets)
    }

    /// The view of these settings.
    pub fn of(settings: &UpstreamSettings, secrets: &UpstreamSecrets) -> UpstreamView {
        let token_url: Option<hyper::Uri> = secrets.token_url.parse().ok();
        let token_host =
            token_url.and_then(|uri| Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?)));
        UpstreamView {
            url: settings.url.clone(),
            appid: settings.appid.clone(),
            has_secret: !secrets.secret.is_empty(),
            token_url: token_host.unwrap_or_default(),
            allow: settings.allow.clone(),
            refuse: settings.refuse.clone(),
            wxcard: settings.wxcard.name(),
            timeout_secs: settings.timeout_secs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(url: &str) -> UpstreamChange {
        let (appid, secret) = (Some("wxreal".to_owned()), Some("realsecret".to_owned()));
        UpstreamChange { url: Some(url.to_owned()), appid, secret, ..UpstreamChange::default() }
    }

    fn apply(change: UpstreamChange) -> Result<(UpstreamSettings, UpstreamSecrets)> {
        change.apply(None, "https://cards.example")
    }

    #[test]
    fn a_secret_does_not_follow_a_changed_url() {
        let before = apply(change("https://api.weixin.qq.com")).unwrap();
        let elsewhere = UpstreamChange { secret: None, ..change("https://thief.example") };
        let refused = elsewhere.apply(Some(before.clone()), "https://cards.example").unwrap_err();
        assert_eq!(refused.code, ErrCode::InvalidArgs);
        let same =
            UpstreamChange { secret: None, timeout_secs: Some(5), ..change("https://api.weixin.qq.com/") };
        let after = same.apply(Some(before.clone()), "https://cards.example").unwrap();
        assert_eq!((after.0.timeout_secs, after.1), (5, before.1));
    }

    #[test]
    fn every_setting_is_checked() {
        let text = |text: &str| Some(text.to_owned());
        let good = change("https://api.weixin.qq.com");
        for (wrong, code) in [
            (change("https://cards.example"), ErrCode::InvalidArgs),
            (change("ftp://host"), ErrCode::InvalidArgs),
            (change("https://host/path"), ErrCode::InvalidArgs),
            (UpstreamChange { appid: None, ..good.clone() }, ErrCode::MissingFields),
            (UpstreamChange { secret: None, ..good.clone() }, ErrCode::MissingFields),
            (UpstreamChange { appid: text("wx &"), ..good.clone() }, ErrCode::InvalidArgs),
            (UpstreamChange { secret: Some("s".repeat(129)), ..good.clone() }, ErrCode::OutOfLengthLimit),
            (UpstreamChange { token_url: text("file:///etc/passwd"), ..good.clone() }, ErrCode::InvalidArgs),
            (
                UpstreamChange { allow: Some(vec!["cgi-bin".to_owned()]), ..good.clone() },
                ErrCode::InvalidArgs,
            ),
            (
                UpstreamChange { refuse: Some(vec!["/a/../b".to_owned()]), ..good.clone() },
                ErrCode::InvalidArgs,
            ),
            (UpstreamChange { timeout_secs: Some(0), ..good.clone() }, ErrCode::InvalidArgs),
        ] {
            assert_eq!(apply(wrong).unwrap_err().code, code);
        }
        let server = UpstreamChange { secret: None, token_url: text("https://shop.example/t?k=pw"), ..good };
        let (settings, secrets) = apply(server).unwrap();
        let view = UpstreamView::of(&settings, &secrets);
        assert_eq!((view.token_url.as_str(), view.has_secret), ("https://shop.example", false));
    }
}
