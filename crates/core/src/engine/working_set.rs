//! The rows of a batch of operations. The store loads the rows that the operations declare, the operations read and
//! change them, and the store writes the changed rows. A working set does no I/O.

use super::keys::Keys;
use super::record::{RecordKey, StoredRecord};
use crate::app::{App, Counters};
use crate::card::{Card, CardStatus};
use crate::code::Code;
use crate::error::{ErrCode, Error, Result};
use crate::event::Event;
use crate::id::{CardId, CardNo, CodeSeq, CodeText, EventSeq, OpenId};
use crate::member::Member;
use std::collections::{HashMap, VecDeque};
use std::fmt::Debug;
use std::hash::Hash;

/// Rows of one kind. Each is either loaded or known to be absent. Reading a key that is not loaded is a bug.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows<K: Eq + Hash, V> {
    name: &'static str,
    rows: HashMap<K, Row<V>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Row<V> {
    value: Option<V>,
    change: Change,
}

/// How a row has changed since it was loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The row is unchanged.
    None,
    /// The row was absent and now exists.
    Inserted,
    /// The row existed and now differs.
    Updated,
    /// The row existed and is now removed.
    Removed,
}

impl<K: Eq + Hash + Clone + Debug, V> Rows<K, V> {
    fn new(name: &'static str) -> Self {
        Rows { name, rows: HashMap::new() }
    }

    /// Whether the row was loaded, even if it is absent.
    pub fn is_loaded(&self, key: &K) -> bool {
        self.rows.contains_key(key)
    }

    /// The row, or `None` if it is known to be absent.
    ///
    /// # Errors
    ///
    /// -1 if the key was not loaded (a panic if debug assertions are on).
    pub fn get(&self, key: &K) -> Result<Option<&V>> {
        match self.rows.get(key) {
            Some(row) => Ok(row.value.as_ref()),
            None => {
                debug_assert!(false, "{} {key:?} was not declared", self.name);
                Err(Error::internal(format!("{} {key:?} was not declared", self.name)))
            }
        }
    }

    /// Called by the store with the stored row, or `None` if it is absent. A row that is already loaded is not
    /// changed.
    pub fn load(&mut self, key: K, value: Option<V>) {
        self.rows.entry(key).or_insert(Row { value, change: Change::None });
    }

    /// Writes a row.
    pub fn put(&mut self, key: K, value: V) {
        match self.rows.entry(key) {
            std::collections::hash_map::Entry::Occupied(mut entry) => {
                let row = entry.get_mut();
                row.change = match (&row.value, row.change) {
                    // The store still has the row, so a later removal must be written.
                    (None, Change::Removed) => Change::Updated,
                    (None, _) | (_, Change::Inserted) => Change::Inserted,
                    _ => Change::Updated,
                };
                row.value = Some(value);
            }
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(Row { value: Some(value), change: Change::Inserted });
            }
        }
    }

    /// A row, to be changed in place.
    ///
    /// # Errors
    ///
    /// -1 if the row is absent or was not loaded.
    pub fn get_mut(&mut self, key: &K) -> Result<&mut V> {
        match self.rows.get_mut(key) {
            Some(Row { value: Some(value), change }) => {
                if *change == Change::None {
                    *change = Change::Updated;
                }
                Ok(value)
            }
            _ => Err(Error::internal(format!("{} {key:?} is not there to be changed", self.name))),
        }
    }

    /// Removes a row.
    ///
    /// # Errors
    ///
    /// -1 if the row was not loaded.
    pub fn remove(&mut self, key: &K) -> Result<()> {
        let row = self
            .rows
            .get_mut(key)
            .ok_or_else(|| Error::internal(format!("{} {key:?} was not declared", self.name)))?;
        row.change = match row.change {
            Change::Inserted => Change::None,
            _ => Change::Removed,
        };
        row.value = None;
        Ok(())
    }

    /// The rows that must be deleted, in any order.
    pub fn removed(&self) -> impl Iterator<Item = &K> {
        self.rows.iter().filter(|(_, row)| row.change == Change::Removed).map(|(key, _)| key)
    }

    /// The rows that must be written, in any order.
    pub fn changed(&self) -> impl Iterator<Item = (&K, &V, Change)> {
        self.rows
            .iter()
            .filter(|(_, row)| row.change != Change::None)
            .filter_map(|(key, row)| row.value.as_ref().map(|value| (key, value, row.change)))
    }
}

