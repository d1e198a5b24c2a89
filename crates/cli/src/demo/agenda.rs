//! The planned acts of people, in the order of time. Acts of the same second are in the order in which they were
//! planned. So the same plans always give the same order.

use kaquan_core::code::CodeRef;
use kaquan_core::time::Timestamp;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// An action of a holder or of the merchant.
#[derive(Debug, Clone)]
pub enum Act {
    /// A holder views a card.
    View { offer: usize, holder: usize, channel: &'static str },
    /// A holder claims a card.
    Claim { offer: usize, holder: usize, channel: &'static str },
    /// A holder's code is consumed.
    Consume { code: CodeRef },
    /// A holder offers a code to a friend.
    Give { offer: usize, holder: usize, to: Option<usize>, code: CodeRef },
    /// A friend accepts the offered code.
    Accept { offer: usize, holder: usize, code: CodeRef },
    /// A holder deletes a code.
    Delete { holder: usize, code: CodeRef },
    /// The merchant makes a code unavailable.
    Void { code: CodeRef },
    /// The merchant activates a member.
    Activate { offer: usize, holder: usize, code: CodeRef },
    /// A member pays.
    Pay { code: CodeRef, fee: i64, due: i64 },
    /// The merchant adds points, and money on cards with a balance.
    Credit { code: CodeRef, points: i64, money: i64 },
    /// The merchant adds stock.
    Restock { offer: usize },
}

/// An act with its time. Sorted by time, then in the order of planning.
#[derive(Debug)]
pub struct PlannedAct {
    /// The time of the act.
    pub at: Timestamp,
    serial: u64,
    /// The act.
    pub act: Act,
}

impl PartialEq for PlannedAct {
    fn eq(&self, other: &PlannedAct) -> bool {
        self.serial == other.serial
    }
}

impl Eq for PlannedAct {}

impl PartialOrd for PlannedAct {
    fn partial_cmp(&self, other: &PlannedAct) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PlannedAct {
    fn cmp(&self, other: &PlannedAct) -> Ordering {
        (self.at, self.serial).cmp(&(other.at, other.serial))
    }
}

/// All acts that are still to be done.
#[derive(Debug, Default)]
pub struct Agenda {
    acts: BinaryHeap<Reverse<PlannedAct>>,
    planned: u64,
}

impl Agenda {
    /// Plans an act.
    pub fn plan(&mut self, at: Timestamp, act: Act) {
        self.planned += 1;
        self.acts.push(Reverse(PlannedAct { at, serial: self.planned, act }));
    }

    /// Removes and returns the next acts: those within this many seconds after the earliest act, and before `end`.
    pub fn next(&mut self, stretch_secs: i64, end: Timestamp) -> Vec<PlannedAct> {
        let Some(Reverse(first)) = self.acts.peek() else { return Vec::new() };
        let end = end.min(first.at.plus(stretch_secs));
        let mut acts = Vec::new();
        while self.acts.peek().is_some_and(|Reverse(next)| next.at < end)
            && let Some(Reverse(next)) = self.acts.pop()
        {
            acts.push(next);
        }
        acts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_come_by_moment_then_by_plan_and_never_of_the_next_day() {
        let mut agenda = Agenda::default();
        for (at, offer) in [(50, 0), (10, 1), (10, 2), (100, 3), (200, 4)] {
            agenda.plan(Timestamp(at), Act::Restock { offer });
        }
        let mut next = |stretch| -> Vec<usize> {
            let offer = |planned: PlannedAct| match planned.act {
                Act::Restock { offer } => offer,
                act => panic!("{act:?}"),
            };
            agenda.next(stretch, Timestamp(200)).into_iter().map(offer).collect()
        };
        assert_eq!(next(45), [1, 2, 0]);
        assert_eq!(next(1000), [3]);
        assert!(next(1000).is_empty());
    }
}
