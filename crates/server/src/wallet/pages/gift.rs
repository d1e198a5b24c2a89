//! `/w/{appid}/gift/{gift}`: the page of a gift link. A friend sees the gift and accepts it.

use super::claim::onward;
use super::frame::Frame;
use super::guest::Guest;
use crate::auth::aead::{self, Purpose};
use crate::encoding::{from_url_base64, url_base64};
use crate::pages::card_details::CardDetails;
use crate::pages::card_view::{self, CardFace, base_text};
use crate::pages::code_view::{self, CodeSheet};
use crate::pages::once::{NotDone, Submission};
use crate::pages::{Fault, Fields, PageResult, reply, texts};
use askama::Template;
use axum::http::StatusCode;
use kaquan_core::code::{AcceptGift, CodeState};
use kaquan_core::error::{Error, Result};

#[derive(Template)]
#[template(path = "wallet/gift.html")]
struct GiftPage {
    frame: Frame,
    t: &'static Texts,
    face: CardFace,
    details: CardDetails,
    window: String,
    /// The mark of the code's state.
    seen: String,
    /// Why the gift cannot be accepted; `None` if it can.
    why_not: Option<&'static str>,
}

/// The link to a gift: the code and the gift number, encrypted. If a code is offered again, it gets another link.
pub fn gift_link(guest: &Guest, sheet: &CodeSheet) -> Result<String> {
    let card = if sheet.code.custom.is_some() { sheet.card.id.as_str() } else { "" };
    let text = format!("{} {card} {}", gift_name(sheet), sheet.text);
    let sealed = aead::seal_same(&guest.app.row.token_key, Purpose::Gift, text.as_bytes())?;
    let path = guest.url(&format!("gift/{}", url_base64(&sealed)));
    Ok(format!("{}{path}", guest.state.public_url))
}

/// Identifies a gift: the number of its code and the gift number. Gifts of an earlier version have no gift number;
/// their links contain the second in which the gift began.
fn gift_name(sheet: &CodeSheet) -> String {
    match sheet.gift_no {
        0 => sheet.code.changed_at.0.to_string(),
        no => format!("{}.{no}", sheet.code.seq),
    }
}

/// The code in a link, and whether its gift can still be accepted.
async fn named(guest: &Guest) -> Result<(CodeSheet, bool), Fault> {
    let read = || {
        let sealed = from_url_base64(guest.param("gift"))?;
        let text = aead::open(&guest.app.row.token_key, Purpose::Gift, &sealed)?;
        String::from_utf8(text).ok()
    };
    let text = read().ok_or(Fault::NOT_FOUND)?;
    let (name, rest) = text.split_once(' ').ok_or(Fault::NOT_FOUND)?;
    let (card, code) = rest.split_once(' ').ok_or(Fault::NOT_FOUND)?;
    let card = Some(card).filter(|card| !card.is_empty());
    let sheet = code_view::one(&guest.state, &guest.app, code, card).await?.ok_or(Fault::NOT_FOUND)?;
    let same = sheet.state == CodeState::Gifting && gift_name(&sheet) == name;
    Ok((sheet, same))
}

pub async fn show(guest: Guest, _: Fields) -> PageResult {
    let (sheet, same) = named(&guest).await?;
    page(&guest, &sheet, same, None, None)
}

fn page(
    guest: &Guest,
    sheet: &CodeSheet,
    same: bool,
    not_done: Option<NotDone>,
    refused: Option<&Error>,
) -> PageResult {
    let t = Texts::of(guest.lang);
    let own = guest.openid.as_ref() == Some(&sheet.code.openid);
    let why_not = match (same, own) {
        (false, _) => Some(t.gone),
        (true, true) => Some(t.own),
        (true, false) => None,
    };
    let title = format!("{}: {}", t.title, base_text(&sheet.card.section, "title"));
    let page = GiftPage {
        frame: Frame::new(guest, title).with_warning(not_done).with_refusal(refused),
        seen: sheet.mark(),
        t,
        face: CardFace::of_code(guest.lang, &sheet.card, sheet.window),
        details: CardDetails::of(guest.lang, sheet.card.card_type, &sheet.card.section),
        window: card_view::days(guest.lang, sheet.window),
        why_not,
    };
    let status = match (refused, not_done) {
        (Some(_), _) => StatusCode::UNPROCESSABLE_ENTITY,
        (None, Some(_)) => StatusCode::CONFLICT,
        (None, None) => StatusCode::OK,
    };
    reply::html(status, &page)
}

/// Accepts the gift.
pub async fn accept(guest: Guest, form: Fields) -> PageResult {
    let (openid, form) = guest.sender(form, &guest.path)?;
    let (sheet, same) = named(&guest).await?;
    let once = guest.once(&form, &openid, sheet.object());
    if !same && once.earlier(&guest.state, guest.app_id()).await?.is_none() {
        return page(&guest, &sheet, same, None, None);
    }
    let card_id = &sheet.card.id;
    match guest.submit_once(AcceptGift { code: sheet.code_ref(), openid }, once).await {
        Ok(Submission::Done(claimed)) => onward(&guest, &claimed, card_id, None, "accept").await,
        Ok(Submission::Not(why, Some(claimed))) => {
            onward(&guest, &claimed, card_id, Some(why), "accept").await
        }
        Ok(Submission::Not(why, None)) => page(&guest, &sheet, same, Some(why), None),
        Err(error) => page(&guest, &sheet, same, None, Some(&error)),
    }
}

texts! {
    /// The texts of the page.
    Texts {
        title: "A gift for you", "送您一张卡券";
        accept: "Take it", "收下";
        window: "Validity", "有效期";
        gone: "This gift was taken, or taken back.", "此转赠已被领取或已撤回。";
        own: "This is your own gift. Send the link to a friend.", "这是您自己的转赠，请把链接发给好友。";
    }
}
