//! Everything that a server has answered must survive the end of its process. A server is killed or stopped in the
//! middle of a burst of claims and started again on the same folder. Then the test looks up all that was answered.

use crate::support::{Client, Credentials, Server, create_app, groupon, printed};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use tempfile::TempDir;

/// Connections that claim at the same time.
const CLAIMERS: usize = 24;
/// Codes that one holder claims before the next holder begins.
const CLAIMS_EACH: usize = 4;
/// More than all claims of a test together.
const STOCK: i64 = 1_000_000;

/// The results of a burst. Requests that were interrupted may or may not have been done.
#[derive(Debug, Default)]
struct RequestOutcome {
    /// Codes, each with its holder.
    claimed: BTreeMap<String, String>,
    /// Codes whose consume was confirmed.
    consumed: BTreeSet<String>,
    /// Codes whose consume was interrupted.
    unknown: BTreeSet<String>,
    /// All holders who claimed, with or without an answer.
    holders: BTreeSet<String>,
}

impl RequestOutcome {
    fn join(&mut self, more: RequestOutcome) {
        for (code, openid) in more.claimed {
            let before = self.claimed.insert(code.clone(), openid);
            assert_eq!(before, None, "code {code} was given out twice");
        }
        self.consumed.extend(more.consumed);
        self.unknown.extend(more.unknown);
        self.holders.extend(more.holders);
    }
}

/// Claims on one connection until it is cut. Consumes every third code at once.
fn claim_until_cut(
    mut client: Client,
    token: &str,
    card: &str,
    name: &str,
    answers: &Sender<()>,
) -> RequestOutcome {
    let mut answered = RequestOutcome::default();
    for n in 0.. {
        let openid = format!("{name}-{}", n / CLAIMS_EACH);
        answered.holders.insert(openid.clone());
        let claim = json!({"openid": openid, "card_id": card});
        let Ok(answer) = client.post("/wallet/v1/claim", token, &claim) else { break };
        assert_eq!(answer["errcode"], 0, "{answer}");
        let code = answer["code"].as_str().expect("a code").to_owned();
        answered.claimed.insert(code.clone(), openid);
        // Sending fails if the test no longer waits for answers.
        let _ = answers.send(());
        if n % 3 == 0 {
            match client.post("/card/code/consume", token, &json!({"code": code})) {
                Ok(answer) => {
                    assert_eq!(answer["errcode"], 0, "{answer}");
                    answered.consumed.insert(code);
                }
                Err(_) => {
                    answered.unknown.insert(code);
                    break;
                }
            }
        }
    }
    answered
}

/// A running burst of claims.
struct Burst {
    claimers: Vec<JoinHandle<RequestOutcome>>,
    answers: Receiver<()>,
}

impl Burst {
    fn begin(server: &Server, token: &str, card: &str, round: usize) -> Burst {
        let (sender, answers) = channel();
        let claimer = |n: usize| {
            let (client, sender) = (server.connect(), sender.clone());
            let (token, card, name) = (token.to_owned(), card.to_owned(), format!("o{round}-{n}"));
            std::thread::spawn(move || claim_until_cut(client, &token, &card, &name, &sender))
        };
        Burst { claimers: (0..CLAIMERS).map(claimer).collect(), answers }
    }

    /// Waits until this many claims are answered.
    fn reach(&self, claims: usize) {
        self.answers.iter().take(claims).for_each(drop);
    }

    fn end(self) -> RequestOutcome {
        let mut answered = RequestOutcome::default();
        for claimer in self.claimers {
            answered.join(claimer.join().expect("a claimer"));
        }
        answered
    }
}

