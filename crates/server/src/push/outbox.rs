//! Decides which event is delivered next. The outbox of an app gets events in the order of the log. It returns them
//! so that the events of one code are delivered in order. It keeps failed events until their next try is due. It also
//! knows the cursor: every event before it is finished or has a row. The outbox has no I/O and no clock.

use super::schedule::{delay_secs, probe_secs};
use kaquan_core::event::Event;
use kaquan_core::id::{CardNo, CodeSeq, EventSeq};
use kaquan_core::time::Timestamp;
use kaquan_store::{Delivery, DeliveryState, PushPolicy};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The largest number of deliveries of one app in flight.
pub const IN_FLIGHT_MAX: usize = 16;
/// The largest number of events from the log that are not finished and have no row.
const WINDOW: usize = 1024;
/// After this many failures in a row, the receiver counts as down, except with WeChat's policy.
const DOWN_AFTER: u32 = 8;

/// Events with a common ordering key are delivered in order: the events of a code, and the events of a card that have
/// no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum OrderingKey {
    Code(CodeSeq),
    Card(CardNo),
}

/// The ordering keys of an event. An accepted gift has two: the giver's code and the new code.
fn keys(event: &Event) -> Vec<OrderingKey> {
    let codes: Vec<OrderingKey> =
        [event.other_code, event.code].into_iter().flatten().map(OrderingKey::Code).collect();
    if codes.is_empty() { vec![OrderingKey::Card(event.card)] } else { codes }
}

/// An event to be delivered, with its payload.
#[derive(Debug, Clone)]
pub struct Item<T> {
    /// The number of the event.
    pub seq: EventSeq,
    /// `CreateTime` of the message.
    pub create_time: Timestamp,
    /// The payload of the event.
    pub payload: T,
}

#[derive(Debug)]
struct Entry<T> {
    item: Item<T>,
    keys: Vec<OrderingKey>,
    /// Whether the `CreateTime` differs from the event's own second. If it does, a row must store it.
    moved: bool,
    tries: u32,
    has_row: bool,
    due_at: Timestamp,
    in_flight: bool,
}

/// The state of a receiver that is down. It is probed with one event at a time.
#[derive(Debug, Clone, Copy)]
struct Outage {
    probes: u32,
    probe_at: Timestamp,
}

/// The unfinished events of an app.
#[derive(Debug)]
pub struct Outbox<T> {
    policy: PushPolicy,
    /// The next event to be read from the log.
    head: EventSeq,
    entries: BTreeMap<EventSeq, Entry<T>>,
    /// Unfinished events without a row. The cursor must stay before them.
    without_row: BTreeSet<EventSeq>,
    keys: HashMap<OrderingKey, BTreeSet<EventSeq>>,
    /// Events that are first in all their keys and not in flight, sorted by the time when they are due.
    ready: BTreeSet<(Timestamp, EventSeq)>,
    /// Events at or after the cursor that were finished before a restart.
    finished: BTreeSet<EventSeq>,
    in_flight: usize,
    failures: u32,
    down: Option<Outage>,
    changed: BTreeMap<EventSeq, Delivery>,
}

impl<T: Clone> Outbox<T> {
    /// An outbox that continues at `next`. `finished` are later events that need no delivery.
    pub fn new(
        policy: PushPolicy,
        next: EventSeq,
        finished: impl IntoIterator<Item = EventSeq>,
    ) -> Outbox<T> {
        Outbox {
            policy,
            head: next,
            entries: BTreeMap::new(),
            without_row: BTreeSet::new(),
            keys: HashMap::new(),
            ready: BTreeSet::new(),
            finished: finished.into_iter().collect(),
            in_flight: 0,
            failures: 0,
            down: None,
            changed: BTreeMap::new(),
        }
    }

    /// The next event to be read from the log.
    pub fn head(&self) -> EventSeq {
        self.head
    }

    /// How many events may be added now. While a receiver is down, further events wait in the log.
    pub fn room(&self) -> usize {
        if self.down.is_some() { 0 } else { WINDOW.saturating_sub(self.without_row.len()) }
    }

    /// Whether an event is in the outbox or finished.
    pub fn knows(&self, seq: EventSeq) -> bool {
        self.entries.contains_key(&seq) || self.finished.contains(&seq)
    }

