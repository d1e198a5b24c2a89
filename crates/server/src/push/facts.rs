//! Events in the words of the wire: numbers of cards and codes turned into the ids and texts a merchant knows. Read for
//! many events at once.

use crate::auth::apps::AppHandle;
use kaquan_core::engine::{Keys, WorkingSet};
use kaquan_core::error::{ErrCode, Result};
use kaquan_core::event::{Event, EventKind};
use kaquan_core::id::{CodeSeq, NO_CARD, OpenId};
use kaquan_store::Store;

/// An event with everything that is told about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The event.
    pub event: Event,
    /// `card_id`; empty for events of no card.
    pub card_id: String,
    /// The code's text; empty for events of no code.
    pub code: String,
    /// The text of the other code of a gift.
    pub other_code: String,
    /// Whether the card asks to be told of views (`need_push_on_view`).
    pub push_on_view: bool,
}

impl Facts {
    /// The holder; empty for events of the merchant.
    pub fn openid(&self) -> &str {
        self.event.openid.as_ref().map_or("", OpenId::as_str)
    }

    /// The other holder of a gift.
    pub fn friend(&self) -> &str {
        self.event.friend.as_ref().map_or("", OpenId::as_str)
    }

    /// The event's text.
    pub fn detail(&self) -> &str {
        self.event.detail.as_deref().unwrap_or_default()
    }

    /// Who did it: whoever took the gift, or the holder.
    pub fn actor(&self) -> &str {
        match self.event.kind {
            EventKind::GiftAccept => self.friend(),
            _ => self.openid(),
        }
    }
}

/// Reads what is told about these events, in their order.
///
/// Errors: those of the store.
pub fn read(store: &dyn Store, app: &AppHandle, events: Vec<Event>) -> Result<Vec<Facts>> {
    let mut keys = Keys::default();
    for event in &events {
        keys.codes.extend(event.code);
        keys.codes.extend(event.other_code);
        if event.card != NO_CARD {
            keys.cards.insert(event.card);
        }
    }
    let mut set = store.working_set(app.row.app.id)?.ok_or(ErrCode::InvalidAppid)?;
    store.load(&keys, &mut set)?;
    events.into_iter().map(|event| tell(app, &set, event)).collect()
}

fn tell(app: &AppHandle, set: &WorkingSet, event: Event) -> Result<Facts> {
    let card = if event.card == NO_CARD { None } else { set.cards.get(&event.card)? };
    Ok(Facts {
        card_id: card.map(|card| card.id.to_string()).unwrap_or_default(),
        code: code_text(app, set, event.code)?,
        other_code: code_text(app, set, event.other_code)?,
        push_on_view: card.is_some_and(|card| card.terms.push_on_view),
        event,
    })
}

fn code_text(app: &AppHandle, set: &WorkingSet, seq: Option<CodeSeq>) -> Result<String> {
    let Some(seq) = seq else { return Ok(String::new()) };
    match set.codes.get(&seq)?.and_then(|code| code.custom.as_ref()) {
        Some(text) => Ok(text.to_string()),
        None => app.code_text(seq).map(|text| text.to_string()),
    }
}
