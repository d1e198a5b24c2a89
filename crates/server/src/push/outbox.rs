//! Which event goes next. The outbox of an app takes events in the order of the log and gives them out so that no code
//! is told out of order, keeps those that failed until they are due, and knows up to where everything is settled. It
//! does no I/O and reads no clock.

use super::schedule::{delay_secs, probe_secs};
use kaquan_core::event::Event;
use kaquan_core::id::{CardNo, CodeSeq, EventSeq};
use kaquan_core::time::Timestamp;
use kaquan_store::{Delivery, DeliveryState, PushPolicy};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Pushes of one app on their way at once.
pub const FLYING_MAX: usize = 16;
/// Events taken from the log that are not settled and have no row.
const WINDOW: usize = 1024;
/// Failures in a row after which a receiver counts as down.
const DOWN_AFTER: u32 = 8;

/// What has to be told in order: everything about a code, and everything else about a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Lane {
    Code(CodeSeq),
    Card(CardNo),
}

/// The lanes of an event. A gift that is taken stands in the lane of the old code and in that of the new.
fn lanes(event: &Event) -> Vec<Lane> {
    let codes: Vec<Lane> = [event.other_code, event.code].into_iter().flatten().map(Lane::Code).collect();
    if codes.is_empty() { vec![Lane::Card(event.card)] } else { codes }
}

/// An event on its way, with what is sent.
#[derive(Debug, Clone)]
pub struct Item<T> {
    /// The event.
    pub seq: EventSeq,
    /// `CreateTime`.
    pub told_at: Timestamp,
    /// What is sent.
    pub load: T,
}

#[derive(Debug)]
struct Entry<T> {
    item: Item<T>,
    lanes: Vec<Lane>,
    /// Whether the time told is not the event's own, which a row has to remember.
    moved: bool,
    tries: u32,
    has_row: bool,
    due_at: Timestamp,
    flying: bool,
}

/// What is known of a receiver that does not answer.
#[derive(Debug, Clone, Copy)]
struct Down {
    probes: u32,
    probe_at: Timestamp,
}

/// The events of an app that are not settled.
#[derive(Debug)]
pub struct Outbox<T> {
    policy: PushPolicy,
    /// The next event of the log to be taken.
    head: EventSeq,
    entries: BTreeMap<EventSeq, Entry<T>>,
    /// Entries the mark may not pass.
    without_row: BTreeSet<EventSeq>,
    lanes: HashMap<Lane, BTreeSet<EventSeq>>,
    /// Events first in all their lanes and not flying, by when they are due.
    ready: BTreeSet<(Timestamp, EventSeq)>,
    /// Events at or after the mark that were settled before a restart.
    settled: BTreeSet<EventSeq>,
    flying: usize,
    failures: u32,
    down: Option<Down>,
    changed: BTreeMap<EventSeq, Delivery>,
}

impl<T: Clone> Outbox<T> {
    /// An outbox that goes on at `next`; `settled` are events from there on that need nothing any more.
    pub fn new(policy: PushPolicy, next: EventSeq, settled: impl IntoIterator<Item = EventSeq>) -> Outbox<T> {
        Outbox {
            policy,
            head: next,
            entries: BTreeMap::new(),
            without_row: BTreeSet::new(),
            lanes: HashMap::new(),
            ready: BTreeSet::new(),
            settled: settled.into_iter().collect(),
            flying: 0,
            failures: 0,
            down: None,
            changed: BTreeMap::new(),
        }
    }

    /// The next event of the log to be taken.
    pub fn head(&self) -> EventSeq {
        self.head
    }

    /// How many events may be taken now. While a receiver is down they wait in the log.
    pub fn room(&self) -> usize {
        if self.down.is_some() { 0 } else { WINDOW.saturating_sub(self.without_row.len()) }
    }

    /// Whether an event is here already, or settled.
    pub fn knows(&self, seq: EventSeq) -> bool {
        self.entries.contains_key(&seq) || self.settled.contains(&seq)
    }

    /// Takes the next event of the log; `None` for one that is not pushed. One that is known already is passed over.
    pub fn take(&mut self, event: &Event, item: Option<Item<T>>, now: Timestamp) {
        self.head = EventSeq(event.seq.0 + 1);
        self.settled.remove(&event.seq);
        if let Some(item) = item.filter(|_| !self.entries.contains_key(&event.seq)) {
            self.without_row.insert(event.seq);
            self.insert(event, item, 0, false, now);
            let behind = lanes(event).iter().any(|lane| self.first_has_row(lane, event.seq));
            if behind {
                self.give_row(event.seq, now);
            }
        }
    }

    /// Takes an event that has a pending row.
    pub fn adopt(&mut self, event: &Event, row: &Delivery, load: T) {
        if !self.entries.contains_key(&row.seq) {
            let item = Item { seq: row.seq, told_at: row.create_time, load };
            self.insert(event, item, row.tries, true, row.due_at);
        }
    }

    fn insert(&mut self, event: &Event, item: Item<T>, tries: u32, has_row: bool, due_at: Timestamp) {
        let (seq, lanes) = (item.seq, lanes(event));
        let moved = item.told_at != event.at;
        for lane in &lanes {
            self.lanes.entry(*lane).or_default().insert(seq);
        }
        self.entries.insert(seq, Entry { item, lanes, moved, tries, has_row, due_at, flying: false });
        self.make_ready(seq);
    }

    fn first_has_row(&self, lane: &Lane, seq: EventSeq) -> bool {
        let first = self.lanes.get(lane).and_then(BTreeSet::first).filter(|first| **first != seq);
        first.and_then(|first| self.entries.get(first)).is_some_and(|entry| entry.has_row)
    }

