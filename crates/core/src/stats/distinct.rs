//! Exact distinct counts. Holders are distributed over partitions by the hash of their openid. A partition gives each
//! holder a number by comparing bytes, and collects pairs of holder and group. At the end it sorts and counts the
//! pairs. No holder is in two partitions, so the counts of the partitions can be added up.

use super::fold::EVENTS_PER_PASS;
use super::number::{METRICS, Metric};
use crate::id::OPENID_MAX;

/// The hash of an openid. Only the distribution depends on it, never a result.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    fn mix(a: u64, b: u64) -> u64 {
        let wide = u128::from(a) * u128::from(b);
        (wide as u64) ^ ((wide >> 64) as u64)
    }
    let (words, rest) = bytes.as_chunks::<8>();
    let mut state = 0x9e37_79b9_7f4a_7c15 ^ bytes.len() as u64;
    for word in words {
        state = mix(state ^ u64::from_le_bytes(*word), 0xa076_1d64_78bd_642f);
    }
    let mut tail = [0; 8];
    tail[..rest.len()].copy_from_slice(rest);
    mix(state ^ u64::from_le_bytes(tail), 0xe703_7ed1_a0b4_28db)
}

/// A group in which a holder counts: a metric of a card, together with the card's account-wide scope. From the top,
/// the bits are: 3 for the metric, 2 for the account-wide scope, 27 for the card. So sorting puts the pairs of a
/// holder in the order of scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Group(u32);

impl Group {
    const CARD_BITS: u32 = 27;

    pub(super) fn new(metric: Metric, account: u8, card: u32) -> Group {
        Group((metric as u32) << 29 | u32::from(account & 3) << Group::CARD_BITS | card)
    }

    fn metric(self) -> usize {
        (self.0 >> 29) as usize
    }

    fn account(self) -> usize {
        (self.0 >> Group::CARD_BITS & 3) as usize
    }

    fn card(self) -> usize {
        (self.0 & ((1 << Group::CARD_BITS) - 1)) as usize
    }
}

/// The openids of a pass need less than 4 GiB, even if all of them are in one partition.
const _: () = assert!(EVENTS_PER_PASS * (OPENID_MAX as u64 + 4) < u32::MAX as u64);

/// Gives texts exact numbers: equal texts have equal numbers, and different texts have different numbers.
#[derive(Debug, Default)]
struct Interner {
    /// An open-addressing table. A slot is 0, or has the hash (high half) and the number plus one (low half).
    slots: Vec<u64>,
    used: usize,
    /// The texts, each after its length in four bytes. The number of a text is its position.
    arena: Vec<u8>,
}

impl Interner {
    fn intern(&mut self, hash: u32, text: &[u8]) -> u32 {
        if self.used * 2 >= self.slots.len() {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                break;
            }
            let number = slot as u32 - 1;
            if (slot >> 32) as u32 == hash && self.is_text(number, text) {
                return number;
            }
            at = (at + 1) & mask;
        }
        // The position always fits into 32 bits, because of the assertion on `EVENTS_PER_PASS` above.
        let number = self.arena.len() as u32;
        self.arena.extend_from_slice(&(text.len() as u32).to_le_bytes());
        self.arena.extend_from_slice(text);
        self.slots[at] = u64::from(hash) << 32 | u64::from(number + 1);
        self.used += 1;
        number
    }

    fn is_text(&self, number: u32, text: &[u8]) -> bool {
        let at = number as usize;
        let len = (text.len() as u32).to_le_bytes();
        self.arena.get(at..at + 4) == Some(&len[..])
            && self.arena.get(at + 4..at + 4 + text.len()) == Some(text)
    }

    fn grow(&mut self) {
        let len = (self.slots.len() * 2).max(16);
        let old = std::mem::replace(&mut self.slots, vec![0; len]);
        for slot in old.into_iter().filter(|&slot| slot != 0) {
            let mut at = (slot >> 32) as usize & (len - 1);
            while self.slots[at] != 0 {
                at = (at + 1) & (len - 1);
            }
            self.slots[at] = slot;
        }
    }
}

/// Events for a partition, collected by one reader.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// The hash and the length of the openid, and the group.
    heads: Vec<(u32, u32, Group)>,
    openids: Vec<u8>,
}

impl Batch {
    pub(super) fn push(&mut self, hash: u32, openid: &str, group: Group) {
        self.heads.push((hash, openid.len() as u32, group));
        self.openids.extend_from_slice(openid.as_bytes());
    }

    pub(super) fn len(&self) -> usize {
        self.heads.len()
    }

    pub(super) fn clear(&mut self) {
        self.heads.clear();
        self.openids.clear();
    }
}

