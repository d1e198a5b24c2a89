//! `/console/enter/…`: the page of a login link, such as the link printed at the first start. A link works once; its
//! user chooses the password of the account.

use super::frame::other_languages;
use super::login::{BUSY_SECS, busy_text};
use super::session;
use crate::auth::known_browser;
use crate::auth::password::{self, HashCaller, PasswordFault};
use crate::auth::secret::digest;
use crate::pages::form_token::FormToken;
use crate::pages::{Fields, Lang, PageResult, Visitor, assets, reply, texts};
use crate::state::blocking;
use askama::Template;
use axum::http::StatusCode;
use kaquan_core::error::Result;
use kaquan_store::Account;

#[derive(Template)]
#[template(path = "console/login_link.html")]
struct LoginLinkPage {
    lang: Lang,
    languages: Vec<(Lang, String)>,
    t: &'static Texts,
    csrf: String,
    name: Option<String>,
    refusal: Option<&'static str>,
}

impl LoginLinkPage {
    fn asset(&self, name: &str) -> &'static str {
        assets::url(name)
    }
}

fn page(
    visitor: &Visitor,
    account: Option<Account>,
    refusal: Option<(StatusCode, &'static str)>,
) -> PageResult {
    let status = match (&account, refusal) {
        (None, _) => StatusCode::NOT_FOUND,
        (_, Some((status, _))) => status,
        _ => StatusCode::OK,
    };
    let token = FormToken::of(visitor)?;
    let page = LoginLinkPage {
        lang: visitor.lang,
        languages: other_languages(visitor),
        t: Texts::of(visitor.lang),
        csrf: token.csrf.clone(),
        name: account.map(|account| account.name),
        refusal: refusal.map(|(_, text)| text),
    };
    Ok(token.with_cookie(visitor, reply::html(status, &page)?))
}

/// The account of the link; `None` if the link is not valid.
async fn account(visitor: &Visitor) -> Result<Option<Account>> {
    let (digest, now) = (digest(visitor.param("token")), visitor.state.clock.now());
    blocking(&visitor.state, move |store| -> Result<_> {
        let link = store.login_link(&digest)?.filter(|link| link.expires_at > now);
        let Some(link) = link else { return Ok(None) };
        Ok(store.account(link.account)?.map(|(account, _)| account).filter(|a| a.disabled_at.is_none()))
    })
    .await
}

/// The form for the new password.
pub async fn show(visitor: Visitor, _: Fields) -> PageResult {
    let account = account(&visitor).await?;
    page(&visitor, account, None)
}

/// Sets the password, invalidates the link, and signs in.
pub async fn act(visitor: Visitor, form: Fields) -> PageResult {
    let (t, state) = (Texts::of(visitor.lang), &visitor.state);
    let Some(account) = account(&visitor).await? else { return page(&visitor, None, None) };
    let refused = |status, text| page(&visitor, Some(account.clone()), Some((status, text)));
    if !FormToken::is_of(&visitor, &form) {
        return refused(StatusCode::FORBIDDEN, t.stale);
    }
    let chosen = form.raw("password").unwrap_or_default().to_owned();
    if let Some(text) = refusal(t, &chosen, form.raw("again").unwrap_or_default(), &account.name) {
        return refused(StatusCode::UNPROCESSABLE_ENTITY, text);
    }
    let Some(place) = state.passwords.enter(&HashCaller::Recognized(account.id.0)) else {
        let busy = refused(StatusCode::SERVICE_UNAVAILABLE, busy_text(visitor.lang))?;
        return Ok(reply::with_retry_after(busy, BUSY_SECS));
    };
    let hash = state.passwords.hash(&place, chosen).await?;
    let (digest, now) = (digest(visitor.param("token")), state.clock.now());
    let used = blocking(state, move |store| store.use_login_link(&digest, &hash, now));
    match used.await? {
        Some(account) => {
            let response = session::begin(&visitor, account, "/console").await?;
            Ok(known_browser::remember(&visitor, account, response).await?)
        }
        None => page(&visitor, None, None),
    }
}

/// The reason why the new password is refused.
pub fn refusal(t: &Texts, password: &str, again: &str, name: &str) -> Option<&'static str> {
    if password != again {
        return Some(t.differ);
    }
    match password::check(password, name) {
        Ok(()) => None,
        Err(PasswordFault::Length | PasswordFault::Name) => Some(t.unfit),
        Err(PasswordFault::Common) => Some(t.common),
    }
}

texts! {
    /// The texts of this page and of every form with a new password.
    Texts {
        title: "Welcome", "欢迎";
        choose: "Choose the password of this account. This link works once.", "请为此账号设置密码。本链接只能使用一次。";
        name: "Name", "账号";
        password: "Password", "密码";
        rule: "10 to 128 characters, not the account's name, nothing common.", "10 至 128 个字符，不含账号名，且不是常见密码。";
        again: "Once more", "再输一次";
        save: "Save and sign in", "保存并登录";
        sign_in: "Sign in", "登录";
        over: "This link was used or has expired. Ask for a new one.", "此链接已使用或已过期，请索取新的链接。";
        differ: "The two passwords differ.", "两次输入的密码不同。";
        common: "This password is easy to guess. Choose a longer or less common one.", "此密码容易被猜到，请使用更长或不常见的密码。";
        stale: "This page was open for too long, or your browser keeps no cookies. Try again.", "页面停留过久，或浏览器未保存 Cookie，请重试。";
        unfit: "The password must have 10 to 128 characters and must not contain the name.", "密码须为 10 至 128 个字符，且不得包含账号名。";
    }
}
