//! The rows of the store in memory, as maps in the order of their keys, and how a batch is written into them.

use super::console::ConsoleState;
use super::push::PushState;
use crate::membership::{Firsts, StepRow};
use crate::rows::{AppRow, EventDay, Media, MediaDigest, SweepState, TokenRow};
use kaquan_core::app::Counters;
use kaquan_core::card::Card;
use kaquan_core::code::Code;
use kaquan_core::engine::{CustomCode, Pool, RecordKey, StoredRecord, WorkingSet};
use kaquan_core::event::{Event, EventKind};
use kaquan_core::id::{AppId, CardId, CardNo, CodeSeq, CodeText, EventSeq, OpenId};
use kaquan_core::member::Member;
use kaquan_core::stats::{Counts, Scope};
use kaquan_core::time::Day;
use std::collections::BTreeMap;

/// A step by code, day and place.
pub(super) type StepKey = (AppId, CodeSeq, Day, u32);

/// Everything there is.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Whether there is a writer.
    pub writing: bool,
    pub apps: Vec<AppRow>,
    pub counters: BTreeMap<AppId, Counters>,
    /// By app and kind, oldest first.
    pub tokens: BTreeMap<(AppId, u8), Vec<TokenRow>>,
    pub cards: BTreeMap<(AppId, CardNo), Card>,
    pub card_ids: BTreeMap<(AppId, CardId), CardNo>,
    pub codes: BTreeMap<(AppId, CodeSeq), Code>,
    /// Derived from the events.
    pub held: BTreeMap<(AppId, OpenId, CodeSeq), CardNo>,
    pub custom_codes: BTreeMap<(AppId, CardNo, CodeText), CustomCode>,
    /// Deposited codes by their place.
    pub queue: BTreeMap<(AppId, CardNo, i64), CodeText>,
    /// Without their heads.
    pub pools: BTreeMap<(AppId, CardNo), Pool>,
    pub members: BTreeMap<(AppId, CodeSeq), Member>,
    pub records: BTreeMap<(AppId, RecordKey), StoredRecord>,
    pub media: BTreeMap<(AppId, MediaDigest), Media>,
    pub events: BTreeMap<(AppId, EventSeq), Event>,
    pub closed_days: BTreeMap<(AppId, Day), u64>,
    pub reports: BTreeMap<(AppId, Day), BTreeMap<Scope, Counts>>,
    /// Dense numbers of holders of member cards.
    pub holder_nos: BTreeMap<(AppId, OpenId), u32>,
    /// With the number of the holder, by code, day and place.
    pub member_steps: BTreeMap<StepKey, (StepRow, Option<u32>)>,
    pub member_firsts: BTreeMap<(AppId, CardNo, u32), Firsts>,
    pub sweeps: BTreeMap<(AppId, CardNo), SweepState>,
    pub push: PushState,
    pub console: ConsoleState,
}

impl State {
    /// An app to be changed.
    pub fn app_mut(&mut self, app: AppId) -> Option<&mut AppRow> {
        self.apps.iter_mut().find(|row| row.app.id == app)
    }

    /// The cards of an app, by number.
    pub fn cards_of(&self, app: AppId) -> impl Iterator<Item = &Card> {
        self.cards.range((app, CardNo(i64::MIN))..=(app, CardNo(i64::MAX))).map(|(_, card)| card)
    }

    /// The codes of a holder, by number.
    pub fn codes_held(&self, app: AppId, openid: &OpenId) -> impl Iterator<Item = &Code> {
        let from = (app, openid.clone(), CodeSeq(i64::MIN));
        let to = (app, openid.clone(), CodeSeq(i64::MAX));
        self.held.range(from..=to).filter_map(move |((_, _, seq), _)| self.codes.get(&(app, *seq)))
    }

    /// The dense number of a holder.
    pub fn holder_no(&mut self, app: AppId, openid: &OpenId) -> u32 {
        let next = self.holder_nos.len() as u32;
        *self.holder_nos.entry((app, openid.clone())).or_insert(next)
    }

    /// The days of the log, counted anew.
    pub fn event_days(&self, app: AppId) -> BTreeMap<Day, EventDay> {
        let mut days = BTreeMap::new();
        let events = self.events.range((app, EventSeq(i64::MIN))..=(app, EventSeq(i64::MAX)));
        for event in events.map(|(_, event)| event) {
            let (day, first) = (event.day(), event.seq);
            let known = days.entry(day).or_insert(EventDay { day, first, last: first, events: 0 });
            known.last = event.seq;
            known.events += 1;
        }
        days
    }

    /// Writes what a set changed.
    pub fn write(&mut self, set: WorkingSet) {
        let app = set.app.id;
        for (no, card, _) in set.cards.changed() {
            self.card_ids.insert((app, card.id.clone()), *no);
            self.cards.insert((app, *no), card.clone());
        }
        for (seq, code, _) in set.codes.changed() {
            self.codes.insert((app, *seq), code.clone());
        }
        for ((card, text), custom, _) in set.custom_codes.changed() {
            if let CustomCode::Deposited(place) = custom {
                self.queue.insert((app, *card, *place), text.clone());
            }
            self.custom_codes.insert((app, *card, text.clone()), *custom);
        }
        for (card, pool, _) in set.pools.changed() {
            let Pool { deposited, drawn, head: _ } = *pool;
            self.pools.insert((app, *card), Pool { deposited, drawn, head: Default::default() });
        }
        for (seq, member, _) in set.members.changed() {
            self.members.insert((app, *seq), member.clone());
        }
        for (key, record, _) in set.records.changed() {
            self.records.insert((app, key.clone()), record.clone());
        }
        for key in set.records.removed() {
            self.records.remove(&(app, key.clone()));
        }
        for event in set.events {
            let holder = match event.kind {
                EventKind::Claim => event.openid.clone(),
                EventKind::GiftAccept => event.friend.clone(),
                _ => None,
            };
            if let Some((openid, code)) = holder.zip(event.code) {
                self.held.insert((app, openid, code), event.card);
            }
            self.events.insert((app, event.seq), event);
        }
        self.counters.insert(app, set.counters);
    }
}
