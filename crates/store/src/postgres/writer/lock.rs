//! Phase 2 of a batch: locks and loads the discovered rows with one round trip. Every node locks in the same order,
//! so two batches wait for each other and cannot deadlock.

use super::super::connect::Call;
use super::super::load::{self, KeyArrays, LockMode};
use super::super::sql;
use super::PostgresWriter;
use crate::error::Result;
use kaquan_core::engine::{Keys, WorkingSet};
use kaquan_core::id::{AppId, CardNo};
use std::collections::BTreeSet;

impl PostgresWriter {
    /// Locks and loads the rows of all keys. Returns `None` if the app does not exist. `discovered` has the numbers
    /// of the cards named by id.
    pub(super) fn lock(
        &mut self,
        app: AppId,
        keys: &Keys,
        discovered: &WorkingSet,
    ) -> Result<Option<WorkingSet>> {
        self.conn()?;
        let shared = self.shared.clone();
        let begin = self.open.is_empty().then_some("BEGIN");
        let (conn, cards) = self.open_conn()?;
        let nos: Vec<i64> = keys.cards.iter().map(|no| no.0).collect();
        let empty = WorkingSet::new(discovered.app.clone(), discovered.counters);
        let arrays = KeyArrays::of_missing(keys, &empty, &cards.claims);
        let mut calls: Vec<Call<'_>> = Vec::new();
        if !nos.is_empty() {
            calls.push((sql::LOCK_STOCKS, vec![&app.0, &nos]));
        }
        calls.extend(arrays.calls(&app.0, LockMode::ForUpdate));
        calls.push((sql::LOCK_COUNTERS, vec![&app.0]));
        let mut replies = conn.pipeline(begin, &calls, None)?;
        let counters = replies.pop().unwrap_or_default();
        let Some(row) = counters.first() else {
            self.open.push(app);
            return Ok(None);
        };
        let mut set = load::empty_set(row)?;
        shared.pass_over_lost_numbers(&mut set);
        let stocks = if nos.is_empty() { Vec::new() } else { replies.remove(0) };
        for id in &keys.card_ids {
            set.card_ids.load(id.clone(), discovered.card_ids.get(id)?.copied());
        }
        cards.load_locked(conn, &stocks, &mut set)?;
        keys.cards.iter().for_each(|no| set.cards.load(*no, None));
        let pools = arrays.fill(keys, replies, &mut set)?;
        load::load_pools(conn, keys, pools, &mut set)?;
        cards.remember_claims(keys, &set);
        self.open.push(app);
        Ok(Some(set))
    }

    /// Locks and loads rows that discovery did not find.
    pub(super) fn lock_more(&mut self, keys: &Keys, set: &mut WorkingSet) -> Result<()> {
        let app = set.app.id;
        let (conn, cards) = self.open_conn()?;
        cards.resolve_ids(conn, keys, set)?;
        let mut nos: BTreeSet<CardNo> = keys.cards.clone();
        nos.extend(keys.card_ids.iter().filter_map(|id| set.card_ids.get(id).ok().flatten()));
        nos.extend(keys.holders.iter().chain(&keys.claims).map(|(card, _)| *card));
        let nos: Vec<i64> = nos.iter().filter(|no| !set.cards.is_loaded(no)).map(|no| no.0).collect();
        let arrays = KeyArrays::of_missing(keys, set, &cards.claims);
        let mut calls: Vec<Call<'_>> = vec![(sql::LOCK_STOCKS, vec![&app.0, &nos])];
        calls.extend(arrays.calls(&app.0, LockMode::ForUpdate));
        let mut replies = conn.pipeline(None, &calls, None)?;
        let stocks = replies.remove(0);
        cards.load_locked(conn, &stocks, set)?;
        keys.cards.iter().for_each(|no| set.cards.load(*no, None));
        let pools = arrays.fill(keys, replies, set)?;
        load::load_pools(conn, keys, pools, set)?;
        cards.remember_claims(keys, set);
        Ok(())
    }
}
