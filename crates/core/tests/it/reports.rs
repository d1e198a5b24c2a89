//! Compares the numbers of the reports with a recount that uses neither the fold nor the membership steps. It counts
//! the events of the log with sets, and looks up the members in the world at midnight.

use crate::cast;
use crate::step::{STORES, Step, opening, remember_dynamic, step, store, sweep_of};
use crate::testing::World;
use kaquan_core::card::Source;
use kaquan_core::code::CodeState;
use kaquan_core::event::{Event, EventKind};
use kaquan_core::id::{CardNo, CodeSeq, OpenId};
use kaquan_core::stats::{
    CardFacts, Counts, DayRow, MemberStep, MemberTotals, ScannedEvent, Scope, StepKind, finish_day, fold_day,
    report,
};
use kaquan_core::time::Day;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::convert::Infallible;
use std::num::NonZeroUsize;

/// A world at the end of a run, and its state at the end of each day.
struct PlayedRun {
    world: World,
    midnights: Vec<(Day, World)>,
}

/// Runs the steps. After each midnight the expiry sweep runs, as it does before a day is closed.
fn live(cards: &[Step], steps: &[Step]) -> PlayedRun {
    let mut world = World::new();
    world.now = cast::evening();
    for _ in 0..STORES {
        world.run(store()).expect("a store");
    }
    let mut midnights = Vec::new();
    for step in cards.iter().chain(steps) {
        pass(&mut world, &mut midnights, step.pause);
        remember_dynamic(&mut world);
        let op = step.operation(&world, 0);
        let _ = world.run(op);
    }
    pass(&mut world, &mut midnights, 2 * kaquan_core::time::DAY_SECS);
    PlayedRun { world, midnights }
}

fn pass(world: &mut World, midnights: &mut Vec<(Day, World)>, secs: i64) {
    let (from, to) = (world.now.day(), world.now.plus(secs).day());
    midnights.extend((from.0..to.0).map(|day| (Day(day), world.clone())));
    world.pass(secs);
    if from < to {
        let sweeps: Vec<_> = world.cards.values().map(|card| sweep_of(world, Some(card))).collect();
        sweeps.into_iter().for_each(|sweep| drop(world.run(sweep).expect("swept")));
    }
}

fn lent(event: &Event) -> ScannedEvent<'_> {
    ScannedEvent {
        seq: event.seq,
        kind: event.kind,
        card: event.card,
        code: event.code,
        other_code: event.other_code,
        openid: event.openid.as_ref().map_or("", OpenId::as_str),
        friend: event.friend.as_ref().map_or("", OpenId::as_str),
        amount: event.amount,
        amount2: event.amount2,
        location_id: event.location_id,
    }
}

/// Memberships, computed from the steps.
#[derive(Default)]
struct Memberships {
    /// For each code: the card, the holder, whether it is a valid membership, and whether it ever was one.
    codes: HashMap<CodeSeq, (CardNo, OpenId, bool, bool)>,
    claimers: BTreeSet<(CardNo, OpenId)>,
    /// The first day of a membership.
    firsts: BTreeMap<(CardNo, OpenId), Day>,
}

impl Memberships {
    fn take(&mut self, day: Day, step: &MemberStep) {
        let who = (step.card, step.openid.clone());
        let given = step.from.and_then(|from| self.codes.get_mut(&from)).map(|from| {
            let valid = from.2;
            from.2 = false;
            valid
        });
        let code = self.codes.entry(step.code).or_insert((who.0, who.1.clone(), false, false));
        match step.kind {
            StepKind::Claim => {
                self.claimers.insert(who);
            }
            StepKind::Begin => {
                code.2 = true;
                self.firsts.entry(who).or_insert(day);
            }
            StepKind::End => code.2 = false,
            StepKind::Resume => code.2 |= code.3,
            StepKind::Transfer => code.2 = given.unwrap_or(false),
        }
        code.3 |= code.2;
    }

