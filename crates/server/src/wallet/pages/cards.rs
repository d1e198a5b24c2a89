//! `/w/{appid}/cards`: the holder's codes. Those that can be used come first.

use super::frame::Frame;
use super::guest::Guest;
use crate::http::link::{encode, with_params};
use crate::pages::card_view::{CardFace, last_day};
use crate::pages::code_view::{self, CodeSheet};
use crate::pages::{Fields, PageResult, reply, texts};
use crate::state::blocking;
use askama::Template;
use axum::http::StatusCode;
use kaquan_core::code::{Code, CodeState};
use kaquan_store::Store;

/// The largest number of codes on the page; the newest are shown.
const CODES_MAX: usize = 200;

#[derive(Template)]
#[template(path = "wallet/cards.html")]
struct CardsPage {
    frame: Frame,
    t: &'static Texts,
    usable: Vec<CodeRow>,
    over: Vec<CodeRow>,
}

struct CodeRow {
    url: String,
    face: CardFace,
    state: (&'static str, &'static str),
    until: String,
}

/// The URL of a code's page in the wallet.
pub fn url(guest: &Guest, sheet: &CodeSheet) -> String {
    let page = guest.url(&format!("codes/{}", encode(sheet.text.as_str())));
    match sheet.code.custom {
        Some(_) => with_params(&page, &[("card_id", sheet.card.id.as_str())]),
        None => page,
    }
}

/// Redirects to the list of cards.
pub async fn start(guest: Guest, _: Fields) -> PageResult {
    Ok(reply::redirect(&guest.url("cards")))
}

pub async fn show(guest: Guest, _: Fields) -> PageResult {
    let openid = guest.holder(&guest.url("cards"))?;
    let app = guest.app_id();
    let keep = |code: &Code| !matches!(code.state, CodeState::Delete | CodeState::GiftSucc);
    let newest = move |store: &dyn Store| code_view::newest_of_holder(store, app, &openid, CODES_MAX, keep);
    let codes = blocking(&guest.state, newest).await?;
    let sheets = code_view::of_codes(&guest.state, &guest.app, codes).await?;
    let is_live = |sheet: &&CodeSheet| {
        matches!(sheet.state, CodeState::Normal | CodeState::Gifting | CodeState::GiftTimeout)
    };
    let row = |sheet: &CodeSheet| CodeRow {
        url: url(&guest, sheet),
        face: CardFace::of_code(guest.lang, &sheet.card, sheet.window),
        state: code_view::state(guest.lang, sheet.state),
        until: last_day(guest.lang, sheet.window),
    };
    let t = Texts::of(guest.lang);
    let notice = guest.query.get("done").map(|_| t.done);
    let page = CardsPage {
        frame: Frame::new(&guest, t.title).with_notice(notice),
        t,
        usable: sheets.iter().filter(is_live).map(row).collect(),
        over: sheets.iter().filter(|sheet| !is_live(sheet)).map(row).collect(),
    };
    reply::html(StatusCode::OK, &page)
}

texts! {
    /// The texts of the page.
    Texts {
        title: "My cards", "我的卡券";
        none: "You have no cards here yet.", "您还没有卡券。";
        over: "Used or over", "已使用或已过期";
        until: "until", "有效期至";
        done: "Done.", "已完成。";
    }
}
