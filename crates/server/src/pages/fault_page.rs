//! The error page: explains in the visitor's language why a page cannot be shown.

use super::{Fault, Lang, assets, format, refusal, reply, texts};
use askama::Template;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use kaquan_core::error::{Detail, ErrCode, Error};

impl Fault {
    /// The error page in this language. The page of a holder's link does not lead to the console: a holder cannot sign in there.
    pub fn into_response(self, lang: Lang, path: &str) -> Response<Body> {
        let status = match &self {
            Fault::SignIn(to) => return reply::redirect(to),
            Fault::Status(status) => *status,
            Fault::NotDone(_) => StatusCode::CONFLICT,
            Fault::OldPage(_) => StatusCode::FORBIDDEN,
            Fault::Refused(error) => refused(error),
        };
        let t = Texts::of(lang);
        let (title, text) = match status {
            StatusCode::NOT_FOUND => (t.not_found, t.not_found_text),
            _ if matches!(self, Fault::NotDone(_)) => (t.not_done, ""),
            _ if matches!(self, Fault::OldPage(_)) => (t.not_done, t.old_page),
            StatusCode::FORBIDDEN => (t.forbidden, t.forbidden_text),
            status if status.is_server_error() => (t.broken, t.broken_text),
            _ => (t.bad, t.bad_text),
        };
        let detail = match &self {
            Fault::NotDone(why) => why.sentence(lang),
            Fault::OldPage(since) => format!("{}{}", t.since, format::second(*since)),
            Fault::Refused(error) if !status.is_server_error() => refusal::sentence(lang, error),
            _ => String::new(),
        };
        let page = FaultPage { lang, title, text, detail, status: status.as_u16(), home: Home::of(path, t) };
        reply::html(status, &page).unwrap_or_else(|_| {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        })
    }
}

/// The HTTP status of a refusal.
fn refused(error: &Error) -> StatusCode {
    match error.code {
        // Too much work of the app is waiting.
        ErrCode::SystemError if matches!(error.detail, Detail::Field { .. }) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        // The store has already logged its failure.
        ErrCode::SystemError if matches!(error.detail, Detail::Logged(_)) => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
        ErrCode::SystemError => {
            tracing::error!(%error, "page failed");
            StatusCode::INTERNAL_SERVER_ERROR
        }
        ErrCode::InvalidCardId | ErrCode::InvalidSerialCode => StatusCode::NOT_FOUND,
        _ => StatusCode::BAD_REQUEST,
    }
}

#[derive(Template)]
#[template(path = "fault.html")]
struct FaultPage {
    lang: Lang,
    title: &'static str,
    text: &'static str,
    detail: String,
    status: u16,
    home: Option<Home>,
}

/// The page to which the error page leads.
struct Home {
    name: &'static str,
    path: String,
}

impl Home {
    /// The console, or the holder's cards of the same app. `None` if a wallet page has no app in its path.
    fn of(path: &str, t: &'static Texts) -> Option<Home> {
        let wallet = path.strip_prefix("/w/").or(path.strip_prefix("/bizmall/").map(|_| ""));
        match wallet {
            None => Some(Home { name: t.back, path: "/console".to_owned() }),
            Some(rest) => {
                let appid = rest.split('/').next().filter(|appid| appid.starts_with("wx"))?;
                Some(Home { name: t.my_cards, path: format!("/w/{appid}/cards") })
            }
        }
    }
}

impl FaultPage {
    fn css(&self) -> &'static str {
        assets::url("base.css")
    }
}

texts! {
    /// The text of the page.
    Texts {
        not_found: "Not here", "没有找到";
        not_found_text: "There is nothing at this address. It may have been deleted, or the link may be incomplete.", "此地址没有内容。可能已被删除，或链接不完整。";
        forbidden: "Not for this account", "没有权限";
        forbidden_text: "Your account may not do this, or the page was open for too long. Go back, load it again, and ask an owner if it stays so.", "您的账号无权执行此操作，或页面停留过久。请返回并刷新；如仍如此，请联系管理员。";
        not_done: "Nothing was changed", "没有任何改动";
        old_page: "The page with this form was opened before the present sign-in. Load the page again before you send its form.", "此表单所在页面是在本次登录之前打开的。请重新打开页面后再提交。";
        since: "Present sign-in: ", "本次登录时间：";
        broken: "Something went wrong", "出错了";
        broken_text: "Nothing was changed. Try again in a moment; the log of the server says what happened.", "没有任何改动。请稍后重试；服务器日志中有详细原因。";
        bad: "This does not work", "无法处理";
        bad_text: "The request could not be understood or may not be done now.", "请求无法识别，或当前不允许执行。";
        back: "To the start", "返回首页";
        my_cards: "My cards", "我的卡券";
    }
}
