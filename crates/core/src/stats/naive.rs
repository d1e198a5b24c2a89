//! A simple recount of a day with hash sets, from the table of numbers. The tests compare the fold with it, for
//! several divisions of the log.

use super::collect::Sizes;
use super::fold::{FoldedDay, Scan, ScannedEvent, fold_day, fold_in, passes_for};
use super::number::{METRICS, Metric, Number, NumberSource};
use super::{CardFacts, Counts, EVENTS_PER_PASS, MemberStep, Scope, StepKind};
use crate::card::{CardType, Source};
use crate::event::EventKind;
use crate::id::{CardId, CardNo, CodeSeq, EventSeq, NO_CARD, OpenId};
use proptest::prelude::*;
use std::collections::{BTreeMap, HashSet};
use std::convert::Infallible;
use std::num::NonZeroUsize;

/// An event with its own texts.
#[derive(Debug, Clone)]
struct OwnedEvent {
    seq: i64,
    kind: EventKind,
    card: i64,
    code: Option<i64>,
    other_code: Option<i64>,
    openid: String,
    friend: String,
    amount: i64,
    amount2: i64,
}

impl OwnedEvent {
    fn lent(&self) -> ScannedEvent<'_> {
        ScannedEvent {
            seq: EventSeq(self.seq),
            kind: self.kind,
            card: CardNo(self.card),
            code: self.code.map(CodeSeq),
            other_code: self.other_code.map(CodeSeq),
            openid: &self.openid,
            friend: &self.friend,
            amount: self.amount,
            amount2: self.amount2,
        }
    }
}

fn recount(cards: &[CardFacts], events: &[OwnedEvent]) -> FoldedDay {
    type Users<'a> = HashSet<&'a str>;
    let mut day = FoldedDay { events: events.len() as u64, ..FoldedDay::default() };
    let mut rows: BTreeMap<Scope, ([i64; METRICS], [Users<'_>; METRICS])> = BTreeMap::new();
    let mut fees: BTreeMap<Scope, (i64, i64)> = BTreeMap::new();
    let mut ordered: Vec<&OwnedEvent> = events.iter().collect();
    ordered.sort_by_key(|event| event.seq);
    for event in ordered {
        let Some(card) = cards.iter().find(|card| card.no.0 == event.card) else {
            day.unknown_card += u64::from(event.card != NO_CARD.0);
            continue;
        };
        let member = card.card_type == CardType::MemberCard;
        let account = if member { Scope::Members(card.source) } else { Scope::Coupons(card.source) };
        for scope in [Scope::Card(card.no), account] {
            let Some(metric) = Metric::of(event.kind, member) else { continue };
            let (counts, users) = rows.entry(scope).or_default();
            counts[metric as usize] += 1;
            if !event.openid.is_empty() {
                users[metric as usize].insert(&event.openid);
            }
            if event.kind == EventKind::Pay {
                fees.entry(scope).or_default().0 += event.amount;
                fees.entry(scope).or_default().1 += event.amount2;
            }
        }
        let kind = match event.kind {
            EventKind::Claim => StepKind::Claim,
            EventKind::Activate => StepKind::Begin,
            EventKind::CodeDelete | EventKind::CodeUnavailable | EventKind::Expire => StepKind::End,
            EventKind::Restore | EventKind::Revive => StepKind::Resume,
            EventKind::GiftAccept => StepKind::Transfer,
            _ => continue,
        };
        if let Some(code) = event.code.filter(|_| member) {
            let gift = event.kind == EventKind::GiftAccept;
            day.member_steps.push(MemberStep {
                card: card.no,
                code: CodeSeq(code),
                from: event.other_code.filter(|_| gift).map(CodeSeq),
                openid: OpenId::from(if gift { event.friend.as_str() } else { event.openid.as_str() }),
                kind,
            });
        }
    }
    for (scope, (events, users)) in rows {
        let (paid, due) = fees.get(&scope).copied().unwrap_or_default();
        let counts = Number::ALL.map(|number| match number.counted() {
            NumberSource::Events(metric) => events[metric as usize],
            NumberSource::Users(metric) => users[metric as usize].len() as i64,
            NumberSource::Paid => paid,
            NumberSource::Due => due,
            NumberSource::Memberships => 0,
        });
        day.rows.push((scope, Counts::from_values(counts)));
    }
    day
}

/// Cards with alternating types and sources, in cycles of different length. One card has a number far from the
/// others.
fn cards(count: usize) -> Vec<CardFacts> {
    let kinds = [CardType::Groupon, CardType::MemberCard, CardType::MovieTicket, CardType::GeneralCard];
    let card = |position: usize| CardFacts {
        no: CardNo(if position == 5 { 1 << 50 } else { position as i64 + 1 }),
        id: CardId::from(format!("p{position}")),
        card_type: kinds[position % kinds.len()],
        source: if position.is_multiple_of(3) { Source::Console } else { Source::Api },
        sub_merchant_id: 0,
    };
    (0..count).map(card).collect()
}

fn openid() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => (0..40u32).prop_map(|n| format!("odkJ9uDUz26RY-7DN1mxkznfo9{n:02}")),
        2 => (0..6usize).prop_map(|n| "o".repeat(n)),
        1 => "[a-z一-三]{0,9}",
    ]
}