    fn totals(&self, day: Day, cards: &[CardFacts]) -> Vec<MemberTotals> {
        let members = cards.iter().filter(|card| card.card_type.is_member_card());
        let mut scopes: BTreeMap<Scope, BTreeSet<CardNo>> = BTreeMap::new();
        for card in members {
            scopes.entry(Scope::Card(card.no)).or_default().insert(card.no);
            scopes.entry(card.account_scope()).or_default().insert(card.no);
        }
        let count = |openids: BTreeSet<&OpenId>| openids.len() as i64;
        let totals = |(scope, cards): (Scope, BTreeSet<CardNo>)| {
            let valid = self.codes.values().filter(|(card, _, valid, _)| *valid && cards.contains(card));
            let claimers = self.claimers.iter().filter(|(card, _)| cards.contains(card));
            let mut firsts: BTreeMap<&OpenId, Day> = BTreeMap::new();
            for ((_, openid), day) in self.firsts.iter().filter(|((card, _), _)| cards.contains(card)) {
                let first = firsts.entry(openid).or_insert(*day);
                *first = (*first).min(*day);
            }
            MemberTotals {
                scope,
                total_user: count(valid.map(|(_, openid, _, _)| openid).collect()),
                total_receive_user: count(claimers.map(|(_, openid)| openid).collect()),
                new_user: firsts.values().filter(|first| **first == day).count() as i64,
            }
        };
        scopes.into_iter().map(totals).collect()
    }
}

/// The rows of every day, made by closing the days one after another.
fn closed(lived: &PlayedRun, facts: &[CardFacts]) -> Vec<DayRow> {
    let mut memberships = Memberships::default();
    let (passes, threads) = (NonZeroUsize::MIN, NonZeroUsize::new(2).unwrap_or(NonZeroUsize::MIN));
    let mut rows = Vec::new();
    for (day, _) in &lived.midnights {
        let events: Vec<&Event> = lived.world.events.iter().filter(|event| event.day() == *day).collect();
        let scan = |part: usize, visit: &mut dyn FnMut(ScannedEvent<'_>)| {
            events.iter().skip(part).step_by(2).for_each(|event| visit(lent(event)));
            Ok::<_, Infallible>(())
        };
        let Ok(folded) = fold_day(facts, passes, threads, &scan);
        folded.member_steps.iter().for_each(|step| memberships.take(*day, step));
        rows.extend(finish_day(*day, &folded.rows, &memberships.totals(*day, facts)));
    }
    rows
}

/// The numbers of one scope on one day, counted from the log and the world at midnight.
fn recount(lived: &PlayedRun, day: Day, midnight: &World, cards: &BTreeSet<CardNo>, members: bool) -> Counts {
    let log = || lived.world.events.iter().filter(|event| cards.contains(&event.card));
    let tell = |kinds: &[EventKind]| {
        let events: Vec<&Event> =
            log().filter(|event| event.day() == day && kinds.contains(&event.kind)).collect();
        let users: HashSet<_> = events.iter().filter_map(|event| event.openid.as_ref()).collect();
        (events.len() as i64, users.len() as i64)
    };
    let sum = |of: fn(&Event) -> i64| {
        log().filter(|event| event.day() == day && event.kind == EventKind::Pay).map(of).sum::<i64>()
    };
    let mut counts = Counts::default();
    (counts.view_cnt, counts.view_user) = tell(&[EventKind::View]);
    (counts.receive_cnt, counts.receive_user) = tell(&[EventKind::Claim]);
    (counts.given_cnt, counts.given_user) = tell(&[EventKind::GiftAccept]);
    (counts.expire_cnt, counts.expire_user) = tell(&[EventKind::Expire]);
    let uses: &[EventKind] =
        if members { &[EventKind::Pay, EventKind::MemberUpdate] } else { &[EventKind::Consume] };
    (counts.verify_cnt, counts.verify_user) = tell(uses);
    (counts.return_cnt, counts.return_user) = tell(&[EventKind::ConsumeReturn]);
    if !members {
        return counts;
    }
    (counts.active_cnt, counts.active_user) = tell(&[EventKind::Activate]);
    (counts.fee, counts.original_fee) = (sum(|event| event.amount), sum(|event| event.amount2));
    let until = |kind: EventKind, last: Day| -> HashSet<&OpenId> {
        let events = log().filter(|event| event.kind == kind && event.day() <= last);
        events.filter_map(|event| event.openid.as_ref()).collect()
    };
    let active = until(EventKind::Activate, day);
    counts.new_user = active.difference(&until(EventKind::Activate, day.plus(-1))).count() as i64;
    counts.total_receive_user = until(EventKind::Claim, day).len() as i64;
    let valid = midnight.codes.values().filter(|code| {
        let state = code.state_at(&midnight.app, &midnight.cards[&code.card], day.end());
        let held = matches!(state, CodeState::Normal | CodeState::Gifting | CodeState::GiftTimeout);
        let active = midnight.members.get(&code.seq).is_some_and(|member| member.active_at.is_some());
        held && active && cards.contains(&code.card)
    });
    counts.total_user = valid.map(|code| &code.openid).collect::<HashSet<_>>().len() as i64;
    counts
}

