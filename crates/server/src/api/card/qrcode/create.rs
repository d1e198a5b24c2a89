//! `POST /card/qrcode/create`. WeChat manual: "投放卡券" (distribute cards), QR codes.

use super::ticket::{Ticket, TicketCard};
use crate::http::params::Params;
use crate::http::{Answer, Call};
use crate::state::query;
use kaquan_core::card::{CardStatus, CodeMode, Object};
use kaquan_core::code::{OUTER_STR_MAX, check_outer_id};
use kaquan_core::engine::{Keys, Query, WorkingSet};
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::{CardId, CodeText};
use kaquan_core::time::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// The largest number of cards of one QR code.
const CARDS_MAX: usize = 5;
/// The action for one card.
pub const QR_CARD: &str = "QR_CARD";
/// The action for several cards.
pub const QR_MULTIPLE_CARD: &str = "QR_MULTIPLE_CARD";
/// The default and longest lifetime of a QR code, in seconds: 365 days.
pub const LIFE_SECS: i64 = 31_536_000;

/// `{"action_name", "expire_seconds"?, "action_info"}` answers a [`QrCodeReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let info = params.value("action_info").and_then(Value::as_object);
    let cards = cards(params.text("action_name")?.as_deref(), info)?;
    let life = lifetime([params.int("expire_seconds")?, inner_lifetime(info)?], LIFE_SECS)?;
    answer(&call, cards, life).await
}

/// Checks the cards and answers a [`QrCodeReply`] with their ticket, which is valid for `life` seconds.
pub async fn answer(call: &Call, cards: Vec<TicketCard>, life: i64) -> Result<Answer> {
    query(&call.state, call.app_id()?, CheckCards { cards: cards.clone() }).await?;
    let app = &call.app()?.row;
    let ticket = Ticket { cards, expires_at: call.state.clock.now().plus(life) };
    let text = ticket.text(&app.token_key)?;
    let public_url = &call.state.public_url;
    Answer::with(&QrCodeReply {
        expire_seconds: life,
        url: Ticket::url(public_url, &text),
        show_qrcode_url: format!("{public_url}/cgi-bin/showqrcode?ticket={text}"),
        ticket: text,
    })
}

/// The reply of `/card/qrcode/create`, and of `/cgi-bin/qrcode/create` for cards.
#[derive(Debug, Serialize)]
struct QrCodeReply {
    /// The ticket of the QR code.
    ticket: String,
    /// The lifetime of the ticket in seconds.
    expire_seconds: i64,
    /// The URL in the picture.
    url: String,
    /// The URL of the picture.
    show_qrcode_url: String,
}

/// The cards in the part of `action_info` that `action_name` selects.
///
/// # Errors
///
/// 40052 another action; 40053 the part is missing; 45039 too many cards; then the errors of a card's members.
pub fn cards(action: Option<&str>, info: Option<&Object>) -> Result<Vec<TicketCard>> {
    let unfit = || Error::field(ErrCode::InvalidActionInfo, "action_info", "does not fit action_name");
    match action {
        Some(QR_CARD) => {
            let card = part(info, "card").and_then(Value::as_object).ok_or_else(unfit)?;
            Ok(vec![ticket_card(Params(card))?])
        }
        Some(QR_MULTIPLE_CARD) => {
            let list = part(info, "multiple_card").and_then(|cards| cards.get("card_list"));
            let list = list.or(part(info, "card_list")).and_then(Value::as_array).ok_or_else(unfit)?;
            if list.is_empty() || list.len() > CARDS_MAX {
                let reason = format!("{} cards, must be 1 to {CARDS_MAX}", list.len());
                return Err(Error::field(ErrCode::CardListSize, "card_list", reason));
            }
            let cards = list.iter().map(|card| card.as_object().ok_or_else(unfit));
            cards.map(|card| ticket_card(Params(card?))).collect()
        }
        _ => Err(Error::field(
            ErrCode::InvalidActionName,
            "action_name",
            "must be QR_CARD or QR_MULTIPLE_CARD",
        )),
    }
}

fn part<'a>(info: Option<&'a Object>, key: &str) -> Option<&'a Value> {
    info?.get(key).filter(|part| !part.is_null())
}

/// A card as a request names it: its id, perhaps a code, a holder and a channel.
pub(crate) fn ticket_card(card: Params<'_>) -> Result<TicketCard> {
    Ok(TicketCard {
        card_id: card.card_id()?.to_string(),
        code: code(card)?,
        openid: card.optional_openid("openid")?.map(|openid| openid.to_string()),
        is_unique_code: card.flag("is_unique_code")?.unwrap_or(false),
        outer_str: card.text_up_to("outer_str", OUTER_STR_MAX)?,
        outer_id: outer_id(card)?,
    })
}

/// The code that the ticket issues, if the request names one.
fn code(card: Params<'_>) -> Result<Option<String>> {
    let code = card.code_text("code")?;
    if code.as_ref().is_some_and(CodeText::has_dynamic_form) {
        return Err(Error::field(ErrCode::InvalidSerialCode, "code", "has the form of a dynamic code"));
    }
    code.iter().try_for_each(|code| code.check("code"))?;
    Ok(code.map(|code| code.as_str().to_owned()))
}

fn outer_id(card: Params<'_>) -> Result<i64> {
    let outer_id = card.int("outer_id")?.unwrap_or(0);
    check_outer_id(outer_id)?;
    Ok(outer_id)
}

/// The `expire_seconds` inside `card`, where some clients put it.
pub fn inner_lifetime(info: Option<&Object>) -> Result<Option<i64>> {
    let card = part(info, "card").and_then(Value::as_object);
    card.map(|card| Params(card).int("expire_seconds")).transpose().map(Option::flatten)
}

/// The first lifetime that is given, or the default. 0 counts as the default.
///
/// # Errors
///
/// 40097 for a lifetime under a minute or over `max` seconds.
pub fn lifetime(given: [Option<i64>; 2], max: i64) -> Result<i64> {
    match given.into_iter().flatten().next() {
        None | Some(0) => Ok(LIFE_SECS),
        Some(secs) if (60..=max).contains(&secs) => Ok(secs),
        Some(_) => Err(Error::field(ErrCode::InvalidArgs, "expire_seconds", format!("must be 60 to {max}"))),
    }
}

/// Checks whether a QR code can be created for these cards.
#[derive(Debug)]
struct CheckCards {
    cards: Vec<TicketCard>,
}

impl Query for CheckCards {
    type Reply = ();

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.extend(self.cards.iter().map(|card| CardId::from(card.card_id.as_str())));
    }

    fn run(&self, ws: &WorkingSet, _: Timestamp) -> Result<()> {
        for asked in &self.cards {
            let card = ws.existing_card(&asked.card_id.as_str().into())?;
            let status = |reason: &str| Error::field(ErrCode::InvalidCardStatus, "card_id", reason);
            if card.status == CardStatus::Delete {
                return Err(status("the card was deleted"));
            }
            if asked.is_unique_code && !card.status.is_open() {
                return Err(status(card.status.wire()));
            }
            if asked.is_unique_code && card.quantity == 0 {
                return Err(Error::field(ErrCode::StockOutOfLimit, "card_id", "no stock is left"));
            }
            if card.terms.code_mode == CodeMode::Custom && asked.code.is_none() {
                return Err(Error::field(ErrCode::CodeMissing, "code", "this card has custom codes"));
            }
            if card.terms.bind_openid && asked.openid.is_none() {
                return Err(Error::field(ErrCode::OpenidMissing, "openid", "this card is for named holders"));
            }
        }
        Ok(())
    }
}
