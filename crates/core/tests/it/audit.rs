//! The auditor of random runs. It compares the world after each step with the world before, and with the log. It
//! reads rows and events and calls no rule, except for the window and the state of a code.

use crate::testing::World;
use kaquan_core::card::{Card, CodeMode, DateInfo};
use kaquan_core::code::{Code, CodeState, Origin};
use kaquan_core::engine::CustomCode;
use kaquan_core::event::{Event, EventKind};
use kaquan_core::id::{CardNo, CodeSeq, OpenId};
use kaquan_core::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Checks all invariants of `after`. One step made `after` from `before`, at the same time.
pub fn audit(before: &World, after: &World) {
    assert_eq!(before.now, after.now);
    log_goes_on(before, after);
    for card in after.cards.values() {
        stock_adds_up(after, card);
        if let Some(before) = before.cards.get(&card.no) {
            window_only_widens(before, card);
        }
    }
    for code in before.codes.values() {
        code_moves_as_it_may(before, after, code);
    }
    holders_keep_the_limits(before, after);
    custom_codes_are_unique(after);
    log_tells_the_same_story(after);
    events_add_up_to_the_points_and_balance_of_members(after);
    codes_are_activated_once(after);
    cards_are_given_as_often_as_they_allow(after);
}

fn codes_are_activated_once(world: &World) {
    let mut seen = BTreeSet::new();
    for event in &world.events {
        match event.kind {
            EventKind::Activate => assert!(seen.insert(event.code), "activated twice: {event:?}"),
            EventKind::Unactivate => assert!(seen.remove(&event.code), "was not active: {event:?}"),
            // An active card stays active when a friend accepts it.
            EventKind::GiftAccept if seen.contains(&event.other_code) => drop(seen.insert(event.code)),
            _ => {}
        }
    }
    let active = world.members.values().filter(|member| member.active_at.is_some());
    let active: BTreeSet<_> = active.map(|member| Some(member.code)).collect();
    assert_eq!(active, seen, "active codes, and those that the log calls active");
}

fn log_goes_on(before: &World, after: &World) {
    assert_eq!(after.events[..before.events.len()], before.events, "the log was changed");
    for (n, event) in after.events.iter().enumerate() {
        assert_eq!(event.seq.0, n as i64 + 1, "numbers of events have a gap");
    }
    for event in &after.events[before.events.len()..] {
        let dated_back = matches!(event.kind, EventKind::Expire | EventKind::Revive);
        assert!(event.at == after.now || dated_back && event.at < after.now, "{event:?}");
    }
}

fn stock_adds_up(world: &World, card: &Card) {
    assert!((0..=card.total).contains(&card.quantity), "{} of {} left", card.quantity, card.total);
    let claimed = world.codes.values().filter(|code| code.card == card.no && code.origin == Origin::Claimed);
    assert_eq!(card.total - card.quantity, claimed.count() as i64, "claims and stock of card {}", card.no);
    if card.terms.code_mode == CodeMode::Deposit {
        let (imported, drawn) = world.pools.get(&card.no).map_or((0, 0), |pool| (pool.deposited, pool.drawn));
        assert!(card.total <= imported, "more stock than imported codes");
        assert_eq!(drawn, card.total - card.quantity, "codes drawn and codes claimed");
    }
}

fn window_only_widens(before: &Card, after: &Card) {
    match (before.terms.date_info, after.terms.date_info) {
        (DateInfo::Range { begin, end }, DateInfo::Range { begin: new_begin, end: new_end }) => {
            assert!(new_begin <= begin && end <= new_end, "card {} narrowed", before.no);
        }
        (before, after) => assert_eq!(before, after, "windows counted from the claim do not change"),
    }
}

/// The allowed changes of a code's state.
const MOVES: &[(CodeState, CodeState)] = &[
    (CodeState::Normal, CodeState::Consumed),
    (CodeState::Normal, CodeState::Gifting),
    (CodeState::Normal, CodeState::Delete),
    (CodeState::Normal, CodeState::Unavailable),
    (CodeState::Gifting, CodeState::GiftSucc),
    (CodeState::Gifting, CodeState::Unavailable),
    (CodeState::Gifting, CodeState::Normal),
    (CodeState::GiftTimeout, CodeState::Normal),
    (CodeState::Consumed, CodeState::Normal),
    (CodeState::GiftTimeout, CodeState::Delete),
    (CodeState::GiftTimeout, CodeState::Unavailable),
    (CodeState::Expire, CodeState::Delete),
    (CodeState::Expire, CodeState::Unavailable),
    (CodeState::Delete, CodeState::Normal),
];

