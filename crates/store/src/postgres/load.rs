//! Loads rows into working sets, with locks for a writer and without for readers. One statement loads all rows of a
//! table, and all statements go out together.

use super::connect::{Call, Conn, Param};
use super::sql;
use crate::cards::WAITING_CODES;
use crate::claim_counts::ClaimCounts;
use crate::error::Result;
use crate::row::Row as _;
use crate::row::{
    read_app, read_card, read_code, read_counters, read_custom_code, read_member, read_openid,
    read_waiting_code, small,
};
use kaquan_core::card::Card;
use kaquan_core::code::{CodeState, Origin};
use kaquan_core::engine::{CustomCode, HeldCode, Keys, Pool, RecordKey, RecordKind, WorkingSet};
use kaquan_core::id::{AppId, CardNo, CodeSeq, CodeText, OpenId};
use std::sync::Arc;
use tokio_postgres::Row;

/// Whether loaded rows are locked until the end of the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LockMode {
    None,
    /// Locks against changes and other locks, in the order of the keys.
    ForUpdate,
}

impl LockMode {
    fn choose(self, none: &'static str, for_update: &'static str) -> &'static str {
        match self {
            LockMode::None => none,
            LockMode::ForUpdate => for_update,
        }
    }
}

/// The origin of a claimed code.
const CLAIMED: i64 = Origin::Claimed.number() as i64;

/// Keys as arrays, in the form that the statements need.
#[derive(Debug, Default)]
pub(super) struct KeyArrays<'a> {
    pub codes: Vec<i64>,
    custom_cards: Vec<i64>,
    custom_texts: Vec<&'a str>,
    pools: Vec<i64>,
    members: Vec<i64>,
    record_kinds: Vec<i64>,
    record_nos: Vec<i64>,
    record_names: Vec<&'a str>,
    holder_cards: Vec<i64>,
    holders: Vec<&'a str>,
    claim_cards: Vec<i64>,
    claimants: Vec<&'a str>,
    /// Where the count of each holder's claims begins; the claims before it are `claims_before`.
    claims_from: Vec<i64>,
    claims_before: Vec<u32>,
}

