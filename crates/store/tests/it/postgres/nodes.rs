//! Several writers and several nodes on one database.

use crate::place::{Database, Place};
use crate::world::{START, World, coupon, new_app};
use kaquan_core::engine::Keys;
use kaquan_core::event::{Event, EventKind};
use kaquan_core::id::{AppId, CardNo, EventSeq};
use kaquan_store::{LogChange, NodeJob, Writer};
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

fn record(writer: &mut dyn Writer, app: AppId, events: usize) {
    loop {
        let mut set = writer.load(app, &|_, _| ()).unwrap().unwrap();
        (0..events).for_each(|_| set.emit(Event::new(EventKind::View, START, CardNo(1))));
        match writer.commit(vec![set]) {
            Err(error) if error.is_conflict() => {}
            done => return done.unwrap(),
        }
    }
}

#[test]
fn a_reader_of_the_log_never_skips_an_uncommitted_row() {
    const WRITERS: usize = 4;
    const COMMITS: usize = 60;
    let place = Database::new();
    let store = place.open_postgres();
    let app = store.create_app(&new_app("wx1")).unwrap().app.id;
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let follow = scope.spawn(|| {
            let (reader, mut next, mut pages) = (place.open_postgres(), 1, 0);
            loop {
                let over = done.load(Ordering::Acquire);
                let page = reader.events(app, EventSeq(next), 1000).unwrap();
                for event in &page {
                    assert_eq!(event.seq.0, next, "what stood before it was not there yet");
                    next += 1;
                }
                pages += usize::from(!page.is_empty());
                if over && page.is_empty() {
                    return (next - 1, pages);
                }
            }
        });
        let writers = (0..WRITERS).map(|size| {
            let node = place.open_postgres();
            scope.spawn(move || {
                let mut writer = node.writer().unwrap();
                (0..COMMITS).for_each(|_| record(&mut *writer, app, size + 1));
            })
        });
        writers.collect::<Vec<_>>().into_iter().for_each(|writer| writer.join().unwrap());
        done.store(true, Ordering::Release);
        let (events, pages) = follow.join().unwrap();
        assert_eq!(events as usize, COMMITS * (1..=WRITERS).sum::<usize>());
        assert!(pages > 10, "it did follow: {pages}");
    });
}

#[test]
fn a_writer_blocks_others_of_the_same_app_only() {
    let place = Database::new();
    let mut world = World::at(&place);
    let other = world.store.create_app(&new_app("wx2")).unwrap().app.id;
    let app = world.app;
    let mut set = world.set();
    set.emit(Event::new(EventKind::View, START, CardNo(1)));
    let (sender, hear) = channel();
    std::thread::scope(|scope| {
        let place = &place;
        scope.spawn(move || {
            let mut writer = place.open_postgres().writer().unwrap();
            record(&mut *writer, other, 1);
            sender.send("the other app").unwrap();
            record(&mut *writer, app, 1);
            sender.send("the same app").unwrap();
        });
        assert_eq!(hear.recv(), Ok("the other app"));
        assert!(hear.recv_timeout(Duration::from_millis(100)).is_err(), "the app's row is held");
        world.commit(set);
        assert_eq!(hear.recv(), Ok("the same app"));
    });
    let seqs: Vec<i64> =
        world.store.events(app, EventSeq(0), 9).unwrap().iter().map(|event| event.seq.0).collect();
    assert_eq!(seqs, [1, 2]);
}

#[test]
fn one_of_two_nodes_that_make_the_same_row_has_to_retry() {
    let place = Database::new();
    let mut world = World::at(&place);
    let id = world.create(coupon(json!({})));
    let card = world.card(&id).no;
    let key = (card, "A1".into());
    let keys = Keys { custom_codes: [key.clone()].into(), ..Keys::default() };
    let mut set = world.set_with(&keys);
    set.custom_codes.put(key.clone(), kaquan_core::engine::CustomCode::Deposited(0));
    // The holder has no codes. A row that does not exist cannot be locked.
    place
        .schema()
        .execute("INSERT INTO custom_codes (app_id, card_no, code, kind, place) VALUES (1, 1, 'A1', 1, 0)");
    let refused = world.writer.commit(vec![set]).unwrap_err();
    assert!(refused.is_conflict(), "{refused}");
    let set = world.set_with(&keys);
    assert!(set.custom_codes.get(&key).unwrap().is_some(), "now it is seen");
    world.writer.abandon();
}

#[test]
fn a_card_another_node_changed_is_loaded_as_it_is_now() {
    let place = Database::new();
    let mut world = World::at(&place);
    let id = world.create(coupon(json!({})));
    world.claim(&id, "a");
    let mut elsewhere = World::at(&place);
    let before = elsewhere.card(&id);
    let keys = Keys { card_ids: [id.clone()].into(), ..Keys::default() };
    let mut set = elsewhere.set_with(&keys);
    let card = set.cards.get_mut(&before.no).unwrap();
    card.refuse_reason = "changed".to_owned();
    card.quantity = 7;
    elsewhere.commit(set);
    let seen = world.loaded(&keys).card_by_id(&id).unwrap().unwrap().clone();
    assert_eq!((seen.refuse_reason.as_str(), seen.quantity), ("changed", 7));
}