/// The codes that one holder has or had of one card, with the data for limits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HolderCard {
    /// The codes, in the order in which the holder got them.
    pub codes: Vec<HeldCode>,
}

/// A code that a holder has or had of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldCode {
    pub seq: CodeSeq,
    /// Whether the code was claimed from stock and is not from a friend.
    pub claimed: bool,
    pub consumed: bool,
}

impl HolderCard {
    /// The number of claims from stock. Codes from friends do not count.
    pub fn claims(&self) -> u32 {
        self.codes.iter().filter(|code| code.claimed).count() as u32
    }

    /// Records whether one of the codes is consumed.
    pub fn set_consumed(&mut self, seq: CodeSeq, consumed: bool) {
        let held = self.codes.iter_mut().find(|held| held.seq == seq);
        held.into_iter().for_each(|held| held.consumed = consumed);
    }

    /// The number of consumed codes.
    pub fn consumes(&self) -> u32 {
        self.codes.iter().filter(|code| code.consumed).count() as u32
    }
}

/// The state of the text of a custom code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CustomCode {
    /// Imported by `code/deposit` and not claimed yet. The number is its place in the queue.
    Deposited(i64),
    /// Claimed; the number is that of the issued code.
    Issued(CodeSeq),
    /// Replaced by another text through `code/update`. It names no code and is not issued again.
    Retired,
}

/// The imported codes of a card.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pool {
    /// The number of all codes ever imported.
    pub deposited: i64,
    /// The number of codes drawn so far. The next code has this place in the queue.
    pub drawn: i64,
    /// The texts at the head of the queue, as many as the batch may draw. The store also loads each of them into the
    /// custom codes.
    pub head: VecDeque<CodeText>,
}

/// The rows of one app for a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkingSet {
    pub app: App,
    /// The next numbers to issue.
    pub counters: Counters,
    pub cards: Rows<CardNo, Card>,
    /// The numbers of cards by their ids on the wire.
    pub card_ids: Rows<CardId, CardNo>,
    pub codes: Rows<CodeSeq, Code>,
    /// Custom codes by card and text.
    pub custom_codes: Rows<(CardNo, CodeText), CustomCode>,
    /// The codes that holders have or had of cards. The store derives them from the events and never writes them.
    pub holders: HashMap<(CardNo, OpenId), HolderCard>,
    /// How many codes of a card holders have claimed. The store counts them and never writes them.
    pub claims: HashMap<(CardNo, OpenId), u32>,
    /// Imported codes by card.
    pub pools: Rows<CardNo, Pool>,
    pub members: Rows<CodeSeq, Member>,
    /// Records by kind and number or name.
    pub records: Rows<RecordKey, StoredRecord>,
    /// The emitted events, in order.
    pub events: Vec<Event>,
}

impl WorkingSet {
    /// An empty set.
    pub fn new(app: App, counters: Counters) -> WorkingSet {
        WorkingSet {
            app,
            counters,
            cards: Rows::new("card"),
            card_ids: Rows::new("card id"),
            codes: Rows::new("code"),
            custom_codes: Rows::new("custom code"),
            holders: HashMap::new(),
            claims: HashMap::new(),
            pools: Rows::new("pool"),
            members: Rows::new("member"),
            records: Rows::new("record"),
            events: Vec::new(),
        }
    }

    /// The card with this id.
    pub fn card_by_id(&self, id: &CardId) -> Result<Option<&Card>> {
        match self.card_ids.get(id)? {
            Some(no) => self.cards.get(no),
            None => Ok(None),
        }
    }

    /// The card with this id; an error if it does not exist.
    ///
    /// # Errors
    ///
    /// 40073 if the card does not exist.
    pub fn existing_card(&self, id: &CardId) -> Result<&Card> {
        self.card_by_id(id)?
            .ok_or_else(|| Error::field(ErrCode::InvalidCardId, "card_id", format!("no card {id}")))
    }

