//! Who a guest is: a page that asks, and the ways to be told. Which of them an app has is chosen in the console; where
//! nothing was chosen, a sandbox lets visitors be whoever they say, and any other server lets nobody in.

pub mod oauth;
pub mod signed_link;

use super::frame::Frame;
use super::guest::Guest;
use crate::http::link::with_params;
use crate::pages::visitor::local;
use crate::pages::{Fault, Fields, PageResult, reply, texts};
use crate::state::records_at;
use askama::Template;
use axum::http::StatusCode;
use kaquan_core::id::OPENID_MAX;
use kaquan_core::identity::Identity;

#[derive(Template)]
#[template(path = "wallet/who.html")]
struct WhoPage {
    frame: Frame,
    t: &'static Texts,
    pretend: bool,
    next: String,
    names: [&'static str; 4],
}

/// What the app has chosen.
pub async fn chosen(guest: &Guest) -> Result<Option<Identity>, Fault> {
    let mut kept = records_at::<Identity>(&guest.state, guest.app_id(), vec![Identity::key()]).await?;
    let identity = kept.pop();
    Ok(identity.or(guest.state.pretend.then_some(Identity::Pretend)))
}

/// Leads on to whoever tells who the guest is.
pub async fn ask(guest: Guest, _: Fields) -> PageResult {
    let next = local(guest.query.get("next").unwrap_or_default());
    match chosen(&guest).await? {
        Some(Identity::SignedLink { entry_url, .. }) if !entry_url.is_empty() => {
            let next = format!("{}{next}", guest.state.public_url);
            Ok(reply::redirect(&with_params(&entry_url, &[("next", &next)])))
        }
        Some(Identity::Oauth { appid, authorize_url, .. }) => {
            oauth::begin(&guest, &appid, &authorize_url, &next)
        }
        Some(Identity::Pretend) if guest.state.pretend => page(&guest, true, next, StatusCode::OK),
        _ => page(&guest, false, next, StatusCode::FORBIDDEN),
    }
}

fn page(guest: &Guest, pretend: bool, next: String, status: StatusCode) -> PageResult {
    let t = Texts::of(guest.lang);
    let title = if pretend { t.title } else { t.unknown };
    let names = ["oDemoVisitor", "oDemoFriend", "oDemoMei", "oDemoLi"];
    reply::html(status, &WhoPage { frame: Frame::new(guest, title), t, pretend, next, names })
}

/// The guest is whoever it says, in demo and sandbox.
pub async fn pretend(guest: Guest, form: Fields) -> PageResult {
    let allowed = guest.state.pretend && chosen(&guest).await? == Some(Identity::Pretend);
    if !allowed {
        return Err(Fault::FORBIDDEN);
    }
    let openid = form.get("other").or(form.get("openid")).unwrap_or_default();
    let next = local(form.get("next").unwrap_or_default());
    match is_openid(openid) {
        true => guest.becomes(openid, &next),
        false => page(&guest, true, next, StatusCode::UNPROCESSABLE_ENTITY),
    }
}

/// Whether a holder can have this name.
fn is_openid(text: &str) -> bool {
    (1..=OPENID_MAX).contains(&text.len()) && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// The guest is nobody any more.
pub async fn leave(guest: Guest, _: Fields) -> PageResult {
    Ok(guest.leaves(&guest.url("cards")))
}

texts! {
    /// The texts of the page.
    Texts {
        title: "Who are you?", "您是谁？";
        note: "This is a sandbox: be whoever you like.", "这是沙盒环境：可以扮演任何用户。";
        other: "Another openid", "其他 openid";
        go: "Go on", "继续";
        unknown: "We do not know who you are", "无法识别您的身份";
        unknown_note: "Open this page from the merchant's own app or page, where you are signed in.", "请从商家的应用或页面（已登录）打开本页。";
    }
}
