//! A copy, a demo or a first start is killed at many points. The unfinished store is never served, and the same
//! command finishes it. In a folder, a limit on the size of files kills the process during a write. In a database,
//! the process waits for a lock when the test kills it.

use crate::nodes::{Node, on_database};
use crate::support::{Server, create_app, groupon, kaquan, printed, refused};
use kaquan_store::{Cell, Options, PostgresStore, SqliteStore, Tables};
use kaquan_testkit::Schema;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The rows of each table of a store.
type Rows = BTreeMap<&'static str, Vec<Vec<Cell>>>;

fn rows(store: &dyn Tables) -> Rows {
    let mut rows = Rows::new();
    let visited = store.visit_rows(&mut |table, row| {
        rows.entry(table.name).or_default().push(row);
        Ok(())
    });
    visited.expect("rows");
    rows
}

fn rows_of_folder(dir: &Path) -> Rows {
    rows(&SqliteStore::open(dir, Options::default()).expect("a store"))
}

/// A folder with an app, codes of every origin, and more rows of one table than one portion of a copy.
fn shop() -> TempDir {
    let dir = TempDir::new().expect("a folder");
    let app = create_app(dir.path(), "shop");
    let server = Server::start(dir.path());
    let (token, mut client) = (server.token(&app), server.connect());
    let card = client.must("/card/create", &token, groupon(100))["card_id"].clone();
    for n in 0..20 {
        client.must("/wallet/v1/claim", &token, json!({"card_id": card, "openid": format!("o{n}")}));
    }
    let mut card = groupon(0);
    card["card"]["groupon"]["base_info"]["use_custom_code"] = true.into();
    card["card"]["groupon"]["base_info"]["get_custom_code_mode"] = "GET_CUSTOM_CODE_MODE_DEPOSIT".into();
    let card = client.must("/card/create", &token, card)["card_id"].clone();
    server.terminate();
    assert!(server.ended().success());
    let codes = (0..6_000).fold(String::new(), |mut text, n| {
        let _ = writeln!(text, "code-{n}");
        text
    });
    let file = dir.path().join("codes.txt");
    std::fs::write(&file, codes).expect("a file");
    let args = ["codes", "import", file.to_str().expect("a name"), "--card", card.as_str().expect("an id")];
    printed(dir.path(), &args);
    dir
}

fn address(dir: &Path) -> String {
    format!("sqlite:{}", dir.display())
}

/// Runs a command with a limit for the size of files in KiB. Returns whether the limit killed the process.
fn is_killed_at(kib: u32, command: &Command) -> bool {
    let mut limited = Command::new("sh");
    limited.args(["-c", &format!("ulimit -c 0; ulimit -f {}; exec \"$0\" \"$@\"", kib * 2)]);
    limited.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    let mut process = limited.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("kaquan runs");
    // A server that was not killed prints its address.
    let mut said = String::new();
    let mut output = std::io::BufReader::new(process.stdout.take().expect("its output"));
    let _ = std::io::BufRead::read_line(&mut output, &mut said);
    if said.starts_with("listening on") {
        process.kill().expect("killed");
    }
    process.wait().expect("ended").signal() == Some(25) // SIGXFSZ
}

/// Runs every command that uses a store. Each must be refused with these words.
fn every_command_refuses(dir: &Path, words: &[&str]) {
    let backup = dir.with_extension("backup");
    let backup = backup.to_str().expect("a name");
    for args in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["app", "list"],
        &["app", "create", "--name", "second"],
        &["account", "list"],
        &["codes", "export", "--card", "p"],
        &["events", "list"],
        &["stats", "show", "--from", "2026-01-01", "--to", "2026-01-02"],
        &["migrate"],
        &["backup", "--to", backup],
        &["callback", "get"],
    ] {
        let (_, said) = refused(dir, args);
        assert!(words.iter().all(|word| said.contains(word)), "{args:?}: {said}");
    }
}

