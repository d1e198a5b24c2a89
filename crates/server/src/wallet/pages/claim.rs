//! The claim page of a QR code (`/w/q/{ticket}`) with all its cards, or of a single card (`/w/{appid}/card/{card_id}`,
//! and `/w/s/{link}` in a text message). It shows each card and whether the guest can claim it. One tap claims the card.

use super::cards::url;
use super::frame::Frame;
use super::guest::Guest;
use crate::api::card::qrcode::ticket::{Ticket, TicketCard};
use crate::auth::sms_link;
use crate::http::link::with_query;
use crate::pages::card_details::CardDetails;
use crate::pages::card_view::{self, CardFace, base_text};
use crate::pages::once::{FormObject, NotDone, Submission};
use crate::pages::{Fault, Fields, PageResult, Visitor, code_view, format, refusal, reply, texts};
use crate::state::{self, blocking};
use crate::wallet::claim::{claim_of, ticket_name};
use askama::Template;
use axum::http::StatusCode;
use kaquan_core::card::{Card, CardStatus, CodeMode, SmsLink, WhiteList};
use kaquan_core::code::{Claim, ClaimOutcome, Via, View};
use kaquan_core::error::{ErrCode, Error};
use kaquan_core::id::{CardId, OpenId};

#[derive(Template)]
#[template(path = "wallet/claim.html")]
struct ClaimPage {
    frame: Frame,
    t: &'static Texts,
    over: bool,
    offers: Vec<Offer>,
}

/// A card on the page.
struct Offer {
    place: usize,
    face: CardFace,
    window: String,
    details: CardDetails,
    stores_url: String,
    left: String,
    /// Why the card cannot be claimed; `None` if it can.
    why_not: Option<String>,
    /// The page of the code that the holder already has, if the card allows only one.
    held_url: Option<String>,
}

/// The cards that a claim page offers, and how long the page is valid.
struct Source {
    cards: Vec<TicketCard>,
    ticket: Option<(String, i64)>,
    /// Whether the page is that of a link in a text message.
    is_sms: bool,
    path: String,
}

impl Source {
    fn has_expired(&self, guest: &Guest) -> bool {
        self.ticket.as_ref().is_some_and(|(_, until)| *until <= guest.state.clock.now().0)
    }

    fn claim(&self, place: usize, openid: &OpenId) -> Option<Claim> {
        let card = self.cards.get(place)?;
        let card_id: CardId = card.card_id.as_str().into();
        Some(match &self.ticket {
            Some((text, until)) => {
                let until = kaquan_core::time::Timestamp(*until);
                claim_of(card, openid, &format!("{}#{place}", ticket_name(text)), until)
            }
            None if self.is_sms => Claim {
                code: card.code.as_deref().map(Into::into),
                outer_str: card.outer_str.clone(),
                outer_id: card.outer_id,
                ..Claim::of(card_id, openid.clone(), Via::Sms)
            },
            None => {
                Claim { outer_str: card.outer_str.clone(), ..Claim::of(card_id, openid.clone(), Via::Link) }
            }
        })
    }
}

/// Reads the ticket in the path. Returns the guest of the ticket's app.
async fn of_ticket(visitor: Visitor) -> Result<(Guest, Source), Fault> {
    let text = visitor.param("ticket").to_owned();
    let app = Ticket::app(&text).ok_or(Fault::NOT_FOUND)?;
    let app = visitor.state.apps.of_ticket(app).await?.ok_or(Fault::NOT_FOUND)?;
    let guest = Guest::of_app(visitor, app.row.app.id).await?;
    let ticket = Ticket::read(&text, &guest.app.row.token_key).ok_or(Fault::NOT_FOUND)?;
    let path = guest.path.clone();
    let ticket_until = Some((text, ticket.expires_at.0));
    Ok((guest, Source { cards: ticket.cards, ticket: ticket_until, is_sms: false, path }))
}

/// Finds the link of a text message. Returns the guest of the link's app.
async fn of_sms(visitor: Visitor) -> Result<(Guest, Source), Fault> {
    let found = sms_link::find(&visitor.state, visitor.param("link")).await?;
    let (app, link) = found.ok_or(Fault::NOT_FOUND)?;
    let guest = Guest::of_app(visitor, app).await?;
    let SmsLink { card_id, code, outer_id, outer_str } = link;
    let card_id = card_id.to_string();
    let card = TicketCard { card_id, code, outer_id, outer_str, ..TicketCard::default() };
    let path = guest.path.clone();
    Ok((guest, Source { cards: vec![card], ticket: None, is_sms: true, path }))
}

fn of_card(guest: &Guest) -> Source {
    let outer_str = guest.query.get("outer_str").map(str::to_owned);
    let card = TicketCard { card_id: guest.param("card_id").to_owned(), outer_str, ..TicketCard::default() };
    let query = guest.query.with("lang", None);
    let path = if query.is_empty() { guest.path.clone() } else { format!("{}?{query}", guest.path) };
    Source { cards: vec![card], ticket: None, is_sms: false, path }
}