/// Compares the server's data with all answers so far. Returns the number of claimed codes.
fn check(server: &Server, app: &Credentials, card: &str, known: &RequestOutcome) -> usize {
    let (mut client, token) = (server.connect(), server.token(app));
    for (code, openid) in &known.claimed {
        let answer = client.must("/card/code/get", &token, json!({"code": code, "check_consume": false}));
        assert_eq!(answer["openid"], openid.as_str(), "{code}");
        let status = answer["user_card_status"].as_str().expect("a status");
        match (known.consumed.contains(code), known.unknown.contains(code)) {
            (true, _) => assert_eq!(status, "CONSUMED", "{code}"),
            (false, true) => assert!(["NORMAL", "CONSUMED"].contains(&status), "{code} {status}"),
            (false, false) => assert_eq!(status, "NORMAL", "{code}"),
        }
    }
    let (mut listed, mut gone) = (BTreeSet::new(), known.consumed.clone());
    gone.extend(known.unknown.iter().cloned());
    for openid in &known.holders {
        let answer = client.must("/card/user/getcardlist", &token, json!({"openid": openid}));
        for entry in answer["card_list"].as_array().expect("a list") {
            let code = entry["code"].as_str().expect("a code").to_owned();
            if let Some(holder) = known.claimed.get(&code) {
                assert_eq!(holder, openid, "{code}");
            }
            assert!(listed.insert(code), "{entry} is in two lists");
        }
    }
    for code in known.claimed.keys().filter(|code| !gone.contains(*code)) {
        assert!(listed.contains(code), "{code} is in no list");
    }
    let answer = client.must("/card/get", &token, json!({"card_id": card}));
    let sku = &answer["card"]["groupon"]["base_info"]["sku"];
    let number = |value: &Value| value.as_i64().expect("a number");
    assert_eq!(number(&sku["total_quantity"]), STOCK);
    let claimed = (STOCK - number(&sku["quantity"])) as usize;
    // The lists have only NORMAL codes. A code whose consume was interrupted may be listed or not.
    let unlisted = gone.difference(&listed).count();
    assert_eq!(claimed, listed.len() + unlisted, "stock and codes add up");
    claimed
}

struct Shop {
    dir: TempDir,
    app: Credentials,
    card: String,
}

impl Shop {
    fn open() -> Shop {
        let dir = tempfile::tempdir().expect("a folder");
        let app = create_app(dir.path(), "shop");
        let server = Server::start(dir.path());
        let token = server.token(&app);
        let answer = server.connect().must("/card/create", &token, groupon(STOCK));
        let card = answer["card_id"].as_str().expect("a card").to_owned();
        server.terminate();
        assert!(server.ended().success());
        Shop { dir, app, card }
    }

    fn start(&self) -> (Server, String) {
        let server = Server::start(self.dir.path());
        let token = server.token(&self.app);
        (server, token)
    }
}

/// Deletes the holder index, as if a backup of the store alone had been restored.
fn delete_holder_index(data: &Path) {
    let files = std::fs::read_dir(data).expect("the folder").map(|entry| entry.expect("a file"));
    let index = files.filter(|file| file.file_name().to_string_lossy().starts_with("holders.db"));
    let deleted = index.map(|file| std::fs::remove_file(file.path()).expect("deleted")).count();
    assert!(deleted > 0, "there was an index");
}

#[test]
fn acknowledged_requests_survive_a_kill_of_the_server() {
    let shop = Shop::open();
    let (mut known, mut cut_off) = (RequestOutcome::default(), 0);
    for (round, claims) in [900, 40, 1500, 1].into_iter().enumerate() {
        let (server, token) = shop.start();
        let burst = Burst::begin(&server, &token, &shop.card, round);
        burst.reach(claims);
        server.kill();
        known.join(burst.end());
        cut_off += CLAIMERS;
        if round == 2 {
            delete_holder_index(shop.dir.path());
        }
        let (server, _) = shop.start();
        let claimed = check(&server, &shop.app, &shop.card, &known);
        let answered = known.claimed.len();
        assert!((answered..=answered + cut_off).contains(&claimed), "{claimed} for {answered} answers");
        // The next round begins with a server that is killed while it is idle.
        server.kill();
    }
}

#[test]
fn a_command_beside_a_server_does_not_take_its_log_away() {
    let shop = Shop::open();
    let (server, token) = shop.start();
    let mut client = server.connect();
    for n in 0..3 {
        printed(shop.dir.path(), &["app", "list"]);
        let claim = json!({"openid": format!("o{n}"), "card_id": shop.card});
        client.must("/wallet/v1/claim", &token, claim);
        let log =
            std::fs::metadata(shop.dir.path().join("kaquan.db-wal")).expect("the log of a running server");
        assert!(log.len() > 0);
    }
    server.kill();
    let (server, token) = shop.start();
    for n in 0..3 {
        let listed =
            server.connect().must("/card/user/getcardlist", &token, json!({"openid": format!("o{n}")}));
        assert_eq!(listed["card_list"].as_array().map(Vec::len), Some(1), "{n}");
    }
}

#[test]
fn a_stopping_server_answers_every_request_that_it_commits() {
    let shop = Shop::open();
    let mut known = RequestOutcome::default();
    for (round, claims) in [60, 600].into_iter().enumerate() {
        let (server, token) = shop.start();
        let burst = Burst::begin(&server, &token, &shop.card, round);
        burst.reach(claims);
        server.terminate();
        assert!(server.ended().success());
        known.join(burst.end());
        let (server, _) = shop.start();
        let claimed = check(&server, &shop.app, &shop.card, &known);
        assert_eq!(claimed, known.claimed.len(), "nothing was done that was not answered");
        server.terminate();
        assert!(server.ended().success());
    }
}