impl<'a> KeyArrays<'a> {
    /// The keys that the set does not have yet, without those of cards. Keys are sorted, so every node locks in the
    /// same order.
    pub fn of_missing(keys: &'a Keys, set: &WorkingSet, counts: &ClaimCounts) -> KeyArrays<'a> {
        let mut arrays = KeyArrays::default();
        arrays.codes.extend(keys.codes.iter().filter(|seq| !set.codes.is_loaded(seq)).map(|seq| seq.0));
        for (card, text) in keys.custom_codes.iter().filter(|key| !set.custom_codes.is_loaded(key)) {
            arrays.custom_cards.push(card.0);
            arrays.custom_texts.push(text.as_str());
        }
        arrays.pools.extend(keys.pools.keys().filter(|card| !set.pools.is_loaded(card)).map(|card| card.0));
        arrays.members.extend(keys.members.iter().filter(|seq| !set.members.is_loaded(seq)).map(|seq| seq.0));
        for key in keys.records.iter().filter(|key| !set.records.is_loaded(key)) {
            arrays.record_kinds.push(key.kind.number().into());
            arrays.record_nos.push(key.no);
            arrays.record_names.push(&key.name);
        }
        for (card, openid) in &keys.holders {
            if !set.holders.contains_key(&(*card, openid.clone())) {
                arrays.holder_cards.push(card.0);
                arrays.holders.push(openid.as_str());
            }
        }
        for (card, openid) in &keys.claims {
            if !set.claims.contains_key(&(*card, openid.clone())) {
                let known = counts.get(set.app.id, *card, openid);
                arrays.claim_cards.push(card.0);
                arrays.claimants.push(openid.as_str());
                arrays.claims_from.push(known.next.0);
                arrays.claims_before.push(known.claims);
            }
        }
        arrays
    }

    /// The statements that load these keys, in the order in which rows are locked.
    pub fn calls<'b>(&'b self, app: Param<'b>, mode: LockMode) -> Vec<Call<'b>> {
        let mut calls: Vec<Call<'b>> = Vec::new();
        if !self.codes.is_empty() {
            calls.push((mode.choose(sql::CODES, sql::LOCK_CODES), vec![app, &self.codes]));
        }
        if !self.custom_cards.is_empty() {
            let sql = mode.choose(sql::CUSTOM_CODES, sql::LOCK_CUSTOM_CODES);
            calls.push((sql, vec![app, &self.custom_cards, &self.custom_texts]));
        }
        if !self.pools.is_empty() {
            calls.push((mode.choose(sql::POOLS, sql::LOCK_POOLS), vec![app, &self.pools]));
        }
        if !self.members.is_empty() {
            calls.push((mode.choose(sql::MEMBERS, sql::LOCK_MEMBERS), vec![app, &self.members]));
        }
        if !self.record_kinds.is_empty() {
            let sql = mode.choose(sql::RECORDS, sql::LOCK_RECORDS);
            calls.push((sql, vec![app, &self.record_kinds, &self.record_nos, &self.record_names]));
        }
        if !self.holders.is_empty() {
            // This needs no lock: while the card is locked, no other node can issue its codes.
            calls.push((sql::HELD, vec![app, &self.holders, &self.holder_cards]));
        }
        if !self.claimants.is_empty() {
            let params = vec![app, &self.claimants, &self.claim_cards, &self.claims_from, &CLAIMED];
            calls.push((sql::CLAIMS, params));
        }
        calls
    }

    /// Puts the replies to these statements into the set. A key without a row is recorded as absent. Returns the
    /// pools that have codes to draw.
    pub fn fill(
        &self,
        keys: &Keys,
        replies: Vec<Vec<Row>>,
        set: &mut WorkingSet,
    ) -> Result<Vec<(CardNo, Pool)>> {
        let (mut replies, mut found) = (replies.into_iter(), Vec::new());
        let mut next =
            |was_sent: bool| if was_sent { replies.next().unwrap_or_default() } else { Vec::new() };
        for row in next(!self.codes.is_empty()) {
            let code = read_code(&row)?;
            set.codes.load(code.seq, Some(code));
        }
        keys.codes.iter().for_each(|seq| set.codes.load(*seq, None));
        for row in next(!self.custom_cards.is_empty()) {
            let key = (CardNo(row.int(0)?), CodeText::stored(row.text(1)?));
            set.custom_codes.load(key, Some(read_custom_code(&row, 2)?));
        }
        keys.custom_codes.iter().for_each(|key| set.custom_codes.load(key.clone(), None));
        for row in next(!self.pools.is_empty()) {
            let pool = Pool { deposited: row.int(1)?, drawn: row.int(2)?, head: Default::default() };
            found.push((CardNo(row.int(0)?), pool));
        }
        for row in next(!self.members.is_empty()) {
            let member = read_member(&row)?;
            set.members.load(member.code, Some(member));
        }
        keys.members.iter().for_each(|seq| set.members.load(*seq, None));
        for row in next(!self.record_kinds.is_empty()) {
            let (key, record) = read_keyed_record(&row)?;
            set.records.load(key, Some(record));
        }
        keys.records.iter().for_each(|key| set.records.load(key.clone(), None));
        for row in next(!self.holders.is_empty()) {
            let held = set.holders.entry((CardNo(row.int(0)?), read_openid(&row, 1)?)).or_default();
            held.codes.push(HeldCode {
                seq: CodeSeq(row.int(2)?),
                claimed: row.int(3)? == i64::from(Origin::Claimed.number()),
                // The only state that can follow "consumed" is "returned", which undoes the consume.
                consumed: row.int(4)? == i64::from(CodeState::Consumed.number()),
            });
        }
        for key in &keys.holders {
            set.holders.entry(key.clone()).or_default();
        }
        for row in next(!self.claimants.is_empty()) {
            let key = (CardNo(row.int(0)?), read_openid(&row, 1)?);
            *set.claims.entry(key).or_default() += small::<u32>(&row, 2, "claims of a holder")?;
        }
        for ((card, openid), before) in self.claim_cards.iter().zip(&self.claimants).zip(&self.claims_before)
        {
            *set.claims.entry((CardNo(*card), OpenId::from(*openid))).or_default() += before;
        }
        Ok(found)
    }
}

fn read_keyed_record(row: &Row) -> Result<(RecordKey, kaquan_core::engine::StoredRecord)> {
    let kind: u8 = small(row, 0, "kind of record")?;
    let kind = RecordKind::from_number(kind).ok_or_else(|| crate::row::damaged("kind of record", kind))?;
    let key = RecordKey { kind, no: row.int(1)?, name: Arc::from(row.text(2)?) };
    Ok((key, crate::row::read_stored_record(row, 3)?))
}

/// Loads pools with the next codes to draw, which are added to the custom codes of the set. A locked pool issues no
/// codes to other nodes, so these codes need no locks.
pub(super) fn load_pools(
    conn: &mut Conn,
    keys: &Keys,
    found: Vec<(CardNo, Pool)>,
    set: &mut WorkingSet,
) -> Result<()> {
    let app = set.app.id;
    let wanted: Vec<(i64, i64, i64)> = found
        .iter()
        .map(|(card, pool)| {
            let draws = keys.pools.get(card).copied().unwrap_or(0);
            (card.0, pool.drawn, i64::try_from(draws).unwrap_or(i64::MAX))
        })
        .collect();
    let calls: Vec<Call<'_>> = wanted
        .iter()
        .map(|(card, drawn, draws)| (WAITING_CODES.postgres, vec![&app.0 as Param<'_>, card, drawn, draws]))
        .collect();
    let replies = conn.pipeline(None, &calls, None)?;
    for ((card, mut pool), rows) in found.into_iter().zip(replies) {
        for row in rows {
            let (place, text) = read_waiting_code(&row)?;
            set.custom_codes.load((card, text.clone()), Some(CustomCode::Deposited(place)));
            pool.head.push_back(text);
        }
        set.pools.load(card, Some(pool));
    }
    keys.pools.keys().for_each(|card| set.pools.load(*card, None));
    Ok(())
}

/// An empty set, from a row of the app and its counters.
pub(super) fn empty_set(row: &Row) -> Result<WorkingSet> {
    Ok(WorkingSet::new(read_app(row)?, read_counters(row, 4)?))
}

/// A card with the revision of its document.
pub(super) fn read_card_and_revision(row: &Row) -> Result<(Card, i64)> {
    Ok((read_card(row)?, row.int(11)?))
}

/// Loads for a reader the rows in `keys` that the set does not have yet.
pub(super) fn load(conn: &mut Conn, keys: &Keys, set: &mut WorkingSet) -> Result<()> {
    let app = set.app.id;
    let mut nos: Vec<i64> = keys.cards.iter().filter(|no| !set.cards.is_loaded(no)).map(|no| no.0).collect();
    nos.extend(numbers(conn, app, keys, set)?.iter().map(|no| no.0));
    if !nos.is_empty() {
        for row in conn.query(sql::CARDS_BY_NO, &[&app.0, &nos])? {
            let (card, _) = read_card_and_revision(&row)?;
            set.cards.load(card.no, Some(card));
        }
    }
    keys.cards.iter().for_each(|no| set.cards.load(*no, None));
    let arrays = KeyArrays::of_missing(keys, set, &ClaimCounts::default());
    let replies = conn.pipeline(None, &arrays.calls(&app.0, LockMode::None), None)?;
    let pools = arrays.fill(keys, replies, set)?;
    load_pools(conn, keys, pools, set)
}

/// Looks up the numbers of cards by their ids and puts the numbers into the set. Returns the numbers of the cards
/// that are not loaded.
fn numbers(conn: &mut Conn, app: AppId, keys: &Keys, set: &mut WorkingSet) -> Result<Vec<CardNo>> {
    let ids: Vec<&str> =
        keys.card_ids.iter().filter(|id| !set.card_ids.is_loaded(id)).map(|id| id.as_str()).collect();
    let mut found = Vec::new();
    if !ids.is_empty() {
        for row in conn.query(sql::CARD_NOS, &[&app.0, &ids])? {
            let no = CardNo(row.int(0)?);
            set.card_ids.load(crate::row::read_card_id(&row, 1)?, Some(no));
            found.extend(Some(no).filter(|no| !set.cards.is_loaded(no)));
        }
    }
    keys.card_ids.iter().for_each(|id| set.card_ids.load(id.clone(), None));
    Ok(found)
}
