//! `/console/account`: the password and sessions of the signed-in account.

use super::Frame;
use super::login::{BUSY_SECS, busy_text, wait_text};
use super::login_link::{self, refusal};
use super::session::{self, SignedIn};
use super::visit::apps_of;
use crate::auth::known_browser;
use crate::auth::password::HashCaller;
use crate::auth::throttle::{self, AttemptOrigin};
use crate::pages::{Fields, PageResult, Visitor, reply, texts};
use crate::state::blocking;
use askama::Template;
use axum::http::StatusCode;

#[derive(Template)]
#[template(path = "console/account.html")]
struct AccountPage {
    frame: Frame,
    t: &'static Texts,
}

async fn page(visitor: &Visitor, signed_in: &SignedIn, refusal: Option<String>) -> PageResult {
    let t = Texts::of(visitor.lang);
    let apps = apps_of(visitor, signed_in).await?;
    let mut frame = Frame::of_account(visitor, signed_in, &apps, t.title.to_owned());
    let status = if refusal.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    frame.refusal = refusal;
    if visitor.query.get("done").is_some() {
        frame = frame.with_notice(t.done);
    }
    reply::html(status, &AccountPage { frame, t })
}

pub async fn show(visitor: Visitor, _: Fields) -> PageResult {
    let signed_in = SignedIn::of(&visitor).await?;
    page(&visitor, &signed_in, None).await
}

/// The page with a refusal, and with the seconds until the next attempt is allowed.
async fn later(
    visitor: &Visitor,
    signed_in: &SignedIn,
    (status, text): (StatusCode, String),
    secs: i64,
) -> PageResult {
    let mut response = page(visitor, signed_in, Some(text)).await?;
    *response.status_mut() = status;
    Ok(reply::with_retry_after(response, secs))
}

/// Changes the password. All sessions and known browsers of the account are removed, and a new session begins. Wrong
/// attempts at the old password are counted for each account, apart from failed logins. So strangers cannot delay
/// this change.
pub async fn password(visitor: Visitor, signed_in: SignedIn, form: Fields) -> PageResult {
    let (state, lang) = (&visitor.state, visitor.lang);
    let account = signed_in.account.id;
    let Some(place) = state.passwords.enter(&HashCaller::Recognized(account.0)) else {
        let refusal = (StatusCode::SERVICE_UNAVAILABLE, busy_text(lang).to_owned());
        return later(&visitor, &signed_in, refusal, BUSY_SECS).await;
    };
    let trier = AttemptOrigin::Session(account);
    if let Some(secs) = throttle::take(state, &trier, state.clock.now()).await? {
        let refusal = (StatusCode::TOO_MANY_REQUESTS, wait_text(lang, secs));
        return later(&visitor, &signed_in, refusal, secs).await;
    }
    let old = form.raw("old").unwrap_or_default().to_owned();
    if !state.passwords.verify(&place, old, signed_in.account.password.clone()).await? {
        return page(&visitor, &signed_in, Some(Texts::of(lang).wrong.to_owned())).await;
    }
    throttle::succeeded(state, &trier).await?;
    let chosen = form.raw("password").unwrap_or_default().to_owned();
    let again = form.raw("again").unwrap_or_default();
    if let Some(refusal) = refusal(login_link::Texts::of(lang), &chosen, again, &signed_in.account.name) {
        return page(&visitor, &signed_in, Some(refusal.to_owned())).await;
    }
    let hash = state.passwords.hash(&place, chosen).await?;
    blocking(state, move |store| store.set_password(account, &hash)).await?;
    let response = session::begin(&visitor, account, "/console/account?done=password").await?;
    Ok(known_browser::remember(&visitor, account, response).await?)
}

/// Ends all sessions of the account, and begins a new one in this browser. So if the form is sent again from an old
/// page, it belongs to an earlier session and is refused.
pub async fn elsewhere(visitor: Visitor, signed_in: SignedIn, _: Fields) -> PageResult {
    let account = signed_in.account.id;
    blocking(&visitor.state, move |store| store.delete_sessions(account, None)).await?;
    session::begin(&visitor, account, "/console/account?done=elsewhere").await
}

texts! {
    /// The texts of the page.
    Texts {
        title: "My account", "我的账号";
        password: "Change the password", "修改密码";
        old: "Password so far", "当前密码";
        new: "New password", "新密码";
        rule: "10 to 128 characters, not the account's name, nothing common.", "10 至 128 个字符，不含账号名，且不是常见密码。";
        again: "New password once more", "再输一次新密码";
        save: "Change", "修改";
        wrong: "The password so far is wrong.", "当前密码错误。";
        done: "Done.", "已完成。";
        elsewhere: "Other devices", "其他设备";
        elsewhere_text: "Ends every session of this account but this one.", "结束此账号除本次以外的所有登录。";
        sign_out: "Sign out there", "退出其他设备";
    }
}
