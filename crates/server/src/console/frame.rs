//! The frame of every page of the console: the apps, the menu, the account, the languages, and the page's notices and
//! warnings.

use super::session::SignedIn;
use super::visit::Visit;
use crate::pages::once::NotDone;
use crate::pages::{HiddenFields, Lang, Visitor, assets, refusal, texts};
use kaquan_core::error::Error;
use kaquan_store::{AppRow, Role};

/// The frame of a page. Templates extend `console/frame.html` and have it in the variable `frame`.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The language.
    pub lang: Lang,
    /// The texts of the frame itself.
    pub t: &'static FrameTexts,
    /// The title of the page.
    pub title: String,
    /// The name of the app; empty on pages without an app.
    pub app_name: String,
    /// The names of the account's apps, with the URLs of their first pages.
    pub apps: Vec<(String, String)>,
    /// The menu.
    pub links: Vec<Link>,
    /// Name of the account.
    pub account: String,
    /// The token of the session, for the form that ends it.
    pub csrf: String,
    hidden: HiddenFields,
    /// The other languages, with the URL of this page in each.
    pub languages: Vec<(Lang, String)>,
    /// The notice of a success.
    pub notice: Option<String>,
    /// The reason why a form changed nothing, with advice.
    pub warning: Option<String>,
    /// The text of a refusal.
    pub refusal: Option<String>,
    /// Stylesheets in addition to those of the frame.
    pub styles: Vec<&'static str>,
    /// Scripts. Every page also works without scripts.
    pub scripts: Vec<&'static str>,
}

/// An entry of the menu.
#[derive(Debug, Clone)]
pub struct Link {
    /// The URL of the page.
    pub url: String,
    /// Its label.
    pub name: &'static str,
    /// Whether it is the entry of the current page.
    pub current: bool,
}

impl Frame {
    /// The frame of a page of an app.
    pub fn new(visit: &Visit, title: String, current: &str) -> Frame {
        let mut frame = Frame::of_account(&visit.visitor, &visit.signed_in, &visit.apps, title);
        frame.app_name = visit.row.name.clone();
        let t = frame.t;
        let menu = [
            (Role::Operator, "overview", t.overview),
            (Role::Operator, "cards", t.cards),
            (Role::Operator, "review", t.review),
            (Role::Operator, "codes", t.codes),
            (Role::Clerk, "till", t.till),
            (Role::Operator, "members", t.members),
            (Role::Operator, "data", t.data),
            (Role::Operator, "events", t.events),
            (Role::Owner, "settings", t.settings),
        ];
        let seen = menu.into_iter().filter(|(least, ..)| visit.role.covers(*least));
        frame.links = seen
            .map(|(_, path, name)| Link { url: visit.url(path), name, current: path == current })
            .collect();
        frame
    }

    /// The frame of a page without an app.
    pub fn of_account(visitor: &Visitor, signed_in: &SignedIn, apps: &[AppRow], title: String) -> Frame {
        Frame {
            lang: visitor.lang,
            t: FrameTexts::of(visitor.lang),
            title,
            app_name: String::new(),
            apps: apps.iter().map(|row| (format!("/console/{}", row.appid), row.name.clone())).collect(),
            links: Vec::new(),
            account: signed_in.account.name.clone(),
            csrf: signed_in.csrf.clone(),
            hidden: HiddenFields::of(visitor, &signed_in.csrf),
            languages: other_languages(visitor),
            notice: None,
            warning: None,
            refusal: None,
            styles: Vec::new(),
            scripts: vec!["once.js"],
        }
    }

    /// The frame with the notice of a success.
    pub fn with_notice(mut self, notice: impl Into<String>) -> Frame {
        self.notice = Some(notice.into());
        self
    }

    /// The frame with the reason why a form changed nothing.
    pub fn with_warning(mut self, not_done: Option<NotDone>) -> Frame {
        if let Some(not_done) = not_done {
            self.warning = Some(not_done.sentence(self.lang));
        }
        self
    }

    pub fn with_refusal(mut self, error: &Error) -> Frame {
        self.refusal = Some(refusal::sentence(self.lang, error));
        self
    }

    /// Adds stylesheets and scripts.
    pub fn with_assets(mut self, styles: &[&'static str], scripts: &[&'static str]) -> Frame {
        self.styles.extend(styles);
        self.scripts.extend(scripts);
        self
    }

    /// The hidden fields of a form about a state with this mark; an empty one if no state matters.
    pub fn hidden(&self, seen: impl AsRef<str>) -> String {
        self.hidden.html(seen.as_ref())
    }

    /// The URL of an asset.
    pub fn asset(&self, name: &str) -> &'static str {
        assets::url(name)
    }
}

impl Visit {
    /// The frame of a page with this title. `current` is the menu entry of the page, such as `cards`.
    pub fn frame(&self, title: impl Into<String>, current: &str) -> Frame {
        Frame::new(self, title.into(), current).with_warning(NotDone::of_query(&self.query))
    }
}

/// The other languages, with the URL of this page in each.
pub fn other_languages(visitor: &Visitor) -> Vec<(Lang, String)> {
    let others = Lang::ALL.into_iter().filter(|lang| *lang != visitor.lang);
    others.map(|lang| (lang, visitor.in_language(lang))).collect()
}

texts! {
    /// The texts of the frame.
    FrameTexts {
        skip: "Skip to content", "跳到正文";
        pages: "Pages", "页面";
        overview: "Overview", "概览";
        cards: "Cards", "卡券";
        review: "Review", "审核";
        codes: "Codes", "卡券码";
        till: "Till", "核销台";
        members: "Members", "会员";
        data: "Data", "数据";
        events: "Events", "事件推送";
        settings: "Settings", "设置";
        account: "My account", "我的账号";
        sign_out: "Sign out", "退出登录";
    }
}