    /// Adds the next event of the log, with `None` if the event is not pushed. A known event is skipped.
    pub fn take(&mut self, event: &Event, item: Option<Item<T>>, now: Timestamp) {
        self.head = EventSeq(event.seq.0 + 1);
        self.finished.remove(&event.seq);
        if let Some(item) = item.filter(|_| !self.entries.contains_key(&event.seq)) {
            self.without_row.insert(event.seq);
            self.insert(event, item, 0, false, now);
            let waits_for_row = keys(event).iter().any(|key| self.first_has_row(key, event.seq));
            if waits_for_row {
                self.give_row(event.seq, now);
            }
        }
    }

    /// Adds an event that has a pending row.
    pub fn adopt(&mut self, event: &Event, row: &Delivery, payload: T) {
        if !self.entries.contains_key(&row.seq) {
            let item = Item { seq: row.seq, create_time: row.create_time, payload };
            self.insert(event, item, row.tries, true, row.due_at);
        }
    }

    fn insert(&mut self, event: &Event, item: Item<T>, tries: u32, has_row: bool, due_at: Timestamp) {
        let (seq, keys) = (item.seq, keys(event));
        let moved = item.create_time != event.at;
        for key in &keys {
            self.keys.entry(*key).or_default().insert(seq);
        }
        self.entries.insert(seq, Entry { item, keys, moved, tries, has_row, due_at, in_flight: false });
        self.make_ready(seq);
    }

    fn first_has_row(&self, key: &OrderingKey, seq: EventSeq) -> bool {
        let first = self.keys.get(key).and_then(BTreeSet::first).filter(|first| **first != seq);
        first.and_then(|first| self.entries.get(first)).is_some_and(|entry| entry.has_row)
    }

    fn is_first(&self, seq: EventSeq) -> bool {
        let first = |key: &OrderingKey| self.keys.get(key).and_then(BTreeSet::first) == Some(&seq);
        self.entries.get(&seq).is_some_and(|entry| !entry.in_flight && entry.keys.iter().all(first))
    }

    fn make_ready(&mut self, seq: EventSeq) {
        if self.is_first(seq)
            && let Some(entry) = self.entries.get(&seq)
        {
            self.ready.insert((entry.due_at, seq));
        }
    }

    /// The next event to be sent now. `None` if no event is due or too many are in flight.
    pub fn next(&mut self, now: Timestamp) -> Option<Item<T>> {
        if self.in_flight >= IN_FLIGHT_MAX {
            return None;
        }
        loop {
            let (due_at, seq) = match self.down {
                Some(down) if self.in_flight > 0 || down.probe_at > now => return None,
                Some(_) => self.ready.iter().min_by_key(|(_, seq)| *seq).copied()?,
                None => self.ready.first().copied().filter(|(due_at, _)| *due_at <= now)?,
            };
            self.ready.remove(&(due_at, seq));
            // An older event with the same key may have been added meanwhile. That event is delivered first.
            if self.is_first(seq)
                && let Some(entry) = self.entries.get_mut(&seq)
            {
                entry.in_flight = true;
                self.in_flight += 1;
                return Some(entry.item.clone());
            }
        }
    }

    /// When the next event is due, if nothing changes before.
    pub fn next_due(&self) -> Option<Timestamp> {
        match self.down {
            Some(down) => (!self.ready.is_empty()).then_some(down.probe_at),
            None => self.ready.first().map(|(due_at, _)| *due_at),
        }
    }

    /// The number of deliveries in flight.
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Records that the receiver accepted an event.
    pub fn accepted(&mut self, seq: EventSeq, now: Timestamp) {
        self.completed(seq);
        self.failures = 0;
        if self.down.take().is_some() {
            self.make_all_due(now);
        }
        self.finish(seq, DeliveryState::Delivered, now);
    }

    /// Records that a delivery failed. Returns the new state of the delivery.
    pub fn refused(&mut self, seq: EventSeq, now: Timestamp) -> DeliveryState {
        self.completed(seq);
        if self.count_failure(now) {
            // A failed probe counts for the receiver and not for the event.
            self.try_again(seq, now, now);
            return DeliveryState::Pending;
        }
        let Some(entry) = self.entries.get_mut(&seq) else { return DeliveryState::DeadLettered };
        entry.tries += 1;
        match delay_secs(self.policy, seq, entry.tries) {
            Some(delay) => {
                self.try_again(seq, now.plus(delay), now);
                DeliveryState::Pending
            }
            None => {
                self.finish(seq, DeliveryState::DeadLettered, now);
                DeliveryState::DeadLettered
            }
        }
    }

