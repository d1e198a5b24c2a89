//! The payload of an event: the ids and texts that a merchant knows, instead of the numbers in the log. Payloads are
//! loaded for many events at once.

use crate::auth::apps::AppHandle;
use kaquan_core::engine::{Keys, WorkingSet};
use kaquan_core::error::{ErrCode, Result};
use kaquan_core::event::{Event, EventKind};
use kaquan_core::id::{CodeSeq, NO_CARD, OpenId};
use kaquan_core::poi::{self, PoiRecord};
use kaquan_store::Store;

/// An event with the ids and texts for its numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPayload {
    /// The event in the log.
    pub event: Event,
    /// The id of the card; empty for events without a card.
    pub card_id: String,
    /// The text of the code; empty for events without a code.
    pub code: String,
    /// The text of the giver's code of a gift.
    pub other_code: String,
    /// The name of the store; empty for events without a store.
    pub location_name: String,
    /// Whether views of the card are pushed (`need_push_on_view`).
    pub push_on_view: bool,
}

impl EventPayload {
    /// The openid of the holder; empty for events of the merchant.
    pub fn openid(&self) -> &str {
        self.event.openid.as_ref().map_or("", OpenId::as_str)
    }

    /// The openid of the other holder of a gift; empty for other events.
    pub fn friend(&self) -> &str {
        self.event.friend.as_ref().map_or("", OpenId::as_str)
    }

    /// The event's text; empty if it has none.
    pub fn detail(&self) -> &str {
        self.event.detail.as_deref().unwrap_or_default()
    }

    /// The openid of the clerk, or the account at the till; empty if it is not known.
    pub fn staff(&self) -> &str {
        self.event.staff.as_deref().unwrap_or_default()
    }

    /// The holder who acted: the friend who accepted a gift, otherwise the holder of the code.
    pub fn actor(&self) -> &str {
        match self.event.kind {
            EventKind::GiftAccept => self.friend(),
            _ => self.openid(),
        }
    }
}

/// Loads the payloads of these events, in the same order.
///
/// # Errors
///
/// The errors of the store.
pub fn load(store: &dyn Store, app: &AppHandle, events: Vec<Event>) -> Result<Vec<EventPayload>> {
    let mut keys = Keys::default();
    for event in &events {
        keys.codes.extend(event.code);
        keys.codes.extend(event.other_code);
        keys.records.extend(event.location_id.map(poi::key));
        if event.card != NO_CARD {
            keys.cards.insert(event.card);
        }
    }
    let mut set = store.working_set(app.row.app.id)?.ok_or(ErrCode::InvalidAppid)?;
    store.load(&keys, &mut set)?;
    events.into_iter().map(|event| payload(app, &set, event)).collect()
}

fn payload(app: &AppHandle, set: &WorkingSet, event: Event) -> Result<EventPayload> {
    let card = if event.card == NO_CARD { None } else { set.cards.get(&event.card)? };
    Ok(EventPayload {
        card_id: card.map(|card| card.id.to_string()).unwrap_or_default(),
        code: code_text(app, set, event.code)?,
        other_code: code_text(app, set, event.other_code)?,
        location_name: store_name(set, event.location_id)?,
        push_on_view: card.is_some_and(|card| card.terms.push_on_view),
        event,
    })
}

fn store_name(set: &WorkingSet, location_id: Option<i64>) -> Result<String> {
    let Some(location_id) = location_id else { return Ok(String::new()) };
    match set.records.get(&poi::key(location_id))? {
        Some(record) => record.value().map(|record: PoiRecord| record.name()),
        None => Ok(String::new()),
    }
}

fn code_text(app: &AppHandle, set: &WorkingSet, seq: Option<CodeSeq>) -> Result<String> {
    let Some(seq) = seq else { return Ok(String::new()) };
    match set.codes.get(&seq)?.and_then(|code| code.custom.as_ref()) {
        Some(text) => Ok(text.to_string()),
        None => app.code_text(seq).map(|text| text.to_string()),
    }
}