#[test]
fn a_copy_to_a_folder_that_was_killed_is_refused_until_it_ended() {
    let shop = shop();
    let (before, mut unfinished) = (rows_of_folder(shop.path()), 0);
    let other = TempDir::new().unwrap();
    create_app(other.path(), "other");
    for kib in (160..=720).step_by(40) {
        let outer = TempDir::new().unwrap();
        let to = outer.path().join("to");
        let args = |from: &Path| {
            vec!["copy".to_owned(), "--from".to_owned(), address(from), "--to".to_owned(), address(&to)]
        };
        let copy =
            |from: &Path| kaquan(shop.path(), &args(from).iter().map(String::as_str).collect::<Vec<_>>());
        if !is_killed_at(kib, &copy(shop.path())) {
            continue;
        }
        let listed = kaquan(&to, &["app", "list"]).output().unwrap();
        if !listed.status.success() {
            unfinished += 1;
            every_command_refuses(
                &to,
                &["is unfinished", "kaquan copy", &address(shop.path()), "began at 20"],
            );
            let (_, said) = refused(
                shop.path(),
                &["copy", "--from", &address(&to), "--to", &address(&outer.path().join("third"))],
            );
            assert!(said.contains("is unfinished"), "{said}");
        } else if !listed.stdout.is_empty() {
            assert_eq!(rows_of_folder(&to), before, "killed after the verification, {kib}");
            continue;
        }
        if kib % 120 == 0 {
            assert!(copy(other.path()).output().unwrap().status.success());
            assert_eq!(rows_of_folder(&to), rows_of_folder(other.path()), "from another store, {kib}");
        } else {
            let done = copy(shop.path()).output().unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            assert_eq!(rows_of_folder(&to), before, "{kib}");
        }
        drop(Server::start(&to));
        let again = copy(shop.path()).output().unwrap();
        let said = String::from_utf8_lossy(&again.stderr);
        assert!(
            !again.status.success() && said.contains("not empty"),
            "a finished store is not deleted: {said}"
        );
    }
    assert!(unfinished >= 3, "{unfinished}");
}

#[test]
fn a_copy_to_a_database_that_was_killed_is_refused_until_it_ended() {
    let shop = shop();
    let before = rows_of_folder(shop.path());
    for lock in [
        "LOCK TABLE apps IN SHARE MODE",
        "LOCK TABLE custom_codes IN SHARE MODE",
        "LOCK TABLE events IN SHARE MODE",
        "LOCK TABLE accounts IN SHARE MODE",
        "LOCK TABLE apps IN SHARE UPDATE EXCLUSIVE MODE",
    ] {
        let (schema, dir) = (Schema::new(), TempDir::new().unwrap());
        let url = schema.url();
        assert!(on_database(dir.path(), &url, &["migrate"]).status().unwrap().success());
        let from = address(shop.path());
        let copy = || kaquan(dir.path(), &["copy", "--from", &from, "--to", &url]);
        let held = schema.hold(lock);
        let mut killed = copy().stderr(Stdio::null()).spawn().unwrap();
        held.wait_until_it_blocks();
        killed.kill().unwrap();
        killed.wait().unwrap();
        drop(held);
        for args in [&["serve", "--listen", "127.0.0.1:0"][..], &["app", "list"], &["account", "list"]] {
            let said = on_database(dir.path(), &url, args).output().unwrap();
            let said = String::from_utf8_lossy(&said.stderr).into_owned();
            let words = ["is unfinished", "kaquan copy", &from, "began at 20"];
            assert!(words.iter().all(|word| said.contains(word)), "{lock} {args:?}: {said}");
            assert!(!said.contains("postgres://"), "no password is shown: {said}");
        }
        let done = copy().output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success() && said.contains("starts over"), "{lock}: {said}");
        assert_eq!(rows(&PostgresStore::open(&url).unwrap()), before, "{lock}");
        drop(Node::start(dir.path(), &url));
        let again = copy().output().unwrap();
        assert!(String::from_utf8_lossy(&again.stderr).contains("not empty"), "{again:?}");
        assert_eq!(rows(&PostgresStore::open(&url).unwrap())["events"], before["events"]);
    }
}

