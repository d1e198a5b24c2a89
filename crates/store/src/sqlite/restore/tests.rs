//! A restore that is interrupted at any step leaves either the complete old store or the complete new store.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use super::*;
use crate::sqlite::{Options, SqliteStore, backup};
use crate::{Grant, LoginLink, NewApp, Role, Session, Store, TokenKind};
use kaquan_core::app::ReviewPolicy;
use kaquan_core::id::AppId;
use kaquan_core::identity::{Identity, IdentitySettings};
use std::panic::{AssertUnwindSafe, catch_unwind};
use tempfile::TempDir;

const NOW: Timestamp = Timestamp(1_795_399_200);

fn open(dir: &Path) -> Box<dyn Store> {
    Box::new(SqliteStore::open(dir, Options::default()).unwrap())
}

fn add_app(store: &dyn Store, appid: &str) {
    let (secret_digest, code_key, token_key) = ([1; 32], [2; 32], [3; 32]);
    let (appid, name, review, created_at) = (appid.to_owned(), String::new(), ReviewPolicy::Auto, NOW);
    let app = NewApp { appid, name, review, secret_digest, code_key, token_key, created_at };
    store.create_app(&app).unwrap();
}

fn apps(dir: &Path) -> Vec<String> {
    open(dir).apps().unwrap().into_iter().map(|app| app.appid).collect()
}

/// A backup with the app `kept`, and the folder of a killed server. That folder also has the app `lost`, but only in
/// its WAL.
fn killed_server() -> (TempDir, PathBuf, TempDir) {
    let (live, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(live.path());
    let writer = store.writer().unwrap();
    add_app(&*store, "kept");
    let file = killed.path().with_extension("backup");
    backup(live.path(), &file, false, NOW).unwrap();
    add_app(&*store, "lost");
    for entry in std::fs::read_dir(live.path()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), killed.path().join(entry.file_name())).unwrap();
    }
    drop((writer, store));
    assert!(std::fs::metadata(killed.path().join("kaquan.db-wal")).unwrap().len() > 0);
    (live, file, killed)
}

#[test]
fn a_restore_cut_off_at_any_step_leaves_the_old_store_or_the_new() {
    let mut steps = Vec::new();
    let (_live, file, dir) = killed_server();
    restore_in_steps(dir.path(), &file, NOW, &mut |step| steps.push(step.to_owned())).unwrap();
    assert_eq!(apps(dir.path()), ["kept"]);
    let decided = steps.iter().position(|step| step == "ready").unwrap();
    assert!(steps[decided..].len() >= 6, "{steps:?}");
    for (cut, step) in steps.iter().enumerate() {
        let (_live, file, dir) = killed_server();
        let mut at = 0;
        let died = catch_unwind(AssertUnwindSafe(|| {
            restore_in_steps(dir.path(), &file, NOW, &mut |_| {
                assert!(at != cut, "killed here");
                at += 1;
            })
        }));
        assert!(died.is_err());
        let expected: &[&str] = if cut < decided { &["kept", "lost"] } else { &["kept"] };
        assert_eq!(apps(dir.path()), expected, "after {step}");
        assert!(!dir.path().join(STAGING).exists(), "after {step}");
        let aside = restore(dir.path(), &file, NOW).unwrap().aside.unwrap();
        assert_eq!(apps(dir.path()), ["kept"], "restored again after {step}");
        assert!(aside.join("kaquan.db").is_file());
    }
}

#[test]
fn a_file_that_is_not_a_backup_changes_nothing() {
    let (_live, file, dir) = killed_server();
    let whole = std::fs::read(&file).unwrap();
    let (garbage, torn, empty) =
        (file.with_extension("garbage"), file.with_extension("torn"), file.with_extension("empty"));
    std::fs::write(&garbage, vec![b'x'; 9_000]).unwrap();
    std::fs::write(&torn, &whole[..whole.len() / 2]).unwrap();
    std::fs::write(&empty, "").unwrap();
    for wrong in [&garbage, &torn, &empty] {
        let refused = restore(dir.path(), wrong, NOW).unwrap_err();
        assert!(matches!(refused, StoreError::NoBackup { .. }), "{refused}");
    }
    // The main file of a killed server is incomplete without its WAL.
    let refused = restore(dir.path(), &dir.path().join("kaquan.db"), NOW).unwrap_err();
    assert!(refused.to_string().contains("is next to it"), "{refused}");
    let names: Vec<_> =
        std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().starts_with(ASIDE)), "{names:?}");
    assert_eq!(apps(dir.path()), ["kept", "lost"]);
}

#[test]
fn a_folder_in_use_is_not_restored_into() {
    let (live, file, _killed) = killed_server();
    let store = open(live.path());
    let refused = restore(live.path(), &file, NOW).unwrap_err();
    assert!(matches!(refused, StoreError::InUse(_)), "{refused}");
    drop(store);
    restore(live.path(), &file, NOW).unwrap();
    assert_eq!(apps(live.path()), ["kept"]);
}

