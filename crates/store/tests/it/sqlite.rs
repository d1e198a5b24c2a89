//! Tests for the SQLite store only: a folder that several processes may open, migrations, and an index that may be
//! lost.

use crate::bulk::issue;
use crate::place::{Folder, Place};
use crate::world::{World, coupon, new_app};
use kaquan_core::card::Window;
use kaquan_core::engine::{HeldCode, Keys};
use kaquan_core::id::{CardId, CardNo, CodeSeq};
use kaquan_core::stats::Counts;
use kaquan_core::time::{End, Timestamp};
use kaquan_store::{Options, SqliteStore, Store, StoreError};
use rusqlite::Connection;
use serde_json::json;
use std::path::Path;

/// A store with a card and three codes, two of them of "a".
fn with_codes(place: &dyn Place) -> (World, CardId, CardNo) {
    let mut world = World::at(place);
    let id = world.create(coupon(json!({})));
    let card = world.card(&id).no;
    for openid in ["a", "b", "a"] {
        world.claim(&id, openid);
    }
    (world, id, card)
}

fn claims(world: &mut World, card: CardNo, openid: &str) -> u32 {
    world.holder(card, openid).claims()
}

#[test]
fn the_holder_index_is_built_again_when_its_file_is_lost() {
    let place = Folder::new();
    let (world, _, card) = with_codes(&place);
    drop(world);
    std::fs::remove_file(place.path().join("holders.db")).unwrap();
    let mut world = World::at(&place);
    assert_eq!((claims(&mut world, card, "a"), claims(&mut world, card, "b")), (2, 1));
}

#[test]
fn a_page_of_codes_is_full_although_the_index_has_more_than_the_rows() {
    let place = Folder::new();
    let mut world = World::at(&place);
    let id = world.create(coupon(json!({})));
    let codes: Vec<CodeSeq> = (0..7).map(|_| world.claim(&id, "a")).collect();
    let others = [codes[0], codes[2], codes[3]].map(|seq| seq.0.to_string()).join(", ");
    let sql = format!("UPDATE codes SET openid = 'b' WHERE seq IN ({others})");
    Connection::open(place.path().join("kaquan.db")).unwrap().execute_batch(&sql).unwrap();
    let page = |limit: usize| -> Vec<CodeSeq> {
        let codes =
            world.store.codes_of_holder_from(world.app, &"a".into(), None, CodeSeq(0), limit).unwrap();
        codes.iter().map(|code| code.seq).collect()
    };
    assert_eq!(page(2), [codes[1], codes[4]]);
    assert_eq!(page(4), [codes[1], codes[4], codes[5], codes[6]]);
    assert_eq!(page(9), page(4));
}

#[test]
fn the_holder_index_is_built_again_when_its_file_is_garbage() {
    let place = Folder::new();
    let (world, _, card) = with_codes(&place);
    drop(world);
    std::fs::write(place.path().join("holders.db"), vec![b'x'; 10_000]).unwrap();
    let mut world = World::at(&place);
    assert_eq!(claims(&mut world, card, "a"), 2);
}

#[test]
fn holders_that_a_killed_process_did_not_index_come_from_the_log() {
    let (place, copy) = (Folder::new(), Folder::new());
    let (world, id, card) = with_codes(&place);
    let mut world = world.reopened(&place);
    world.claim(&id, "a");
    world.claim(&id, "c");
    // The files on the disk while the process runs are the files that remain if it is killed now.
    for file in std::fs::read_dir(place.path()).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    let mut killed = World::at(&copy);
    assert_eq!((claims(&mut killed, card, "a"), claims(&mut killed, card, "c")), (3, 1));
}