/// The holders of one partition, and the groups in which they count.
#[derive(Debug, Default)]
pub(super) struct Partition {
    holders: Interner,
    /// The holder (high half) and the group (low half).
    pairs: Vec<u64>,
    /// The number of pairs above which duplicates are dropped.
    bound: usize,
}

impl Partition {
    /// Adds a batch. Duplicates are dropped when there are more than `bound` pairs, and more than twice as many as the
    /// last drop left. So the memory depends on the number of distinct pairs and not on the number of events.
    pub(super) fn absorb(&mut self, batch: &Batch, bound: usize) {
        self.bound = self.bound.max(bound);
        if self.pairs.len() + batch.len() > self.bound {
            self.drop_doubles();
            self.bound = bound.max(self.pairs.len() * 2);
        }
        let mut rest = batch.openids.as_slice();
        for &(hash, len, group) in &batch.heads {
            let Some((openid, after)) = rest.split_at_checked(len as usize) else { return };
            rest = after;
            let holder = self.holders.intern(hash, openid);
            self.pairs.push(u64::from(holder) << 32 | u64::from(group.0));
        }
    }

    fn drop_doubles(&mut self) {
        self.pairs.sort_unstable();
        self.pairs.dedup();
    }

    /// Adds the distinct holders of this partition to those of each card and account-wide scope.
    pub(super) fn count(mut self, users: &mut Users) {
        drop(self.holders);
        self.pairs.sort_unstable();
        let (mut last, mut last_account) = (None, None);
        for &pair in &self.pairs {
            if last == Some(pair) {
                continue;
            }
            last = Some(pair);
            let group = Group(pair as u32);
            if let Some(card) = users.cards.get_mut(group.card()) {
                card[group.metric()] += 1;
            }
            let account = Some(pair >> Group::CARD_BITS);
            if last_account != account {
                last_account = account;
                users.accounts[group.account()][group.metric()] += 1;
            }
        }
    }
}

/// The numbers of distinct holders by metric.
#[derive(Debug, Clone)]
pub(super) struct Users {
    /// For each card, in the order of the facts.
    pub cards: Vec<[i64; METRICS]>,
    /// For each account-wide scope.
    pub accounts: [[i64; METRICS]; 4],
}

impl Users {
    pub(super) fn new(cards: usize) -> Users {
        Users { cards: vec![[0; METRICS]; cards], accounts: [[0; METRICS]; 4] }
    }

    pub(super) fn add(&mut self, other: &Users) {
        let sums = self.cards.iter_mut().chain(&mut self.accounts);
        for (sum, more) in sums.zip(other.cards.iter().chain(&other.accounts)) {
            for (sum, more) in sum.iter_mut().zip(more) {
                *sum += more;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_with_the_same_hash_still_have_numbers_of_their_own() {
        let mut interner = Interner::default();
        let texts: Vec<String> = (0..200).map(|n| format!("openid{n}")).collect();
        let first: Vec<u32> = texts.iter().map(|text| interner.intern(7, text.as_bytes())).collect();
        let again: Vec<u32> = texts.iter().map(|text| interner.intern(7, text.as_bytes())).collect();
        assert_eq!(first, again);
        let mut distinct = first.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), texts.len());
    }

    #[test]
    fn a_text_is_not_taken_for_one_it_begins_with() {
        let mut interner = Interner::default();
        let numbers: Vec<u32> = ["", "a", "ab", "abc"].map(|text| interner.intern(1, text.as_bytes())).into();
        assert_eq!(numbers.len(), 4);
        assert!(numbers.windows(2).all(|pair| pair[0] != pair[1]));
        assert_eq!(interner.intern(1, b"ab"), numbers[2]);
    }

    #[test]
    fn a_holder_counts_once_per_card_and_once_per_account() {
        let mut batch = Batch::default();
        for card in [0, 1, 1, 0] {
            batch.push(3, "o1", Group::new(Metric::View, 1, card));
        }
        batch.push(3, "o2", Group::new(Metric::View, 1, 1));
        batch.push(3, "o2", Group::new(Metric::Active, 3, 1));
        let mut partition = Partition::default();
        partition.absorb(&batch, 2);
        partition.absorb(&batch, 2);
        let mut users = Users::new(2);
        partition.count(&mut users);
        let of = |users: &[i64; METRICS]| (users[Metric::View as usize], users[Metric::Active as usize]);
        assert_eq!(of(&users.cards[0]), (1, 0));
        assert_eq!(of(&users.cards[1]), (2, 1));
        assert_eq!(of(&users.accounts[1]), (2, 0));
        assert_eq!(of(&users.accounts[3]), (0, 1));
    }
}