#[test]
fn every_restore_ends_the_sessions_of_holders_of_all_apps() {
    let (live, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(live.path());
    let writer = store.writer().unwrap();
    for appid in ["set", "old", "unset"] {
        add_app(&*store, appid);
    }
    drop((writer, store));
    let settings = |dir: &Path| -> Vec<(String, IdentitySettings)> {
        let store = open(dir);
        let of = |app: i64| store.records(AppId(app), RecordKind::Identity).unwrap().pop().unwrap().1;
        let apps = store.apps().unwrap().into_iter();
        apps.map(|row| (row.appid, of(row.app.id.0).value().unwrap())).collect()
    };
    let conn = Connection::open(main_path(live.path())).unwrap();
    for (appid, version) in [("set", r#","version":3"#), ("old", "")] {
        let body =
            format!(r#"{{"provider":"signed_link","secret":"0123456789abcdef","entry_url":""{version}}}"#);
        let sql = "INSERT INTO records (app_id, kind, no, name, body) SELECT app_id, 22, 0, '', ?1 FROM apps \
                   WHERE appid = ?2";
        assert_eq!(conn.execute(sql, (body, appid)).unwrap(), 1);
    }
    drop(conn);
    let file = killed.path().join("backup");
    backup(live.path(), &file, false, NOW).unwrap();
    let link = || Identity::SignedLink { secret: "0123456789abcdef".into(), entry_url: String::new() };
    for times in 1..=2 {
        restore(live.path(), &file, NOW).unwrap();
        let raised = u64::try_from(SKIP).unwrap() * times;
        let expected =
            [("set", link(), 3 + raised), ("old", link(), raised), ("unset", Identity::Pretend, raised)];
        let expected = expected
            .map(|(appid, identity, version)| (appid.to_owned(), IdentitySettings { identity, version }));
        let mut found = settings(live.path());
        found.sort_by_key(|(appid, _)| expected.iter().position(|(other, _)| other == appid));
        assert_eq!(found, expected);
    }
}

#[test]
fn every_restore_is_a_generation_of_its_own_and_gives_out_no_number_again() {
    let (live, file, _killed) = killed_server();
    let numbers = |dir: &Path| {
        let conn = Connection::open(main_path(dir)).unwrap();
        (identity::read(&conn).unwrap().generation, identity::next_numbers(&conn).unwrap()[0].event_seq)
    };
    let (first, before) = numbers(live.path());
    assert_eq!(restore(live.path(), &file, NOW).unwrap().generation, first + 1);
    let after = numbers(live.path());
    assert_eq!(after, (first + 1, before + SKIP));
    // The store is used a little, and restored again from the same backup.
    Connection::open(main_path(live.path()))
        .unwrap()
        .execute("UPDATE counters SET event_seq = event_seq + 7", [])
        .unwrap();
    restore(live.path(), &file, NOW).unwrap();
    let (generation, next) = numbers(live.path());
    assert_eq!(generation, first + 2);
    assert!(next > after.1 + 7, "{next}");
}

#[test]
fn every_restore_ends_tokens_sessions_of_the_console_and_login_links() {
    let (live, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (digest, end) = ([7; 32], NOW.plus(7200));
    let store = open(live.path());
    add_app(&*store, "kept");
    let app = store.apps().unwrap()[0].app.id;
    let grants = [Grant { app: None, role: Role::Owner }];
    let account = store.create_account("mei", &grants, NOW).unwrap().unwrap().id;
    store
        .create_session(&Session { digest, account, created_at: NOW, used_at: NOW, expires_at: end })
        .unwrap();
    store.create_login_link(&LoginLink { digest, account, expires_at: end }).unwrap();
    for kind in [TokenKind::Plain, TokenKind::Stable] {
        assert!(store.issue_token(app, kind, None, NOW, end, NOW).unwrap().is_some());
    }
    drop(store);
    let file = killed.path().join("backup");
    backup(live.path(), &file, false, NOW).unwrap();
    restore(live.path(), &file, NOW.plus(1)).unwrap();
    let store = open(live.path());
    assert!(store.session(&digest).unwrap().is_none());
    assert!(store.login_link(&digest).unwrap().is_none());
    for kind in [TokenKind::Plain, TokenKind::Stable] {
        let retired: Vec<_> =
            store.tokens(app, kind).unwrap().into_iter().map(|token| token.retired_at).collect();
        assert_eq!(retired, [Some(NOW.plus(1))], "{kind:?}");
    }
    assert!(store.account_by_name("mei").unwrap().is_some(), "accounts stay");
}

#[test]
fn numbers_used_since_the_backup_are_not_used_again_however_many() {
    let (live, file, _killed) = killed_server();
    let numbers = |dir: &Path| {
        let next = identity::next_numbers(&Connection::open(main_path(dir)).unwrap()).unwrap();
        let kept = next.into_iter().find(|next| next.appid == "kept").unwrap();
        [kept.card_no, kept.code_seq, kept.event_seq]
    };
    let more = "UPDATE counters SET card_no = card_no + 5, code_seq = code_seq + 7000000, \
                event_seq = event_seq + 9000000";
    Connection::open(main_path(live.path())).unwrap().execute(more, []).unwrap();
    let before = numbers(live.path());
    restore(live.path(), &file, NOW).unwrap();
    let after = numbers(live.path());
    assert!(before.iter().zip(after).all(|(before, after)| after >= *before), "{before:?} {after:?}");
}
