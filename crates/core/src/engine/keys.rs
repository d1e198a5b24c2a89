//! Read sets: the keys of the rows that operations read.

use super::record::RecordKey;
use crate::id::{CardId, CardNo, CodeSeq, CodeText, OpenId};
use std::collections::{BTreeMap, BTreeSet};

/// The keys of the rows that a batch needs. They are sorted, so every node locks them in the same order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys {
    /// Cards by their ids on the wire.
    pub card_ids: BTreeSet<CardId>,
    pub cards: BTreeSet<CardNo>,
    pub codes: BTreeSet<CodeSeq>,
    /// Custom codes by card and text.
    pub custom_codes: BTreeSet<(CardNo, CodeText)>,
    /// The codes that holders have or had of cards.
    pub holders: BTreeSet<(CardNo, OpenId)>,
    /// How many codes of a card holders have claimed.
    pub claims: BTreeSet<(CardNo, OpenId)>,
    /// Imported codes by card, and how many may be drawn.
    pub pools: BTreeMap<CardNo, usize>,
    pub members: BTreeSet<CodeSeq>,
    /// Records by kind and number or name.
    pub records: BTreeSet<RecordKey>,
}

impl Keys {
    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.card_ids.is_empty()
            && self.cards.is_empty()
            && self.codes.is_empty()
            && self.custom_codes.is_empty()
            && self.holders.is_empty()
            && self.claims.is_empty()
            && self.pools.is_empty()
            && self.members.is_empty()
            && self.records.is_empty()
    }
}