    /// The card with this id; an error if it does not exist or was deleted.
    ///
    /// # Errors
    ///
    /// 40073 if the card does not exist; 40078 if it was deleted.
    pub fn undeleted_card(&self, id: &CardId) -> Result<&Card> {
        let card = self.existing_card(id)?;
        match card.status {
            CardStatus::Delete => {
                Err(Error::field(ErrCode::InvalidCardStatus, "card_id", "the card was deleted"))
            }
            _ => Ok(card),
        }
    }

    /// The card with this id, as far as the loaded rows show it.
    pub fn loaded_card(&self, id: &CardId) -> Option<&Card> {
        match self.card_ids.is_loaded(id) {
            true => self.card_by_id(id).ok().flatten(),
            false => None,
        }
    }

    /// The codes that a holder has or had of a card.
    ///
    /// # Errors
    ///
    /// -1 if the codes were not loaded.
    pub fn holder(&self, card: CardNo, openid: &OpenId) -> Result<&HolderCard> {
        let key = (card, openid.clone());
        debug_assert!(self.holders.contains_key(&key), "holder {key:?} was not declared");
        self.holders.get(&key).ok_or_else(|| Error::internal(format!("holder {key:?} was not declared")))
    }

    /// How many codes of a card a holder has claimed.
    ///
    /// # Errors
    ///
    /// -1 if the count was not declared.
    pub fn claims(&self, card: CardNo, openid: &OpenId) -> Result<u32> {
        let claims = self.claims.get(&(card, openid.clone())).copied();
        claims.ok_or_else(|| {
            Error::internal(format!("the claims of {openid} of card {card} were not declared"))
        })
    }

    /// Adds a claimed code to the loaded codes and the loaded claim count of its holder.
    pub fn add_claim(&mut self, card: CardNo, openid: &OpenId, seq: CodeSeq) {
        let key = (card, openid.clone());
        if let Some(holder) = self.holders.get_mut(&key) {
            holder.codes.push(HeldCode { seq, claimed: true, consumed: false });
        }
        if let Some(claims) = self.claims.get_mut(&key) {
            *claims += 1;
        }
    }

    /// Records in the loaded codes of a holder whether a code is consumed.
    pub fn set_consumed(&mut self, card: CardNo, openid: &OpenId, seq: CodeSeq, consumed: bool) {
        if let Some(holder) = self.holders.get_mut(&(card, openid.clone())) {
            holder.set_consumed(seq, consumed);
        }
    }

    /// The codes that a holder has or had of a card, for a change.
    pub fn holder_mut(&mut self, card: CardNo, openid: &OpenId) -> &mut HolderCard {
        self.holders.entry((card, openid.clone())).or_default()
    }

    /// Issues the number of a new code.
    pub fn next_code(&mut self) -> CodeSeq {
        let seq = CodeSeq(self.counters.code_seq);
        self.counters.code_seq += 1;
        seq
    }

    /// Adds an event to the log and sets its number.
    pub fn emit(&mut self, mut event: Event) {
        event.seq = EventSeq(self.counters.event_seq);
        self.counters.event_seq += 1;
        self.counters.latest = self.counters.latest.max(event.at);
        self.events.push(event);
    }

    /// Whether the batch has changed any row.
    pub fn is_changed(&self) -> bool {
        !self.events.is_empty()
            || self.cards.changed().next().is_some()
            || self.codes.changed().next().is_some()
            || self.members.changed().next().is_some()
            || self.pools.changed().next().is_some()
            || self.custom_codes.changed().next().is_some()
            || self.records.changed().next().is_some()
            || self.records.removed().next().is_some()
    }

    /// Removes the loaded rows from `keys`.
    pub fn missing(&self, keys: &mut Keys) {
        keys.card_ids.retain(|id| !self.card_ids.is_loaded(id));
        keys.cards.retain(|no| !self.cards.is_loaded(no));
        keys.codes.retain(|seq| !self.codes.is_loaded(seq));
        keys.custom_codes.retain(|key| !self.custom_codes.is_loaded(key));
        keys.holders.retain(|key| !self.holders.contains_key(key));
        keys.claims.retain(|key| !self.claims.contains_key(key));
        keys.pools.retain(|no, _| !self.pools.is_loaded(no));
        keys.members.retain(|seq| !self.members.is_loaded(seq));
        keys.records.retain(|key| !self.records.is_loaded(key));
    }
}
