//! A synthetic day of a merchant: a pseudo-random, repeatable stream of events over coupons and member cards. This
//! module also counts the numbers that the day's reports must show. It does not use the code of the statistics, so a
//! bug in that code shows as a difference.

use super::cards::scatter;
use kaquan_core::card::Source;
use kaquan_core::event::EventKind;
use kaquan_core::id::CardNo;
use kaquan_core::stats::{Counts, Scope};
use std::collections::BTreeMap;

/// Parameters of a synthetic day.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Number of events. Follow-up events can add one or two.
    pub events: u64,
    /// Number of holders to draw from.
    pub holders: u64,
    pub coupons: Vec<CardNo>,
    pub members: Vec<CardNo>,
    /// Number of the first code that the day issues.
    pub first_code: i64,
    /// Seed of the random numbers. Another seed gives other events.
    pub seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayEvent {
    /// The event.
    pub kind: EventKind,
    pub card: CardNo,
    pub member_card: bool,
    /// The code; `None` for an event without one.
    pub code: Option<i64>,
    /// The giver's code, if the event is an accepted gift.
    pub other_code: Option<i64>,
    pub holder: u32,
    /// The receiver, if the event is an accepted gift.
    pub friend: Option<u32>,
    /// The paid amount in fen.
    pub amount: i64,
    /// The due amount in fen.
    pub amount2: i64,
}

impl Plan {
    /// The events of the day, the same at each call.
    pub fn stream(&self) -> Stream<'_> {
        Stream { plan: self, draws: 0, made: 0, codes: 0, waiting: Vec::new() }
    }

    /// The rows that the day's reports must have: a row for each card, and rows for the whole account.
    pub fn expected(&self) -> BTreeMap<Scope, Counts> {
        let mut tally = Tally::default();
        self.stream().for_each(|event| tally.count(&event));
        tally.rows()
    }
}

/// The events of a day.
#[derive(Debug)]
pub struct Stream<'a> {
    plan: &'a Plan,
    draws: u64,
    made: u64,
    codes: i64,
    /// Follow-up events of the previous event, in reverse order.
    waiting: Vec<DayEvent>,
}

impl Stream<'_> {
    /// Codes issued so far.
    pub fn codes(&self) -> i64 {
        self.codes
    }

    fn draw(&mut self, below: u64) -> u64 {
        self.draws += 1;
        let number = scatter(self.plan.seed ^ scatter(self.draws));
        ((u128::from(number) * u128::from(below.max(1))) >> 64) as u64
    }

    fn holder(&mut self) -> u32 {
        self.draw(self.plan.holders) as u32
    }

    fn new_code(&mut self) -> Option<i64> {
        self.codes += 1;
        Some(self.plan.first_code + self.codes - 1)
    }

    fn old_code(&mut self) -> Option<i64> {
        let back = self.draw(self.codes as u64) as i64;
        Some(self.plan.first_code + back)
    }

    /// Draws a card. Cards early in the list are drawn more often.
    fn card(&mut self, cards: &[CardNo]) -> CardNo {
        let (one, other) = (self.draw(cards.len() as u64), self.draw(cards.len() as u64));
        cards[one.min(other) as usize]
    }

    fn make(&mut self) -> DayEvent {
        let plan = self.plan;
        let member_card = plan.coupons.is_empty() || (!plan.members.is_empty() && self.draw(20) == 0);
        let card = self.card(if member_card { &plan.members } else { &plan.coupons });
        let made = DayEvent {
            kind: EventKind::View,
            card,
            member_card,
            code: None,
            other_code: None,
            holder: self.holder(),
            friend: None,
            amount: 0,
            amount2: 0,
        };
        let lot = self.draw(100);
        if self.codes == 0 || lot < 48 {
            return made;
        }
        if member_card { self.of_member(made, lot) } else { self.of_coupon(made, lot) }
    }

    fn of_coupon(&mut self, made: DayEvent, lot: u64) -> DayEvent {
        let (code, of_code) = (self.old_code(), |kind, code| DayEvent { kind, code, ..made });
        match lot {
            48..76 => DayEvent { kind: EventKind::Claim, code: self.new_code(), ..made },
            76..92 => of_code(EventKind::Consume, code),
            92..94 => of_code(EventKind::GiftStart, code),
            94..96 => DayEvent {
                kind: EventKind::GiftAccept,
                code: self.new_code(),
                other_code: code,
                friend: Some(self.holder()),
                ..made
            },
            96..99 => of_code(EventKind::Expire, code),
            _ => of_code(EventKind::CodeDelete, code),
        }
    }

    /// An activation follows each claim. In one case of ten, the code is deleted after that.
    fn of_member(&mut self, made: DayEvent, lot: u64) -> DayEvent {
        match lot {
            48..78 => {
                let code = self.new_code();
                if self.draw(10) == 0 {
                    self.waiting.push(DayEvent { kind: EventKind::CodeDelete, code, ..made });
                }
                self.waiting.push(DayEvent { kind: EventKind::Activate, code, ..made });
                DayEvent { kind: EventKind::Claim, code, ..made }
            }
            78..90 => {
                let due = 1_000 + self.draw(20_000) as i64;
                let code = self.old_code();
                DayEvent { kind: EventKind::Pay, code, amount: due * 9 / 10, amount2: due, ..made }
            }
            _ => DayEvent { kind: EventKind::MemberUpdate, code: self.old_code(), amount: 10, ..made },
        }
    }
}

