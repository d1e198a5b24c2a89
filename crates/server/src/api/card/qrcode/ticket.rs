//! The content of a QR ticket: its cards, their holder, and its expiry. The text of a ticket is this content,
//! encrypted.

use crate::auth::aead::{self, Purpose};
use crate::auth::biz_param::{self, Biz, NAME_LEN};
use crate::encoding::{from_url_base64, url_base64};
use kaquan_core::error::Result;
use kaquan_core::id::AppId;
use kaquan_core::time::Timestamp;
use serde_json::{Value, json};

/// The length of an app's number in bytes. Tickets of an earlier version begin with this number.
const FORMER_LEN: usize = 8;

/// A card of a QR code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TicketCard {
    /// The id of the card.
    pub card_id: String,
    /// The custom code that a claim gets.
    pub code: Option<String>,
    /// The only holder who can claim the card.
    pub openid: Option<String>,
    /// Whether the ticket can be claimed only once.
    pub is_unique_code: bool,
    /// The channel.
    pub outer_str: Option<String>,
    /// The channel as a number, in the older form; 0 without one.
    pub outer_id: i64,
}

/// A QR ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Its cards.
    pub cards: Vec<TicketCard>,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// The app of a ticket. It is in clear, because the key of the app decrypts the rest of the ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TicketApp {
    /// The app's name in links, which does not reveal the number of apps.
    Named(Biz),
    /// The app's number, in a ticket of an earlier version: printed tickets stay valid.
    Former(AppId),
}

impl Ticket {
    /// The encrypted text: the app's name in clear, then the rest.
    pub fn text(&self, key: &[u8; 32]) -> Result<String> {
        let cards: Vec<Value> = self
            .cards
            .iter()
            .map(|card| {
                let TicketCard { card_id, code, openid, is_unique_code, outer_str, outer_id } = card;
                json!([card_id, code, openid, is_unique_code, outer_str, outer_id])
            })
            .collect();
        let body = json!([self.expires_at.0, cards]).to_string();
        let sealed = aead::seal(key, Purpose::Ticket, body.as_bytes())?;
        Ok(url_base64(&[&biz_param::name(key)[..], &sealed].concat()))
    }

    /// The app in a ticket; `None` for a malformed ticket.
    pub fn app(text: &str) -> Option<TicketApp> {
        let bytes = from_url_base64(text)?;
        match i64::from_be_bytes(*bytes.first_chunk::<FORMER_LEN>()?) {
            // Only one of 2^32 names begins with four zero bytes.
            number @ 1..=0xffff_ffff => Some(TicketApp::Former(AppId(number))),
            _ => Some(TicketApp::Named(Biz(*bytes.first_chunk::<NAME_LEN>()?))),
        }
    }

    /// Decrypts a ticket with this key.
    pub fn read(text: &str, key: &[u8; 32]) -> Option<Ticket> {
        let bytes = from_url_base64(text)?;
        let clear = match Ticket::app(text)? {
            TicketApp::Named(_) => NAME_LEN,
            TicketApp::Former(_) => FORMER_LEN,
        };
        let body = aead::open(key, Purpose::Ticket, bytes.get(clear..)?)?;
        let (expires_at, cards): (i64, Vec<Value>) = serde_json::from_slice(&body).ok()?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let card = |value: &Value| {
            Some(TicketCard {
                card_id: text(value.get(0)?)?,
                code: text(value.get(1)?),
                openid: text(value.get(2)?),
                is_unique_code: value.get(3)?.as_bool()?,
                outer_str: text(value.get(4)?),
                outer_id: value.get(5)?.as_i64()?,
            })
        };
        let cards = cards.iter().map(card).collect::<Option<Vec<_>>>()?;
        Some(Ticket { cards, expires_at: Timestamp(expires_at) })
    }

    /// The URL in the picture.
    pub fn url(public_url: &str, text: &str) -> String {
        format!("{public_url}/w/q/{text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_leads_back_to_its_cards_with_its_own_key_only() {
        let card =
            TicketCard { card_id: "p1".into(), outer_str: Some("海报".into()), ..TicketCard::default() };
        let ticket = Ticket { cards: vec![card], expires_at: Timestamp(5) };
        let text = ticket.text(&[1; 32]).unwrap();
        assert!(matches!(Ticket::app(&text), Some(TicketApp::Named(biz)) if biz.is_of(&[1; 32])));
        assert_eq!(Ticket::read(&text, &[1; 32]).as_ref(), Some(&ticket));
        assert_eq!(Ticket::read(&text, &[2; 32]), None);
        let sealed = &from_url_base64(&text).unwrap()[NAME_LEN..];
        let former = url_base64(&[&3_i64.to_be_bytes()[..], sealed].concat());
        assert_eq!(Ticket::app(&former), Some(TicketApp::Former(AppId(3))));
        assert_eq!(Ticket::read(&former, &[1; 32]), Some(ticket));
    }
}