/// The rows of every day and scope that have a number other than 0 in the recount.
fn recounted(lived: &PlayedRun, facts: &[CardFacts]) -> Vec<DayRow> {
    let mut scopes: BTreeMap<Scope, (BTreeSet<CardNo>, bool)> = BTreeMap::new();
    for card in facts {
        let members = card.card_type.is_member_card();
        let account = if members { Scope::Members(card.source) } else { Scope::Coupons(card.source) };
        for scope in [Scope::Card(card.no), account] {
            scopes.entry(scope).or_insert((BTreeSet::new(), members)).0.insert(card.no);
        }
    }
    let mut rows = Vec::new();
    let stores: BTreeSet<i64> = lived.world.events.iter().filter_map(|event| event.location_id).collect();
    for (day, midnight) in &lived.midnights {
        for (scope, (cards, members)) in &scopes {
            let counts = recount(lived, *day, midnight, cards, *members);
            if counts != Counts::default() {
                rows.push(DayRow { day: *day, scope: *scope, counts });
            }
        }
        for store in &stores {
            let of_store = |kind: EventKind| {
                let events = lived.world.events.iter().filter(|event| event.day() == *day);
                let here = events.filter(|event| event.location_id == Some(*store) && event.kind == kind);
                here.count() as i64
            };
            let (verify_cnt, return_cnt) = (of_store(EventKind::Consume), of_store(EventKind::ConsumeReturn));
            let counts = Counts { verify_cnt, return_cnt, ..Counts::default() };
            if counts != Counts::default() {
                rows.push(DayRow { day: *day, scope: Scope::StoreCoupons(*store), counts });
            }
        }
    }
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, max_shrink_iters: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn closed_days_have_the_numbers_a_recount_finds(
        cards in prop::collection::vec(opening(), 3),
        steps in prop::collection::vec(step(), 20..140),
    ) {
        let lived = live(&cards, &steps);
        let facts: Vec<CardFacts> = lived.world.cards.values().map(CardFacts::from).collect();
        let rows = closed(&lived, &facts);
        prop_assert_eq!(&rows, &recounted(&lived, &facts));
        for event in lived.world.events.iter().filter(|event| event.kind == EventKind::ConsumeReturn) {
            let mut before = lived.world.events.iter().filter(|earlier| earlier.seq < event.seq);
            let consume = before.rfind(|earlier| earlier.kind == EventKind::Consume && earlier.code == event.code);
            prop_assert_eq!(consume.map(|consume| consume.location_id), Some(event.location_id));
        }
        let listed = report::biz_uin_info(&rows, Source::Api).len();
        let days = rows.iter().filter(|row| row.scope == Scope::Coupons(Source::Api)).count();
        prop_assert_eq!(listed, days);
    }
}