/// The page of a QR code.
pub async fn show_ticket(visitor: Visitor, _: Fields) -> PageResult {
    let (guest, source) = of_ticket(visitor).await?;
    show(guest, source, None, None).await
}

/// The page of a link in a text message.
pub async fn show_sms(visitor: Visitor, _: Fields) -> PageResult {
    let (guest, source) = of_sms(visitor).await?;
    show(guest, source, None, None).await
}

pub async fn show_card(guest: Guest, _: Fields) -> PageResult {
    let source = of_card(&guest);
    show(guest, source, None, None).await
}

async fn show(
    mut guest: Guest,
    source: Source,
    refused: Option<&Error>,
    not_done: Option<NotDone>,
) -> PageResult {
    let app = guest.app_id();
    let ids = source.cards.iter().map(|asked| asked.card_id.as_str().into()).collect();
    let all = state::cards(&guest.state, app, ids).await?;
    let find = |asked: &TicketCard| all.iter().find(|card| card.id.as_str() == asked.card_id);
    let cards: Vec<(usize, &TicketCard, &Card)> =
        source.cards.iter().enumerate().filter_map(|(at, asked)| Some((at, asked, find(asked)?))).collect();
    if cards.is_empty() {
        return Err(Fault::NOT_FOUND);
    }
    if refused.is_none() && not_done.is_none() && guest.openid.is_some() {
        guest.leave_share();
        count_views(&guest, &cards).await?;
        guest.take_share().await?;
    }
    let over = source.has_expired(&guest);
    let test_user = is_test_user(&guest, &cards).await?;
    let mut offers = Vec::new();
    for (place, asked, card) in &cards {
        offers.push(offer(&guest, *place, asked, card, test_user).await?);
    }
    let t = Texts::of(guest.lang);
    let title = match cards.as_slice() {
        [(_, _, card)] => base_text(&card.section, "title"),
        _ => t.several.to_owned(),
    };
    let status = match (refused, not_done) {
        (Some(_), _) => StatusCode::UNPROCESSABLE_ENTITY,
        (None, Some(_)) => StatusCode::CONFLICT,
        (None, None) => StatusCode::OK,
    };
    let frame = Frame::new(&guest, title).with_warning(not_done).with_refusal(refused);
    reply::html(status, &ClaimPage { frame, t, over, offers })
}

/// Counts an identified guest as a viewer of the cards.
async fn count_views(guest: &Guest, cards: &[(usize, &TicketCard, &Card)]) -> Result<(), Fault> {
    let Some(openid) = &guest.openid else { return Ok(()) };
    for (_, asked, card) in cards {
        let view =
            View { card_id: card.id.clone(), openid: openid.clone(), outer_str: asked.outer_str.clone() };
        guest.submit(view).await?;
    }
    Ok(())
}

async fn offer(
    guest: &Guest,
    place: usize,
    asked: &TicketCard,
    card: &Card,
    test_user: bool,
) -> Result<Offer, Fault> {
    let (app, no) = (guest.app_id(), card.no);
    let held = match guest.openid.clone() {
        None => Vec::new(),
        Some(openid) => {
            let codes =
                blocking(&guest.state, move |store| store.codes_of_holder(app, &openid, Some(no))).await?;
            code_view::of_codes(&guest.state, &guest.app, codes).await?
        }
    };
    let live = held.iter().find(|sheet| sheet.refusal.is_none() && card.card_type.is_member_card());
    Ok(Offer {
        place,
        face: CardFace::of(guest.lang, card),
        window: card_view::window(guest.lang, &card.terms.date_info),
        details: CardDetails::of(guest.lang, card.card_type, &card.section),
        stores_url: guest.url(&format!("card/{}/stores", card.id)),
        left: guest.lang.pick(
            format!("{} left", format::number(card.quantity)),
            format!("剩余 {}", format::number(card.quantity)),
        ),
        why_not: why_not(guest, asked, card, held.len(), test_user),
        held_url: live.map(|sheet| url(guest, sheet)),
    })
}

/// Whether the guest may claim cards that are not approved. If all cards are approved, the list of test users is not
/// read.
async fn is_test_user(guest: &Guest, cards: &[(usize, &TicketCard, &Card)]) -> Result<bool, Fault> {
    let is_closed = |card: &Card| matches!(card.status, CardStatus::NotVerify | CardStatus::VerifyFail);
    let closed = cards.iter().any(|(.., card)| is_closed(card));
    let Some(openid) = guest.openid.as_ref().filter(|_| closed) else { return Ok(false) };
    let key = vec![WhiteList::key()];
    let lists = state::records_at::<WhiteList>(&guest.state, guest.app_id(), key).await?;
    let mut users = lists.iter().flat_map(|list| list.openids.iter().chain(&list.usernames));
    Ok(users.any(|user| user == openid.as_str()))
}

