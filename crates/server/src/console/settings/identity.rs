//! The identity provider of the wallet's pages.

use super::page::{not_done, page};
use crate::console::Visit;
use crate::pages::once::{FormObject, Submission, mark};
use crate::pages::{Form, PageResult};
use crate::state::records_at;
use kaquan_core::identity::{Identity, IdentitySettings, SetIdentity};
use serde_json::json;

/// Sets the provider. If the secret is left empty, the old one remains.
pub async fn set(visit: Visit, form: Form) -> PageResult {
    let key = vec![Identity::key()];
    let before = records_at::<IdentitySettings>(&visit.state, visit.app_id(), key).await?.pop();
    let before = before.map(|settings| settings.identity);
    let text = |key: &str| form.get(key).unwrap_or_default().to_owned();
    let kept = |field: &str, before: Option<&String>| match form.get(field) {
        Some(secret) => secret.to_owned(),
        None => before.cloned().unwrap_or_default(),
    };
    let wanted = match form.get("provider") {
        Some("signed_link") => {
            let secret = match &before {
                Some(Identity::SignedLink { secret, .. }) => kept("link_secret", Some(secret)),
                _ => kept("link_secret", None),
            };
            Identity::SignedLink { secret, entry_url: text("entry_url") }
        }
        Some("oauth") => {
            let secret = match &before {
                Some(Identity::Oauth { secret, .. }) => kept("oauth_secret", Some(secret)),
                _ => kept("oauth_secret", None),
            };
            let (authorize_url, api_url) = match &before {
                Some(Identity::Oauth { authorize_url, api_url, .. }) => {
                    (authorize_url.clone(), api_url.clone())
                }
                _ => (Identity::WECHAT_AUTHORIZE.to_owned(), Identity::WECHAT_API.to_owned()),
            };
            Identity::Oauth { appid: text("oauth_appid"), secret, authorize_url, api_url }
        }
        Some("pretend") if visit.state.sandbox => Identity::Pretend,
        _ => return visit.go("settings#identity"),
    };
    let object = FormObject::marked("identity", identity_mark(before.as_ref()));
    let was = before.map_or(json!(null), |before| json!(before.name()));
    let audit = visit.audit("identity_set", wanted.name(), was, json!(wanted.name()));
    match visit.submit(SetIdentity(wanted), audit, &form, object).await {
        Ok(Submission::Not(why, _)) => not_done(&visit, why).await,
        Ok(Submission::Done(())) => visit.go("settings?done=identity#identity"),
        Err(error) => visit.refused(&page(&visit, Some(&error)).await?),
    }
}

/// The mark of a provider: a digest of the settings that the page shows.
pub(super) fn identity_mark(identity: Option<&Identity>) -> String {
    let shown = match identity {
        None => String::new(),
        Some(Identity::SignedLink { entry_url, .. }) => format!("signed_link {entry_url}"),
        Some(Identity::Oauth { appid, .. }) => format!("oauth {appid}"),
        Some(identity) => identity.name().to_owned(),
    };
    mark(&shown)
}
