//! Fills past days of a store. Cards go through the ledger with a clock in the past. Events go directly through the
//! writer, many thousand in a transaction, because the benchmark measures reading and not filling.

use super::cards::{self, write_openid};
use super::day::{DayEvent, Plan};
use crate::Failure;
use kaquan_core::card::{CreateCard, Object, Source};
use kaquan_core::code::{Code, CodeState, Origin};
use kaquan_core::engine::WorkingSet;
use kaquan_core::event::{Event, EventKind};
use kaquan_core::id::{AppId, CardId, CardNo, CodeSeq, OpenId};
use kaquan_core::stats::{Counts, DayRow, Scope};
use kaquan_core::time::{DAY_SECS, Day, Timestamp};
use kaquan_ledger::TestClock;
use kaquan_store::{Store, Writer};
use serde_json::Value;
use std::sync::Arc;

/// Events in one transaction.
const EVENTS_PER_COMMIT: usize = 20_000;

/// The cards that were created.
#[derive(Debug)]
pub struct CreatedCards {
    pub coupons: Vec<CardNo>,
    pub coupon_ids: Vec<String>,
    pub members: Vec<CardNo>,
}

/// Creates cards at a past time.
pub fn make_cards(
    store: &dyn Store,
    app: AppId,
    at: Timestamp,
    coupons: usize,
    members: usize,
) -> Result<CreatedCards, Failure> {
    let document = |n| if n < coupons { cards::coupon() } else { cards::member_card() };
    create_cards(store, app, at, (0..coupons + members).map(document))?;
    let mut filled = CreatedCards { coupons: Vec::new(), coupon_ids: Vec::new(), members: Vec::new() };
    for card in store.cards(app)? {
        if card.card_type.is_member_card() {
            filled.members.push(card.no);
        } else {
            filled.coupons.push(card.no);
            filled.coupon_ids.push(card.id.as_str().to_owned());
        }
    }
    Ok(filled)
}

/// Creates a card for imported codes and returns its id.
pub fn make_card_for_imports(store: &dyn Store, app: AppId, at: Timestamp) -> Result<String, Failure> {
    create_cards(store, app, at, [cards::coupon_for_imports()])?;
    let card = store.cards(app)?.pop().ok_or("a card that was made is gone")?;
    Ok(card.id.as_str().to_owned())
}

fn create_cards(
    store: &dyn Store,
    app: AppId,
    at: Timestamp,
    documents: impl IntoIterator<Item = Value>,
) -> Result<(), Failure> {
    let (ledger, writers) = kaquan_ledger::spawn(store.writers()?, Arc::new(TestClock::at(at)))?;
    let made = documents.into_iter().enumerate().try_for_each(|(n, card)| {
        let card_id = CardId::from(format!("pBench{n:022}"));
        ledger.submit_blocking(app, CreateCard { card_id, source: Source::Api, card: object(card) }).map(drop)
    });
    ledger.stop();
    writers.join();
    Ok(made?)
}

/// Marks days as closed, and stores made-up numbers of every card for each day. The numbers do not come from events.
pub fn write_reports(
    store: &dyn Store,
    app: AppId,
    from: Day,
    to: Day,
    cards: &[CardNo],
) -> Result<(), Failure> {
    let event_days = store.event_days(app)?;
    for day in (from.0..=to.0).map(Day) {
        let row = |card: &CardNo| {
            let mut numbers = 0..;
            let values = [(); Counts::NAMES.len()].map(|()| numbers.next().unwrap_or(0) + card.0 % 1000);
            DayRow { day, scope: Scope::Card(*card), counts: Counts::from_values(values) }
        };
        let events = event_days.iter().find(|events| events.day == day).map_or(0, |events| events.events);
        store.save_day(app, day, events, &cards.iter().map(row).collect::<Vec<_>>())?;
    }
    Ok(())
}

fn object(card: Value) -> Object {
    match card {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

/// Writes the events of a day. `progress` gets the number of events written so far.
pub fn write_day(
    writer: &mut dyn Writer,
    app: AppId,
    day: Day,
    plan: &Plan,
    mut progress: impl FnMut(u64),
) -> Result<u64, Failure> {
    let mut stream = plan.stream();
    let mut written = 0;
    loop {
        let mut set = writer.load(app, &|_, _| ())?.ok_or("the app is gone")?;
        for made in stream.by_ref().take(EVENTS_PER_COMMIT) {
            let passed = (i128::from(DAY_SECS) * i128::from(written) / i128::from(plan.events.max(1))) as i64;
            record(&mut set, day.start().plus(passed.min(DAY_SECS - 1)), &made);
            written += 1;
        }
        if set.events.is_empty() {
            writer.abandon();
            return Ok(written);
        }
        set.counters.code_seq = plan.first_code + stream.codes();
        writer.commit(vec![set])?;
        progress(written);
    }
}

/// The number of the next code of an app.
pub fn next_code(writer: &mut dyn Writer, app: AppId) -> Result<i64, Failure> {
    let set = writer.load(app, &|_, _| ())?.ok_or("the app is gone")?;
    writer.abandon();
    Ok(set.counters.code_seq)
}

fn record(set: &mut WorkingSet, at: Timestamp, made: &DayEvent) {
    if let Some(code) = issued(made, at) {
        set.codes.put(code.seq, code);
    }
    set.emit(Event {
        code: made.code.map(CodeSeq),
        other_code: made.other_code.map(CodeSeq),
        openid: Some(openid(made.holder)),
        friend: made.friend.map(openid),
        amount: made.amount,
        amount2: made.amount2,
        ..Event::new(made.kind, at, made.card)
    });
}

/// The code that an event issues. Later changes of the code are left out, because no number of the day depends on
/// them.
fn issued(made: &DayEvent, at: Timestamp) -> Option<Code> {
    let (origin, holder) = match (made.kind, made.friend) {
        (EventKind::Claim, _) => (Origin::Claimed, made.holder),
        (EventKind::GiftAccept, Some(friend)) => (Origin::Given, friend),
        _ => return None,
    };
    Some(Code {
        seq: CodeSeq(made.code?),
        card: made.card,
        openid: openid(holder),
        custom: None,
        state: CodeState::Normal,
        origin,
        claimed_at: at,
        window_at: at,
        own_window: None,
        outer_str: None,
        changed_at: at,
        gift_to: None,
        expired_at: None,
        marked_for: None,
    })
}

fn openid(holder: u32) -> OpenId {
    let mut text = Vec::with_capacity(28);
    write_openid(&mut text, 0, u64::from(holder));
    OpenId::from(String::from_utf8_lossy(&text).as_ref())
}
