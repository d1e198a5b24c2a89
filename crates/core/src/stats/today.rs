//! The numbers of a day that has not ended, updated with each event. The console shows them. Events count according
//! to the same table as for closed days.

use super::metric::Sums;
use super::number::{Counts, METRICS, Metric};
use crate::event::EventKind;
use crate::id::CardNo;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The numbers of the present day: of all cards together, with distinct holders, and of each card. A holder needs
/// about 100 bytes for each number in which it counts.
#[derive(Debug, Default)]
pub struct Today {
    sums: Sums,
    users: [HashSet<Arc<str>>; METRICS],
    cards: HashMap<CardNo, Sums>,
}

impl Today {
    /// Counts an event of this card and holder.
    pub fn add(&mut self, kind: EventKind, card: CardNo, member_card: bool, openid: &str) {
        let Some(metric) = Metric::of(kind, member_card) else { return };
        let at = metric as usize;
        self.sums.events[at] += 1;
        self.cards.entry(card).or_default().events[at] += 1;
        if !self.users[at].contains(openid) {
            self.users[at].insert(openid.into());
        }
    }

    /// The counts over all cards.
    pub fn counts(&self) -> Counts {
        let mut users = [0; METRICS];
        for (count, users) in users.iter_mut().zip(&self.users) {
            *count = i64::try_from(users.len()).unwrap_or(i64::MAX);
        }
        self.sums.counts(&users)
    }

    /// The counts of each card, without distinct holders.
    pub fn cards(&self) -> impl Iterator<Item = (CardNo, Counts)> {
        self.cards.iter().map(|(card, sums)| (*card, sums.counts(&[0; METRICS])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_counted_by_kind_and_holders_once() {
        let mut today = Today::default();
        for (kind, card, openid) in [
            (EventKind::View, 1, "o1"),
            (EventKind::View, 1, "o1"),
            (EventKind::View, 2, "o2"),
            (EventKind::Claim, 1, "o1"),
            (EventKind::CardUpdate, 1, ""),
        ] {
            today.add(kind, CardNo(card), false, openid);
        }
        let counts = today.counts();
        assert_eq!((counts.view_cnt, counts.view_user, counts.receive_cnt), (3, 2, 1));
        let of_first = today.cards().find(|(card, _)| *card == CardNo(1)).expect("the first card").1;
        assert_eq!((of_first.view_cnt, of_first.receive_cnt), (2, 1));
    }
}
