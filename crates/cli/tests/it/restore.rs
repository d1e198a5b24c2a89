//! A restored backup is the same as when it was made, whatever a server did to the folder afterwards and however the
//! server ended. A store that was restored by hand under an old WAL does not start. The commands are those of the
//! page on operating.

use crate::support::{Client, Credentials, Server, create_app, groupon, printed, refused};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::channel;
use tempfile::TempDir;

/// Connections that claim at the same time.
const CLAIMERS: usize = 4;

/// A folder with a server, an app and a card.
struct Shop {
    outer: TempDir,
    app: Credentials,
    card: String,
    server: Option<Server>,
}

impl Shop {
    fn open() -> Shop {
        let outer = tempfile::tempdir().expect("a folder");
        let data = outer.path().join("kaquan-data");
        let app = create_app(&data, "shop");
        let server = Server::start(&data);
        let created = server.connect().must("/card/create", &server.token(&app), groupon(100_000));
        let card = created["card_id"].as_str().expect("a card").to_owned();
        Shop { outer, app, card, server: Some(server) }
    }

    fn data(&self) -> PathBuf {
        self.outer.path().join("kaquan-data")
    }

    fn file(&self) -> PathBuf {
        self.outer.path().join("backup.db")
    }

    fn server(&self) -> &Server {
        self.server.as_ref().expect("it runs")
    }

    fn client(&self) -> (Client, String) {
        (self.server().connect(), self.server().token(&self.app))
    }

    /// Claims codes one after another, and consumes every second code.
    fn claim(&self, name: &str, codes: usize) -> BTreeSet<String> {
        let (mut client, token) = self.client();
        claim(&mut client, &token, &self.card, name, codes)
    }

    fn kill(&mut self) {
        self.server.take().expect("it runs").kill();
    }

    fn stop(&mut self) {
        let server = self.server.take().expect("it runs");
        server.terminate();
        assert!(server.ended().success());
    }

    fn start(&mut self) {
        self.server = Some(Server::start(&self.data()));
    }

    fn backup(&self) -> Value {
        let file = self.file();
        let args = ["backup", "--to", text(&file), "--force", "--json", "--log", "error"];
        serde_json::from_str(&printed(&self.data(), &args)).expect("JSON")
    }

    fn restore(&self, data: &Path) -> Value {
        let file = self.file();
        let args = ["restore", "--from", text(&file), "--json", "--log", "error"];
        serde_json::from_str(&printed(data, &args)).expect("JSON")
    }

    fn refuse_to_start(&self) -> String {
        let (code, output) = refused(&self.data(), &["serve", "--listen", "127.0.0.1:0", "--log", "error"]);
        assert_eq!(code, Some(1), "{output}");
        output
    }
}

fn claim(client: &mut Client, token: &str, card: &str, name: &str, codes: usize) -> BTreeSet<String> {
    let claim_one = |n: usize| {
        let claim = json!({"openid": format!("{name}-{n}"), "card_id": card});
        let code = client.must("/wallet/v1/claim", token, claim)["code"].as_str().expect("a code").to_owned();
        if n.is_multiple_of(2) {
            client.must("/card/code/consume", token, json!({"code": code}));
        }
        code
    };
    (0..codes).map(claim_one).collect()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a name")
}

/// The content of a stopped folder: codes of a card with states and holders, events, closed days.
#[derive(Debug, PartialEq)]
struct State {
    codes: Vec<Value>,
    events: Vec<Value>,
    stats: String,
}

fn state(data: &Path, card: &str) -> State {
    let codes = printed(data, &["codes", "export", "--card", card, "--format", "json"]);
    let events = printed(data, &["events", "list", "--count", "1000000", "--json", "--log", "error"]);
    let range = ["--from", "2026-01-01", "--to", "2036-01-01", "--format", "json", "--log", "error"];
    let stats = printed(data, &[&["stats", "show"][..], &range].concat());
    let events = events.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let codes: Value = serde_json::from_str(&codes).expect("JSON");
    State { codes: codes.as_array().expect("a list").clone(), events, stats }
}

