//! The frame of every page of the wallet.

use super::guest::Guest;
use crate::console::frame::other_languages;
use crate::pages::once::NotDone;
use crate::pages::{HiddenFields, Lang, assets, refusal, texts};
use kaquan_core::error::Error;

/// The frame of a page. Templates extend `wallet/frame.html` and have it in the variable `frame`.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The language.
    pub lang: Lang,
    /// The texts of the frame itself.
    pub t: &'static FrameTexts,
    /// The title of the page.
    pub title: String,
    /// Name of the merchant's app.
    pub app_name: String,
    /// The other languages, with the URL of this page in each.
    pub languages: Vec<(Lang, String)>,
    /// The URL of the holder's cards.
    pub cards_url: String,
    /// The URL for leaving; `None` if the holder is not identified.
    pub leave_url: Option<String>,
    /// The openid of the holder, shown only if visitors choose their own identity.
    pub openid: Option<String>,
    /// The token of the session, for the form that ends it.
    pub csrf: String,
    hidden: HiddenFields,
    /// The notice of a success.
    pub notice: Option<String>,
    /// The reason why a form changed nothing, with advice.
    pub warning: Option<String>,
    /// The text of a refusal.
    pub refusal: Option<String>,
}

impl Frame {
    /// The frame of a page.
    pub fn new(guest: &Guest, title: impl Into<String>) -> Frame {
        Frame {
            lang: guest.lang,
            t: FrameTexts::of(guest.lang),
            title: title.into(),
            app_name: guest.app.row.name.clone(),
            languages: other_languages(&guest.visitor),
            cards_url: guest.url("cards"),
            leave_url: guest.openid.is_some().then(|| guest.url("leave")),
            openid: guest.openid.as_ref().filter(|_| guest.state.sandbox).map(ToString::to_string),
            csrf: guest.csrf.clone(),
            hidden: HiddenFields::of(guest, &guest.csrf),
            notice: None,
            warning: NotDone::of_query(&guest.query).map(|why| why.sentence(guest.lang)),
            refusal: None,
        }
    }

    /// The frame with the notice of a success.
    pub fn with_notice(mut self, notice: Option<&str>) -> Frame {
        self.notice = notice.map(str::to_owned);
        self
    }

    /// The frame with the reason why a form changed nothing.
    pub fn with_warning(mut self, not_done: Option<NotDone>) -> Frame {
        if let Some(not_done) = not_done {
            self.warning = Some(not_done.sentence(self.lang));
        }
        self
    }

    pub fn with_refusal(mut self, error: Option<&Error>) -> Frame {
        self.refusal = error.map(|error| refusal::sentence(self.lang, error));
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

texts! {
    /// The texts of the frame.
    FrameTexts {
        my_cards: "My cards", "我的卡券";
        become_other: "Switch to another user", "切换用户";
        leave: "Sign out", "退出";
    }
}
