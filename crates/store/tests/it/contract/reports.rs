//! Closed days, their rows, and the progress of the expiry sweep.

use crate::place::Place;
use crate::world::{START, World};
use kaquan_core::card::Source;
use kaquan_core::event::{Event, EventKind};
use kaquan_core::id::{CardNo, CodeSeq};
use kaquan_core::stats::{Counts, DayRow, Scope, StoreRow};
use kaquan_core::time::{Day, Timestamp};
use kaquan_store::SweepState;

const DAY: Day = Day(20_000);

fn row(day: i32, scope: Scope, first: i64) -> DayRow {
    let mut values = [0; Counts::NAMES.len()];
    values.iter_mut().zip(first..).for_each(|(value, number)| *value = number);
    DayRow { day: DAY.plus(day), scope, counts: Counts::from_values(values) }
}

fn card(no: i64) -> Scope {
    Scope::Card(CardNo(no))
}

pub fn a_day_is_replaced_when_saved_again(place: &dyn Place) {
    let world = World::at(place);
    let (store, app) = (&world.store, world.app);
    assert_eq!(store.closed_through(app).unwrap(), None);
    store.save_day(app, DAY, 5, &[row(0, card(1), 1), row(0, card(2), 2)]).unwrap();
    store.save_day(app, DAY.plus(1), 0, &[]).unwrap();
    store.save_day(app, DAY, 6, &[row(0, card(2), 7)]).unwrap();
    let store = place.open();
    assert_eq!(store.day_rows(app, DAY, DAY, None).unwrap(), [row(0, card(2), 7)]);
    assert_eq!(store.closed_through(app).unwrap(), Some(DAY.plus(1)));
}

pub fn rows_of_some_cards_are_read_without_the_others(place: &dyn Place) {
    let world = three_days(place);
    let some = |row: &DayRow| row.scope != card(9);
    let rows = world.store.card_rows(world.app, DAY.plus(1), DAY.plus(2), &some).unwrap();
    let expected: Vec<DayRow> = [1, 2]
        .iter()
        .flat_map(|day| [2, 30].map(|no| row(*day, card(no), i64::from(*day) * 100 + no)))
        .collect();
    assert_eq!(rows, expected);
    assert_eq!(world.store.card_rows(world.app, DAY, DAY.plus(9), &|_| false).unwrap(), []);
}

pub fn rows_of_a_day_are_read_in_parts_until_it_is_closed_again(place: &dyn Place) {
    let world = three_days(place);
    let (store, app, day) = (&world.store, world.app, DAY.plus(1));
    assert_eq!(store.cards_of_day(app, DAY.plus(9)).unwrap(), None);
    let (events, mut cards) = store.cards_of_day(app, day).unwrap().unwrap();
    cards.sort_unstable();
    assert_eq!((events, &cards[..]), (1, &[2, 9, 30].map(CardNo)[..]));
    let read = |cards: &[CardNo]| {
        let mut rows = store.rows_of_cards(app, day, events, cards).unwrap();
        rows.sort_by_key(|row| row.scope);
        rows
    };
    assert_eq!(read(&cards[..2]), [2, 9].map(|no| row(1, card(no), 100 + no)));
    assert_eq!(read(&[CardNo(30), CardNo(31)]), [row(1, card(30), 130)]);
    assert_eq!(read(&[]), []);
    store.save_day(app, day, 2, &[row(1, card(2), 7)]).unwrap();
    assert_eq!(read(&cards), [], "the day was closed again");
}

fn three_days(place: &dyn Place) -> World {
    let world = World::at(place);
    for day in [2, 0, 1] {
        let mut rows: Vec<DayRow> =
            [9, 2, 30].iter().map(|no| row(day, card(*no), i64::from(day) * 100 + no)).collect();
        rows.push(row(day, Scope::Members(Source::Console), 5));
        rows.push(row(day, Scope::Members(Source::Api), 6));
        rows.push(row(day, Scope::Coupons(Source::Console), 7));
        world.store.save_day(world.app, DAY.plus(day), 1, &rows).unwrap();
    }
    world
}

