//! Cards a writer remembers, so that a hot card's document is not read again for every batch: whoever locks its stock
//! sees by the revision whether the document is still the one.

use super::connect::Conn;
use super::load::read_card_and_revision;
use super::sql;
use crate::error::Result;
use crate::row::{Row as _, read_card_id};
use kaquan_core::card::Card;
use kaquan_core::engine::{Change, Keys, WorkingSet};
use kaquan_core::id::{AppId, CardId, CardNo};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use tokio_postgres::Row;

/// Cards remembered; above that all are forgotten.
const KEPT_MAX: usize = 4_096;

/// The cards a writer has seen.
#[derive(Debug, Default)]
pub(super) struct Cards {
    kept: HashMap<(AppId, CardNo), (Card, i64)>,
    /// A card's number never changes.
    numbers: HashMap<(AppId, CardId), CardNo>,
}

impl Cards {
    /// The revision of a card's document, and the document, as they were last seen.
    pub fn last(&self, app: AppId, no: CardNo) -> Option<&(Card, i64)> {
        self.kept.get(&(app, no))
    }

    /// Looks up the numbers of cards by name and notes them in the set.
    pub fn name(&mut self, conn: &mut Conn, keys: &Keys, set: &mut WorkingSet) -> Result<()> {
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

    /// Puts cards into the set as they were last seen, or as they are: enough to tell which rows they lead to.
    pub fn foresee(
        &mut self,
        conn: &mut Conn,
        app: AppId,
        nos: &BTreeSet<CardNo>,
        set: &mut WorkingSet,
    ) -> Result<()> {
        let unknown: Vec<i64> =
            nos.iter().filter(|no| !self.kept.contains_key(&(app, **no))).map(|no| no.0).collect();
        self.read(conn, app, &unknown)?;
        for no in nos {
            set.cards.load(*no, self.last(app, *no).map(|(card, _)| card.clone()));
        }
        Ok(())
    }

    /// Puts cards into the set whose stocks are locked: number, quantity, total, revision.
    pub fn load(&mut self, conn: &mut Conn, stocks: &[Row], set: &mut WorkingSet) -> Result<()> {
        let app = set.app.id;
        let mut stale = Vec::new();
        for row in stocks {
            let (no, revision) = (row.int(0)?, row.int(3)?);
            if self.last(app, CardNo(no)).is_none_or(|(_, known)| *known != revision) {
                stale.push(no);
            }
        }
        self.read(conn, app, &stale)?;
        for row in stocks {
            let no = CardNo(row.int(0)?);
            let card = self.last(app, no).map(|(card, _)| card.clone());
            if let Some(mut card) = card {
                (card.quantity, card.total) = (row.int(1)?, row.int(2)?);
                set.cards.load(no, Some(card));
            }
        }
        Ok(())
    }

    fn read(&mut self, conn: &mut Conn, app: AppId, nos: &[i64]) -> Result<()> {
        if nos.is_empty() {
            return Ok(());
        }
        if self.kept.len() + nos.len() > KEPT_MAX {
            self.kept.retain(|(of, no), _| *of == app && nos.contains(&no.0));
            self.numbers.clear();
        }
        for row in conn.query(sql::CARDS_BY_NO, &[&app.0, &nos])? {
            let (card, revision) = read_card_and_revision(&row)?;
            self.kept.insert((app, card.no), (card, revision));
        }
        Ok(())
    }

    /// Remembers what was committed.
    pub fn remember(&mut self, set: &WorkingSet) {
        let app = set.app.id;
        for (no, card, change) in set.cards.changed() {
            let revision = match (change, self.last(app, *no)) {
                (Change::Inserted, _) => 1,
                (_, Some((last, revision))) => revision + revision_step(Some(last), card),
                (_, None) => continue,
            };
            self.kept.insert((app, *no), (card.clone(), revision));
        }
    }
}

/// By how much a changed card's revision grows: by one if its document or status is another.
pub(super) fn revision_step(last: Option<&Card>, card: &Card) -> i64 {
    i64::from(last.is_none_or(|last| !is_same_document(last, card)))
}

/// Whether all that is written with the document is the same.
fn is_same_document(last: &Card, card: &Card) -> bool {
    Arc::ptr_eq(&last.section, &card.section)
        && last.status == card.status
        && last.updated_at == card.updated_at
        && last.refuse_reason == card.refuse_reason
}