fn shown(world: &World, code: &Code) -> CodeState {
    code.state_at(&world.app, &world.cards[&code.card], world.now)
}

fn code_moves_as_it_may(before: &World, after: &World, code: &Code) {
    let now = &after.codes[&code.seq];
    let fixed = |code: &Code| {
        let Code { seq, card, openid, origin, claimed_at, window_at, outer_str, .. } = code.clone();
        (seq, card, openid, origin, claimed_at, window_at, outer_str)
    };
    assert_eq!(fixed(code), fixed(now), "what a code is never changes");
    if code.state != now.state {
        let step = (shown(before, code), now.state);
        assert!(MOVES.contains(&step), "code {} went {step:?}", code.seq);
        let card = &before.cards[&code.card];
        if step == (CodeState::Delete, CodeState::Normal) {
            assert!(card.card_type.is_member_card(), "only a member card is taken up again");
        }
        if now.state == CodeState::Consumed {
            assert!(card.is_consumed(), "a card that is shown was consumed");
            assert!(code.window(card).contains(before.now), "consumed out of its window");
        }
        if step.0 == CodeState::Expire {
            let end = code.window(card).end.moment().expect("a window that ended");
            let expiry = |event: &&Event| event.kind == EventKind::Expire && event.code == Some(code.seq);
            let ends: Vec<Timestamp> = after.events.iter().filter(expiry).map(|event| event.at).collect();
            assert!(ends.contains(&end) || code.expired_at.is_some(), "code {} went unnoticed", code.seq);
        }
    }
}

/// A code is given on at most as often as its card allows, counted in the log.
fn cards_are_given_as_often_as_they_allow(world: &World) {
    let mut times: HashMap<CodeSeq, i64> = HashMap::new();
    for event in world.events.iter().filter(|event| event.kind == EventKind::GiftAccept) {
        let before = event.other_code.and_then(|old| times.get(&old)).copied().unwrap_or(0);
        let max = world.cards[&event.card].terms.max_gives.unwrap_or(i64::MAX);
        assert!(before < max, "given on {before} times: {event:?}");
        times.extend(event.code.map(|code| (code, before + 1)));
    }
}

fn holders_keep_the_limits(before: &World, after: &World) {
    for event in &after.events[before.events.len()..] {
        let Some(openid) = &event.openid else { continue };
        let terms = before.cards.get(&event.card).map(|card| &card.terms);
        let limit = match (event.kind, terms) {
            (EventKind::Claim, Some(terms)) => terms.get_limit,
            (EventKind::Consume, Some(terms)) => terms.use_limit,
            _ => continue,
        };
        let so_far = || after.events.iter().take_while(|other| other.seq <= event.seq);
        let count = |kind: EventKind| {
            let same = so_far().filter(|other| {
                (other.kind, other.card, other.openid.as_ref()) == (kind, event.card, Some(openid))
            });
            same.count()
        };
        let undone = if event.kind == EventKind::Consume { count(EventKind::ConsumeReturn) } else { 0 };
        assert!(count(event.kind) - undone <= limit as usize, "{openid}: more than {limit} of {event:?}");
    }
}

fn custom_codes_are_unique(world: &World) {
    let mut seen = BTreeSet::new();
    for code in world.codes.values().filter(|code| code.state != CodeState::GiftSucc) {
        let Some(text) = &code.custom else { continue };
        assert!(seen.insert((code.card, text.clone())), "{text} twice");
        let issued = world.custom_codes.get(&(code.card, text.clone()));
        assert_eq!(issued, Some(&CustomCode::Issued(code.seq)), "{text} leads elsewhere");
    }
    let issued = world.custom_codes.values().filter(|custom| matches!(custom, CustomCode::Issued(_)));
    assert_eq!(issued.count(), seen.len(), "a text leads to a code that has another");
}