impl Iterator for Stream<'_> {
    type Item = DayEvent;

    fn next(&mut self) -> Option<DayEvent> {
        if let Some(made) = self.waiting.pop() {
            self.made += 1;
            return Some(made);
        }
        if self.made >= self.plan.events {
            return None;
        }
        self.made += 1;
        // The first event issues a code, because later events refer to codes.
        if self.codes == 0 && !self.plan.coupons.is_empty() {
            let (card, code) = (self.card(&self.plan.coupons), self.new_code());
            let (kind, holder, friend) = (EventKind::Claim, self.holder(), None);
            let (member_card, other_code, amount, amount2) = (false, None, 0, 0);
            return Some(DayEvent {
                kind,
                card,
                member_card,
                code,
                other_code,
                holder,
                friend,
                amount,
                amount2,
            });
        }
        Some(self.make())
    }
}

/// How many counts of a row are of distinct holders, and the numbers of two of these counts.
const DISTINCT: usize = 8;
const CLAIMED: usize = 6;
const MEMBERS: usize = 7;

/// The counts of the stream's events.
#[derive(Debug, Default)]
struct Tally {
    sums: BTreeMap<Scope, Counts>,
    scopes: BTreeMap<Scope, u64>,
    /// Scope, number of the count, and holder, in one value. After sorting, duplicates are adjacent.
    seen: Vec<u64>,
    /// The last activation, not counted yet. If the next event deletes the code, the holder does not count as a
    /// member.
    fresh: Option<DayEvent>,
}

impl Tally {
    fn count(&mut self, event: &DayEvent) {
        let account = match event.member_card {
            true => Scope::Members(Source::Api),
            false => Scope::Coupons(Source::Api),
        };
        let given_back = event.member_card && event.kind == EventKind::CodeDelete;
        let fresh = match (event.member_card && event.kind == EventKind::Activate, given_back) {
            (true, _) => self.fresh.replace(*event),
            (_, true) => self.fresh.take().and(None),
            _ => self.fresh.take(),
        };
        if let Some(fresh) = fresh {
            self.count_member(&fresh);
        }
        for scope in [Scope::Card(event.card), account] {
            self.count_in(scope, event);
        }
    }

    fn count_member(&mut self, activated: &DayEvent) {
        for scope in [Scope::Card(activated.card), Scope::Members(Source::Api)] {
            self.count_holder(scope, MEMBERS, activated.holder);
        }
    }

