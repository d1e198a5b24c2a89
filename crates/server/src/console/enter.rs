//! `/console/enter/…`: where a login link leads, the first one printed at start or one made for somebody. It works once,
//! and whoever has it chooses the password.

use super::frame::other_languages;
use super::session;
use crate::auth::password;
use crate::auth::secret::digest;
use crate::pages::{Fields, Lang, PageResult, Visitor, assets, reply, texts};
use crate::state::blocking;
use askama::Template;
use axum::http::StatusCode;
use kaquan_core::error::Result;
use kaquan_store::Account;

#[derive(Template)]
#[template(path = "console/enter.html")]
struct EnterPage {
    lang: Lang,
    languages: Vec<(Lang, String)>,
    t: &'static Texts,
    name: Option<String>,
    refusal: Option<&'static str>,
}

impl EnterPage {
    fn asset(&self, name: &str) -> &'static str {
        assets::url(name)
    }
}

fn page(visitor: &Visitor, account: Option<Account>, refusal: Option<&'static str>) -> PageResult {
    let status = match (&account, refusal) {
        (None, _) => StatusCode::NOT_FOUND,
        (_, Some(_)) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::OK,
    };
    let page = EnterPage {
        lang: visitor.lang,
        languages: other_languages(visitor),
        t: Texts::of(visitor.lang),
        name: account.map(|account| account.name),
        refusal,
    };
    reply::html(status, &page)
}

/// Whose link it is, while it works.
async fn account(visitor: &Visitor) -> Result<Option<Account>> {
    let (digest, now) = (digest(visitor.param("token")), visitor.state.clock.now());
    blocking(&visitor.state, move |store| -> Result<_> {
        let link = store.login_link(&digest)?.filter(|link| link.expires_at > now);
        let Some(link) = link else { return Ok(None) };
        Ok(store.account(link.account)?.map(|(account, _)| account).filter(|a| a.disabled_at.is_none()))
    })
    .await
}

/// The form.
pub async fn show(visitor: Visitor, _: Fields) -> PageResult {
    let account = account(&visitor).await?;
    page(&visitor, account, None)
}

/// Sets the password, uses the link up, and signs in.
pub async fn act(visitor: Visitor, form: Fields) -> PageResult {
    let t = Texts::of(visitor.lang);
    let Some(account) = account(&visitor).await? else { return page(&visitor, None, None) };
    let chosen = form.raw("password").unwrap_or_default().to_owned();
    if let Some(refusal) = refusal(t, &chosen, form.raw("again").unwrap_or_default(), &account.name) {
        return page(&visitor, Some(account), Some(refusal));
    }
    let hash = visitor.state.passwords.hash(chosen).await?;
    let (digest, now) = (digest(visitor.param("token")), visitor.state.clock.now());
    let used = blocking(&visitor.state, move |store| store.use_login_link(&digest, &hash, now));
    match used.await? {
        Some(account) => session::begin(&visitor, account, "/console").await,
        None => page(&visitor, None, None),
    }
}

/// Why this cannot be the new password.
pub fn refusal(t: &Texts, password: &str, again: &str, name: &str) -> Option<&'static str> {
    if password != again {
        return Some(t.differ);
    }
    (!password::is_fit(password, name)).then_some(t.unfit)
}

texts! {
    /// The texts of the page, and those of choosing a password anywhere.
    Texts {
        title: "Welcome", "欢迎";
        choose: "Choose the password of this account. This link works once.", "请为此账号设置密码。本链接只能使用一次。";
        name: "Name", "账号";
        password: "Password", "密码";
        rule: "10 to 128 characters.", "10 至 128 个字符。";
        again: "Once more", "再输一次";
        save: "Save and sign in", "保存并登录";
        sign_in: "Sign in", "登录";
        over: "This link was used, or is over. Ask for a new one.", "此链接已使用或已过期，请索取新的链接。";
        differ: "The two passwords differ.", "两次输入的密码不同。";
        unfit: "The password must have 10 to 128 characters and must not contain the name.", "密码须为 10 至 128 个字符，且不得包含账号名。";
    }
}
