//! Messages with a card of kaquan (`wxcard`). WeChat cannot show such a card, so the message becomes a text or an
//! article with the link to claim it. WeChat manual: "客服消息" (customer service messages), "群发接口" (mass messages).

use super::settings::CardMessage;
use crate::api::card::qrcode::create::{LIFE_SECS, ticket_card};
use crate::api::card::qrcode::ticket::Ticket;
use crate::auth::apps::AppHandle;
use crate::http::params::Params;
use crate::state::{State, query};
use bytes::Bytes;
use kaquan_core::card::{Card, CodeMode, Object};
use kaquan_core::engine::{Keys, Query, WorkingSet};
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::CardId;
use kaquan_core::time::Timestamp;
use serde_json::{Value, json};

/// Paths of messages that may have a card.
const CUSTOM: &str = "/cgi-bin/message/custom/send";
const MASS: [&str; 3] =
    ["/cgi-bin/message/mass/send", "/cgi-bin/message/mass/sendall", "/cgi-bin/message/mass/preview"];

/// Whether a call of this path may have a card in it.
pub fn may_have_card(path: &str) -> bool {
    path == CUSTOM || MASS.contains(&path)
}

/// The body of a message as it goes up. A message without a card of this app is not changed.
///
/// # Errors
///
/// 40073 if the app refuses such messages; 40078 a card that was not approved, or is no longer; 40158 a card whose codes
/// the merchant chooses, without a code; 47001 a `card_ext` that is no JSON.
pub async fn rewrite(
    state: &State,
    app: &AppHandle,
    wxcard: CardMessage,
    path: &str,
    body: &Bytes,
) -> Result<Option<Bytes>> {
    // A body that is no JSON is not changed: the original host refuses it.
    let Ok(Value::Object(mut message)) = serde_json::from_slice::<Value>(body) else { return Ok(None) };
    if message.get("msgtype").and_then(Value::as_str) != Some("wxcard") {
        return Ok(None);
    }
    let asked = asked_card(&message)?;
    let id = Params(&asked).card_id()?;
    let Some(card) = query(state, app.row.app.id, FindCard(id)).await? else { return Ok(None) };
    check(&card, &asked, wxcard)?;
    let card_of_link = ticket_card(Params(&asked))?;
    let expires_at = kaquan_ledger::Clock::now(&*state.clock).plus(LIFE_SECS);
    let ticket = Ticket { cards: vec![card_of_link], expires_at };
    let link = Ticket::url(&state.public_url, &ticket.text(&app.row.token_key)?);
    message.remove("wxcard");
    let (kind, content) = match wxcard {
        CardMessage::News if path == CUSTOM => ("news", article(&card, &link)),
        _ => ("text", json!({"content": format!("{}\n{link}", title(&card))})),
    };
    message.insert("msgtype".to_owned(), json!(kind));
    message.insert(kind.to_owned(), content);
    Ok(Some(Value::Object(message).to_string().into()))
}

/// The card that a message names, with the members of `card_ext`, which is JSON in a text.
fn asked_card(message: &Object) -> Result<Object> {
    let wxcard = message.get("wxcard").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut asked = match wxcard.get("card_ext") {
        Some(Value::String(text)) if !text.is_empty() => serde_json::from_str(text)
            .map_err(|_| Error::field(ErrCode::DataFormat, "wxcard.card_ext", "must be JSON in a text"))?,
        _ => Object::new(),
    };
    // The signature of a `cardExt` is checked when a page uses it; the link has its own.
    asked.retain(|key, _| matches!(key.as_str(), "code" | "openid" | "outer_str" | "outer_id"));
    if let Some(id) = wxcard.get("card_id") {
        asked.insert("card_id".to_owned(), id.clone());
    }
    Ok(asked)
}

fn check(card: &Card, asked: &Object, wxcard: CardMessage) -> Result<()> {
    if wxcard == CardMessage::Refuse {
        let reason = "the card is not WeChat's, and the app refuses to send a link in its place";
        return Err(Error::field(ErrCode::InvalidCardId, "wxcard.card_id", reason));
    }
    if !card.status.is_open() {
        return Err(Error::field(ErrCode::InvalidCardStatus, "wxcard.card_id", card.status.wire()));
    }
    if card.terms.code_mode == CodeMode::Custom && !asked.contains_key("code") {
        let reason = "a message cannot give out a card whose codes the merchant chooses";
        return Err(Error::field(ErrCode::NeedNoCustomCode, "wxcard.card_id", reason));
    }
    Ok(())
}

fn base<'a>(card: &'a Card, key: &str) -> &'a str {
    let base_info = card.section.get("base_info").and_then(Value::as_object);
    base_info.and_then(|base| base.get(key)).and_then(Value::as_str).unwrap_or_default()
}

fn title(card: &Card) -> String {
    match base(card, "brand_name") {
        "" => base(card, "title").to_owned(),
        brand => format!("{brand} {}", base(card, "title")),
    }
}

fn article(card: &Card, link: &str) -> Value {
    let (description, picurl) = (base(card, "notice"), base(card, "logo_url"));
    let article = json!({"title": title(card), "description": description, "url": link, "picurl": picurl});
    json!({"articles": [article]})
}

/// Looks up a card that may be unknown.
#[derive(Debug)]
struct FindCard(CardId);

impl Query for FindCard {
    type Reply = Option<Card>;

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.insert(self.0.clone());
    }

    fn run(&self, ws: &WorkingSet, _: Timestamp) -> Result<Option<Card>> {
        Ok(ws.card_by_id(&self.0)?.cloned())
    }
}
