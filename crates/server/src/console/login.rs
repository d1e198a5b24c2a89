//! Signing in and out.

use super::frame::other_languages;
use super::session::{self, SignedIn};
use crate::auth::throttle;
use crate::pages::visitor::local;
use crate::pages::{Fields, Lang, PageResult, Visitor, assets, reply, texts};
use crate::state::blocking;
use askama::Template;
use axum::http::StatusCode;

#[derive(Template)]
#[template(path = "console/login.html")]
struct LoginPage {
    lang: Lang,
    languages: Vec<(Lang, String)>,
    t: &'static Texts,
    next: String,
    name: String,
    refusal: Option<&'static str>,
}

impl LoginPage {
    fn asset(&self, name: &str) -> &'static str {
        assets::url(name)
    }
}

fn page(visitor: &Visitor, next: &str, name: &str, refusal: Option<&'static str>) -> PageResult {
    let status = if refusal.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = LoginPage {
        lang: visitor.lang,
        languages: other_languages(visitor),
        t: Texts::of(visitor.lang),
        next: local(next),
        name: name.to_owned(),
        refusal,
    };
    reply::html(status, &page)
}

/// The page; whoever is signed in already goes on.
pub async fn show(visitor: Visitor, _: Fields) -> PageResult {
    let next = visitor.query.get("next").unwrap_or("/console");
    match SignedIn::find(&visitor).await? {
        Some(_) => Ok(reply::redirect(&local(next))),
        None => page(&visitor, next, "", None),
    }
}

/// Signs in. A wrong name and a wrong password look alike, and take as long.
pub async fn act(visitor: Visitor, form: Fields) -> PageResult {
    let t = Texts::of(visitor.lang);
    let name = form.get("name").unwrap_or_default().to_owned();
    let password = form.raw("password").unwrap_or_default().to_owned();
    let next = local(form.get("next").unwrap_or("/console"));
    let state = visitor.state.clone();
    let now = state.clock.now();
    if !throttle::may_try(&state, &name, &visitor.address, now).await? {
        return page(&visitor, &next, &name, Some(t.wait));
    }
    let wanted = name.clone();
    let account = blocking(&state, move |store| store.account_by_name(&wanted)).await?;
    let account = account.filter(|account| account.disabled_at.is_none());
    let stored = account.as_ref().and_then(|account| account.password.clone());
    let right = state.passwords.verify(password, stored).await?;
    match account.filter(|_| right) {
        Some(account) => {
            throttle::succeeded(&state, &name, &visitor.address).await?;
            session::begin(&visitor, account.id, &next).await
        }
        None => {
            throttle::failed(&state, &name, &visitor.address, now).await?;
            page(&visitor, &next, &name, Some(t.wrong))
        }
    }
}

/// Signs out.
pub async fn logout(visitor: Visitor, signed_in: SignedIn, _: Fields) -> PageResult {
    session::end(&visitor.state, &visitor, signed_in.digest).await
}

texts! {
    /// The texts of the page.
    Texts {
        title: "Sign in", "登录";
        name: "Name", "账号";
        password: "Password", "密码";
        sign_in: "Sign in", "登录";
        wrong: "Name or password is wrong.", "账号或密码错误。";
        wait: "Too many attempts. Try again in a quarter of an hour.", "尝试次数过多，请一刻钟后再试。";
        lost: "Lost your password? An owner can make a new link for you, and so can kaquan account link on the server.", "忘记密码？可请管理员生成新的登录链接，或在服务器上运行 kaquan account link。";
    }
}
