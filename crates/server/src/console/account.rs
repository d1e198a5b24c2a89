//! `/console/account`: one's own password and sessions.

use super::Frame;
use super::enter::{self, refusal};
use super::session::{self, SignedIn};
use super::visit::apps_of;
use crate::auth::throttle;
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

async fn page(visitor: &Visitor, signed_in: &SignedIn, refusal: Option<&'static str>) -> PageResult {
    let t = Texts::of(visitor.lang);
    let apps = apps_of(visitor, signed_in).await?;
    let mut frame = Frame::of_account(visitor, signed_in, &apps, t.title.to_owned());
    frame.refusal = refusal.map(str::to_owned);
    if visitor.query.get("done").is_some() {
        frame = frame.with_notice(t.done);
    }
    let status = if refusal.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    reply::html(status, &AccountPage { frame, t })
}

/// The page.
pub async fn show(visitor: Visitor, _: Fields) -> PageResult {
    let signed_in = SignedIn::of(&visitor).await?;
    page(&visitor, &signed_in, None).await
}

/// Changes the password. All sessions end, and a new one begins.
pub async fn password(visitor: Visitor, signed_in: SignedIn, form: Fields) -> PageResult {
    let state = &visitor.state;
    let (name, now) = (signed_in.account.name.clone(), state.clock.now());
    let t = Texts::of(visitor.lang);
    if !throttle::may_try(state, &name, &visitor.address, now).await? {
        return page(&visitor, &signed_in, Some(t.wait)).await;
    }
    let old = form.raw("old").unwrap_or_default().to_owned();
    if !state.passwords.verify(old, signed_in.account.password.clone()).await? {
        throttle::failed(state, &name, &visitor.address, now).await?;
        return page(&visitor, &signed_in, Some(t.wrong)).await;
    }
    let chosen = form.raw("password").unwrap_or_default().to_owned();
    let again = form.raw("again").unwrap_or_default();
    if let Some(refusal) = refusal(enter::Texts::of(visitor.lang), &chosen, again, &name) {
        return page(&visitor, &signed_in, Some(refusal)).await;
    }
    let hash = state.passwords.hash(chosen).await?;
    let account = signed_in.account.id;
    blocking(state, move |store| store.set_password(account, &hash)).await?;
    session::begin(&visitor, account, "/console/account?done=password").await
}

/// Ends all sessions but this one.
pub async fn elsewhere(visitor: Visitor, signed_in: SignedIn, _: Fields) -> PageResult {
    let (account, digest) = (signed_in.account.id, signed_in.digest);
    blocking(&visitor.state, move |store| store.delete_sessions(account, Some(&digest))).await?;
    Ok(reply::redirect("/console/account?done=elsewhere"))
}

texts! {
    /// The texts of the page.
    Texts {
        title: "My account", "我的账号";
        password: "Change the password", "修改密码";
        old: "Password so far", "当前密码";
        new: "New password", "新密码";
        rule: "10 to 128 characters.", "10 至 128 个字符。";
        again: "New password once more", "再输一次新密码";
        save: "Change", "修改";
        wrong: "The password so far is wrong.", "当前密码错误。";
        wait: "Too many attempts. Try again in a quarter of an hour.", "尝试次数过多，请一刻钟后再试。";
        done: "Done.", "已完成。";
        elsewhere: "Other devices", "其他设备";
        elsewhere_text: "Ends every session of this account but this one.", "结束此账号除本次以外的所有登录。";
        sign_out: "Sign out there", "退出其他设备";
    }
}