/// Why a card cannot be claimed now, as far as this can be seen before the claim.
fn why_not(guest: &Guest, asked: &TicketCard, card: &Card, held: usize, test_user: bool) -> Option<String> {
    let (t, now) = (Texts::of(guest.lang), guest.state.clock.now());
    let text = match card.status {
        CardStatus::Delete => t.deleted,
        CardStatus::NotVerify | CardStatus::VerifyFail if !test_user => t.not_open,
        _ if card.terms.date_info.claim_end().is_some_and(|end| end < now) => t.window_over,
        _ if card.terms.code_mode == CodeMode::Custom && asked.code.is_none() => t.by_merchant,
        _ if card.terms.bind_openid && asked.openid.is_none() => t.by_merchant,
        _ if !card.card_type.is_member_card() && held >= card.terms.get_limit as usize => t.over_limit,
        _ if card.quantity == 0 => t.sold_out,
        _ => return None,
    };
    Some(text.to_owned())
}

/// Claims a card of a QR code.
pub async fn claim_ticket(visitor: Visitor, form: Fields) -> PageResult {
    let (guest, source) = of_ticket(visitor).await?;
    claim(guest, source, form).await
}

/// Claims the card of a link in a text message.
pub async fn claim_sms(visitor: Visitor, form: Fields) -> PageResult {
    let (guest, source) = of_sms(visitor).await?;
    claim(guest, source, form).await
}

pub async fn claim_card(guest: Guest, form: Fields) -> PageResult {
    let source = of_card(&guest);
    claim(guest, source, form).await
}

/// Redirects to the page of a code that the holder has just got or already had. `done` names the action.
///
/// # Errors
/// 404 if the holder no longer has the code.
pub async fn onward(
    guest: &Guest,
    claimed: &ClaimOutcome,
    card_id: &CardId,
    before: Option<NotDone>,
    done: &str,
) -> PageResult {
    let text = guest.app.claimed_text(claimed)?;
    let card = claimed.custom.is_some().then_some(card_id.as_str());
    let sheet = code_view::one(&guest.state, &guest.app, text.as_str(), card).await?;
    let sheet = sheet.ok_or(Fault::NOT_FOUND)?;
    let to = url(guest, &sheet);
    let says = match before {
        Some(before) => before.query(),
        None => format!("done={done}&seen={}", sheet.mark()),
    };
    Ok(reply::redirect(&with_query(&to, &says)))
}

async fn claim(guest: Guest, source: Source, form: Fields) -> PageResult {
    // If the guest is not identified, this redirects to the identity provider, which leads back to the page.
    let (openid, form) = guest.sender(form, &source.path)?;
    if source.has_expired(&guest) {
        let error = Error::field(ErrCode::InvalidTime, "ticket", "has expired");
        return show(guest, source, Some(&error), None).await;
    }
    let place = match form.get("place") {
        Some(place) => place.parse().map_err(|_| Fault::NOT_FOUND)?,
        None => 0,
    };
    let claim = source.claim(place, &openid).ok_or(Fault::NOT_FOUND)?;
    let card_id = claim.card_id.clone();
    let once = guest.once(&form, &openid, FormObject::named(format!("{card_id} {place}")));
    match guest.submit_once(claim, once).await {
        Ok(Submission::Not(why, None)) => show(guest, source, None, Some(why)).await,
        Ok(Submission::Done(claimed)) => onward(&guest, &claimed, &card_id, None, "claim").await,
        Ok(Submission::Not(why, Some(claimed))) => {
            onward(&guest, &claimed, &card_id, Some(why), "claim").await
        }
        Err(error) if error.code == ErrCode::SystemError => Err(error.into()),
        Err(error) => {
            tracing::debug!(%error, "a claim was refused: {}", refusal::sentence(guest.lang, &error));
            show(guest, source, Some(&error), None).await
        }
    }
}

texts! {
    /// The texts of the page.
    Texts {
        several: "Cards for you", "为您准备的卡券";
        claim: "Claim", "领取";
        open: "Open my card", "查看我的卡";
        window: "Validity", "有效期";
        stores: "Where it can be used", "适用门店";
        over: "This link has expired. Ask the merchant for a new one.", "此链接已过期，请向商家索取新的链接。";
        deleted: "This card is not given out any more.", "此卡券已停止发放。";
        not_open: "This card cannot be claimed yet.", "此卡券暂不可领取。";
        window_over: "This card has expired.", "此卡券已过期。";
        by_merchant: "The merchant gives out this card to chosen holders itself.", "此卡券由商家指定发放。";
        over_limit: "You have had as many of this card as one may have.", "您已达到领取上限。";
        sold_out: "All of them are gone.", "已领完。";
    }
}
