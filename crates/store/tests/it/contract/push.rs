//! The rows of event push: callbacks, cursors, deliveries, attempts, and the search for events.

use crate::place::Place;
use crate::world::{World, coupon};
use kaquan_core::event::EventKind;
use kaquan_core::id::{CodeSeq, EventSeq};
use kaquan_store::{
    Attempt, Callback, Delivery, DeliveryState, EventFilter, PushMode, PushPolicy, PushProgress,
};
use serde_json::json;

const EVERY_EVENT: EventFilter =
    EventFilter { kinds: Vec::new(), card: None, code: None, openid: None, begin: None, end: None };

fn callback(world: &World) -> Callback {
    Callback {
        app: world.app,
        url: "https://shop.example/wx?a=1".to_owned(),
        token: "token".to_owned(),
        aes_key: "k".repeat(43),
        mode: PushMode::Compatible,
        secret: vec![0, 1, 255],
        policy: PushPolicy::Durable,
        original_id: "gh_0123456789ab".to_owned(),
        changed_at: world.now,
    }
}

fn delivery(world: &World, seq: i64, state: DeliveryState) -> Delivery {
    let (due_at, create_time) = (world.now.plus(5), world.now.plus(1));
    Delivery { seq: EventSeq(seq), state, tries: 2, due_at, create_time, changed_at: world.now }
}

fn attempt(world: &World, seq: i64, no: u32) -> Attempt {
    Attempt {
        seq: EventSeq(seq),
        at: world.now,
        no,
        status: 500,
        millis: 12,
        outcome: "HTTP 500".to_owned(),
        answer: "出错了".to_owned(),
    }
}

/// A world with a callback. Its log then gets a created card and three claims, of "a", "b" and "a".
fn with_events(place: &dyn Place) -> World {
    let mut world = World::at(place);
    world.store.set_callback(&callback(&world)).unwrap();
    let card = world.create(coupon(json!({})));
    for openid in ["a", "b", "a"] {
        world.claim(&card, openid);
    }
    world
}

fn next(world: &World) -> i64 {
    world.store.push_cursor(world.app).unwrap().unwrap().next.0
}

fn progress(next: i64, deliveries: Vec<Delivery>, attempts: Vec<Attempt>) -> PushProgress {
    PushProgress { next: EventSeq(next), note: "{}".to_owned(), deliveries, attempts }
}

pub fn every_field_of_a_callback_is_kept(place: &dyn Place) {
    let world = World::at(place);
    assert_eq!(world.store.callback(world.app).unwrap(), None);
    assert_eq!(world.store.push_cursor(world.app).unwrap(), None);
    world.store.set_callback(&callback(&world)).unwrap();
    let world = world.reopened(place);
    assert_eq!(world.store.callback(world.app).unwrap(), Some(callback(&world)));
    assert_eq!(world.store.callbacks().unwrap(), [callback(&world)]);
}

pub fn the_first_event_pushed_is_the_next_one(place: &dyn Place) {
    let mut world = World::at(place);
    let card = world.create(coupon(json!({})));
    world.store.set_callback(&callback(&world)).unwrap();
    let first = next(&world);
    assert_eq!(world.store.event(world.app, EventSeq(first)).unwrap(), None);
    world.claim(&card, "a");
    let found = world.store.event(world.app, EventSeq(first)).unwrap().unwrap();
    assert_eq!((found.kind, next(&world)), (EventKind::Claim, first));
    // Another URL does not change which events are still to be pushed; a new callback does.
    world
        .store
        .set_callback(&Callback { url: "https://other.example".to_owned(), ..callback(&world) })
        .unwrap();
    assert_eq!(next(&world), first);
    world.store.remove_callback(world.app).unwrap();
    assert_eq!(world.store.callbacks().unwrap(), []);
    world.store.set_callback(&callback(&world)).unwrap();
    let mark = world.store.push_cursor(world.app).unwrap().unwrap();
    assert_eq!((mark.next.0, mark.since.0), (first + 1, first + 1));
}

pub fn progress_is_kept_with_its_rows(place: &dyn Place) {
    let world = with_events(place);
    let before = world.store.push_cursor(world.app).unwrap().unwrap();
    let rows = vec![
        delivery(&world, 2, DeliveryState::Pending),
        delivery(&world, 3, DeliveryState::DeadLettered),
        delivery(&world, 4, DeliveryState::Delivered),
    ];
    let tries = vec![attempt(&world, 2, 0), attempt(&world, 2, 1), attempt(&world, 3, 2)];
    world.store.save_push(world.app, &progress(3, rows.clone(), tries.clone())).unwrap();
    let world = world.reopened(place);
    let mark = world.store.push_cursor(world.app).unwrap().unwrap();
    assert_eq!((mark.next.0, mark.note.as_str(), mark.revision), (3, "{}", before.revision));
    let open = |from| {
        let found = world.store.open_deliveries(world.app, EventSeq(from)).unwrap();
        assert!(found.iter().all(|(row, event)| row.seq == event.seq));
        found.into_iter().map(|(row, _)| row).collect::<Vec<_>>()
    };
    assert_eq!(open(3), rows);
    assert_eq!(open(5), rows[..1]);
    let known = [EventSeq(4), EventSeq(1), EventSeq(2)];
    assert_eq!(world.store.deliveries(world.app, &known).unwrap(), [rows[0].clone(), rows[2].clone()]);
    assert_eq!(world.store.attempts(world.app, EventSeq(2)).unwrap(), tries[..2]);
    let parked = |before| {
        world.store.deliveries_in(world.app, DeliveryState::DeadLettered, EventSeq(before), 9).unwrap()
    };
    assert_eq!((parked(4), parked(3)), (rows[1..2].to_vec(), Vec::new()));
}

