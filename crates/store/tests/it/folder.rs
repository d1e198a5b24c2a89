//! A data folder with files of different stores or states is refused. A folder that was copied as a whole is
//! accepted.

use crate::bulk::issue;
use crate::place::{Folder, Place};
use crate::world::{START, World, coupon, new_app};
use kaquan_core::id::CardNo;
use kaquan_store::{Options, SqliteStore, StoreError, backup};
use rusqlite::Connection;
use serde_json::json;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

fn copy_all(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// A store with a card, and this many codes.
fn with_codes(place: &Folder, codes: usize) -> (World, CardNo) {
    let mut world = World::at(place);
    let id = world.create(coupon(json!({})));
    let card = world.card(&id).no;
    for n in 0..codes {
        world.claim(&id, &format!("o{n}"));
    }
    (world, card)
}

fn opened(dir: &Path) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(dir, Options::default())
}

fn refused(dir: &Path, word: &str) {
    let before = std::fs::read(dir.join("kaquan.db-wal")).ok();
    let error = opened(dir).unwrap_err().to_string();
    assert!(error.contains(word) && error.contains("kaquan restore"), "{error}");
    assert_eq!(std::fs::read(dir.join("kaquan.db-wal")).ok(), before, "nothing was changed");
}

/// Copies of a store's file in the ways that people make them, by name.
fn copies(place: &Folder) -> Vec<(&'static str, PathBuf)> {
    let dir = tempfile::tempdir().unwrap().keep();
    let path = |name: &str| dir.join(name);
    backup(place.path(), &path("backup"), false, START).unwrap();
    let conn = Connection::open(place.path().join("kaquan.db")).unwrap();
    let mut online = Connection::open(path("online")).unwrap();
    rusqlite::backup::Backup::new(&conn, &mut online).unwrap().step(-1).unwrap();
    conn.execute("VACUUM INTO ?1", [path("vacuumed").to_str().unwrap()]).unwrap();
    vec![
        ("kaquan backup", path("backup")),
        (".backup of SQLite", path("online")),
        ("VACUUM INTO", path("vacuumed")),
    ]
}

#[test]
fn a_file_copied_over_one_with_a_leftover_log_is_refused() {
    let place = Folder::new();
    let (world, _) = with_codes(&place, 2);
    drop(world);
    // The files of a stopped server, before it was started again.
    let stopped = tempfile::tempdir().unwrap();
    copy_all(place.path(), stopped.path());
    let mut taken = vec![("cp of a stopped server", stopped.path().join("kaquan.db"))];
    let mut world = World::at(&place);
    let id = world.create(coupon(json!({})));
    taken.extend(copies(&place));
    world.claim(&id, "later");
    let other = Folder::new();
    drop(with_codes(&other, 1));
    taken.push(("the file of another store", other.path().join("kaquan.db")));
    for (what, file) in taken {
        let killed = tempfile::tempdir().unwrap();
        copy_all(place.path(), killed.path());
        drop(opened(killed.path()).unwrap_or_else(|error| panic!("killed, and not yet restored: {error}")));
        let killed = tempfile::tempdir().unwrap();
        copy_all(place.path(), killed.path());
        std::fs::copy(&file, killed.path().join("kaquan.db")).unwrap();
        println!("{what}");
        refused(killed.path(), "kaquan.db-wal");
        for companion in ["kaquan.db-wal", "kaquan.db-shm"] {
            std::fs::remove_file(killed.path().join(companion)).unwrap();
        }
        opened(killed.path()).unwrap_or_else(|error| panic!("{what}, without the log: {error}"));
    }
}

#[test]
fn a_log_without_the_record_of_its_file_is_refused() {
    let place = Folder::new();
    let (_world, _) = with_codes(&place, 2);
    let killed = tempfile::tempdir().unwrap();
    copy_all(place.path(), killed.path());
    std::fs::remove_file(killed.path().join("kaquan.db-life")).unwrap();
    refused(killed.path(), "kaquan.db-life is missing");
}

