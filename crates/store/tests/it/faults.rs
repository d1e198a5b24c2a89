//! Every file of a data folder with every fault, after a server was stopped or killed. Either the store opens with
//! all its rows, or the error names the wrong file and says what to do. Nothing panics, and no empty store is created
//! over old files.

use crate::place::Folder;
use crate::world::{START, World, coupon};
use kaquan_store::{FailureKind, Options, SqliteStore, Store, StoreError, backup};
use rusqlite::Connection;
use serde_json::json;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use tempfile::TempDir;

const FILES: &[&str] = &[
    "kaquan.db",
    "kaquan.db-wal",
    "kaquan.db-shm",
    "kaquan.db-life",
    "holders.db",
    "holders.db-wal",
    "holders.db-shm",
    "folder.lock",
    "writer.lock",
    "server.address",
];

/// Statements that leave a file without tables that is not empty.
const NO_TABLES: &str = "CREATE TABLE t (n); DROP TABLE t";

type Fault = (&'static str, fn(&Path, &Path));

fn cut_to(path: &Path, length: impl Fn(u64) -> u64) {
    let file = File::options().write(true).open(path).unwrap();
    file.set_len(length(file.metadata().unwrap().len())).unwrap();
}

/// The faults of a file. The second path is the same file of another store.
const FAULTS: &[Fault] = &[
    ("missing", |path, _| std::fs::remove_file(path).unwrap()),
    ("empty", |path, _| std::fs::write(path, "").unwrap()),
    ("cut to a byte", |path, _| cut_to(path, |_| 1)),
    ("cut to a page", |path, _| cut_to(path, |length| length.min(4_096))),
    ("cut in the middle", |path, _| cut_to(path, |length| length / 2)),
    ("zeros", |path, _| {
        let length = std::fs::metadata(path).unwrap().len();
        std::fs::write(path, vec![0; length.try_into().unwrap()]).unwrap();
    }),
    ("a text", |path, _| std::fs::write(path, "This is a letter. ".repeat(600)).unwrap()),
    ("no text", |path, _| std::fs::write(path, [0xff; 9_000]).unwrap()),
    ("another header", |path, _| {
        let file = File::options().write(true).open(path).unwrap();
        file.write_at(b"SQLite format 4\0", 0).unwrap();
    }),
    ("an empty database", |path, _| {
        std::fs::remove_file(path).unwrap();
        Connection::open(path).unwrap().execute_batch(NO_TABLES).unwrap();
    }),
    ("the database of other software", |path, _| {
        std::fs::remove_file(path).unwrap();
        Connection::open(path).unwrap().execute_batch("CREATE TABLE notes (text TEXT)").unwrap();
    }),
    ("a database with the number of our schema", |path, _| {
        std::fs::remove_file(path).unwrap();
        Connection::open(path).unwrap().execute_batch("CREATE TABLE t (n); PRAGMA user_version = 7").unwrap();
    }),
    ("a newer schema", |path, _| {
        std::fs::remove_file(path).unwrap();
        Connection::open(path)
            .unwrap()
            .execute_batch("CREATE TABLE t (n); PRAGMA user_version = 999")
            .unwrap();
    }),
    ("of another store", |path, other| {
        std::fs::copy(other, path).unwrap();
    }),
    ("a directory", |path, _| {
        std::fs::remove_file(path).unwrap();
        std::fs::create_dir(path).unwrap();
    }),
    ("a link to nothing", |path, _| {
        std::fs::remove_file(path).unwrap();
        std::os::unix::fs::symlink("nothing", path).unwrap();
    }),
];

fn copy_all(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// The folder of a stopped server, and that of a killed server.
fn folders() -> [TempDir; 2] {
    let place = Folder::new();
    let mut world = World::at(&place);
    let id = world.create(coupon(json!({})));
    for n in 0..3 {
        world.claim(&id, &format!("o{n}"));
    }
    std::fs::write(place.path().join("server.address"), "127.0.0.1:1").unwrap();
    let mut world = world.reopened(&place);
    let stopped = TempDir::new().unwrap();
    drop(world);
    copy_all(place.path(), stopped.path());
    world = World::at(&place);
    for n in 3..6 {
        world.claim(&id, &format!("o{n}"));
    }
    let killed = TempDir::new().unwrap();
    copy_all(place.path(), killed.path());
    [stopped, killed]
}

/// The numbers of events and of holders' codes in a folder. The folder is also opened for writing.
fn content(dir: &Path) -> Result<(usize, usize), StoreError> {
    let store: Box<dyn Store> = Box::new(SqliteStore::open(dir, Options::default())?);
    let writer = store.writer()?;
    let app = store.app_by_appid("wx1")?.ok_or(StoreError::Unsupported("no app".to_owned()))?.app.id;
    let events = store.events(app, kaquan_core::id::EventSeq(0), 1_000)?.len();
    let codes = (0..6).map(|n| store.codes_of_holder(app, &format!("o{n}").as_str().into(), None));
    let codes = codes.collect::<Result<Vec<_>, _>>()?.iter().map(Vec::len).sum();
    drop(writer);
    Ok((events, codes))
}

/// Whether a file has no rows. Then the store is complete, whatever the file contains.
fn holds_no_rows(file: &str) -> bool {
    !["kaquan.db", "kaquan.db-wal"].contains(&file)
}

#[test]
fn a_faulty_file_is_named_with_advice_or_the_store_is_whole() {
    let (folders, others) = (folders(), folders());
    for (state, folder) in ["stopped", "killed"].into_iter().zip(&folders) {
        let probe = TempDir::new().unwrap();
        copy_all(folder.path(), probe.path());
        let whole = content(probe.path()).unwrap();
        for file in FILES {
            if !folder.path().join(file).exists() {
                continue;
            }
            for (fault, make) in FAULTS {
                let case = format!("{state} {file} {fault}");
                let other = others[1].path().join(file);
                let dir = TempDir::new().unwrap();
                copy_all(folder.path(), dir.path());
                if *fault == "of another store" && !other.exists() {
                    continue;
                }
                make(&dir.path().join(file), &other);
                match content(dir.path()) {
                    // A database that was copied over that of a stopped server is a restore by hand.
                    Ok(_) if case == "stopped kaquan.db of another store" => {}
                    // The intact beginning of the WAL, as after a power failure. This is logged.
                    Ok(found) if *file == "kaquan.db-wal" => {
                        assert!(
                            ["missing", "empty", "cut to a page", "cut in the middle"].contains(fault),
                            "{case}"
                        );
                        assert!(found.0 >= 4 && found <= whole, "{case}: {found:?}");
                    }
                    Ok(found) => assert_eq!(found, whole, "{case}"),
                    Err(error) => {
                        let said = error.to_string();
                        let path = dir.path().display().to_string();
                        assert!(said.contains(&path) && said.contains(file), "{case}: {said}");
                        let ways = ["kaquan restore", "real path", "newer kaquan", "Move it away"];
                        assert!(ways.iter().any(|way| said.contains(way)), "{case}: {said}");
                        let damaged = ["a directory", "a link to nothing"].contains(fault);
                        assert!(
                            damaged || !holds_no_rows(file) || *file == "kaquan.db-life",
                            "{case}: {said}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn an_empty_store_beside_any_file_of_a_full_one_is_refused() {
    let [_, killed] = folders();
    let files = ["kaquan.db-wal", "kaquan.db-life", "holders.db", "holders.db-wal"];
    // An empty file has no effect: the WAL of the holder index may have been written back before the end.
    let full = files.iter().filter(|file| killed.path().join(file).metadata().unwrap().len() > 0);
    for file in full {
        for kind in ["missing", "no bytes", "no tables"] {
            let dir = TempDir::new().unwrap();
            let main = dir.path().join("kaquan.db");
            match kind {
                "no bytes" => std::fs::write(&main, "").unwrap(),
                "no tables" => Connection::open(&main).unwrap().execute_batch(NO_TABLES).unwrap(),
                _ => {}
            }
            std::fs::copy(killed.path().join(file), dir.path().join(file)).unwrap();
            let before = std::fs::read(&main).ok();
            let said = content(dir.path()).expect_err(&format!("{kind} beside {file}")).to_string();
            assert!(said.contains(file) && said.contains("kaquan restore"), "{kind} beside {file}: {said}");
            // SQLite may have written the journal mode into the header, but nothing else.
            let length = |bytes: &Vec<u8>| bytes.len();
            let after = std::fs::read(&main).ok();
            assert!(
                after.as_ref().map(length) <= before.as_ref().map(length).max(Some(4_096)),
                "{kind} beside {file}"
            );
        }
    }
}

#[test]
fn a_damaged_page_is_a_failure_of_its_kind_and_counted() {
    let place = Folder::new();
    let mut world = World::at(&place);
    world.create(coupon(json!({})));
    drop(world);
    let path = place.path().join("kaquan.db");
    let root: i64 = Connection::open(&path)
        .unwrap()
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'events'", [], |row| row.get(0))
        .unwrap();
    let at = u64::try_from(root - 1).unwrap() * 4_096;
    File::options().write(true).open(&path).unwrap().write_at(&[0x55; 4_096], at).unwrap();
    let store = place.open_sqlite();
    let app = store.app_by_appid("wx1").unwrap().unwrap().app.id;
    let error = store.events(app, kaquan_core::id::EventSeq(0), 10).map(drop).unwrap_err();
    assert_eq!(error.failure(), Some(FailureKind::Damaged), "{error}");
    assert!(
        error.to_string().contains("kaquan.db") && error.to_string().contains("kaquan restore"),
        "{error}"
    );
    let counted = store.failures().counts().find(|(kind, _)| *kind == FailureKind::Damaged).unwrap().1;
    assert_eq!(counted, 1);
    let target = place.path().parent().unwrap().join("damaged-backup.db");
    let refused = backup(place.path(), &target, true, START).unwrap_err().to_string();
    assert!(refused.contains("damaged") && !target.exists(), "{refused}");
}