/// Checks that the running server's data of a card agree with the codes and events.
fn check_server(shop: &Shop, state: &State) {
    let (mut client, token) = shop.client();
    let shown = client.must("/card/get", &token, json!({"card_id": shop.card}));
    let quantity = shown["card"]["groupon"]["base_info"]["sku"]["quantity"].as_i64().expect("a number");
    assert_eq!(quantity, 100_000 - state.codes.len() as i64, "stock and codes agree");
    let kinds = |kind: &str| state.events.iter().filter(|event| event["kind"] == kind).count();
    assert_eq!(kinds("claim"), state.codes.len(), "events and codes agree");
    let consumed = state.codes.iter().filter(|code| code["state"] == "CONSUMED").count();
    assert_eq!(kinds("consume"), consumed, "events and states agree");
    for code in &state.codes {
        let held = client.must("/card/user/getcardlist", &token, json!({"openid": code["openid"]}));
        let listed = held["card_list"].as_array().expect("a list").len();
        assert_eq!(listed, usize::from(code["state"] == "NORMAL"), "{code}: the index of holders agrees");
    }
}

/// Makes a backup in the middle of a burst of claims.
fn backup_under_load(shop: &Shop) -> (Value, BTreeSet<String>) {
    std::thread::scope(|scope| {
        let (sender, claimed) = channel();
        let claimers: Vec<_> = (0..CLAIMERS)
            .map(|n| {
                let ((mut client, token), sender) = (shop.client(), sender.clone());
                scope.spawn(move || {
                    let mut codes = claim(&mut client, &token, &shop.card, &format!("before{n}"), 20);
                    sender.send(()).expect("the test waits");
                    codes.extend(claim(&mut client, &token, &shop.card, &format!("during{n}"), 150));
                    codes
                })
            })
            .collect();
        claimed.iter().take(CLAIMERS).for_each(drop);
        let content = shop.backup();
        let codes = claimers.into_iter().flat_map(|claimer| claimer.join().expect("a claimer")).collect();
        (content, codes)
    })
}

#[test]
fn a_backup_under_load_is_restored_exactly_after_a_kill() {
    for start_in_between in [false, true] {
        let mut shop = Shop::open();
        let (content, mut given_out) = backup_under_load(&shop);
        given_out.extend(shop.claim("after", 30));
        shop.kill();
        if start_in_between {
            shop.start();
            given_out.extend(shop.claim("later", 10));
            shop.kill();
        }
        let fresh = shop.outer.path().join("fresh");
        assert_eq!(shop.restore(&fresh)["kept_before"], Value::Null);
        let expected = state(&fresh, &shop.card);
        let restored = shop.restore(&shop.data());
        let kept = PathBuf::from(restored["kept_before"].as_str().expect("a folder"));
        assert!(kept.join("kaquan.db").is_file() && kept.join("holders.db").is_file());
        let found = state(&shop.data(), &shop.card);
        assert_eq!(found, expected);
        assert_eq!(content["codes"], found.codes.len());
        assert_eq!(content["events"], found.events.len());
        let before = (20 * CLAIMERS)..=(given_out.len() - 30);
        assert!(before.contains(&found.codes.len()), "{} of {}", found.codes.len(), given_out.len());
        let codes = found.codes.iter().map(|code| code["code"].as_str().expect("a code"));
        assert!(codes.clone().all(|code| given_out.contains(code)));

        shop.start();
        check_server(&shop, &found);
        let last = found.events.iter().map(|event| event["event_id"].as_i64()).max().flatten();
        let new = shop.claim("new", 10);
        assert!(new.is_disjoint(&given_out), "no code is given out twice");
        shop.stop();
        let newest = state(&shop.data(), &shop.card).events[0]["event_id"].as_i64();
        assert!(newest > last.map(|last| last + 10_000), "numbers of events are not given out twice");
    }
}

