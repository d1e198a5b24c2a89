//! The identity provider of the wallet's pages: the merchant's own system, WeChat, or in sandbox mode the visitor.
//! Each app has its own provider. Native API: WeChat's app on the phone knows the holder.

mod leave;

pub use leave::{FindSession, LeaveWallet};

use crate::engine::{Command, Keys, Record, RecordKey, RecordKind, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::time::Timestamp;
use crate::{text, value};
use serde::{Deserialize, Serialize};

/// The shortest secret for signed links, in characters.
pub const SECRET_MIN: usize = 16;
/// The longest secret and appid of a provider, in bytes.
pub const SECRET_MAX: usize = 256;
/// The longest URL in bytes.
pub const URL_MAX: usize = 512;

/// The provider of holders' identities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "provider", rename_all = "snake_case")]
pub enum Identity {
    /// The merchant's system sends holders here with links that it signs.
    SignedLink {
        /// The signing secret.
        secret: String,
        /// The page for holders who come without such a link; empty if there is none.
        entry_url: String,
    },
    /// WeChat's web authorization. WeChat manual: "网页授权" (web authorization).
    Oauth {
        /// The appid of the Official Account.
        appid: String,
        secret: String,
        /// The URL of WeChat's page, without a query.
        authorize_url: String,
        /// The URL of WeChat's API, without a slash at the end.
        api_url: String,
    },
    /// The visitor chooses the identity. Only for demo and sandbox mode.
    Pretend,
}

/// The provider in its stored form, with a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentitySettings {
    /// The provider.
    #[serde(flatten)]
    pub identity: Identity,
    /// How often the provider or a secret was changed. Sessions of an earlier version are no longer valid, even if
    /// the same secret is set again later.
    #[serde(default)]
    pub version: u64,
}

impl Record for IdentitySettings {
    const KIND: RecordKind = RecordKind::Identity;
}

impl Identity {
    /// The URL of WeChat's page for signing in.
    pub const WECHAT_AUTHORIZE: &'static str = "https://open.weixin.qq.com/connect/oauth2/authorize";
    /// The URL of WeChat's API.
    pub const WECHAT_API: &'static str = "https://api.weixin.qq.com";

    /// The record key of the settings.
    pub fn key() -> RecordKey {
        RecordKey::numbered::<IdentitySettings>(0)
    }

    /// The provider's name in the record.
    pub const fn name(&self) -> &'static str {
        match self {
            Identity::SignedLink { .. } => "signed_link",
            Identity::Oauth { .. } => "oauth",
            Identity::Pretend => "pretend",
        }
    }

    /// The parts that decide whether a holder's identity is trusted: the provider, and its secrets and URLs.
    pub fn voucher(&self) -> [&str; 4] {
        match self {
            Identity::SignedLink { secret, entry_url: _ } => [self.name(), secret, "", ""],
            Identity::Oauth { appid, secret, authorize_url: _, api_url } => {
                [self.name(), secret, appid, api_url]
            }
            Identity::Pretend => [self.name(), "", "", ""],
        }
    }

    fn check(&self) -> Result<()> {
        let url = |field: &str, url: &str, may_be_empty: bool| {
            text::line(field, url, URL_MAX)?;
            match value::is_web_address(url) || (may_be_empty && url.is_empty()) {
                true => Ok(()),
                false => Err(Error::field(
                    ErrCode::InvalidArgs,
                    field,
                    "must be an address with http:// or https://",
                )),
            }
        };
        let short = |field: &str, text: &str| text::line(field, text, SECRET_MAX);
        match self {
            Identity::SignedLink { secret, entry_url } => {
                if secret.len() < SECRET_MIN {
                    let reason = format!("must have at least {SECRET_MIN} characters");
                    return Err(Error::field(ErrCode::InvalidArgs, "secret", reason));
                }
                short("secret", secret)?;
                url("entry_url", entry_url, true)
            }
            Identity::Oauth { appid, secret, authorize_url, api_url } => {
                if appid.is_empty() || secret.is_empty() {
                    let field = if appid.is_empty() { "appid" } else { "secret" };
                    return Err(Error::field(ErrCode::InvalidArgs, field, "must not be empty"));
                }
                short("appid", appid)?;
                short("secret", secret)?;
                url("authorize_url", authorize_url, false)?;
                url("api_url", api_url, false)
            }
            Identity::Pretend => Ok(()),
        }
    }
}

/// Sets the identity provider.
///
/// # Errors
///
/// 40097 a secret that is too short or missing, or an invalid address; 45021 a text that is too long; 47001 a text with
/// a control character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetIdentity(pub Identity);