pub fn pushing_again_begins_with_all_tries(place: &dyn Place) {
    let world = with_events(place);
    let parked = delivery(&world, 2, DeliveryState::DeadLettered);
    world.store.save_push(world.app, &progress(4, vec![parked.clone()], Vec::new())).unwrap();
    let revision = |world: &World| world.store.push_cursor(world.app).unwrap().unwrap().revision;
    let before = revision(&world);
    let now = world.now.plus(100);
    // 2 has a row, 3 was delivered at the first try, 4 is not reached yet, and 99 is not an event.
    let events = [2, 3, 4, 99].map(EventSeq);
    assert_eq!(world.store.push_again(world.app, &events, now).unwrap(), 2);
    assert!(revision(&world) > before);
    let rows = world.store.deliveries(world.app, &events).unwrap();
    let again = |row: &Delivery| (row.seq.0, row.state, row.tries, row.due_at, row.create_time);
    let second = world.store.event(world.app, EventSeq(3)).unwrap().unwrap();
    assert_eq!(
        rows.iter().map(again).collect::<Vec<_>>(),
        [
            (2, DeliveryState::Pending, 0, now, parked.create_time),
            (3, DeliveryState::Pending, 0, now, second.at)
        ]
    );
}

pub fn without_a_callback_nothing_is_pending(place: &dyn Place) {
    let world = with_events(place);
    let pending = delivery(&world, 2, DeliveryState::Pending);
    world.store.save_push(world.app, &progress(4, vec![pending], Vec::new())).unwrap();
    world.store.remove_callback(world.app).unwrap();
    let state = |seq| world.store.deliveries(world.app, &[EventSeq(seq)]).unwrap()[0].state;
    assert_eq!(state(2), DeliveryState::DeadLettered);
    // A delivery that was in flight at that time is saved later.
    let late = delivery(&world, 3, DeliveryState::Pending);
    world.store.save_push(world.app, &progress(4, vec![late], Vec::new())).unwrap();
    assert_eq!(state(3), DeliveryState::DeadLettered);
}

pub fn settled_deliveries_are_dropped_in_time(place: &dyn Place) {
    let world = with_events(place);
    let old = |seq, state| delivery(&world, seq, state);
    let young = Delivery { changed_at: world.now.plus(50), ..old(4, DeliveryState::DeadLettered) };
    let rows = vec![old(2, DeliveryState::Pending), old(3, DeliveryState::Delivered), young.clone()];
    let tries = vec![attempt(&world, 2, 0), attempt(&world, 3, 0), attempt(&world, 4, 0)];
    world.store.save_push(world.app, &progress(5, rows.clone(), tries)).unwrap();
    assert_eq!(world.store.drop_deliveries(world.now.plus(50)).unwrap(), 1);
    let left = world.store.deliveries(world.app, &[2, 3, 4].map(EventSeq)).unwrap();
    assert_eq!(left, [rows[0].clone(), young]);
    let attempts = [2, 3, 4].map(|seq| world.store.attempts(world.app, EventSeq(seq)).unwrap().len());
    assert_eq!(attempts, [1, 0, 1]);
}

pub fn events_are_found_from_the_newest_on(place: &dyn Place) {
    let mut world = with_events(place);
    let card = world.store.cards(world.app).unwrap()[0].clone();
    world.now = world.now.plus(60);
    world.give(CodeSeq(2), "b", "c");
    let find = |filter: EventFilter, before: i64, look, limit| {
        let found = world.store.find_events(world.app, &filter, EventSeq(before), look, limit).unwrap();
        let seqs: Vec<i64> = found.0.iter().map(|event| event.seq.0).collect();
        (seqs, found.1.map(|next| next.0))
    };
    let all = find(EVERY_EVENT, i64::MAX, 1000, 1000).0;
    assert_eq!(all, (1..=*all.first().unwrap()).rev().collect::<Vec<_>>());
    assert!(all.windows(2).all(|pair| pair[0] > pair[1]));
    let claims = || EventFilter { kinds: vec![EventKind::Claim], ..EVERY_EVENT };
    let (claimed, end) = find(claims(), i64::MAX, 1000, 1000);
    assert_eq!((claimed.len(), end), (3, None));
    assert_eq!(find(claims(), i64::MAX, 1000, 2), (claimed[..2].to_vec(), Some(claimed[1])));
    assert_eq!(find(claims(), claimed[1], 1000, 2), (claimed[2..].to_vec(), None));
    // A search is limited, whether it finds an event or not.
    assert_eq!(find(claims(), claimed[2], 1, 10), (vec![], Some(claimed[2] - 1)));
    let count = |filter| find(filter, i64::MAX, 1000, 1000).0.len();
    assert_eq!(count(EventFilter { card: Some(card.no), ..claims() }), 3);
    assert_eq!(count(EventFilter { openid: Some("a".into()), ..claims() }), 2);
    assert_eq!(count(EventFilter { openid: Some("c".into()), ..EVERY_EVENT }), 1);
    assert_eq!(
        count(EventFilter { code: Some(CodeSeq(2)), ..EVERY_EVENT }),
        3,
        "claim, gift, and the gift taken"
    );
    assert_eq!(count(EventFilter { begin: Some(world.now), ..EVERY_EVENT }), 2);
    assert_eq!(count(EventFilter { end: Some(world.now.plus(-1)), ..claims() }), 3);
    assert_eq!(count(EventFilter { begin: Some(world.now.plus(1)), ..EVERY_EVENT }), 0);
}