#[test]
fn an_index_ahead_of_the_store_is_built_again() {
    let place = Folder::new();
    let (world, _, card) = with_codes(&place);
    drop(world);
    // The state after a power failure that undid the last commits: the index has a code that was never issued.
    let index = Connection::open(place.path().join("holders.db")).unwrap();
    index.execute("UPDATE watermarks SET event_seq = 1000", []).unwrap();
    index.execute("INSERT INTO held SELECT app_id, 'ghost', card_no, 900 FROM held LIMIT 1", []).unwrap();
    drop(index);
    let mut world = World::at(&place);
    assert_eq!((claims(&mut world, card, "a"), claims(&mut world, card, "ghost")), (2, 0));
    let ghosts = "SELECT count(*) FROM held WHERE openid = 'ghost'";
    let index = Connection::open(place.path().join("holders.db")).unwrap();
    assert_eq!(index.query_row(ghosts, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
}

#[test]
fn long_tails_are_written_while_claims_go_on() {
    let place = Folder::new();
    let mut world = World::at(&place);
    let id = world.create(coupon(json!({"sku": {"quantity": 1_000_000}})));
    let card = world.card(&id).no;
    let keys = Keys { cards: [card].into(), ..Keys::default() };
    let per_batch = 20_000;
    for batch in 0..10 {
        let mut set = world.set_with(&keys);
        for n in 0..per_batch {
            let openid = format!("o{}", (batch * per_batch + n) % 150_000).into();
            issue(&mut set, card, &openid, world.now);
        }
        world.commit(set);
        // The look-up runs while the worker writes. No code is missing, and none is returned twice.
        assert_eq!(claims(&mut world, card, "o7"), if batch < 7 { 1 } else { 2 }, "batch {batch}");
    }
    let codes = world.store.codes_of_card(world.app, card, Default::default(), usize::MAX).unwrap();
    assert_eq!(codes.len(), 200_000);
    let mut world = world.reopened(&place);
    assert_eq!(claims(&mut world, card, "o7"), 2);
    assert_eq!(claims(&mut world, card, "o149999"), 1);
    let held: Vec<HeldCode> = world.holder(card, "o7").codes;
    assert_eq!(held.iter().map(|held| held.seq.0).collect::<Vec<_>>(), [8, 150_008]);
}

#[test]
fn processes_that_start_at_once_make_one_store() {
    let place = Folder::new();
    std::thread::scope(|scope| {
        for n in 0..8 {
            let path = place.path();
            scope.spawn(move || {
                let store: Box<dyn Store> = Box::new(SqliteStore::open(path, Options::default()).unwrap());
                store.create_app(&new_app(&format!("wx{n}"))).unwrap();
            });
        }
    });
    assert_eq!(place.open().apps().unwrap().len(), 8);
}

#[test]
fn an_app_can_be_made_beside_a_busy_writer() {
    let place = Folder::new();
    let (mut world, id, _) = with_codes(&place);
    std::thread::scope(|scope| {
        let path = place.path();
        let beside = scope.spawn(move || {
            for n in 0..10 {
                let store: Box<dyn Store> = Box::new(SqliteStore::open(path, Options::default()).unwrap());
                store.create_app(&new_app(&format!("beside {n}"))).unwrap();
            }
        });
        for n in 0..200 {
            world.claim(&id, &format!("o{n}"));
        }
        beside.join().unwrap();
    });
    assert_eq!(world.store.apps().unwrap().len(), 11);
}

#[test]
fn a_store_of_a_newer_version_is_refused() {
    let place = Folder::new();
    drop(place.open());
    main_file(place.path()).pragma_update(None, "user_version", 999).unwrap();
    let refused = SqliteStore::open(place.path(), Options::default()).unwrap_err();
    assert!(matches!(refused, StoreError::TooNew { found: 999, .. }), "{refused}");
}

#[test]
fn a_store_brought_up_to_date_is_like_a_fresh_one() {
    let (fresh, migrated) = (Folder::new(), Folder::new());
    drop(fresh.open());
    // Step by step, in the order in which versions were released.
    let conn = main_file(migrated.path());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
    let mut steps: Vec<_> = std::fs::read_dir(folder).unwrap().map(|step| step.unwrap().path()).collect();
    steps.sort();
    let first = std::fs::read_to_string(&steps[0]).unwrap();
    conn.execute_batch(&first).unwrap();
    conn.pragma_update(None, "user_version", 1).unwrap();
    drop(conn);
    drop(migrated.open());
    let (fresh, migrated) = (main_file(fresh.path()), main_file(migrated.path()));
    assert_eq!(schema(&migrated), schema(&fresh));
    let version: usize =
        fresh.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0)).unwrap() as usize;
    assert_eq!(version, steps.len());
}

#[test]
fn codes_of_the_version_before_lose_their_blanks() {
    let place = Folder::new();
    drop(place.open());
    let conn = main_file(place.path());
    conn.execute_batch(crate::former::ROWS).unwrap();
    conn.pragma_update(None, "user_version", 6).unwrap();
    drop(conn);
    drop(place.open());
    let conn = main_file(place.path());
    let mut statement = conn.prepare(crate::former::QUESTION).unwrap();
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(rows.map(Result::unwrap).collect::<Vec<_>>(), crate::former::EXPECTED);
}

#[test]
fn an_end_that_stood_for_never_in_the_version_before_is_never() {
    let place = Folder::new();
    let (world, ..) = with_codes(&place);
    drop(world);
    main_file(place.path()).execute("UPDATE codes SET own_begin = 1, own_end = 2147483647", ()).unwrap();
    let world = World::at(&place);
    let set = world.read(&Keys { codes: [CodeSeq(1)].into(), ..Keys::default() });
    let window = set.codes.get(&CodeSeq(1)).unwrap().and_then(|code| code.own_window);
    assert_eq!(window, Some(Window { begin: Timestamp(1), end: End::Never }));
}

#[test]
fn reports_have_a_column_for_every_count() {
    let place = Folder::new();
    drop(place.open());
    let conn = main_file(place.path());
    let mut statement = conn.prepare("SELECT name FROM pragma_table_info('reports')").unwrap();
    let names: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(&names[..4], ["app_id", "day", "scope_kind", "scope_no"]);
    assert_eq!(&names[4..], Counts::NAMES);
}

#[test]
fn every_key_begins_with_the_app_except_for_accounts_and_identity() {
    // Accounts of the console belong to no app. The identity belongs to the whole store.
    const OF_PEOPLE: [&str; 7] = [
        "accounts",
        "grants",
        "sessions",
        "login_links",
        "failed_logins",
        "known_browsers",
        "store_identity",
    ];
    let place = Folder::new();
    drop(place.open());
    let conn = main_file(place.path());
    let sql = "SELECT tables.name, (SELECT name FROM pragma_table_info(tables.name) WHERE pk = 1) \
               FROM sqlite_schema AS tables WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    let mut statement = conn.prepare(sql).unwrap();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let (table, first): (String, String) = (row.get(0).unwrap(), row.get(1).unwrap());
        let expected =
            if OF_PEOPLE.contains(&table.as_str()) { first != "app_id" } else { first == "app_id" };
        assert!(expected, "{table} begins with {first}");
    }
}

fn main_file(folder: &Path) -> Connection {
    Connection::open(folder.join("kaquan.db")).unwrap()
}

fn schema(conn: &Connection) -> Vec<String> {
    let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
    let mut statement = conn.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}
