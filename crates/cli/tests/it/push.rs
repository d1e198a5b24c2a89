//! Event push as a merchant sees it: the receiver is set on the command line, a real server delivers events, and they
//! are found and pushed again. No event is missing, even if the server is killed in the middle of a burst.

use crate::receiver::{Received, Receiver, Reply};
use crate::support::{Client, Server, create_app, groupon, printed, refused};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::mpsc::channel;

/// Connections that claim at the same time.
const CLAIMERS: usize = 8;
/// Claims answered before each kill.
const CLAIMS: [usize; 3] = [300, 700, 50];

fn set_callback(data: &Path, receiver: &Receiver) {
    printed(data, &["callback", "set", "--url", &receiver.url, "--token", "token", "--push-private"]);
}

fn start(data: &Path) -> Server {
    Server::start_with(data, &["--push-private"])
}

/// The log of the app, by number: kind and code.
fn log(data: &Path) -> BTreeMap<i64, (String, String)> {
    let text = printed(data, &["events", "list", "--json", "--count", "1000000"]);
    let events = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    events
        .map(|event| {
            let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
            (event["event_id"].as_i64().expect("a number"), (text("kind"), text("code")))
        })
        .collect()
}

fn number(event: &Received) -> i64 {
    let id = event.header("x-kaquan-event-id").rsplit_once('-').expect("appid and number").1;
    id.parse().expect("a number")
}

/// Claims and consumes until the connection is cut.
fn use_until_cut(
    mut client: Client,
    token: &str,
    card: &str,
    name: &str,
    reported: &std::sync::mpsc::Sender<()>,
) {
    for n in 0.. {
        let claim = json!({"openid": format!("{name}-{n}"), "card_id": card});
        let Ok(answer) = client.post("/wallet/v1/claim", token, &claim) else { return };
        let _ = reported.send(());
        if client.post("/card/code/consume", token, &json!({"code": answer["code"]})).is_err() {
            return;
        }
    }
}

#[test]
fn committed_events_arrive_in_order_per_code_despite_kills() {
    let dir = tempfile::tempdir().expect("a folder");
    let data = dir.path();
    let app = create_app(data, "shop");
    let receiver = Receiver::start();
    // One push in nine fails, so that some events have to be retried.
    let mut calls = 0;
    set_callback(data, &receiver);
    receiver.answer(move |_| {
        calls += 1;
        if calls % 9 == 0 { Reply::Http(500, String::new()) } else { Reply::Success }
    });
    let server = start(data);
    let made = server.connect().must("/card/create", &server.token(&app), groupon(1_000_000));
    let card = made["card_id"].as_str().expect("a card").to_owned();
    server.kill();
    for (round, claims) in CLAIMS.into_iter().enumerate() {
        let server = start(data);
        let (token, (reported, heard)) = (server.token(&app), channel());
        std::thread::scope(|scope| {
            for n in 0..CLAIMERS {
                let (client, reported) = (server.connect(), reported.clone());
                let (token, card, name) = (&token, &card, format!("o{round}-{n}"));
                scope.spawn(move || use_until_cut(client, token, card, &name, &reported));
            }
            heard.iter().take(claims).for_each(drop);
            server.kill();
        });
    }
    receiver.answer(|_| Reply::Success);
    let _server = start(data);
    let reported: BTreeMap<i64, (String, String)> =
        log(data).into_iter().filter(|(_, (kind, _))| kind != "card_create").collect();
    assert!(reported.len() > CLAIMS.iter().sum::<usize>(), "{}", reported.len());
    let events = receiver.wait_until("every event of the log", |events| {
        let arrived: BTreeSet<i64> = events.iter().map(number).collect();
        reported.keys().all(|number| arrived.contains(number))
    });
    let mut first_of = BTreeMap::new();
    for (place, event) in events.iter().enumerate() {
        first_of.entry(number(event)).or_insert(place);
    }
    assert_eq!(
        first_of.keys().copied().collect::<Vec<_>>(),
        reported.keys().copied().collect::<Vec<_>>(),
        "exactly the echostr"
    );
    let mut by_code: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    reported.iter().for_each(|(number, (_, code))| by_code.entry(code).or_default().push(*number));
    for (code, numbers) in by_code.iter().filter(|(code, _)| !code.is_empty()) {
        let places: Vec<usize> = numbers.iter().map(|number| first_of[number]).collect();
        assert!(places.is_sorted(), "{code}: events {numbers:?} came at {places:?}");
    }
}

#[test]
fn a_callback_is_set_tried_shown_and_taken_away_on_the_command_line() {
    let dir = tempfile::tempdir().expect("a folder");
    let data = dir.path();
    create_app(data, "shop");
    let receiver = Receiver::start();
    let set = ["callback", "set", "--url", &receiver.url, "--token", "sesame"];
    let (code, said) = refused(data, &set);
    assert!(code == Some(1) && said.contains("push-private"), "{said}");
    assert_eq!(printed(data, &["callback", "get"]), "no callback is set\n");
    set_callback(data, &receiver);
    let shown = printed(data, &["callback", "get"]);
    assert!(
        shown.contains(&receiver.url) && shown.contains("durable") && !shown.contains("token"),
        "{shown}"
    );
    assert!(printed(data, &["callback", "test", "--push-private"]).starts_with("HTTP 200"));
    receiver.answer(|_| Reply::Http(404, "no such page".to_owned()));
    let (_, said) = refused(data, &["callback", "test", "--push-private"]);
    assert!(said.contains("HTTP 404"), "{said}");
    printed(data, &["callback", "delete"]);
    assert_eq!(printed(data, &["callback", "get"]), "no callback is set\n");
    receiver.answer(|_| Reply::Success);
    let json =
        printed(data, &["callback", "set", "--url", &receiver.url, "--mode", "json", "--push-private"]);
    assert!(json.contains("whsec_"), "{json}");
}

#[test]
fn events_are_listed_shown_and_sent_again_on_the_command_line() {
    let dir = tempfile::tempdir().expect("a folder");
    let data = dir.path();
    let app = create_app(data, "shop");
    let receiver = Receiver::start();
    set_callback(data, &receiver);
    let server = start(data);
    let token = server.token(&app);
    let mut client = server.connect();
    let card = client.must("/card/create", &token, groupon(10))["card_id"].clone();
    let claimed = client.must("/wallet/v1/claim", &token, json!({"openid": "o1", "card_id": card}));
    let code = claimed["code"].as_str().expect("a code");
    receiver.wait_for(2);
    let line = printed(data, &["events", "list", "--code", code]);
    let parts: Vec<&str> = line.split_whitespace().collect();
    assert_eq!((parts[0], parts[2], parts.last()), ("3", "claim", Some(&"o1")), "{line}");
    let full = printed(data, &["events", "show", "3"]);
    assert!(full.contains("<Event><![CDATA[user_get_card]]></Event>"), "{full}");
    // The server saves its deliveries a moment later. Before that, an event cannot be pushed again.
    let again = || crate::support::run(data, &["events", "resend", "3"]);
    let patience = std::time::Instant::now();
    while !again().status.success() {
        assert!(patience.elapsed().as_secs() < 20, "event 3 was never stored as delivered");
    }
    let events = receiver.wait_for(3);
    assert_eq!(number(&events[2]), 3);
    let (_, said) = refused(data, &["events", "resend"]);
    assert!(said.contains("--kind"), "{said}");
    let (_, said) = refused(data, &["events", "list", "--kind", "clam"]);
    assert!(said.contains("clam") && said.contains("claim"), "{said}");
    assert_eq!(printed(data, &["events", "list", "--kind", "consume"]), "");
}
