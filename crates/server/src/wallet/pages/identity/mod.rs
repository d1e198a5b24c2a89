//! The identity of a guest: the identity providers, and the page for sandbox mode. The console sets the provider of
//! an app. Without a provider, visitors choose their identity in sandbox mode, and are refused otherwise.

pub mod oauth;
pub mod provider;
pub mod signed_link;

use self::provider::Provider;
use super::frame::Frame;
use super::guest::Guest;
use crate::http::link::with_params;
use crate::pages::form_token::FormToken;
use crate::pages::visitor::local_path;
use crate::pages::{Fault, Fields, PageResult, reply, texts};
use crate::state::records_at;
use askama::Template;
use axum::http::StatusCode;
use kaquan_core::id::OPENID_MAX;
use kaquan_core::identity::{Identity, IdentitySettings};

#[derive(Template)]
#[template(path = "wallet/who.html")]
struct WhoPage {
    frame: Frame,
    t: &'static Texts,
    csrf: String,
    pretend: bool,
    next: String,
    names: [&'static str; 4],
}

/// The provider that is used for the guest's app.
pub async fn chosen(guest: &Guest) -> Result<Option<Provider>, Fault> {
    let key = vec![Identity::key()];
    let settings = records_at::<IdentitySettings>(&guest.state, guest.app_id(), key).await?.pop();
    Ok(Provider::in_force(settings, guest.state.sandbox))
}

/// Redirects to the identity provider.
pub async fn ask(guest: Guest, _: Fields) -> PageResult {
    let next = local_path(guest.query.get("next").unwrap_or_default());
    let provider = chosen(&guest).await?;
    match provider.as_ref().map(|provider| &provider.identity) {
        Some(Identity::SignedLink { entry_url, .. }) if !entry_url.is_empty() => {
            let next = format!("{}{next}", guest.state.public_url);
            Ok(reply::redirect(&with_params(entry_url, &[("next", &next)])))
        }
        Some(Identity::Oauth { appid, authorize_url, .. }) => {
            let binding = provider.as_ref().map_or("", |provider| &provider.binding);
            oauth::begin(&guest, binding, (appid, authorize_url), &next)
        }
        Some(Identity::Pretend) => page(&guest, true, next, StatusCode::OK),
        _ => page(&guest, false, next, StatusCode::FORBIDDEN),
    }
}

fn page(guest: &Guest, pretend: bool, next: String, status: StatusCode) -> PageResult {
    let t = Texts::of(guest.lang);
    let title = if pretend { t.title } else { t.unknown };
    let names = ["oDemoVisitor", "oDemoFriend", "oDemoMei", "oDemoLi"];
    let token = FormToken::of(guest)?;
    let csrf = token.csrf.clone();
    let page = WhoPage { frame: Frame::new(guest, title), t, csrf, pretend, next, names };
    Ok(token.with_cookie(guest, reply::html(status, &page)?))
}

/// Sandbox mode: signs the guest in with the openid in the form.
pub async fn pretend(guest: Guest, form: Fields) -> PageResult {
    let provider = chosen(&guest).await?.filter(|provider| provider.identity == Identity::Pretend);
    let provider = provider.ok_or(Fault::FORBIDDEN)?;
    if !FormToken::is_of(&guest, &form) {
        return Err(Fault::FORBIDDEN);
    }
    let openid = form.get("other").or(form.get("openid")).unwrap_or_default();
    let next = local_path(form.get("next").unwrap_or_default());
    match is_openid(openid) {
        true => guest.becomes(&provider, openid, &next),
        false => page(&guest, true, next, StatusCode::UNPROCESSABLE_ENTITY),
    }
}

/// Whether the text is a valid openid.
fn is_openid(text: &str) -> bool {
    (1..=OPENID_MAX).contains(&text.len()) && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Ends the guest's session on every node, so that copies of its cookie become invalid.
pub async fn leave(guest: Guest, form: Fields) -> PageResult {
    let next = guest.url("cards");
    guest.check(&form, &next)?;
    guest.leaves(&next).await
}

texts! {
    /// The texts of the page.
    Texts {
        title: "Who are you?", "您是谁？";
        note: "This is a sandbox: choose any identity.", "这是沙盒环境：可以扮演任何用户。";
        other: "Another openid", "其他 openid";
        go: "Go on", "继续";
        unknown: "We do not know who you are", "无法识别您的身份";
        unknown_note: "Open this page from the merchant's own app or page, where you are signed in.", "请从商家的应用或页面（已登录）打开本页。";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binding(identity: Identity, version: u64, sandbox: bool) -> Option<String> {
        let settings = Some(IdentitySettings { identity, version });
        Provider::in_force(settings, sandbox).map(|provider| provider.binding)
    }

    #[test]
    fn each_thing_that_vouches_for_a_holder_is_part_of_the_binding() {
        let link = |secret: &str| Identity::SignedLink { secret: secret.into(), entry_url: String::new() };
        let oauth = |appid: &str, secret: &str, api_url: &str| Identity::Oauth {
            appid: appid.into(),
            secret: secret.into(),
            authorize_url: Identity::WECHAT_AUTHORIZE.into(),
            api_url: api_url.into(),
        };
        let bindings = [
            binding(link("one"), 1, false),
            binding(link("two"), 1, false),
            binding(link("one"), 2, false),
            binding(link("one"), 1, true),
            binding(oauth("one", "", "https://a"), 1, false),
            binding(oauth("two", "", "https://a"), 1, false),
            binding(oauth("one", "two", "https://a"), 1, false),
            binding(oauth("one", "", "https://b"), 1, false),
            binding(Identity::Pretend, 1, true),
        ];
        for (at, one) in bindings.iter().enumerate() {
            assert!(one.is_some() && !bindings[..at].contains(one), "{at}: {one:?}");
        }
    }

    #[test]
    fn visitors_choose_an_identity_in_sandbox_mode_only() {
        assert_eq!(binding(Identity::Pretend, 1, false), None, "also where the console chose it before");
        assert_eq!(Provider::in_force(None, false), None);
        assert!(Provider::in_force(None, true).is_some());
    }
}
