//! Event push in memory: the same on maps.

use super::MemoryStore;
use crate::error::Result;
use crate::push::{
    Attempt, Callback, Delivery, DeliveryState, EventFilter, PushMark, PushProgress, PushStore,
};
use kaquan_core::event::Event;
use kaquan_core::id::{AppId, EventSeq};
use kaquan_core::time::Timestamp;
use std::collections::BTreeMap;

/// An attempt by event, second and place.
type AttemptKey = (AppId, EventSeq, Timestamp, u32);

/// The rows of event push.
#[derive(Debug, Default)]
pub(super) struct PushState {
    callbacks: BTreeMap<AppId, Callback>,
    marks: BTreeMap<AppId, PushMark>,
    deliveries: BTreeMap<(AppId, EventSeq), Delivery>,
    attempts: BTreeMap<AttemptKey, Attempt>,
}

impl PushState {
    fn revise(&mut self, app: AppId) {
        self.marks.entry(app).and_modify(|mark| mark.revision += 1);
    }

    fn park(&mut self, app: AppId) {
        for ((of, _), row) in &mut self.deliveries {
            if *of == app && row.state == DeliveryState::Pending {
                row.state = DeliveryState::Parked;
            }
        }
    }

    fn deliveries_of(&self, app: AppId) -> impl DoubleEndedIterator<Item = &Delivery> {
        self.deliveries.range((app, EventSeq(i64::MIN))..=(app, EventSeq(i64::MAX))).map(|(_, row)| row)
    }
}

impl PushStore for MemoryStore {
    fn callbacks(&self) -> Result<Vec<Callback>> {
        Ok(self.state().push.callbacks.values().cloned().collect())
    }

    fn callback(&self, app: AppId) -> Result<Option<Callback>> {
        Ok(self.state().push.callbacks.get(&app).cloned())
    }

    fn set_callback(&self, callback: &Callback) -> Result<()> {
        let mut state = self.state();
        let next = EventSeq(state.counters.get(&callback.app).map_or(1, |counters| counters.event_seq));
        let app = callback.app;
        if state.push.callbacks.insert(app, callback.clone()).is_none() {
            let revision = state.push.marks.get(&app).map_or(0, |mark| mark.revision);
            state.push.marks.insert(app, PushMark { since: next, next, told: String::new(), revision });
        }
        state.push.revise(app);
        Ok(())
    }

    fn remove_callback(&self, app: AppId) -> Result<()> {
        let mut state = self.state();
        state.push.callbacks.remove(&app);
        state.push.park(app);
        state.push.revise(app);
        Ok(())
    }

    fn push_mark(&self, app: AppId) -> Result<Option<PushMark>> {
        Ok(self.state().push.marks.get(&app).cloned())
    }

    fn save_push(&self, app: AppId, progress: &PushProgress) -> Result<()> {
        let mut state = self.state();
        let PushProgress { next, told, deliveries, attempts } = progress.clone();
        state.push.marks.entry(app).and_modify(|mark| {
            mark.next = next;
            mark.told = told;
        });
        state.push.deliveries.extend(deliveries.into_iter().map(|row| ((app, row.seq), row)));
        state
            .push
            .attempts
            .extend(attempts.into_iter().map(|made| ((app, made.seq, made.at, made.no), made)));
        if !state.push.callbacks.contains_key(&app) {
            state.push.park(app);
        }
        Ok(())
    }

    fn open_deliveries(&self, app: AppId, from: EventSeq) -> Result<Vec<(Delivery, Event)>> {
        let state = self.state();
        let open = state
            .push
            .deliveries_of(app)
            .filter(|row| row.state == DeliveryState::Pending || row.seq >= from);
        let with_event =
            open.filter_map(|row| Some((row.clone(), state.events.get(&(app, row.seq))?.clone())));
        Ok(with_event.collect())
    }

    fn deliveries(&self, app: AppId, events: &[EventSeq]) -> Result<Vec<Delivery>> {
        let state = self.state();
        Ok(state.push.deliveries_of(app).filter(|row| events.contains(&row.seq)).cloned().collect())
    }

    fn deliveries_in(
        &self,
        app: AppId,
        wanted: DeliveryState,
        before: EventSeq,
        limit: usize,
    ) -> Result<Vec<Delivery>> {
        let state = self.state();
        let rows = state.push.deliveries_of(app).rev().filter(|row| row.state == wanted && row.seq < before);
        Ok(rows.take(limit).cloned().collect())
    }

    fn attempts(&self, app: AppId, event: EventSeq) -> Result<Vec<Attempt>> {
        let state = self.state();
        let (from, to) = (Timestamp(i64::MIN), Timestamp(i64::MAX));
        let range = state.push.attempts.range((app, event, from, 0)..=(app, event, to, u32::MAX));
        Ok(range.map(|(_, attempt)| attempt.clone()).collect())
    }

    fn push_again(&self, app: AppId, events: &[EventSeq], now: Timestamp) -> Result<usize> {
        let mut state = self.state();
        let Some(next) = state.push.marks.get(&app).map(|mark| mark.next) else { return Ok(0) };
        let mut count = 0;
        for seq in events.iter().filter(|seq| **seq < next) {
            let Some(told_at) = state.events.get(&(app, *seq)).map(|event| event.at) else { continue };
            let row = state.push.deliveries.entry((app, *seq)).or_insert(Delivery {
                seq: *seq,
                state: DeliveryState::Pending,
                tries: 0,
                due_at: now,
                told_at,
                changed_at: now,
            });
            *row = Delivery {
                state: DeliveryState::Pending,
                tries: 0,
                due_at: now,
                changed_at: now,
                ..row.clone()
            };
            count += 1;
        }
        state.push.revise(app);
        Ok(count)
    }

    fn drop_deliveries(&self, before: Timestamp) -> Result<usize> {
        let mut state = self.state();
        let push = &mut state.push;
        let settled = |row: &Delivery| row.state != DeliveryState::Pending && row.changed_at < before;
        let dropped: Vec<_> =
            push.deliveries.iter().filter(|(_, row)| settled(row)).map(|(key, _)| *key).collect();
        push.deliveries.retain(|_, row| !settled(row));
        push.attempts.retain(|(app, seq, ..), _| !dropped.contains(&(*app, *seq)));
        Ok(dropped.len())
    }

    fn event(&self, app: AppId, event: EventSeq) -> Result<Option<Event>> {
        Ok(self.state().events.get(&(app, event)).cloned())
    }

    fn find_events(
        &self,
        app: AppId,
        filter: &EventFilter,
        before: EventSeq,
        look: usize,
        limit: usize,
    ) -> Result<(Vec<Event>, Option<EventSeq>)> {
        let state = self.state();
        let last = state.counters.get(&app).map_or(0, |counters| counters.event_seq);
        let before = before.0.min(last);
        let from = before.saturating_sub(i64::try_from(look).unwrap_or(i64::MAX)).max(0);
        let range = state.events.range((app, EventSeq(from))..(app, EventSeq(before.max(from))));
        let found = range.rev().map(|(_, event)| event).filter(|event| filter.matches(event));
        let events: Vec<Event> = found.take(limit).cloned().collect();
        let next = match events.last() {
            Some(event) if events.len() == limit => event.seq.0,
            _ => from,
        };
        Ok((events, (next > 1).then_some(EventSeq(next))))
    }
}
