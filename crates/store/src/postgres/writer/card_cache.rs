//! The cards that a writer has loaded, so that the document of a hot card is not read for every batch. A cached card
//! is used only if its revision is unchanged. The revision is read together with the locked stock.

use super::super::connect::Conn;
use super::super::load::read_card_and_revision;
use super::super::sql;
use crate::claim_counts::{ClaimCount, ClaimCounts};
use crate::error::Result;
use crate::row::{Row as _, read_card_id};
use kaquan_core::card::Card;
use kaquan_core::engine::{Change, Keys, WorkingSet};
use kaquan_core::id::{AppId, CardId, CardNo, CodeSeq};
use quick_cache::unsync::Cache;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use tokio_postgres::Row;

/// The largest number of cards in the cache.
const CAPACITY: usize = 4_096;

/// Cards with the revisions of their documents. Also the numbers of cards by id, which never change.
pub(super) struct CardCache {
    cards: Cache<(AppId, CardNo), (Card, i64)>,
    numbers: Cache<(AppId, CardId), CardNo>,
    /// How many codes holders of many codes have claimed.
    pub claims: ClaimCounts,
}

impl Default for CardCache {
    fn default() -> CardCache {
        let (cards, numbers) = (Cache::new(CAPACITY), Cache::new(CAPACITY));
        CardCache { cards, numbers, claims: ClaimCounts::default() }
    }
}

impl CardCache {
    /// The cached card with the revision of its document.
    pub fn last(&self, app: AppId, no: CardNo) -> Option<&(Card, i64)> {
        self.cards.get(&(app, no))
    }

    /// Remembers the counts of these keys. Their cards must be locked, so that no other node issues codes of them.
    pub fn remember_claims(&mut self, keys: &Keys, set: &WorkingSet) {
        let next = CodeSeq(set.counters.code_seq);
        for (card, openid) in &keys.claims {
            if let Some(claims) = set.claims.get(&(*card, openid.clone())).copied() {
                self.claims.put(set.app.id, *card, openid, ClaimCount { claims, next });
            }
        }
    }

    /// Looks up the numbers of cards by their ids and puts the numbers into the set.
    pub fn resolve_ids(&mut self, conn: &mut Conn, keys: &Keys, set: &mut WorkingSet) -> Result<()> {
        let app = set.app.id;
        let mut unknown: Vec<&str> = Vec::new();
        for id in keys.card_ids.iter().filter(|id| !set.card_ids.is_loaded(id)).collect::<Vec<_>>() {
            match self.numbers.get(&(app, id.clone())) {
                Some(no) => set.card_ids.load(id.clone(), Some(*no)),
                None => unknown.push(id.as_str()),
            }
        }
        if !unknown.is_empty() {
            for row in conn.query(sql::CARD_NOS, &[&app.0, &unknown])? {
                let (no, id) = (CardNo(row.int(0)?), read_card_id(&row, 1)?);
                self.numbers.insert((app, id.clone()), no);
                set.card_ids.load(id, Some(no));
            }
        }
        keys.card_ids.iter().for_each(|id| set.card_ids.load(id.clone(), None));
        Ok(())
    }

    /// Puts cached cards into the set, without checking their revisions: enough to find the rows that they lead to.
    pub fn peek(
        &mut self,
        conn: &mut Conn,
        app: AppId,
        nos: &BTreeSet<CardNo>,
        set: &mut WorkingSet,
    ) -> Result<()> {
        let mut unknown: Vec<i64> = Vec::new();
        for no in nos {
            match self.last(app, *no) {
                Some((card, _)) => set.cards.load(*no, Some(card.clone())),
                None => unknown.push(no.0),
            }
        }
        for (no, card) in self.read(conn, app, &unknown)? {
            set.cards.load(no, Some(card));
        }
        nos.iter().for_each(|no| set.cards.load(*no, None));
        Ok(())
    }

    /// Puts cards with locked stocks into the set. Each row has number, quantity, total and revision.
    pub fn load_locked(&mut self, conn: &mut Conn, stocks: &[Row], set: &mut WorkingSet) -> Result<()> {
        let app = set.app.id;
        let (mut fresh, mut stale) = (HashMap::new(), Vec::new());
        for row in stocks {
            let (no, revision) = (row.int(0)?, row.int(3)?);
            match self.last(app, CardNo(no)).filter(|(_, known)| *known == revision) {
                // Cloned now, because reading other cards below may remove it from the cache.
                Some((card, _)) => drop(fresh.insert(CardNo(no), card.clone())),
                None => stale.push(no),
            }
        }
        fresh.extend(self.read(conn, app, &stale)?);
        for row in stocks {
            let no = CardNo(row.int(0)?);
            if let Some(mut card) = fresh.remove(&no) {
                (card.quantity, card.total) = (row.int(1)?, row.int(2)?);
                set.cards.load(no, Some(card));
            }
        }
        Ok(())
    }

    /// Reads cards from the database into the cache, and returns them.
    fn read(&mut self, conn: &mut Conn, app: AppId, nos: &[i64]) -> Result<HashMap<CardNo, Card>> {
        let mut read = HashMap::with_capacity(nos.len());
        if nos.is_empty() {
            return Ok(read);
        }
        for row in conn.query(sql::CARDS_BY_NO, &[&app.0, &nos])? {
            let (card, revision) = read_card_and_revision(&row)?;
            self.cards.insert((app, card.no), (card.clone(), revision));
            read.insert(card.no, card);
        }
        Ok(read)
    }

    /// Puts the cards of a committed set into the cache.
    pub fn update(&mut self, set: &WorkingSet) {
        let app = set.app.id;
        for (no, card, change) in set.cards.changed() {
            let revision = match (change, self.last(app, *no)) {
                (Change::Inserted, _) => 1,
                (_, Some((last, revision))) => revision + revision_step(Some(last), card),
                (_, None) => continue,
            };
            self.cards.insert((app, *no), (card.clone(), revision));
        }
    }
}

/// By how much the revision of a changed card grows: by 1 if its document or status changed, otherwise by 0.
pub(super) fn revision_step(last: Option<&Card>, card: &Card) -> i64 {
    i64::from(last.is_none_or(|last| !is_same_document(last, card)))
}

/// Whether all columns that are written together with the document are the same.
fn is_same_document(last: &Card, card: &Card) -> bool {
    Arc::ptr_eq(&last.section, &card.section)
        && last.status == card.status
        && last.updated_at == card.updated_at
        && last.refuse_reason == card.refuse_reason
}