#[test]
fn a_lease_belongs_to_one_node_until_it_is_released() {
    let place = Database::new();
    let (here, there) = (place.open_postgres(), place.open_postgres());
    let (job, other) = (NodeJob::Push(AppId(1)), NodeJob::Push(AppId(2)));
    let lease = here.try_lease(job).unwrap().unwrap();
    assert!(lease.is_held());
    assert!(here.try_lease(job).unwrap().is_none());
    assert!(there.try_lease(job).unwrap().is_none());
    let of_another_app = there.try_lease(other).unwrap().unwrap();
    drop(lease);
    // Another thread returns the lease, so the test has to retry.
    let lease = std::iter::repeat_with(|| there.try_lease(job).unwrap()).flatten().next().unwrap();
    assert!(lease.is_held() && of_another_app.is_held());
}

#[test]
fn a_node_is_notified_of_commits_of_other_nodes() {
    let place = Database::new();
    let (here, there) = (place.open_postgres(), place.open_postgres());
    let app = here.create_app(&new_app("wx1")).unwrap().app.id;
    let (sender, hear) = channel();
    here.subscribe(std::sync::Arc::new(move |app, next| sender.send((app, next)).unwrap_or_default()))
        .unwrap();
    there.subscribe(std::sync::Arc::new(|_, _| ())).unwrap();
    assert_eq!(hear.recv(), Ok((app, LogChange::Grew(EventSeq(1)))), "the end of every log to begin with");
    record(&mut *there.writer().unwrap(), app, 3);
    assert_eq!(hear.recv(), Ok((app, LogChange::Grew(EventSeq(4)))));
    // A process that does not listen sends no notifications. The node finds its events when it reads the ends of the
    // logs.
    record(&mut *Place::open(&place).writer().unwrap(), app, 1);
    assert_eq!(hear.recv(), Ok((app, LogChange::Grew(EventSeq(5)))));
}

/// Issues codes without events, and returns the number of the next one.
fn issue(writer: &mut dyn Writer, app: AppId, codes: usize) -> i64 {
    let mut set = writer.load(app, &|_, _| ()).unwrap().unwrap();
    (0..codes).for_each(|_| _ = set.next_code());
    set.emit(Event::new(EventKind::View, START, CardNo(1)));
    let next = set.counters.code_seq;
    writer.commit(vec![set]).unwrap();
    next
}

#[test]
fn numbers_of_lost_commits_are_used_by_no_node_that_knew_them() {
    let place = Database::new();
    let (here, there) = (place.open_postgres(), place.open_postgres());
    let app = here.create_app(&new_app("wx1")).unwrap().app.id;
    let (sender, hear) = channel();
    there.subscribe(std::sync::Arc::new(move |_, change| sender.send(change).unwrap_or_default())).unwrap();
    here.subscribe(std::sync::Arc::new(|_, _| ())).unwrap();
    let (mut writer, mut other) = (here.writer().unwrap(), there.writer().unwrap());
    assert_eq!(hear.recv(), Ok(LogChange::Grew(EventSeq(1))));
    issue(&mut *writer, app, 5);
    let known = issue(&mut *writer, app, 5);
    while hear.recv() != Ok(LogChange::Grew(EventSeq(3))) {}
    // As after the promotion of a standby that had the first of the two commits only.
    place.schema().execute("UPDATE counters SET event_seq = 2, code_seq = 6");
    place.schema().execute("DELETE FROM events WHERE seq >= 2");
    assert!(issue(&mut *other, app, 1) > known, "a node that heard of the codes gives them to no holder");
    while hear.recv() != Ok(LogChange::WentBack(EventSeq(2))) {}
    let events = here.events(app, EventSeq(0), 9).unwrap();
    assert!(events.len() == 2 && events[1].seq > EventSeq(3), "{events:?}");
    place.schema().execute("UPDATE counters SET event_seq = 2, code_seq = 6");
    place.schema().execute("DELETE FROM events WHERE seq >= 2");
    assert!(issue(&mut *writer, app, 1) > known, "nor does the node that issued them");
}

#[test]
fn claims_that_another_node_committed_are_counted() {
    let place = Database::new();
    let mut here = World::at(&place);
    let id = here.create(coupon(json!({"get_limit": 1000})));
    let card = here.card(&id).no;
    (0..40).for_each(|_| _ = here.claim(&id, "a"));
    assert_eq!(here.claims(card, "a"), 40);
    let mut there = World::at(&place);
    (0..5).for_each(|_| _ = there.claim(&id, "a"));
    assert_eq!((here.claims(card, "a"), there.claims(card, "a")), (45, 45));
}
