//! Phase 1 of a batch: finds out which rows the batch needs, without locks. A row that cannot lead to other rows is
//! not read here.

use super::super::load::{KeyArrays, LockMode};
use super::PostgresWriter;
use crate::DeclareReads;
use crate::error::Result;
use kaquan_core::app::{App, Counters, ReviewPolicy};
use kaquan_core::engine::{Keys, WorkingSet, load_until_complete};
use kaquan_core::id::{AppId, CardNo};
use std::collections::BTreeSet;

impl PostgresWriter {
    /// Returns the keys of all rows that `declare_reads` names, and a set with the numbers of the cards named by id.
    pub(super) fn discover(
        &mut self,
        app: AppId,
        declare_reads: &DeclareReads<'_>,
    ) -> Result<(Keys, WorkingSet)> {
        let mut set = WorkingSet::new(App::new(app, ReviewPolicy::Auto), Counters::default());
        let mut all = Keys::default();
        load_until_complete(&mut set, declare_reads, |keys, set| {
            merge(&mut all, keys);
            self.peek(keys, set)
        })?;
        all.cards.extend(all.card_ids.iter().filter_map(|id| set.card_ids.get(id).ok().flatten()));
        // A batch that counts a holder's codes locks the card, so that other nodes cannot issue codes of the card
        // meanwhile.
        all.cards.extend(all.holders.iter().chain(&all.claims).map(|(card, _)| *card));
        Ok((all, set))
    }

    fn peek(&mut self, keys: &Keys, set: &mut WorkingSet) -> Result<()> {
        let app = set.app.id;
        let (conn, cards) = self.conn()?;
        cards.resolve_ids(conn, keys, set)?;
        let mut nos: BTreeSet<CardNo> = keys.cards.clone();
        nos.extend(keys.card_ids.iter().filter_map(|id| set.card_ids.get(id).ok().flatten()));
        cards.peek(conn, app, &nos, set)?;
        // Only codes and custom codes lead to other rows.
        let leading =
            Keys { codes: keys.codes.clone(), custom_codes: keys.custom_codes.clone(), ..Keys::default() };
        let arrays = KeyArrays::of_missing(&leading, set, &cards.claims);
        let replies = conn.pipeline(None, &arrays.calls(&app.0, LockMode::None), None)?;
        arrays.fill(&leading, replies, set)?;
        keys.pools.keys().for_each(|card| set.pools.load(*card, None));
        keys.members.iter().for_each(|seq| set.members.load(*seq, None));
        keys.records.iter().for_each(|key| set.records.load(key.clone(), None));
        for key in &keys.holders {
            set.holders.entry(key.clone()).or_default();
        }
        for key in &keys.claims {
            set.claims.entry(key.clone()).or_default();
        }
        Ok(())
    }
}

fn merge(all: &mut Keys, keys: &Keys) {
    let Keys { card_ids, cards, codes, custom_codes, holders, claims, pools, members, records } =
        keys.clone();
    all.card_ids.extend(card_ids);
    all.cards.extend(cards);
    all.codes.extend(codes);
    all.custom_codes.extend(custom_codes);
    all.holders.extend(holders);
    all.claims.extend(claims);
    all.pools.extend(pools);
    all.members.extend(members);
    all.records.extend(records);
}
