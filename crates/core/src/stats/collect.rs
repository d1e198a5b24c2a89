//! The part of the fold that runs on each reader thread. It adds up counts and collects membership steps. It passes
//! holders to the partitions in batches, so that a partition's table stays in the processor's cache during a batch.

use super::card_facts::CardIndex;
use super::counts::Scope;
use super::distinct::{Batch, Group, Partition, hash};
use super::fold::ScannedEvent;
use super::metric::{Sums, member_step};
use super::number::Metric;
use super::{CardFacts, MemberStep};
use crate::id::{EventSeq, NO_CARD};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// How the work is divided. The results do not depend on it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    /// The number of partitions of the holders.
    pub partitions: usize,
    /// Events that a reader collects for a partition before it passes them on.
    pub batch: usize,
    /// The number of pairs above which a partition drops duplicates.
    pub pairs: usize,
}

impl Sizes {
    /// The fastest sizes for some million events, according to measurements.
    pub(super) const USUAL: Sizes = Sizes { partitions: 64, batch: 1024, pairs: 1 << 16 };
}

/// The common state of all readers of one pass.
pub(super) struct DayFold {
    index: CardIndex,
    cards: usize,
    sizes: Sizes,
    pass: u64,
    passes: u64,
    partitions: Vec<Mutex<Partition>>,
}

impl DayFold {
    /// Prepares pass number `pass` of `passes`. A pass counts the holders whose hash belongs to it.
    pub(super) fn new(cards: &[CardFacts], sizes: Sizes, pass: usize, passes: usize) -> DayFold {
        DayFold {
            index: CardIndex::new(cards),
            cards: cards.len(),
            sizes,
            pass: pass as u64,
            passes: passes.max(1) as u64,
            partitions: (0..sizes.partitions.max(1)).map(|_| Mutex::default()).collect(),
        }
    }

    /// The partitions, after all collectors have finished.
    pub(super) fn into_partitions(self) -> Vec<Partition> {
        let inner = |mutex: Mutex<Partition>| mutex.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.partitions.into_iter().map(inner).collect()
    }
}

/// The sums of one reader.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// The number of events, counted or not; 0 in all passes except the first.
    pub events: u64,
    /// How many of these events have a card that is not among the facts.
    pub unknown_card: u64,
    /// The sums of each card, in the order of the facts.
    pub cards: Vec<Sums>,
    /// The sums of the stores with events.
    pub stores: BTreeMap<Scope, Sums>,
    /// Membership steps, each with the number of its event.
    pub steps: Vec<(EventSeq, MemberStep)>,
}

/// Counts the events of one reader.
pub(super) struct Collector<'a> {
    day: &'a DayFold,
    batches: Vec<Batch>,
    tally: Tally,
}

impl<'a> Collector<'a> {
    pub(super) fn new(day: &'a DayFold) -> Collector<'a> {
        Collector {
            day,
            batches: day.partitions.iter().map(|_| Batch::default()).collect(),
            tally: Tally { cards: vec![Sums::default(); day.cards], ..Tally::default() },
        }
    }

    /// Counts an event if its holder belongs to this pass.
    pub(super) fn take(&mut self, event: &ScannedEvent<'_>) {
        let first_pass = self.day.pass == 0;
        self.tally.events += u64::from(first_pass);
        let Some(place) = self.day.index.place(event.card) else {
            self.tally.unknown_card += u64::from(first_pass && event.card != NO_CARD);
            return;
        };
        let metric = Metric::of(event.kind, place.member_card);
        if metric.is_none() && !place.member_card {
            return;
        }
        // The low half of the hash finds the holder, the next bits find the partition, and the top bits the pass.
        let hash = hash(event.openid.as_bytes());
        if self.day.passes > 1 && (hash >> 48) % self.day.passes != self.day.pass {
            return;
        }
        if place.member_card
            && let Some(step) = member_step(event)
        {
            self.tally.steps.push((event.seq, step));
        }
        let Some(metric) = metric else { return };
        self.tally.cards[place.card as usize].take(metric, event);
        if let Some(location_id) = event.location_id {
            let scope = Scope::store(location_id, place.member_card);
            self.tally.stores.entry(scope).or_default().take(metric, event);
        }
        if event.openid.is_empty() {
            return;
        }
        let partition = ((hash >> 32) & 0xffff) as usize % self.day.partitions.len();
        let batch = &mut self.batches[partition];
        batch.push(hash as u32, event.openid, Group::new(metric, place.account, place.card));
        if batch.len() >= self.day.sizes.batch {
            self.hand_on(partition);
        }
    }

    fn hand_on(&mut self, partition: usize) {
        let batch = &mut self.batches[partition];
        let mut target = self.day.partitions[partition].lock().unwrap_or_else(PoisonError::into_inner);
        target.absorb(batch, self.day.sizes.pairs);
        batch.clear();
    }

    /// Passes on the remaining events and returns the sums.
    pub(super) fn finish(mut self) -> Tally {
        for partition in 0..self.batches.len() {
            self.hand_on(partition);
        }
        self.tally
    }
}