#[test]
fn two_copies_do_not_write_to_one_database_at_once() {
    let (shop, schema, dir) = (shop(), Schema::new(), TempDir::new().unwrap());
    let url = schema.url();
    assert!(on_database(dir.path(), &url, &["migrate"]).status().unwrap().success());
    let from = address(shop.path());
    let copy = |from: &str| kaquan(dir.path(), &["copy", "--from", from, "--to", &url]);
    let held = schema.hold("LOCK TABLE events IN SHARE MODE");
    let mut first = copy(&from).stdout(Stdio::null()).spawn().unwrap();
    held.wait_until_it_blocks();
    let other = TempDir::new().unwrap();
    create_app(other.path(), "other");
    let said = copy(&address(other.path())).output().unwrap();
    assert!(String::from_utf8_lossy(&said.stderr).contains("another kaquan copy"), "{said:?}");
    drop(held);
    assert!(first.wait().unwrap().success());
    assert_eq!(rows(&PostgresStore::open(&url).unwrap()), rows_of_folder(shop.path()));
}

#[test]
fn a_first_start_that_was_killed_goes_on_in_a_folder() {
    let mut killed = 0;
    for kib in [1, 2, 4, 8, 16, 24, 31, 33, 40, 64, 96, 128, 160, 192, 224, 256] {
        let outer = TempDir::new().unwrap();
        let data = outer.path().join("data");
        killed += u32::from(is_killed_at(kib, &kaquan(&data, &["serve", "--listen", "127.0.0.1:0"])));
        let server = Server::start(&data);
        let accounts = printed(&data, &["account", "list"]);
        assert_eq!(accounts.lines().count(), 1, "{kib}: {accounts}");
        let app = create_app(&data, "first");
        server.token(&app);
    }
    assert!(killed >= 8, "{killed}");
}

#[test]
fn a_first_start_that_was_killed_goes_on_in_a_database() {
    for (migrated, sql) in [
        (false, "CREATE TABLE schema_version (n INTEGER)"),
        (false, "CREATE TABLE callbacks (n INTEGER)"),
        (true, "LOCK TABLE accounts IN SHARE MODE"),
        (true, "LOCK TABLE login_links IN SHARE MODE"),
    ] {
        let (schema, dir) = (Schema::new(), TempDir::new().unwrap());
        let url = schema.url();
        if migrated {
            assert!(on_database(dir.path(), &url, &["migrate"]).status().unwrap().success());
        }
        let held = schema.hold(sql);
        let mut killed = on_database(dir.path(), &url, &["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        held.wait_until_it_blocks();
        killed.kill().unwrap();
        killed.wait().unwrap();
        drop(held);
        drop(Node::start(dir.path(), &url));
        assert_eq!(schema.number("SELECT count(*) FROM accounts"), 1, "{sql}");
    }
}

#[test]
fn a_demo_that_was_killed_is_refused_until_it_ended() {
    let outer = TempDir::new().unwrap();
    let data = outer.path().join("demo");
    let args = ["demo", "--listen", "127.0.0.1:0", "--log", "error", "--days", "5", "--holders", "60"];
    for kib in [200, 300, 400, 600] {
        assert!(is_killed_at(kib, &kaquan(&data, &args)), "{kib}");
        every_command_refuses(&data, &["is unfinished", "kaquan demo"]);
        let within = data.join(".filling");
        let listed = kaquan(&within, &["app", "list"]).output().unwrap();
        let said = String::from_utf8_lossy(&listed.stderr);
        assert!(said.contains("kaquan demo") || listed.stdout.is_empty(), "{kib}: {said}");
    }
    let mut demo = kaquan(&data, &args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(demo.stdout.take().unwrap()));
    assert!(lines.any(|line| line.unwrap().starts_with("listening on")));
    demo.kill().unwrap();
    demo.wait().unwrap();
    drop(Server::start(&data));
}
