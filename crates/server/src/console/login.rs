//! Signing in and out. A login attempt first waits for its turn to compute a hash, then is counted in the store, then
//! is checked. With this order, attempts in parallel have the same limit as attempts one by one.

use super::frame::other_languages;
use super::session::{self, SignedIn};
use crate::auth::known_browser;
use crate::auth::password::{self, HashCaller};
use crate::auth::throttle::{self, AttemptOrigin};
use crate::pages::form_token::FormToken;
use crate::pages::visitor::local_path;
use crate::pages::{Fault, Fields, Lang, PageResult, Visitor, assets, peer, reply, texts};
use crate::state::blocking;
use askama::Template;
use axum::http::StatusCode;
use kaquan_core::text::NAME_MAX;

#[derive(Template)]
#[template(path = "console/login.html")]
struct LoginPage {
    lang: Lang,
    languages: Vec<(Lang, String)>,
    t: &'static Texts,
    csrf: String,
    next: String,
    name: String,
    refusal: Option<String>,
}

impl LoginPage {
    fn asset(&self, name: &str) -> &'static str {
        assets::url(name)
    }
}

/// Why a login failed.
enum Refusal {
    /// The form belongs to another visitor, or was opened too long ago.
    Stale,
    /// The name or the password is wrong.
    Wrong,
    /// There were too many attempts. The value is the seconds to wait.
    Wait(i64),
    /// The queue for hashes is full.
    Busy,
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Refusal::Stale => StatusCode::FORBIDDEN,
            Refusal::Wrong => StatusCode::UNPROCESSABLE_ENTITY,
            Refusal::Wait(_) => StatusCode::TOO_MANY_REQUESTS,
            Refusal::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn text(&self, lang: Lang) -> String {
        let t = Texts::of(lang);
        match self {
            Refusal::Stale => t.stale.to_owned(),
            Refusal::Wrong => t.wrong.to_owned(),
            Refusal::Wait(secs) => wait_text(lang, *secs),
            Refusal::Busy => busy_text(lang).to_owned(),
        }
    }
}

fn page(visitor: &Visitor, next: &str, name: &str, refusal: Option<Refusal>) -> PageResult {
    let token = FormToken::of(visitor)?;
    let page = LoginPage {
        lang: visitor.lang,
        languages: other_languages(visitor),
        t: Texts::of(visitor.lang),
        csrf: token.csrf.clone(),
        next: local_path(next),
        name: name.to_owned(),
        refusal: refusal.as_ref().map(|refusal| refusal.text(visitor.lang)),
    };
    let status = refusal.as_ref().map_or(StatusCode::OK, Refusal::status);
    let response = token.with_cookie(visitor, reply::html(status, &page)?);
    Ok(match refusal {
        Some(Refusal::Wait(secs)) => reply::with_retry_after(response, secs),
        Some(Refusal::Busy) => reply::with_retry_after(response, BUSY_SECS),
        _ => response,
    })
}

/// The login page. A visitor with a session is redirected.
pub async fn show(visitor: Visitor, _: Fields) -> PageResult {
    let next = visitor.query.get("next").unwrap_or("/console");
    match SignedIn::find(&visitor).await? {
        Some(_) => Ok(reply::redirect(&local_path(next))),
        None => page(&visitor, next, "", None),
    }
}

/// Signs in. A wrong name and a wrong password give the same response after the same time.
pub async fn act(visitor: Visitor, form: Fields) -> PageResult {
    let name: String = form.get("name").unwrap_or_default().chars().take(NAME_MAX + 1).collect();
    let next = local_path(form.get("next").unwrap_or("/console"));
    if !FormToken::is_of(&visitor, &form) {
        return page(&visitor, &next, &name, Some(Refusal::Stale));
    }
    match attempt(&visitor, &name, form.raw("password").unwrap_or_default(), &next).await? {
        Ok(signed_in) => Ok(signed_in),
        Err(refusal) => page(&visitor, &next, &name, Some(refusal)),
    }
}

async fn attempt(
    visitor: &Visitor,
    name: &str,
    password: &str,
    next: &str,
) -> Result<Result<axum::http::Response<axum::body::Body>, Refusal>, Fault> {
    let (state, now) = (&visitor.state, visitor.state.clock.now());
    // No account can have such a name or password. No hash is computed, and the response reveals nothing about
    // accounts.
    if name.chars().count() > NAME_MAX || !password::has_length(password) {
        return Ok(Err(Refusal::Wrong));
    }
    let known = known_browser::find(visitor, name).await?;
    let (caller, trier) = match known {
        Some((account, digest)) => (HashCaller::Recognized(account.0), AttemptOrigin::Browser(digest)),
        None => {
            let (name, address) = (name.to_owned(), visitor.address.clone());
            (HashCaller::Stranger(peer::group(&address)), AttemptOrigin::Stranger { name, address })
        }
    };
    let Some(place) = state.passwords.enter(&caller) else { return Ok(Err(Refusal::Busy)) };
    if let Some(secs) = throttle::take(state, &trier, now).await? {
        return Ok(Err(Refusal::Wait(secs)));
    }
    let wanted = name.to_owned();
    let account = blocking(state, move |store| store.account_by_name(&wanted)).await?;
    let account = account.filter(|account| account.disabled_at.is_none());
    let stored = account.as_ref().and_then(|account| account.password.clone());
    let right = state.passwords.verify(&place, password.to_owned(), stored).await?;
    let Some(account) = account.filter(|_| right) else { return Ok(Err(Refusal::Wrong)) };
    throttle::succeeded(state, &trier).await?;
    let response = session::begin(visitor, account.id, next).await?;
    match known {
        Some(_) => Ok(Ok(response)),
        None => Ok(Ok(known_browser::remember(visitor, account.id, response).await?)),
    }
}

/// Signs out.
pub async fn logout(visitor: Visitor, signed_in: SignedIn, _: Fields) -> PageResult {
    session::end(&visitor.state, &visitor, signed_in.digest).await
}

/// Seconds until a caller may try again if the queue for hashes is full.
pub const BUSY_SECS: i64 = 2;

/// The text for a full queue for hashes.
pub const fn busy_text(lang: Lang) -> &'static str {
    Texts::of(lang).busy
}

/// The text with the time to wait after too many attempts.
pub fn wait_text(lang: Lang, secs: i64) -> String {
    let minutes = (secs + 59) / 60;
    match secs {
        ..=90 => lang.pick(
            format!("Too many attempts. Try again in {secs} seconds."),
            format!("尝试次数过多，请 {secs} 秒后再试。"),
        ),
        _ => lang.pick(
            format!("Too many attempts. Try again in {minutes} minutes."),
            format!("尝试次数过多，请 {minutes} 分钟后再试。"),
        ),
    }
}

texts! {
    /// The texts of the page.
    Texts {
        title: "Sign in", "登录";
        name: "Name", "账号";
        password: "Password", "密码";
        sign_in: "Sign in", "登录";
        wrong: "Name or password is wrong.", "账号或密码错误。";
        busy: "The server is checking other passwords. Try again in a few seconds.", "服务器正在校验其他登录，请几秒后再试。";
        stale: "This page was open for too long, or your browser keeps no cookies. Try again.", "页面停留过久，或浏览器未保存 Cookie，请重试。";
        lost: "Lost your password? An owner can make a new link for you, and so can kaquan account link on the server.", "忘记密码？可请管理员生成新的登录链接，或在服务器上运行 kaquan account link。";
    }
}