impl Command for SetIdentity {
    type Reply = ();

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.records.insert(Identity::key());
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        self.0.check()?;
        let version = match ws.find_record::<IdentitySettings>(&Identity::key(), now)? {
            None => 1,
            Some(before) if before.identity.voucher() == self.0.voucher() => before.version,
            Some(before) => before.version + 1,
        };
        ws.put_record(Identity::key(), &IdentitySettings { identity: self.0.clone(), version })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::*;

    fn oauth(appid: &str, api_url: &str) -> Identity {
        let (secret, authorize_url) = ("s".to_owned(), Identity::WECHAT_AUTHORIZE.to_owned());
        Identity::Oauth { appid: appid.into(), secret, authorize_url, api_url: api_url.into() }
    }

    #[test]
    fn a_provider_is_kept_when_it_is_whole() {
        let link = |secret: &str, entry_url: &str| Identity::SignedLink {
            secret: secret.into(),
            entry_url: entry_url.into(),
        };
        for (identity, expected) in [
            (Identity::Pretend, None),
            (link("0123456789abcdef", ""), None),
            (link("0123456789abcdef", "https://shop.example/in"), None),
            (link("short", ""), Some(ErrCode::InvalidArgs)),
            (link(&"s".repeat(SECRET_MAX), ""), None),
            (link(&"s".repeat(SECRET_MAX + 1), ""), Some(ErrCode::OutOfLengthLimit)),
            (oauth(&"a".repeat(SECRET_MAX + 1), Identity::WECHAT_API), Some(ErrCode::OutOfLengthLimit)),
            (link("0123456789abcdef", &format!("http://{}", "a".repeat(URL_MAX - 7))), None),
            (
                link("0123456789abcdef", &format!("http://{}", "a".repeat(URL_MAX - 6))),
                Some(ErrCode::OutOfLengthLimit),
            ),
            (link("0123456789abcdef", "https://a/\u{1b}[1m"), Some(ErrCode::DataFormat)),
            (link("0123456789abcdef", "https://a/\r\nb"), Some(ErrCode::DataFormat)),
            (link("0123456789abcdef\n", ""), Some(ErrCode::DataFormat)),
            (oauth("wx\u{7f}1", Identity::WECHAT_API), Some(ErrCode::DataFormat)),
            (oauth("wx1", "https://a\u{0}"), Some(ErrCode::DataFormat)),
            (link("0123456789abcdef", "javascript:alert(1)"), Some(ErrCode::InvalidArgs)),
            (oauth("wx1", Identity::WECHAT_API), None),
            (oauth("", Identity::WECHAT_API), Some(ErrCode::InvalidArgs)),
            (oauth("wx1", "ftp://a"), Some(ErrCode::InvalidArgs)),
        ] {
            let mut world = World::new();
            assert_eq!(refusal(world.run(SetIdentity(identity.clone()))), expected, "{identity:?}");
            let kept = world.records.get(&Identity::key()).map(|record| record.value::<IdentitySettings>());
            assert_eq!(kept, expected.is_none().then_some(Ok(IdentitySettings { identity, version: 1 })));
        }
    }

    #[test]
    fn the_version_grows_with_every_other_provider_or_secret() {
        let mut world = World::new();
        let link = |secret: &str, entry_url: &str| Identity::SignedLink {
            secret: secret.into(),
            entry_url: entry_url.into(),
        };
        for (identity, expected) in [
            (link("0123456789abcdef", ""), 1),
            (link("0123456789abcdef", "https://shop.example/in"), 1),
            (link("fedcba9876543210", ""), 2),
            (link("0123456789abcdef", ""), 3),
            (Identity::Pretend, 4),
            (oauth("wx1", Identity::WECHAT_API), 5),
            (oauth("wx2", Identity::WECHAT_API), 6),
            (oauth("wx2", "https://proxy.example"), 7),
        ] {
            world.run(SetIdentity(identity.clone())).unwrap();
            let kept = world.records[&Identity::key()].value::<IdentitySettings>().unwrap();
            assert_eq!(kept.version, expected, "{identity:?}");
        }
    }

    #[test]
    fn settings_stored_before_versions_are_read() {
        let body = r#"{"provider":"signed_link","secret":"0123456789abcdef","entry_url":""}"#.into();
        let settings = crate::engine::StoredRecord { body, expires_at: None }.value::<IdentitySettings>();
        assert_eq!(settings.unwrap().version, 0);
    }
}
