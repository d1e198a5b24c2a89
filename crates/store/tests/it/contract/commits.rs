//! Commits: all or nothing, one writer, and consecutive numbers.

use crate::place::Place;
use crate::world::{START, World, coupon, in_use, new_app};
use kaquan_core::engine::Keys;
use kaquan_core::event::{Event, EventKind};
use kaquan_core::id::{CardNo, EventSeq};
use serde_json::json;

pub fn two_writers_are_refused(place: &dyn Place) {
    let World { store, writer, .. } = World::at(place);
    assert!(in_use(store.writer()));
    assert!(in_use(place.open().writer()));
    drop(writer);
    let again = place.open().writer().unwrap();
    assert!(in_use(store.writer()));
    drop(again);
    store.writer().unwrap();
}

pub fn a_batch_of_two_apps_is_one_commit(place: &dyn Place) {
    let mut world = World::at(place);
    let other = world.store.create_app(&new_app("wx2")).unwrap().app.id;
    let mut first = world.set();
    first.emit(Event::new(EventKind::View, START, CardNo(1)));
    let mut second = world.writer.load(other, &|_, _| ()).unwrap().unwrap();
    second.emit(Event::new(EventKind::View, START, CardNo(2)));
    second.emit(Event::new(EventKind::View, START, CardNo(3)));
    world.writer.commit(vec![first, second]).unwrap();
    let cards = |app| -> Vec<CardNo> {
        world.store.events(app, EventSeq(0), 9).unwrap().iter().map(|event| event.card).collect()
    };
    assert_eq!(cards(world.app), [CardNo(1)]);
    assert_eq!(cards(other), [CardNo(2), CardNo(3)]);
}

pub fn numbers_go_on_after_opening_again(place: &dyn Place) {
    let mut world = World::at(place);
    let first = world.set().counters;
    assert_eq!((first.card_no, first.code_seq, first.event_seq, first.latest.0), (1, 1, 1, 0));
    let id = world.create(coupon(json!({})));
    world.claim(&id, "a");
    let counters = world.set().counters;
    assert_eq!((counters.card_no, counters.code_seq, counters.latest), (2, 2, START));
    let mut world = world.reopened(place);
    assert_eq!(world.set().counters, counters);
    assert_eq!(world.store.working_set(world.app).unwrap().unwrap().counters, counters);
}

pub fn a_failed_commit_leaves_nothing(place: &dyn Place) {
    let mut world = World::at(place);
    let id = world.create(coupon(json!({})));
    let keys = Keys { card_ids: [id.clone()].into(), ..Keys::default() };
    let before = (world.card(&id), world.set().counters);
    let mut set = world.set_with(&keys);
    set.cards.get_mut(&before.0.no).unwrap().quantity = 1;
    // An event with a number that is already used cannot be written.
    set.counters.event_seq = 1;
    set.emit(Event::new(EventKind::View, START, before.0.no));
    set.counters.event_seq = 99;
    if world.writer.commit(vec![set]).is_err() {
        assert_eq!((world.card(&id), world.set().counters), before);
        // The writer continues to work.
        world.claim(&id, "a");
        assert_eq!(world.card(&id).quantity, before.0.quantity - 1);
    }
}

pub fn readers_see_committed_rows_only(place: &dyn Place) {
    let mut world = World::at(place);
    let mut set = world.set();
    set.emit(Event::new(EventKind::View, START, CardNo(1)));
    let reader = place.open();
    assert_eq!(reader.events(world.app, EventSeq(0), 9).unwrap(), []);
    world.commit(set);
    assert_eq!(reader.events(world.app, EventSeq(0), 9).unwrap().len(), 1);
    // Without changes, nothing is written.
    let set = world.set();
    world.writer.commit(vec![set]).unwrap();
    assert_eq!(reader.events(world.app, EventSeq(0), 9).unwrap().len(), 1);
}