    fn is_first(&self, seq: EventSeq) -> bool {
        let first = |lane: &Lane| self.lanes.get(lane).and_then(BTreeSet::first) == Some(&seq);
        self.entries.get(&seq).is_some_and(|entry| !entry.flying && entry.lanes.iter().all(first))
    }

    fn make_ready(&mut self, seq: EventSeq) {
        if self.is_first(seq)
            && let Some(entry) = self.entries.get(&seq)
        {
            self.ready.insert((entry.due_at, seq));
        }
    }

    /// The next event to be sent now, if there is one and there is room.
    pub fn next(&mut self, now: Timestamp) -> Option<Item<T>> {
        if self.flying >= FLYING_MAX {
            return None;
        }
        loop {
            let (due_at, seq) = match self.down {
                Some(down) if self.flying > 0 || down.probe_at > now => return None,
                Some(_) => self.ready.iter().min_by_key(|(_, seq)| *seq).copied()?,
                None => self.ready.first().copied().filter(|(due_at, _)| *due_at <= now)?,
            };
            self.ready.remove(&(due_at, seq));
            // Something older may have come back into its lane meanwhile; then it gets its turn behind that.
            if self.is_first(seq)
                && let Some(entry) = self.entries.get_mut(&seq)
            {
                entry.flying = true;
                self.flying += 1;
                return Some(entry.item.clone());
            }
        }
    }

    /// When the next event is due, if nothing else happens.
    pub fn next_due(&self) -> Option<Timestamp> {
        match self.down {
            Some(down) => (!self.ready.is_empty()).then_some(down.probe_at),
            None => self.ready.first().map(|(due_at, _)| *due_at),
        }
    }

    /// Events on their way.
    pub fn flying(&self) -> usize {
        self.flying
    }

    /// The receiver accepted an event.
    pub fn accepted(&mut self, seq: EventSeq, now: Timestamp) {
        self.landed(seq);
        self.failures = 0;
        if self.down.take().is_some() {
            self.hurry(now);
        }
        self.settle(seq, DeliveryState::Delivered, now);
    }

    /// The receiver did not accept an event. Answers what has become of it.
    pub fn refused(&mut self, seq: EventSeq, now: Timestamp) -> DeliveryState {
        self.landed(seq);
        if self.note_failure(now) {
            // A probe counts against the receiver and not against the event.
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
                self.settle(seq, DeliveryState::DeadLettered, now);
                DeliveryState::DeadLettered
            }
        }
    }

    fn landed(&mut self, seq: EventSeq) {
        if let Some(entry) = self.entries.get_mut(&seq) {
            entry.flying = false;
            self.flying -= 1;
        }
    }

    /// Counts a failure; tells whether the receiver was down already.
    fn note_failure(&mut self, now: Timestamp) -> bool {
        self.failures = self.failures.saturating_add(1);
        if self.policy == PushPolicy::Wechat || self.failures < DOWN_AFTER {
            return false;
        }
        let probes = self.down.map_or(0, |down| down.probes + 1);
        let was_down = self.down.is_some();
        // Several on their way together fail together; only the first of them moves the probe on.
        if self.down.is_none_or(|down| down.probe_at <= now) {
            self.down = Some(Down { probes, probe_at: now.plus(probe_secs(probes)) });
        }
        was_down
    }

    fn try_again(&mut self, seq: EventSeq, due_at: Timestamp, now: Timestamp) {
        if let Some(entry) = self.entries.get_mut(&seq) {
            entry.due_at = due_at;
            let lanes = entry.lanes.clone();
            self.give_row(seq, now);
            // Those behind it would hold the mark.
            let behind = |lane| self.lanes.get(lane).into_iter().flatten().copied();
            let behind: Vec<EventSeq> = lanes.iter().flat_map(behind).filter(|other| *other != seq).collect();
            behind.into_iter().for_each(|other| self.give_row_once(other, now));
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

    fn settle(&mut self, seq: EventSeq, state: DeliveryState, now: Timestamp) {
        let Some(entry) = self.entries.remove(&seq) else { return };
        self.without_row.remove(&seq);
        if entry.has_row || entry.moved || state == DeliveryState::DeadLettered {
            self.changed.insert(seq, row(&entry, state, now));
        }
        for lane in &entry.lanes {
            let Some(waiting) = self.lanes.get_mut(lane) else { continue };
            waiting.remove(&seq);
            match waiting.first().copied() {
                Some(next) => self.make_ready(next),
                None => drop(self.lanes.remove(lane)),
            }
        }
    }

    /// The receiver is back: whatever waited for a later try is due.
    fn hurry(&mut self, now: Timestamp) {
        let ready = std::mem::take(&mut self.ready);
        for (due_at, seq) in ready {
            let due_at = due_at.min(now);
            if let Some(entry) = self.entries.get_mut(&seq) {
                entry.due_at = due_at;
                self.ready.insert((due_at, seq));
            }
        }
    }

    /// The first event that is neither settled nor has a row.
    pub fn mark(&self) -> EventSeq {
        self.without_row.first().copied().unwrap_or(self.head)
    }

    /// Whether an event has, or had, a row.
    pub fn has_row(&self, seq: EventSeq) -> bool {
        self.changed.contains_key(&seq) || self.entries.get(&seq).is_some_and(|entry| entry.has_row)
    }

    /// Whether a row changed since it was last asked for.
    pub fn has_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    /// The rows that changed since this was last asked.
    pub fn take_changed(&mut self) -> Vec<Delivery> {
        std::mem::take(&mut self.changed).into_values().collect()
    }
}

fn row<T>(entry: &Entry<T>, state: DeliveryState, now: Timestamp) -> Delivery {
    let Item { seq, told_at, .. } = entry.item;
    Delivery { seq, state, tries: entry.tries, due_at: entry.due_at, create_time: told_at, changed_at: now }
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
