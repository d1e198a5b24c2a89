//! The store in memory, for tests and simulations: the same contract on maps, and commits that fail when a test wants
//! them to. Clones share their rows, so a clone is what a folder opened again is elsewhere.

mod console;
mod faults;
mod load;
mod push;
mod state;
mod writer;

pub use faults::Faults;

use crate::error::{Result, StoreError};
use crate::membership::{Firsts, Replay, Totals, step_rows};
use crate::rows::{
    AppRow, EventDay, FIRST_NUMBERS, Media, MediaDigest, NewApp, ScannedEvent, SweepState, TokenKind,
    TokenRow,
};
use crate::{Store, Writer};
use faults::Plan;
use kaquan_core::app::App;
use kaquan_core::card::{Card, CardStatus};
use kaquan_core::code::Code;
use kaquan_core::engine::{Keys, RecordKey, RecordKind, StoredRecord, WorkingSet};
use kaquan_core::event::Event;
use kaquan_core::id::{AppId, CardId, CardNo, CodeSeq, CodeText, EventSeq, OpenId};
use kaquan_core::stats::{Counts, DayRow, MemberStep, MemberTotals, Scope};
use kaquan_core::time::{DAY_SECS, Day, Timestamp};
use state::State;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A store that is gone when its last clone is.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
    plan: Arc<Mutex<Plan>>,
}