/// Points and balance of every member and general card are the sum of what the events say, and no member has any before
/// activation.
fn events_add_up_to_the_points_and_balance_of_members(world: &World) {
    let mut sums: HashMap<CodeSeq, (i64, i64)> = HashMap::new();
    for event in &world.events {
        let Some(seq) = event.code else { continue };
        match event.kind {
            EventKind::InitBalance | EventKind::Activate | EventKind::MemberUpdate => {
                let (bonus, balance) = sums.entry(seq).or_default();
                *bonus += event.amount;
                *balance += event.amount2;
            }
            // If a membership is given away, its points and balance move to the new code.
            EventKind::GiftAccept => {
                let old = event.other_code.and_then(|old| sums.get(&old)).copied().unwrap_or_default();
                sums.insert(seq, old);
            }
            _ => {}
        }
    }
    for (seq, member) in &world.members {
        let logged = sums.get(seq).copied().unwrap_or_default();
        assert_eq!((member.bonus, member.balance), logged, "points and balance of code {seq}");
        let card = &world.cards[&world.codes[seq].card];
        let may_have = member.active_at.is_some() || !card.card_type.is_member_card();
        assert!(may_have || logged == (0, 0), "code {seq} is not active");
    }
}

/// A code, computed only from the log.
struct LoggedCode {
    card: CardNo,
    openid: OpenId,
    state: CodeState,
    consumed: u32,
}

/// Replays the log and compares the result with the rows: the log alone must give the same state.
fn log_tells_the_same_story(world: &World) {
    let mut logged: BTreeMap<CodeSeq, LoggedCode> = BTreeMap::new();
    let mut ends: HashMap<CodeSeq, BTreeSet<Timestamp>> = HashMap::new();
    for event in &world.events {
        let (Some(seq), Some(openid)) = (event.code, event.openid.clone()) else { continue };
        let state = match event.kind {
            EventKind::Claim => {
                let code = LoggedCode { card: event.card, openid, state: CodeState::Normal, consumed: 0 };
                assert!(logged.insert(seq, code).is_none(), "code {seq} was issued twice");
                continue;
            }
            EventKind::GiftAccept => {
                let old = event.other_code.and_then(|old| logged.get_mut(&old)).expect("the giver's code");
                assert_eq!((&old.openid, old.card, old.state), (&openid, event.card, CodeState::Gifting));
                old.state = CodeState::GiftSucc;
                let openid = event.friend.clone().expect("the friend");
                let code = LoggedCode { card: event.card, openid, state: CodeState::Normal, consumed: 0 };
                assert!(logged.insert(seq, code).is_none(), "code {seq} was issued twice");
                continue;
            }
            EventKind::Expire => {
                assert!(ends.entry(seq).or_default().insert(event.at), "code {seq} expired twice at one end");
                continue;
            }
            EventKind::Consume => CodeState::Consumed,
            EventKind::GiftStart => CodeState::Gifting,
            EventKind::CodeDelete => CodeState::Delete,
            EventKind::CodeUnavailable => CodeState::Unavailable,
            EventKind::Restore | EventKind::GiftReturn | EventKind::ConsumeReturn => CodeState::Normal,
            _ => continue,
        };
        let code = logged.get_mut(&seq).expect("an issued code");
        assert_eq!((&code.openid, code.card), (&openid, event.card));
        code.consumed += u32::from(event.kind == EventKind::Consume);
        code.consumed -= u32::from(event.kind == EventKind::ConsumeReturn);
        assert!(code.consumed <= 1, "code {seq} was consumed twice");
        code.state = state;
    }
    assert_eq!(logged.len(), world.codes.len(), "codes and the log's codes");
    for (seq, logged) in &logged {
        let code = &world.codes[seq];
        assert_eq!(
            (code.card, &code.openid, code.state),
            (logged.card, &logged.openid, logged.state),
            "code {seq}"
        );
        let recorded =
            ends.get(seq).is_some_and(|ends| code.expired_at.is_some_and(|end| ends.contains(&end)));
        assert!(code.expired_at.is_none() || recorded, "code {seq} has an end the log does not know");
    }
    for (card, code) in world.codes.values().map(|code| (code.card, code)) {
        let held = world.holder(card, &code.openid);
        let held = held.codes.iter().find(|held| held.seq == code.seq).expect("its holder has it");
        assert_eq!(held.claimed, code.origin == Origin::Claimed);
        assert_eq!(held.consumed, code.state == CodeState::Consumed);
    }
}
