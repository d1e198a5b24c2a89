//! The log of events and its days.

use crate::place::Place;
use crate::world::{START, World};
use kaquan_core::event::{Event, EventKind};
use kaquan_core::id::{CardNo, CodeSeq, EventSeq};
use kaquan_core::time::{DAY_SECS, Day};
use kaquan_store::EventDay;

pub fn every_field_of_an_event_is_kept(place: &dyn Place) {
    let mut world = World::at(place);
    let mut set = world.set();
    for (n, kind) in EventKind::ALL.iter().enumerate() {
        set.emit(Event::new(*kind, START.plus(n as i64), CardNo(n as i64)));
    }
    set.emit(Event {
        code: Some(CodeSeq(4)),
        openid: Some("giver".into()),
        friend: Some("友".into()),
        other_code: Some(CodeSeq(3)),
        amount: -5,
        amount2: i64::MAX,
        detail: Some("渠道".to_owned()),
        location_id: Some(7),
        staff: Some("店员".to_owned()),
        ..Event::new(EventKind::GiftAccept, START, CardNo(1))
    });
    let events = set.events.clone();
    world.commit(set);
    let world = world.reopened(place);
    assert_eq!(world.store.events(world.app, EventSeq(0), 100).unwrap(), events);
}

/// Views at these offsets from the start in seconds, one in each commit.
fn viewed(place: &dyn Place, offsets: &[i64]) -> World {
    let mut world = World::at(place);
    for offset in offsets {
        let mut set = world.set();
        set.emit(Event {
            openid: Some(format!("o{offset}").into()),
            ..Event::new(EventKind::View, START.plus(*offset), CardNo(1))
        });
        world.commit(set);
    }
    world
}

pub fn events_come_page_by_page(place: &dyn Place) {
    let world = viewed(place, &[0, 1, 2, 3]);
    let page = |from, limit| -> Vec<i64> {
        let events = world.store.events(world.app, EventSeq(from), limit).unwrap();
        events.iter().map(|event| event.seq.0).collect()
    };
    assert_eq!(page(0, 2), [1, 2]);
    assert_eq!(page(3, 2), [3, 4]);
    assert!(page(5, 2).is_empty());
}

/// Five views: today, today, tomorrow, yesterday (written late), tomorrow.
fn three_days(place: &dyn Place) -> (World, Day) {
    (viewed(place, &[0, 1, DAY_SECS, -DAY_SECS, DAY_SECS + 1]), START.day())
}

pub fn days_of_the_log_know_their_range(place: &dyn Place) {
    let (mut world, today) = three_days(place);
    let day =
        |day, first, last, events| EventDay { day, first: EventSeq(first), last: EventSeq(last), events };
    let expected = [day(today.plus(-1), 4, 4, 1), day(today, 1, 2, 2), day(today.plus(1), 3, 5, 2)];
    assert_eq!(world.store.event_days(world.app).unwrap(), expected);
    // A commit with several events of one day, and events of several days.
    let mut set = world.set();
    for offset in [0, -DAY_SECS, 5, -2 * DAY_SECS] {
        set.emit(Event::new(EventKind::Expire, START.plus(offset), CardNo(1)));
    }
    world.commit(set);
    let expected = [
        day(today.plus(-2), 9, 9, 1),
        day(today.plus(-1), 4, 7, 2),
        day(today, 1, 8, 4),
        day(today.plus(1), 3, 5, 2),
    ];
    assert_eq!(world.store.event_days(world.app).unwrap(), expected);
}

pub fn a_scan_visits_the_day_alone(place: &dyn Place) {
    let (world, today) = three_days(place);
    let scan = |day, first, last| {
        let mut seen = Vec::new();
        let visit = &mut |event: kaquan_core::stats::ScannedEvent<'_>| {
            seen.push((event.seq.0, event.openid.to_owned(), event.friend.to_owned()));
        };
        world.store.scan_events(world.app, day, EventSeq(first), EventSeq(last), visit).unwrap();
        seen
    };
    let event = |seq, offset| (seq, format!("o{offset}"), String::new());
    assert_eq!(scan(today, 1, 5), [event(1, 0), event(2, 1)]);
    assert_eq!(scan(today.plus(1), 3, 5), [event(3, DAY_SECS), event(5, DAY_SECS + 1)]);
    assert_eq!(scan(today.plus(1), 4, 5), [event(5, DAY_SECS + 1)]);
    assert_eq!(scan(today, 3, 5), []);
    assert_eq!(scan(today, 5, 1), []);
}

pub fn scans_of_parts_add_up(place: &dyn Place) {
    let mut world = World::at(place);
    let mut set = world.set();
    for n in 0..1000 {
        set.emit(Event { amount: n, ..Event::new(EventKind::Pay, START, CardNo(1)) });
    }
    world.commit(set);
    let store = &*world.store;
    let sum = |first, last| {
        let mut sum = 0;
        let visit = &mut |event: kaquan_core::stats::ScannedEvent<'_>| sum += event.amount;
        store.scan_events(world.app, START.day(), EventSeq(first), EventSeq(last), visit).unwrap();
        sum
    };
    let parts: i64 = std::thread::scope(|scope| {
        let sum = &sum;
        let threads: Vec<_> = (0..4).map(|n| scope.spawn(move || sum(1 + n * 250, 250 + n * 250))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(parts, 999 * 500);
}