#[test]
fn a_stopped_server_leaves_no_log() {
    let place = Folder::new();
    let (world, _) = with_codes(&place, 2);
    let reader = Connection::open(place.path().join("kaquan.db")).unwrap();
    reader.query_row("SELECT count(*) FROM apps", [], |_| Ok(())).unwrap();
    drop(world);
    // Another program has the file open, so SQLite does not remove the WAL when the store is closed.
    assert_eq!(std::fs::metadata(place.path().join("kaquan.db-wal")).unwrap().len(), 0);
}

#[test]
fn a_copy_of_a_stopped_folder_starts_without_its_companions() {
    let place = Folder::new();
    let (world, card) = with_codes(&place, 3);
    drop(world);
    let copy = Folder::new();
    std::fs::copy(place.path().join("kaquan.db"), copy.path().join("kaquan.db")).unwrap();
    let mut world = World::at(&copy);
    assert_eq!(world.holder(card, "o2").claims(), 1);
}

#[test]
fn an_index_of_another_store_is_built_again() {
    let (one, other) = (Folder::new(), Folder::new());
    drop(with_codes(&other, 5));
    let (world, card) = with_codes(&one, 1);
    drop(world);
    std::fs::copy(other.path().join("holders.db"), one.path().join("holders.db")).unwrap();
    let mut world = World::at(&one);
    assert_eq!((world.holder(card, "o0").claims(), world.holder(card, "o4").claims()), (1, 0));
}

#[test]
fn an_empty_or_missing_store_beside_a_full_index_is_refused() {
    let (full, empty) = (Folder::new(), Folder::new());
    let mut world = World::at(&full);
    let id = world.create(coupon(json!({"sku": {"quantity": 1_000_000}})));
    let card = world.card(&id).no;
    let mut set = world.set_with(&kaquan_core::engine::Keys { cards: [card].into(), ..Default::default() });
    (0..70_000).for_each(|n| issue(&mut set, card, &format!("o{n}").into(), START));
    world.commit(set);
    drop(world);
    drop(World::at(&full));
    drop(empty.open_sqlite());
    std::fs::copy(empty.path().join("kaquan.db"), full.path().join("kaquan.db")).unwrap();
    refused(full.path(), "holders.db is full");
    std::fs::remove_file(full.path().join("kaquan.db")).unwrap();
    refused(full.path(), "kaquan.db is missing or empty");
    std::fs::write(full.path().join("kaquan.db"), "").unwrap();
    refused(full.path(), "kaquan.db is missing or empty");
}

#[test]
fn a_backup_has_the_committed_rows_and_reports_their_number() {
    let place = Folder::new();
    let (mut world, _) = with_codes(&place, 3);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a backup #1?.db");
    let content = backup(place.path(), &file, false, START).unwrap();
    assert_eq!((content.apps, content.cards, content.codes), (1, 1, 3));
    assert_eq!((content.taken_at, content.bytes), (Some(START), std::fs::metadata(&file).unwrap().len()));
    assert_eq!(std::fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    let refused = backup(place.path(), &file, false, START).unwrap_err();
    assert!(refused.to_string().contains("--force"), "{refused}");
    let id = world.create(coupon(json!({})));
    world.claim(&id, "later");
    assert_eq!(backup(place.path(), &file, true, START).unwrap().codes, 4);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing lies beside it");
    for live in ["kaquan.db", "kaquan.db-wal", "holders.db", "new.db"] {
        let refused = backup(place.path(), &place.path().join(live), true, START).unwrap_err();
        assert!(refused.to_string().contains("is in the data folder"), "{refused}");
    }
    let nothing = backup(&dir.path().join("nowhere"), &file, true, START).unwrap_err();
    assert!(nothing.to_string().contains("no store"), "{nothing}");
}

#[test]
fn the_files_of_a_store_are_their_owners_alone() {
    let place = Folder::new();
    std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let (world, _) = with_codes(&place, 1);
    world.store.create_app(&new_app("beside")).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(place.path()), 0o700);
    for entry in std::fs::read_dir(place.path()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    let _ = place.open();
}