pub fn rows_come_by_day_and_card(place: &dyn Place) {
    let world = three_days(place);
    let rows = |from, to| world.store.day_rows(world.app, DAY.plus(from), DAY.plus(to), None).unwrap();
    let expected: Vec<DayRow> = [0, 1]
        .iter()
        .flat_map(|day| [2, 9, 30].map(|no| row(*day, card(no), i64::from(*day) * 100 + no)))
        .collect();
    assert_eq!(rows(0, 1), expected);
    assert_eq!(rows(-5, 1), expected);
    assert_eq!(rows(3, 9), []);
    assert_eq!(rows(1, 0), []);
}

pub fn rows_of_one_scope_are_found(place: &dyn Place) {
    let world = three_days(place);
    let rows = |scope| world.store.day_rows(world.app, DAY, DAY.plus(9), Some(scope)).unwrap();
    assert_eq!(rows(card(9)), [0, 1, 2].map(|day| row(day, card(9), i64::from(day) * 100 + 9)));
    let members = Scope::Members(Source::Api);
    assert_eq!(rows(members), [0, 1, 2].map(|day| row(day, members, 6)));
    let coupons = Scope::Coupons(Source::Console);
    assert_eq!(rows(coupons), [0, 1, 2].map(|day| row(day, coupons, 7)));
    assert_eq!(rows(Scope::Coupons(Source::Api)), []);
    assert_eq!(rows(card(3)), []);
}

pub fn stores_and_no_store_add_up_to_all_cards(place: &dyn Place) {
    let world = three_days(place);
    let of = |scope, verify_cnt| DayRow {
        day: DAY.plus(3),
        scope,
        counts: Counts { verify_cnt, return_cnt: 1, fee: 10, original_fee: 20, ..Counts::default() },
    };
    let rows = [
        of(Scope::Coupons(Source::Api), 9),
        of(Scope::Members(Source::Console), 4),
        of(card(9), 9),
        of(Scope::StoreCoupons(9), 5),
        of(Scope::StoreCoupons(i64::MAX), 2),
        of(Scope::StoreMembers(9), 3),
    ];
    world.store.save_day(world.app, DAY.plus(3), 1, &rows).unwrap();
    let found = |from, to| world.store.sums_of_stores(world.app, DAY.plus(from), DAY.plus(to)).unwrap();
    let sums = |location_id, consumes, returns, uses, paid: i64| StoreRow {
        location_id,
        consumes,
        returns,
        uses,
        fee: 10 * paid,
        original_fee: 20 * paid,
    };
    let expected = [sums(Some(9), 5, 1, 3, 1), sums(Some(i64::MAX), 2, 1, 0, 0), sums(None, 2, -1, 1, 0)];
    assert_eq!(found(3, 9), expected);
    assert_eq!(found(4, 9), []);
    assert_eq!(world.store.day_rows(world.app, DAY.plus(3), DAY.plus(3), None).unwrap(), [of(card(9), 9)]);
}

pub fn a_day_with_new_events_is_stale(place: &dyn Place) {
    let mut world = World::at(place);
    let today = START.day();
    let record = |world: &mut World| {
        let mut set = world.set();
        set.emit(Event::new(EventKind::Expire, START, CardNo(1)));
        world.commit(set);
    };
    record(&mut world);
    world.store.save_day(world.app, today, 1, &[]).unwrap();
    world.store.save_day(world.app, today.plus(1), 0, &[]).unwrap();
    assert_eq!(world.store.stale_days(world.app).unwrap(), []);
    record(&mut world);
    assert_eq!(world.store.stale_days(world.app).unwrap(), [today]);
    world.store.save_day(world.app, today, 2, &[]).unwrap();
    assert_eq!(world.store.stale_days(world.app).unwrap(), []);
}

pub fn sweeps_are_kept(place: &dyn Place) {
    let world = World::at(place);
    let state = |n| SweepState { settled: CodeSeq(n), swept_through: Timestamp(n * 10) };
    assert_eq!(world.store.sweeps(world.app).unwrap(), []);
    world.store.save_sweep(world.app, CardNo(2), state(1)).unwrap();
    world.store.save_sweep(world.app, CardNo(1), state(2)).unwrap();
    world.store.save_sweep(world.app, CardNo(2), state(3)).unwrap();
    assert_eq!(place.open().sweeps(world.app).unwrap(), [(CardNo(1), state(2)), (CardNo(2), state(3))]);
}

pub fn a_store_can_be_checked(place: &dyn Place) {
    let mut world = World::at(place);
    for thorough in [false, true, false] {
        world.writer.probe(thorough).unwrap();
    }
}