#[test]
fn a_file_restored_by_hand_under_a_leftover_wal_does_not_start() {
    let mut shop = Shop::open();
    shop.claim("before", 10);
    let content = shop.backup();
    shop.claim("after", 10);
    shop.kill();
    // As an earlier version of the manual advised: copy the file back and delete the index.
    std::fs::copy(shop.file(), shop.data().join("kaquan.db")).expect("copied");
    for companion in ["holders.db", "holders.db-wal", "holders.db-shm"] {
        let _ = std::fs::remove_file(shop.data().join(companion));
    }
    for _ in 0..2 {
        let output = shop.refuse_to_start();
        assert!(
            output.contains("kaquan.db-wal") && output.contains("kaquan restore --from FILE"),
            "{output}"
        );
    }
    shop.restore(&shop.data());
    let found = state(&shop.data(), &shop.card);
    assert_eq!(
        (&content["codes"], content["events"].as_u64()),
        (&json!(10), Some(found.events.len() as u64))
    );
    shop.start();
    check_server(&shop, &found);
}

#[test]
fn a_restore_ends_tokens_and_is_refused_beside_a_server() {
    let mut shop = Shop::open();
    let (mut client, token) = shop.client();
    shop.backup();
    let file = shop.file();
    let (code, output) = refused(&shop.data(), &["restore", "--from", text(&file), "--log", "error"]);
    assert_eq!(code, Some(1));
    assert!(output.contains("in use") && output.contains("stop the server"), "{output}");
    client.must("/card/batchget", &token, json!({"offset": 0, "count": 1}));
    shop.stop();
    shop.restore(&shop.data());
    shop.start();
    let body = json!({"offset": 0, "count": 1});
    let answer = shop.server().connect().post("/card/batchget", &token, &body).expect("an answer");
    assert_eq!(answer["errcode"], 42001, "{answer}");
    shop.claim("new", 1);
}

#[test]
fn a_backup_is_not_overwritten_and_a_database_is_refused() {
    let shop = Shop::open();
    let file = shop.file();
    let output = printed(&shop.data(), &["backup", "--to", text(&file), "--log", "error"]);
    assert!(output.contains("apps 1, cards 1") && output.contains("read back and checked"), "{output}");
    assert!(refused(&shop.data(), &["backup", "--to", text(&file)]).1.contains("--force"));
    let into = shop.outer.path().join("backups");
    std::fs::create_dir(&into).expect("made");
    printed(&shop.data(), &["backup", "--to", text(&into), "--log", "error"]);
    let name =
        std::fs::read_dir(&into).expect("a folder").next().expect("a file").expect("a file").file_name();
    assert!(name.to_string_lossy().starts_with("kaquan-20"), "{name:?}");
    let database = ["--database", "postgres://nowhere/kaquan"];
    for command in [["backup", "--to", text(&file)], ["restore", "--from", text(&file)]] {
        let output = refused(&shop.data(), &[&command[..], &database].concat()).1;
        for word in ["pg_dump", "pg_basebackup", "point-in-time", "kaquan copy"] {
            assert!(output.contains(word), "{output}");
        }
    }
}

/// The lines of every shell example on a page that contain this command.
fn examples(page: &str, command: &str) -> Vec<String> {
    let blocks = page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.filter(|block| block.contains(command)).map(str::to_owned).collect()
}

#[test]
fn the_backup_and_restore_examples_of_the_operating_page_work() {
    for page in
        [include_str!("../../../../docs/operating.md"), include_str!("../../../../docs/zh-CN/operating.md")]
    {
        let mut shop = Shop::open();
        let bin = Path::new(env!("CARGO_BIN_EXE_kaquan")).parent().expect("a folder");
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").expect("a path"));
        let outer = shop.outer.path().to_owned();
        let follow = |block: &str| {
            let mut shell = Command::new("sh");
            shell.args(["-e", "-c", block]).current_dir(&outer).env("PATH", &path);
            let output = shell.env("KAQUAN_LOG", "error").output().expect("sh runs");
            assert!(output.status.success(), "{block}: {output:?}");
        };
        let (backup, restore) = (examples(page, "kaquan backup"), examples(page, "kaquan restore"));
        assert_eq!((backup.len(), restore.len()), (1, 1), "one example of each");
        let before = shop.claim("before", 6);
        follow(&backup[0]);
        shop.claim("after", 6);
        shop.kill();
        follow(&restore[0]);
        let found = state(&shop.data(), &shop.card);
        let codes: BTreeSet<String> =
            found.codes.iter().map(|code| code["code"].as_str().expect("a code").to_owned()).collect();
        assert_eq!(codes, before);
        shop.start();
        check_server(&shop, &found);
    }
}
