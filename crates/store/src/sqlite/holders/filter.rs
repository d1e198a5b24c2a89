//! Negative cache for hot cards: fingerprints of every openid that ever held a code of the card. A miss proves that the
//! holder is new, so the index is not read. Most visitors of a flash sale are new to its card.

use super::memtable::IdentityHasher;
use kaquan_core::id::{AppId, CardNo};
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasherDefault;
use std::sync::{Arc, Mutex, PoisonError};

/// Shards of a filter. Each grows separately, so that a growing filter does not stop the writer for long.
const SHARDS: usize = 64;
/// Fingerprints in all filters together.
const ENTRIES_MAX: usize = 16 << 20;
/// A card with more codes than this gets no filter.
const BUILD_MAX: i64 = 4 << 20;
/// Look-ups of a card after which its filter is built.
const LOOKUPS_BEFORE_BUILD: u32 = 32;

/// Fingerprints of holders, in shards.
#[derive(Debug)]
pub(in crate::sqlite) struct Fingerprints {
    shards: Vec<HashSet<u64, BuildHasherDefault<IdentityHasher>>>,
}

impl Fingerprints {
    pub fn new() -> Fingerprints {
        Fingerprints { shards: (0..SHARDS).map(|_| HashSet::default()).collect() }
    }

    fn shard(&mut self, key: u64) -> &mut HashSet<u64, BuildHasherDefault<IdentityHasher>> {
        // The shard is chosen by bits of the key that the sets do not use themselves.
        &mut self.shards[(key >> 40) as usize % SHARDS]
    }

    /// Adds a fingerprint. Returns `false` if it was already there.
    pub fn insert(&mut self, key: u64) -> bool {
        self.shard(key).insert(key)
    }

    fn contains(&mut self, key: u64) -> bool {
        self.shard(key).contains(&key)
    }

    fn len(&self) -> usize {
        self.shards.iter().map(HashSet::len).sum()
    }

    /// Adds all fingerprints of `other`. `other` should be the larger one.
    fn merge(&mut self, mut other: Fingerprints) {
        for (mine, theirs) in self.shards.iter_mut().zip(&mut other.shards) {
            theirs.extend(mine.drain());
            std::mem::swap(mine, theirs);
        }
    }
}

/// The fingerprints that the worker has collected; `Err` if the worker failed.
pub(in crate::sqlite) type Handover = Arc<Mutex<Option<Result<Fingerprints, ()>>>>;

#[derive(Debug)]
enum State {
    /// The filter has every holder.
    Complete,
    /// The worker is collecting the earlier holders.
    Building(Handover),
    /// There are no fingerprints yet; look-ups are counted.
    Cold(u32),
}

#[derive(Debug)]
struct Filter {
    state: State,
    fingerprints: Fingerprints,
    used: u64,
}

/// The result of a look-up.
#[derive(Debug)]
pub(in crate::sqlite) enum Verdict {
    /// The holder never had a code of the card.
    New,
    /// The holder may have codes of the card.
    Unknown,
    /// As `Unknown`. The worker should also collect the fingerprints of the card's holders.
    Build(Handover),
}

/// The filters of hot cards.
#[derive(Debug, Default)]
pub(in crate::sqlite) struct Filters {
    cards: HashMap<(AppId, CardNo), Filter>,
    entries: usize,
    clock: u64,
}

impl Filters {
    /// Whether the holder with this fingerprint is new to a card. `claimed` is the number of the card's claimed
    /// codes.
    pub fn look_up(&mut self, card: (AppId, CardNo), claimed: i64, key: u64) -> Verdict {
        self.clock += 1;
        let clock = self.clock;
        let filter = self.cards.entry(card).or_insert_with(|| {
            let state = if claimed == 0 { State::Complete } else { State::Cold(0) };
            Filter { state, fingerprints: Fingerprints::new(), used: clock }
        });
        filter.used = clock;
        if let State::Building(handover) = &filter.state {
            let built = handover.lock().unwrap_or_else(PoisonError::into_inner).take();
            match built {
                None => return Verdict::Unknown,
                Some(Err(())) => filter.state = State::Cold(0),
                Some(Ok(built)) => {
                    let before = filter.fingerprints.len();
                    filter.fingerprints.merge(built);
                    self.entries += filter.fingerprints.len() - before;
                    filter.state = State::Complete;
                }
            }
        }
        let verdict = match &mut filter.state {
            State::Complete if !filter.fingerprints.contains(key) => Verdict::New,
            State::Complete | State::Building(_) => Verdict::Unknown,
            State::Cold(lookups) => {
                *lookups += 1;
                if *lookups < LOOKUPS_BEFORE_BUILD || claimed > BUILD_MAX {
                    Verdict::Unknown
                } else {
                    let handover = Handover::default();
                    filter.state = State::Building(handover.clone());
                    Verdict::Build(handover)
                }
            }
        };
        self.make_room(card);
        verdict
    }

    /// Adds a holder who got a code of a card.
    pub fn insert(&mut self, card: (AppId, CardNo), key: u64) {
        if let Some(filter) = self.cards.get_mut(&card)
            && !matches!(filter.state, State::Cold(_))
            && filter.fingerprints.insert(key)
        {
            self.entries += 1;
        }
    }

    /// Drops the least recently used filters while there are too many fingerprints.
    fn make_room(&mut self, keep: (AppId, CardNo)) {
        while self.entries > ENTRIES_MAX || self.cards.len() > ENTRIES_MAX / (SHARDS * 64) {
            let oldest = self.cards.iter().filter(|(card, _)| **card != keep).min_by_key(|(_, it)| it.used);
            let Some(card) = oldest.map(|(card, _)| *card).or((self.cards.len() == 1).then_some(keep)) else {
                return;
            };
            if let Some(filter) = self.cards.remove(&card) {
                self.entries -= filter.fingerprints.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: (AppId, CardNo) = (AppId(1), CardNo(2));

    #[test]
    fn a_card_without_codes_knows_all_its_holders() {
        let mut filters = Filters::default();
        assert!(matches!(filters.look_up(CARD, 0, 7), Verdict::New));
        filters.insert(CARD, 7);
        assert!(matches!(filters.look_up(CARD, 1, 7), Verdict::Unknown));
        assert!(matches!(filters.look_up(CARD, 1, 8), Verdict::New));
    }

    #[test]
    fn a_card_with_codes_knows_no_holder_before_its_filter_is_built() {
        let mut filters = Filters::default();
        let handover = loop {
            match filters.look_up(CARD, 9, 7) {
                Verdict::Unknown => {}
                Verdict::Build(handover) => break handover,
                Verdict::New => panic!("holders from before are not known yet"),
            }
        };
        filters.insert(CARD, 11);
        let mut built = Fingerprints::new();
        built.insert(7);
        *handover.lock().unwrap() = Some(Ok(built));
        assert!(matches!(filters.look_up(CARD, 9, 7), Verdict::Unknown));
        assert!(matches!(filters.look_up(CARD, 9, 11), Verdict::Unknown));
        assert!(matches!(filters.look_up(CARD, 9, 12), Verdict::New));
        assert_eq!(filters.entries, 2);
    }
}
