//! Changes a card: `POST /card/update`. An update is an overlay: what it names changes, all else keeps its bytes, and
//! a request with one key that may not stand there changes nothing at all.
//!
//! WeChat manual: "管理卡券" (manage cards), "管理会员卡" (manage member cards).

use super::card_type::CardType;
use super::document::{self, GivenField, Object, first_fault, given_fields};
use super::field::{Kind, OnUpdate, Place};
use super::review::enter_review;
use super::{Card, CardStatus, Terms};
use crate::engine::{Apply, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::CardId;
use crate::time::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;

/// Changes the named fields of a card.
///
/// Errors, in this order: 40073 unknown card; 40078 deleted card; 47001 a key that cannot be updated, or a value of
/// the wrong JSON type; 41011 a field blanked that a card cannot be without; then each field's own code in the order
/// of the request, among them 40100 for a window that does not widen and 40135 for points or balance switched off.
#[derive(Debug, Clone, PartialEq)]
pub struct UpdateCard {
    /// The card.
    pub card_id: CardId,
    /// The request without its `card_id`.
    pub patch: Object,
}

/// What an update answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Updated {
    /// Whether the card went back to review.
    pub send_check: bool,
}

impl Apply for UpdateCard {
    type Reply = Updated;

    fn keys(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.insert(self.card_id.clone());
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<Updated> {
        let card = ws.card_by_id(&self.card_id)?.ok_or(ErrCode::InvalidCardId)?;
        if card.status == CardStatus::Delete {
            return Err(Error::field(ErrCode::InvalidCardStatus, "card_id", "the card was deleted"));
        }
        let (mut card, send_check) = overlay(card, &self.patch)?;
        card.updated_at = now;
        let no = card.no;
        ws.record(Event { amount: i64::from(send_check), ..Event::new(EventKind::CardUpdate, now, no) });
        if send_check {
            enter_review(ws, &mut card, now);
        }
        ws.cards.put(no, card);
        Ok(Updated { send_check })
    }
}

/// The card with the patch laid over it, and whether that sends it to review. Pure: a preview is this and no more.
pub fn overlay(card: &Card, patch: &Object) -> Result<(Card, bool)> {
    let section = section(card.card_type, patch)?;
    let fields = given_fields(card.card_type, section, |field| field.update != OnUpdate::Refused)?;
    let mut base_info = card.section.get("base_info").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut beside = Object::clone(&card.section);
    beside.shift_remove("base_info");
    let (mut faults, mut send_check) = (Vec::new(), false);
    for given in &fields {
        let target = match given.field.place {
            Place::BaseInfo => &mut base_info,
            Place::Section => &mut beside,
        };
        match lay(card, given, target) {
            Ok(reviewed) => send_check |= reviewed,
            Err(fault) => faults.push(fault),
        }
    }
    if let Some(fault) = first_fault(faults) {
        return Err(fault);
    }
    settle_locations(&mut base_info, &fields);
    let mut document = Object::new();
    document.insert("base_info".to_owned(), base_info.into());
    document.extend(beside);
    let terms = Terms::read(card.card_type, &document)?;
    Ok((Card { section: Arc::new(document), terms, ..card.clone() }, send_check))
}

/// A card is for all shops or for a list of them. Where a request names both, all shops win; a list alone takes the
/// place of an earlier "all shops".
fn settle_locations(base_info: &mut Object, fields: &[GivenField<'_>]) {
    let names = |key: &str| fields.iter().any(|given| given.field.key == key);
    let listed = base_info.get("location_id_list").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    if names("location_id_list") && listed && !names("use_all_locations") {
        base_info.shift_remove("use_all_locations");
    }
    if base_info.get("use_all_locations") == Some(&json!(true)) {
        base_info.shift_remove("location_id_list");
    }
}

/// The one section of the patch, which must be the card's own.
fn section(card_type: CardType, patch: &Object) -> Result<&Object> {
    for (key, value) in patch.iter().filter(|(_, value)| !value.is_null()) {
        match key.as_str() {
            "card_id" => {}
            "card_type" if value.as_str().and_then(CardType::from_wire) == Some(card_type) => {}
            key if key == card_type.key() => {}
            key => return Err(Error::key(&[key], format!("does not belong to a {card_type} card"))),
        }
    }
    match crate::value::given(patch, card_type.key()) {
        None => Err(Error::missing(format!("m_data.{}()", card_type.key()))),
        Some(section) => {
            section.as_object().ok_or_else(|| Error::key(&[card_type.key()], "must be an object"))
        }
    }
}

/// Lays one value over its object and answers whether it calls for review.
fn lay(card: &Card, given: &GivenField<'_>, target: &mut Object) -> Result<bool> {
    let (field, value) = (given.field, given.value);
    let blank = value.as_str() == Some("");
    if blank && (field.update == OnUpdate::ReviewNotBlank || matches!(field.kind, Kind::Choice { .. })) {
        return Err(Error::missing(field.accessor()));
    }
    let stored = match field.kind {
        Kind::DateInfo => {
            let object = value
                .as_object()
                .ok_or_else(|| Error::field(ErrCode::DataFormat, field.path(), "must be an object"))?;
            Some(card.terms.date_info.widen(object)?.to_json())
        }
        kind => document::normalize(&kind, value, &field.path())?,
    };
    let Some(stored) = stored else { return Ok(false) };
    if field.update == OnUpdate::OnlyOn {
        let before = target.get(field.key) == Some(&json!(true));
        match (before, stored == json!(true)) {
            (true, false) => {
                return Err(Error::field(ErrCode::SupplyBonusStays, field.path(), "cannot go back to false"));
            }
            (before, after) if before == after => return Ok(false),
            _ => {}
        }
    }
    target.insert(field.key.to_owned(), stored);
    Ok(field.update.needs_review())
}