    fn completed(&mut self, seq: EventSeq) {
        if let Some(entry) = self.entries.get_mut(&seq) {
            entry.in_flight = false;
            self.in_flight -= 1;
        }
    }

    /// Counts a failure. Returns whether the receiver was already down.
    fn count_failure(&mut self, now: Timestamp) -> bool {
        self.failures = self.failures.saturating_add(1);
        if self.policy == PushPolicy::Wechat || self.failures < DOWN_AFTER {
            return false;
        }
        let probes = self.down.map_or(0, |down| down.probes + 1);
        let was_down = self.down.is_some();
        // Deliveries in flight at the same time fail together. Only the first failure schedules the next probe.
        if self.down.is_none_or(|down| down.probe_at <= now) {
            self.down = Some(Outage { probes, probe_at: now.plus(probe_secs(probes)) });
        }
        was_down
    }

    fn try_again(&mut self, seq: EventSeq, due_at: Timestamp, now: Timestamp) {
        if let Some(entry) = self.entries.get_mut(&seq) {
            entry.due_at = due_at;
            let keys = entry.keys.clone();
            self.give_row(seq, now);
            // Events that wait for this one get rows too, so that the cursor can move past them.
            let waiting = |key| self.keys.get(key).into_iter().flatten().copied();
            let waiting: Vec<EventSeq> =
                keys.iter().flat_map(waiting).filter(|other| *other != seq).collect();
            waiting.into_iter().for_each(|other| self.give_row_once(other, now));
        }
        self.make_ready(seq);
    }

    fn give_row_once(&mut self, seq: EventSeq, now: Timestamp) {
        if self.entries.get(&seq).is_some_and(|entry| !entry.has_row) {
            self.give_row(seq, now);
        }
    }

    fn give_row(&mut self, seq: EventSeq, now: Timestamp) {
        self.without_row.remove(&seq);
        if let Some(entry) = self.entries.get_mut(&seq) {
            entry.has_row = true;
            self.changed.insert(seq, row(entry, DeliveryState::Pending, now));
        }
    }

    fn finish(&mut self, seq: EventSeq, state: DeliveryState, now: Timestamp) {
        let Some(entry) = self.entries.remove(&seq) else { return };
        self.without_row.remove(&seq);
        if entry.has_row || entry.moved || state == DeliveryState::DeadLettered {
            self.changed.insert(seq, row(&entry, state, now));
        }
        for key in &entry.keys {
            let Some(waiting) = self.keys.get_mut(key) else { continue };
            waiting.remove(&seq);
            match waiting.first().copied() {
                Some(next) => self.make_ready(next),
                None => drop(self.keys.remove(key)),
            }
        }
    }

    /// The receiver works again, so events that waited for a later try are due now.
    fn make_all_due(&mut self, now: Timestamp) {
        let ready = std::mem::take(&mut self.ready);
        for (due_at, seq) in ready {
            let due_at = due_at.min(now);
            if let Some(entry) = self.entries.get_mut(&seq) {
                entry.due_at = due_at;
                self.ready.insert((due_at, seq));
            }
        }
    }

    /// The cursor: the first event that is neither finished nor has a row.
    pub fn cursor(&self) -> EventSeq {
        self.without_row.first().copied().unwrap_or(self.head)
    }

    /// Whether an event has, or had, a row.
    pub fn has_row(&self, seq: EventSeq) -> bool {
        self.changed.contains_key(&seq) || self.entries.get(&seq).is_some_and(|entry| entry.has_row)
    }

    /// Whether a row changed since the last call of [`Outbox::take_changed`].
    pub fn has_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    /// The rows that changed since the last call.
    pub fn take_changed(&mut self) -> Vec<Delivery> {
        std::mem::take(&mut self.changed).into_values().collect()
    }
}

fn row<T>(entry: &Entry<T>, state: DeliveryState, now: Timestamp) -> Delivery {
    let Item { seq, create_time, .. } = entry.item;
    Delivery { seq, state, tries: entry.tries, due_at: entry.due_at, create_time, changed_at: now }
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
