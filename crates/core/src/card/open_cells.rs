//! The entries on a card that are switched on separately from its document: pay at the till (微信买单) and self-service
//! consume (自助核销). A card has at most one of these two and the centre button. WeChat manual: "管理卡券" (manage cards).

use super::Card;
use crate::engine::{Keys, Record, RecordKey, RecordKind, WorkingSet};
use crate::error::Result;
use crate::id::{CardId, CardNo};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The entries of a card that are switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cells {
    /// Whether holders can pay at the till with the card.
    pub pay: bool,
    /// Whether holders can consume codes themselves.
    pub self_consume: bool,
    /// Whether holders must enter a verify code when they consume a code.
    pub need_verify_cod: bool,
    /// Whether holders must enter the amount when they consume a code.
    pub need_remark_amount: bool,
}

impl Record for Cells {
    const KIND: RecordKind = RecordKind::Cells;
}

impl Cells {
    /// The record key of this card's entries.
    pub fn key(card: CardNo) -> RecordKey {
        RecordKey::numbered::<Cells>(card.0)
    }

    /// Declares the rows that a change of the card's entries reads.
    pub(super) fn reads(card_id: &CardId, ws: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.insert(card_id.clone());
        keys.records.extend(ws.loaded_card(card_id).map(|card| Cells::key(card.no)));
    }

    /// The card with its entries.
    ///
    /// # Errors
    ///
    /// In this order: 40073 unknown card; 40078 deleted card.
    pub(super) fn of<'a>(card_id: &CardId, ws: &'a WorkingSet, now: Timestamp) -> Result<(&'a Card, Cells)> {
        let card = ws.undeleted_card(card_id)?;
        Ok((card, ws.find_record(&Cells::key(card.no), now)?.unwrap_or_default()))
    }
}

/// The fields of `base_info` that make up the centre button.
pub const CENTER_FIELDS: &[&str] = &[
    "center_title",
    "center_sub_title",
    "center_url",
    "center_app_brand_user_name",
    "center_app_brand_pass",
];

/// Whether a card has a centre button.
pub fn has_center(card: &Card) -> bool {
    let base_info = card.section.get("base_info");
    CENTER_FIELDS.iter().any(|key| {
        let text = base_info.and_then(|base| base.get(*key)).and_then(Value::as_str);
        text.is_some_and(|text| !text.is_empty())
    })
}

/// Whether a card has shops.
pub fn has_shops(card: &Card) -> bool {
    let base_value = |key: &str| card.section.get("base_info").and_then(|base| base.get(key));
    base_value("use_all_locations").and_then(Value::as_bool).unwrap_or(false)
        || base_value("location_id_list").and_then(Value::as_array).is_some_and(|list| !list.is_empty())
}
