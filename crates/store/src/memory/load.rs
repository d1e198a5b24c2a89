//! Loads rows out of the maps into working sets, the same for readers and the writer.

use super::state::State;
use kaquan_core::code::{CodeState, Origin};
use kaquan_core::engine::{CustomCode, HeldCode, HolderCard, Keys, WorkingSet};
use kaquan_core::id::{AppId, CardNo};

impl State {
    /// A set of an app with nothing loaded.
    pub fn working_set(&self, app: AppId) -> Option<WorkingSet> {
        let row = self.apps.iter().find(|row| row.app.id == app)?;
        Some(WorkingSet::new(row.app.clone(), self.counters.get(&app).copied().unwrap_or_default()))
    }

    /// Loads what is asked for and not loaded yet.
    pub fn load(&self, keys: &Keys, set: &mut WorkingSet) {
        let app = set.app.id;
        for id in &keys.card_ids {
            if !set.card_ids.is_loaded(id) {
                let no = self.card_ids.get(&(app, id.clone())).copied();
                set.card_ids.load(id.clone(), no);
                no.into_iter().for_each(|no| set.cards.load(no, self.cards.get(&(app, no)).cloned()));
            }
        }
        for no in &keys.cards {
            set.cards.load(*no, self.cards.get(&(app, *no)).cloned());
        }
        for seq in &keys.codes {
            set.codes.load(*seq, self.codes.get(&(app, *seq)).cloned());
        }
        for (card, text) in &keys.custom_codes {
            let row = self.custom_codes.get(&(app, *card, text.clone())).copied();
            set.custom_codes.load((*card, text.clone()), row);
        }
        for (card, draws) in &keys.pools {
            if !set.pools.is_loaded(card) {
                self.load_pool(*card, *draws, set);
            }
        }
        for seq in &keys.members {
            set.members.load(*seq, self.members.get(&(app, *seq)).cloned());
        }
        for key in &keys.records {
            set.records.load(key.clone(), self.records.get(&(app, key.clone())).cloned());
        }
        for (card, openid) in &keys.holders {
            set.holders.entry((*card, openid.clone())).or_insert_with(|| {
                let codes = self.codes_held(app, openid).filter(|code| code.card == *card);
                let held = codes.map(|code| HeldCode {
                    seq: code.seq,
                    claimed: code.origin == Origin::Claimed,
                    consumed: code.state == CodeState::Consumed,
                });
                HolderCard { codes: held.collect() }
            });
        }
    }

    fn load_pool(&self, card: CardNo, draws: usize, set: &mut WorkingSet) {
        let app = set.app.id;
        let mut pool = self.pools.get(&(app, card)).cloned();
        if let Some(pool) = &mut pool {
            let queue = self.queue.range((app, card, pool.drawn)..=(app, card, i64::MAX));
            for ((_, _, place), text) in queue.take(draws) {
                set.custom_codes.load((card, text.clone()), Some(CustomCode::Deposited(*place)));
                pool.head.push_back(text.clone());
            }
        }
        set.pools.load(card, pool);
    }
}