impl MemoryStore {
    /// A store with nothing in it.
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }

    /// Has the next `n` commits fail without having written anything.
    pub fn fail_commits(&self, n: usize) {
        lock(&self.plan).failing = n;
    }

    /// Has `faults` asked around every commit from now on.
    pub fn set_faults(&self, faults: impl Faults) {
        lock(&self.plan).faults = Some(Box::new(faults));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

/// Takes a lock whose holder may have panicked, which in a test it may well have.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store for MemoryStore {
    fn writer(&self) -> Result<Box<dyn Writer>> {
        Ok(Box::new(writer::MemoryWriter::open(self.clone())?))
    }

    fn create_app(&self, app: &NewApp) -> Result<AppRow> {
        let mut state = self.state();
        if state.apps.iter().any(|row| row.appid == app.appid) {
            return Err(StoreError::Damaged(format!("appid {} twice", app.appid)));
        }
        let NewApp { appid, name, review, secret_digest, code_key, token_key, created_at } = app.clone();
        let id = AppId(state.apps.len() as i64 + 1);
        let app = App::new(id, review);
        let row = AppRow { app, appid, name, secret_digest, code_key, token_key, created_at };
        state.apps.push(row.clone());
        state.counters.insert(id, FIRST_NUMBERS);
        Ok(row)
    }

    fn apps(&self) -> Result<Vec<AppRow>> {
        Ok(self.state().apps.clone())
    }

    fn app_by_appid(&self, appid: &str) -> Result<Option<AppRow>> {
        Ok(self.state().apps.iter().find(|row| row.appid == appid).cloned())
    }

    fn set_secret(&self, app: AppId, secret_digest: &[u8; 32]) -> Result<()> {
        self.state().app_mut(app).into_iter().for_each(|row| row.secret_digest = *secret_digest);
        Ok(())
    }

    fn set_app(&self, app: &App) -> Result<()> {
        self.state().app_mut(app.id).into_iter().for_each(|row| row.app = app.clone());
        Ok(())
    }

    fn tokens(&self, app: AppId, kind: TokenKind) -> Result<Vec<TokenRow>> {
        Ok(self.state().tokens.get(&(app, kind.code())).into_iter().flatten().rev().copied().collect())
    }

    fn issue_token(
        &self,
        app: AppId,
        kind: TokenKind,
        after: Option<i64>,
        now: Timestamp,
        expires_at: Timestamp,
        retire_others_at: Timestamp,
    ) -> Result<Option<TokenRow>> {
        let mut state = self.state();
        let tokens = state.tokens.entry((app, kind.code())).or_default();
        let last = tokens.last().map_or(0, |last| last.serial);
        if after.is_some_and(|after| after != last) {
            return Ok(None);
        }
        let serial = last + 1;
        for token in tokens.iter_mut() {
            token.retired_at = Some(token.retired_at.map_or(retire_others_at, |at| at.min(retire_others_at)));
        }
        let end = |token: &TokenRow| token.retired_at.map_or(token.expires_at, |at| at.min(token.expires_at));
        tokens.retain(|token| end(token) >= now.plus(-DAY_SECS));
        let token = TokenRow { serial, issued_at: now, expires_at, retired_at: None };
        tokens.push(token);
        Ok(Some(token))
    }

    fn working_set(&self, app: AppId) -> Result<Option<WorkingSet>> {
        Ok(self.state().working_set(app))
    }

    fn load(&self, keys: &Keys, set: &mut WorkingSet) -> Result<()> {
        self.state().load(keys, set);
        Ok(())
    }

    fn cards_page(
        &self,
        app: AppId,
        statuses: Option<&[CardStatus]>,
        offset: u64,
        count: u64,
    ) -> Result<(Vec<CardId>, u64)> {
        let state = self.state();
        let wanted = |card: &&Card| match statuses {
            Some(statuses) => statuses.contains(&card.status),
            None => card.status != CardStatus::Delete,
        };
        let mut cards: Vec<&Card> = state.cards_of(app).filter(wanted).collect();
        cards.sort_by_key(|card| (std::cmp::Reverse(card.created_at), card.id.clone()));
        let total = cards.len() as u64;
        let page = cards.into_iter().skip(offset as usize).take(count as usize);
        Ok((page.map(|card| card.id.clone()).collect(), total))
    }

    fn cards(&self, app: AppId) -> Result<Vec<Card>> {
        Ok(self.state().cards_of(app).cloned().collect())
    }

    fn codes_of_holder(&self, app: AppId, openid: &OpenId, card: Option<CardNo>) -> Result<Vec<Code>> {
        let state = self.state();
        let codes = state.codes_held(app, openid).filter(|code| card.is_none_or(|card| card == code.card));
        Ok(codes.cloned().collect())
    }

    fn codes_of_card(&self, app: AppId, card: CardNo, from: CodeSeq, limit: usize) -> Result<Vec<Code>> {
        let state = self.state();
        let codes = state.codes.range((app, from)..=(app, CodeSeq(i64::MAX))).map(|(_, code)| code);
        Ok(codes.filter(|code| code.card == card).take(limit).cloned().collect())
    }

    fn waiting_codes(
        &self,
        app: AppId,
        card: CardNo,
        from: i64,
        limit: usize,
    ) -> Result<Vec<(i64, CodeText)>> {
        let state = self.state();
        let drawn = state.pools.get(&(app, card)).map_or(0, |pool| pool.drawn);
        let queue = state.queue.range((app, card, from.max(drawn))..=(app, card, i64::MAX));
        Ok(queue.take(limit).map(|((_, _, place), text)| (*place, text.clone())).collect())
    }

    fn records(&self, app: AppId, kind: RecordKind) -> Result<Vec<(RecordKey, StoredRecord)>> {
        let state = self.state();
        let records = state.records.iter().filter(|((of, key), _)| *of == app && key.kind == kind);
        Ok(records.map(|((_, key), record)| (key.clone(), record.clone())).collect())
    }

    fn records_before(
        &self,
        app: AppId,
        kind: RecordKind,
        before: i64,
        limit: usize,
    ) -> Result<Vec<(RecordKey, StoredRecord)>> {
        let records = self.records(app, kind)?.into_iter().filter(|(key, _)| key.no < before);
        Ok(records.rev().take(limit).collect())
    }

    fn drop_expired_records(&self, now: Timestamp) -> Result<usize> {
        let mut state = self.state();
        let before = state.records.len();
        state.records.retain(|_, record| record.is_alive(now));
        Ok(before - state.records.len())
    }

    fn save_media(&self, app: AppId, digest: &MediaDigest, media: &Media) -> Result<()> {
        self.state().media.entry((app, *digest)).or_insert_with(|| media.clone());
        Ok(())
    }

    fn media(&self, app: AppId, digest: &MediaDigest) -> Result<Option<Media>> {
        Ok(self.state().media.get(&(app, *digest)).cloned())
    }

    fn events(&self, app: AppId, from: EventSeq, limit: usize) -> Result<Vec<Event>> {
        let state = self.state();
        let events = state.events.range((app, from)..=(app, EventSeq(i64::MAX)));
        Ok(events.take(limit).map(|(_, event)| event.clone()).collect())
    }

    fn export_events(
        &self,
        app: AppId,
        first: Day,
        end: Day,
        visit: &mut dyn FnMut(Event) -> Result<()>,
    ) -> Result<()> {
        let of_days = |event: &Event| (first..end).contains(&event.day());
        let events: Vec<Event> = {
            let state = self.state();
            let of_app = state.events.range((app, EventSeq(i64::MIN))..=(app, EventSeq(i64::MAX)));
            of_app.map(|(_, event)| event).filter(|event| of_days(event)).cloned().collect()
        };
        events.into_iter().try_for_each(visit)
    }

    fn event_days(&self, app: AppId) -> Result<Vec<EventDay>> {
        Ok(self.state().event_days(app).into_values().collect())
    }

    fn scan_events(
        &self,
        app: AppId,
        day: Day,
        first: EventSeq,
        last: EventSeq,
        visit: &mut dyn FnMut(ScannedEvent<'_>),
    ) -> Result<()> {
        let state = self.state();
        if first > last {
            return Ok(());
        }
        for event in state.events.range((app, first)..=(app, last)).map(|(_, event)| event) {
            if event.day() == day {
                visit(ScannedEvent {
                    seq: event.seq,
                    kind: event.kind,
                    card: event.card,
                    code: event.code,
                    other_code: event.other_code,
                    openid: event.openid.as_ref().map_or("", OpenId::as_str),
                    friend: event.friend.as_ref().map_or("", OpenId::as_str),
                    amount: event.amount,
                    amount2: event.amount2,
                });
            }
        }
        Ok(())
    }

    fn closed_through(&self, app: AppId) -> Result<Option<Day>> {
        Ok(self.state().closed_days.keys().filter(|(of, _)| *of == app).map(|(_, day)| *day).max())
    }

    fn stale_days(&self, app: AppId) -> Result<Vec<Day>> {
        let state = self.state();
        let now = state.event_days(app);
        let closed = state.closed_days.iter().filter(|((of, _), _)| *of == app);
        let stale = closed.filter(|((_, day), events)| now.get(day).is_some_and(|now| now.events > **events));
        Ok(stale.map(|((_, day), _)| *day).collect())
    }

    fn save_member_steps(&self, app: AppId, day: Day, steps: &[MemberStep]) -> Result<()> {
        let mut state = self.state();
        for (step, row) in step_rows(steps) {
            let holder = row.has_holder.then(|| state.holder_no(app, &step.openid));
            state.member_steps.insert((app, row.code, day, row.place), (row, holder));
        }
        for step in steps {
            let mut firsts = Firsts::default();
            firsts.take(step.kind, day);
            if firsts != Firsts::default() {
                let holder = state.holder_no(app, &step.openid);
                state.member_firsts.entry((app, step.card, holder)).or_default().take(step.kind, day);
            }
        }
        Ok(())
    }

    fn member_totals(&self, app: AppId, day: Day) -> Result<Vec<MemberTotals>> {
        let state = self.state();
        let sources: HashMap<_, _> = state.cards_of(app).map(|card| (card.no, card.source)).collect();
        let mut totals = Totals::default();
        for ((of, card, holder), firsts) in &state.member_firsts {
            if *of == app {
                totals.firsts(day, *card, sources.get(card).copied(), *holder, *firsts);
            }
        }
        let mut replay = Replay::default();
        for ((of, code, at, _), (row, holder)) in &state.member_steps {
            if *of == app && *at <= day {
                replay.step(*code, row.card, row.step, *holder, row.other.unwrap_or_default());
            }
        }
        for (card, holders) in replay.finish() {
            totals.valid(card, sources.get(&card).copied(), &holders);
        }
        Ok(totals.finish(day))
    }

    fn save_day(&self, app: AppId, day: Day, events: u64, rows: &[DayRow]) -> Result<()> {
        let mut state = self.state();
        let rows: BTreeMap<Scope, Counts> = rows.iter().map(|row| (row.scope, row.counts)).collect();
        state.reports.insert((app, day), rows);
        state.closed_days.insert((app, day), events);
        Ok(())
    }

    fn day_rows(&self, app: AppId, from: Day, to: Day, scope: Option<Scope>) -> Result<Vec<DayRow>> {
        let state = self.state();
        if from > to {
            return Ok(Vec::new());
        }
        let wanted = |found: &Scope| match scope {
            Some(scope) => *found == scope,
            None => matches!(found, Scope::Card(_)),
        };
        let days = state.reports.range((app, from)..=(app, to));
        let rows =
            days.flat_map(|((_, day), rows)| rows.iter().map(|(scope, counts)| (*day, *scope, *counts)));
        let rows = rows.filter(|(_, scope, _)| wanted(scope));
        Ok(rows.map(|(day, scope, counts)| DayRow { day, scope, counts }).collect())
    }

    fn sweeps(&self, app: AppId) -> Result<Vec<(CardNo, SweepState)>> {
        let state = self.state();
        let sweeps = state.sweeps.iter().filter(|((of, _), _)| *of == app);
        Ok(sweeps.map(|((_, card), sweep)| (*card, *sweep)).collect())
    }

    fn save_sweep(&self, app: AppId, card: CardNo, state: SweepState) -> Result<()> {
        self.state().sweeps.insert((app, card), state);
        Ok(())
    }

    fn check(&self) -> Result<()> {
        Ok(())
    }
}