    fn count_in(&mut self, scope: Scope, event: &DayEvent) {
        let counts = self.sums.entry(scope).or_default();
        let number = match event.kind {
            EventKind::View => (&mut counts.view_cnt, 0),
            EventKind::Claim => (&mut counts.receive_cnt, 1),
            EventKind::Consume if !event.member_card => (&mut counts.verify_cnt, 2),
            EventKind::MemberUpdate => (&mut counts.verify_cnt, 2),
            EventKind::Pay => {
                counts.fee += event.amount;
                counts.original_fee += event.amount2;
                (&mut counts.verify_cnt, 2)
            }
            EventKind::GiftAccept => (&mut counts.given_cnt, 3),
            EventKind::Expire => (&mut counts.expire_cnt, 4),
            EventKind::Activate => (&mut counts.active_cnt, 5),
            _ => return,
        };
        *number.0 += 1;
        let distinct = number.1;
        self.count_holder(scope, distinct, event.holder);
        if event.member_card && event.kind == EventKind::Claim {
            self.count_holder(scope, CLAIMED, event.holder);
        }
    }

    fn count_holder(&mut self, scope: Scope, number: usize, holder: u32) {
        let next = self.scopes.len() as u64;
        let scope = *self.scopes.entry(scope).or_insert(next);
        self.seen.push((scope * DISTINCT as u64 + number as u64) << 32 | u64::from(holder));
    }

    fn rows(mut self) -> BTreeMap<Scope, Counts> {
        if let Some(fresh) = self.fresh.take() {
            self.count_member(&fresh);
        }
        self.seen.sort_unstable();
        self.seen.dedup();
        let mut distinct: BTreeMap<u64, i64> = BTreeMap::new();
        for seen in &self.seen {
            *distinct.entry(seen >> 32).or_default() += 1;
        }
        let Tally { mut sums, scopes, .. } = self;
        for (scope, place) in &scopes {
            let of = |number: usize| {
                distinct.get(&(place * DISTINCT as u64 + number as u64)).copied().unwrap_or_default()
            };
            let counts = sums.entry(*scope).or_default();
            (counts.view_user, counts.receive_user, counts.verify_user) = (of(0), of(1), of(2));
            (counts.given_user, counts.expire_user, counts.active_user) = (of(3), of(4), of(5));
            (counts.total_receive_user, counts.total_user) = (of(CLAIMED), of(MEMBERS));
            // Before this day, no holder was a member.
            counts.new_user = counts.active_user;
        }
        sums.retain(|_, counts| *counts != Counts::default());
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(events: u64) -> Plan {
        let numbers = |range: std::ops::Range<i64>| range.map(CardNo).collect();
        Plan { events, holders: 50, coupons: numbers(1..9), members: numbers(9..11), first_code: 1, seed: 5 }
    }

    #[test]
    fn a_day_is_the_same_each_time_and_another_with_another_seed() {
        let plan = plan(2_000);
        assert!(plan.stream().eq(plan.stream()));
        let other = Plan { seed: 6, ..plan.clone() };
        assert!(!plan.stream().eq(other.stream()));
        assert!((2_000..2_003).contains(&plan.stream().count()));
    }

    #[test]
    fn every_number_is_seen() {
        let rows = plan(5_000).expected();
        assert_eq!(rows.len(), 12);
        let sum = rows[&Scope::Coupons(Source::Api)];
        let cards = |of: fn(&Counts) -> i64| -> i64 {
            (1..9).filter_map(|no| rows.get(&Scope::Card(CardNo(no)))).map(of).sum()
        };
        assert_eq!(sum.view_cnt, cards(|counts| counts.view_cnt));
        assert!(sum.given_cnt > 0 && sum.expire_cnt > 0 && sum.verify_user == 50);
        let members = rows[&Scope::Members(Source::Api)];
        assert!(members.fee > 0 && members.total_user > 0 && members.new_user >= members.total_user);
        assert_eq!(members.total_receive_user, members.receive_user);
    }
}