fn event() -> impl Strategy<Value = OwnedEvent> {
    let codes = (prop::option::weighted(0.9, 1..50i64), prop::option::of(1..50i64));
    let card = prop_oneof![9 => 0..9i64, 1 => Just(1 << 50)];
    (prop::sample::select(EventKind::ALL), card, codes, openid(), openid(), 0..9_000i64, 0..9_000i64)
        .prop_map(|(kind, card, (code, other_code), openid, friend, amount, amount2)| OwnedEvent {
            seq: 0,
            kind,
            card,
            code,
            other_code,
            openid,
            friend,
            amount,
            amount2,
        })
}

/// Events with consecutive numbers, each with the part of the log that contains it.
fn log() -> impl Strategy<Value = Vec<(usize, OwnedEvent)>> {
    prop::collection::vec((0..3usize, event()), 0..400).prop_map(|mut log| {
        for (seq, (_, event)) in log.iter_mut().enumerate() {
            event.seq = seq as i64 + 1;
        }
        log
    })
}

fn scan_of(log: &[(usize, OwnedEvent)], threads: usize) -> Box<Scan<'_, Infallible>> {
    Box::new(move |part, visit| {
        log.iter().filter(|(of, _)| of % threads == part).for_each(|(_, event)| visit(event.lent()));
        Ok(())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn the_fold_agrees_with_a_recount_that_uses_sets(
        log in log(),
        threads in 1..4usize,
        passes in 1..4usize,
        partitions in 1..9usize,
        batch in 1..40usize,
        pairs in 1..80usize,
    ) {
        let cards = cards(7);
        let events: Vec<OwnedEvent> = log.iter().map(|(_, event)| event.clone()).collect();
        let scan = scan_of(&log, threads);
        let sizes = Sizes { partitions, batch, pairs };
        let Ok(folded) = fold_in(sizes, &cards, passes, threads, &*scan);
        prop_assert_eq!(folded, recount(&cards, &events));
    }
}

const ONE: NonZeroUsize = NonZeroUsize::MIN;

fn happened(kind: EventKind, card: i64, openid: &str) -> OwnedEvent {
    OwnedEvent {
        seq: 1,
        kind,
        card,
        code: Some(8),
        other_code: None,
        openid: openid.to_owned(),
        friend: String::new(),
        amount: 0,
        amount2: 0,
    }
}

fn folded(events: &[OwnedEvent]) -> FoldedDay {
    let numbered = events.iter().enumerate();
    let log: Vec<(usize, OwnedEvent)> =
        numbered.map(|(n, event)| (0, OwnedEvent { seq: n as i64, ..event.clone() })).collect();
    let Ok(day) = fold_day(&cards(4), ONE, ONE, &*scan_of(&log, 1));
    day
}

#[test]
fn a_member_counts_once_in_the_account_for_any_number_of_cards() {
    let cards = [1, 2].map(|no| CardFacts {
        no: CardNo(no),
        id: CardId::from(format!("p{no}")),
        card_type: CardType::MemberCard,
        source: Source::Api,
        sub_merchant_id: 0,
    });
    let log = [1, 2].map(|card| (0, happened(EventKind::MemberUpdate, card, "o1")));
    let Ok(day) = fold_day(&cards, ONE, ONE, &*scan_of(&log, 1));
    let users: Vec<_> = day.rows.iter().map(|(_, counts)| (counts.verify_cnt, counts.verify_user)).collect();
    assert_eq!(day.rows[0].0, Scope::Members(Source::Api));
    assert_eq!(users, [(2, 1), (1, 1), (1, 1)]);
}

#[test]
fn a_gift_counts_for_the_giver_and_is_no_claim() {
    let day = folded(&[OwnedEvent { friend: "o2".into(), ..happened(EventKind::GiftAccept, 1, "o1") }]);
    let counts = Counts { given_cnt: 1, given_user: 1, ..Counts::default() };
    assert_eq!(day.rows, [(Scope::Coupons(Source::Console), counts), (Scope::Card(CardNo(1)), counts)]);
    assert!(day.member_steps.is_empty());
}

#[test]
fn paid_and_original_amounts_of_payments_add_up() {
    let pay = OwnedEvent { amount: 80, amount2: 100, ..happened(EventKind::Pay, 2, "o1") };
    let day = folded(&[pay.clone(), pay]);
    let counts = Counts { verify_cnt: 2, verify_user: 1, fee: 160, original_fee: 200, ..Counts::default() };
    assert_eq!(day.rows, [(Scope::Members(Source::Api), counts), (Scope::Card(CardNo(2)), counts)]);
}

#[test]
fn a_given_member_card_is_one_step_from_the_givers_code_to_the_friends() {
    let gift =
        OwnedEvent { friend: "o2".into(), other_code: Some(5), ..happened(EventKind::GiftAccept, 2, "o1") };
    let step = MemberStep {
        card: CardNo(2),
        code: CodeSeq(8),
        from: Some(CodeSeq(5)),
        openid: OpenId::from("o2"),
        kind: StepKind::Transfer,
    };
    assert_eq!(folded(&[gift]).member_steps, [step]);
}

#[test]
fn steps_stand_in_the_order_of_their_events() {
    let kinds = [EventKind::Claim, EventKind::Activate, EventKind::CodeDelete, EventKind::Restore];
    let log: Vec<(usize, OwnedEvent)> = (0..400)
        .map(|n| {
            let openid = format!("o{}", n / 4 % 7);
            (n % 3, OwnedEvent { seq: n as i64, ..happened(kinds[n % 4], 2, &openid) })
        })
        .collect();
    let threads = NonZeroUsize::new(3).unwrap_or(ONE);
    let Ok(day) = fold_day(&cards(4), threads, threads, &*scan_of(&log, 3));
    let steps: Vec<StepKind> = day.member_steps.iter().map(|step| step.kind).collect();
    let order = [StepKind::Claim, StepKind::Begin, StepKind::End, StepKind::Resume];
    assert_eq!(steps, (0..400).map(|n| order[n % 4]).collect::<Vec<_>>());
}

#[test]
fn an_error_of_a_scan_is_the_error_of_the_fold() {
    let threads = NonZeroUsize::new(2).unwrap_or(ONE);
    let result = fold_day(&cards(1), ONE, threads, &|part, _| if part == 1 { Err("gone") } else { Ok(()) });
    assert_eq!(result, Err("gone"));
}

#[test]
fn a_day_of_more_events_than_a_pass_is_made_for_takes_more_passes() {
    for (events, passes) in
        [(0, 1), (1, 1), (EVENTS_PER_PASS, 1), (EVENTS_PER_PASS + 1, 2), (EVENTS_PER_PASS * 5 / 2, 3)]
    {
        assert_eq!(passes_for(events).get(), passes, "{events}");
    }
}
