//! Records: small documents under a number or a name.

use crate::place::Place;
use crate::world::World;
use kaquan_core::engine::{Keys, Record, RecordKey, RecordKind, StoredRecord};
use kaquan_core::time::Timestamp;
use serde_json::{Value, json};

/// A kind of record is a type. This one has any JSON value.
#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Note(Value);

impl Record for Note {
    const KIND: RecordKind = RecordKind::Poi;
}

fn key(no: i64, name: &str) -> RecordKey {
    RecordKey { kind: RecordKind::Poi, no, name: name.into() }
}

fn stored(expires_at: Option<i64>) -> StoredRecord {
    StoredRecord { body: r#"{"店":1}"#.into(), expires_at: expires_at.map(Timestamp) }
}

fn put(world: &mut World, records: &[(RecordKey, StoredRecord)]) {
    let keys = Keys { records: records.iter().map(|(key, _)| key.clone()).collect(), ..Keys::default() };
    let mut set = world.set_with(&keys);
    for (key, record) in records {
        set.records.put(key.clone(), record.clone());
    }
    world.writer.commit(vec![set]).unwrap();
}

/// The record that a reader and the writer find; it must be the same.
fn found(world: &mut World, key: &RecordKey) -> Option<StoredRecord> {
    let keys = Keys { records: [key.clone()].into(), ..Keys::default() };
    let mut read = world.store.working_set(world.app).unwrap().unwrap();
    world.store.load(&keys, &mut read).unwrap();
    let written = world.loaded(&keys);
    let found = read.records.get(key).unwrap().cloned();
    assert_eq!(found.as_ref(), written.records.get(key).unwrap());
    found
}

pub fn a_record_is_kept_until_it_is_taken_away(place: &dyn Place) {
    let mut world = World::at(place);
    let key = key(7, "");
    assert_eq!(found(&mut world, &key), None);
    put(&mut world, &[(key.clone(), stored(Some(5)))]);
    assert_eq!(found(&mut world, &key), Some(stored(Some(5))));
    put(&mut world, &[(key.clone(), stored(None))]);
    assert_eq!(found(&mut world, &key), Some(stored(None)));
    let mut set = world.set_with(&Keys { records: [key.clone()].into(), ..Keys::default() });
    assert_eq!(set.find_record::<Note>(&key, Timestamp(1)).unwrap(), Some(Note(json!({"店": 1}))));
    set.records.remove(&key).unwrap();
    assert!(set.is_changed());
    world.writer.commit(vec![set]).unwrap();
    assert_eq!(found(&mut world, &key), None);
}

pub fn records_of_a_kind_come_in_order(place: &dyn Place) {
    let mut world = World::at(place);
    let other = RecordKey { kind: RecordKind::SubMerchant, no: 1, name: "".into() };
    let keys = [key(10, ""), key(9, "b"), key(9, "a"), other];
    put(&mut world, &keys.map(|key| (key, stored(None))));
    let records = world.store.records(world.app, RecordKind::Poi).unwrap();
    let found: Vec<_> = records.into_iter().map(|(key, _)| key).collect();
    assert_eq!(found, [key(9, "a"), key(9, "b"), key(10, "")]);
}

pub fn expired_records_are_dropped(place: &dyn Place) {
    let mut world = World::at(place);
    let ends = [None, Some(99), Some(100), Some(101)];
    let records: Vec<_> = (1..).zip(ends).map(|(no, end)| (key(no, ""), stored(end))).collect();
    put(&mut world, &records);
    assert_eq!(world.store.drop_expired_records(Timestamp(100)).unwrap(), 2);
    let left = world.store.records(world.app, RecordKind::Poi).unwrap();
    assert_eq!(left.into_iter().map(|(key, _)| key.no).collect::<Vec<_>>(), [1, 4]);
}

pub fn any_number_of_expired_records_is_dropped(place: &dyn Place) {
    let mut world = World::at(place);
    let records: Vec<_> = (0..2_500).map(|no| (key(no % 50, &no.to_string()), stored(Some(no)))).collect();
    put(&mut world, &records);
    assert_eq!(world.store.drop_expired_records(Timestamp(2_398)).unwrap(), 2_399);
    assert_eq!(world.store.records(world.app, RecordKind::Poi).unwrap().len(), 101);
    assert_eq!(world.store.drop_expired_records(Timestamp(2_398)).unwrap(), 0);
}

pub fn records_come_from_the_last_down_in_pages(place: &dyn Place) {
    let mut world = World::at(place);
    put(&mut world, &[1, 2, 3, 10].map(|no| (key(no, ""), stored(None))));
    let page = |before: i64| -> Vec<i64> {
        let records = world.store.records_before(world.app, RecordKind::Poi, before, 2).unwrap();
        records.into_iter().map(|(key, _)| key.no).collect()
    };
    assert_eq!(page(i64::MAX), [10, 3]);
    assert_eq!(page(3), [2, 1]);
    assert!(page(1).is_empty());
}

pub fn records_come_after_a_number_and_a_name(place: &dyn Place) {
    let mut world = World::at(place);
    put(
        &mut world,
        &[(0, "a"), (0, "店"), (1, ""), (2, ""), (2, "b")].map(|(no, name)| (key(no, name), stored(None))),
    );
    let page = |after: (i64, &str)| -> Vec<RecordKey> {
        let records = world.store.records_after(world.app, RecordKind::Poi, after, 2).unwrap();
        records.into_iter().map(|(key, _)| key).collect()
    };
    assert_eq!(page((i64::MIN, "")), [key(0, "a"), key(0, "店")]);
    assert_eq!(page((0, "a")), [key(0, "店"), key(1, "")]);
    assert_eq!(page((0, "\u{10ffff}")), [key(1, ""), key(2, "")]);
    assert_eq!(page((2, "")), [key(2, "b")]);
    assert_eq!(page((2, "b")), []);
}

pub fn records_are_found_by_a_text_in_them(place: &dyn Place) {
    let mut world = World::at(place);
    let note =
        |text: &str| StoredRecord { body: json!({ "mobile": text }).to_string().into(), expires_at: None };
    let records = ["13800138000", "13900139000", "100%_", "13800138000"];
    put(&mut world, &[1, 2, 3, 4].map(|no| (key(no, ""), note(records[no as usize - 1]))));
    let found = |text: &str, count| -> Vec<i64> {
        let records = world.store.records_with(world.app, RecordKind::Poi, text, count).unwrap();
        records.into_iter().map(|(key, _)| key.no).collect()
    };
    assert_eq!(found("13800138000", 9), [1, 4]);
    assert_eq!(found("13800138000", 1), [1]);
    assert_eq!(found("%", 9), [3], "no sign has a meaning of its own");
    assert_eq!(found("138001380001", 9), [0_i64; 0]);
}
