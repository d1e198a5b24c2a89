//! SIGTERM ends a node, even if the database hangs.

use super::balancer::Balancer;
use super::burst::{Burst, Cards, Total};
use super::{Node, Site};
use crate::support::Client;
use kaquan_testkit::{Middlebox, Schema};
use serde_json::{Value, json};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

/// Ten seconds, and ten more for a busy machine.
const STOP_MAX: Duration = Duration::from_secs(20);

#[test]
fn a_node_whose_database_is_silent_ends_after_a_signal() {
    let schema = Schema::new();
    let (middlebox, url) = Middlebox::before_url(&schema.url()).expect("an address");
    let mut site = Site::new(schema.url());
    let (silent, other) = (Node::start(site.dir.path(), &url), site.node());
    let balancer = Balancer::over([silent.host.as_str(), other.host.as_str()]);
    let cards = Cards::make(&site, &balancer, 1_000_000);
    let burst = Burst::begin(&site, &balancer, &cards, 0);
    burst.wait_for(300);
    middlebox.freeze();
    // There are requests in flight that the node cannot answer.
    burst.wait_for(burst.claims() + 100);
    let signalled_at = Instant::now();
    silent.terminate();
    let ended = silent.ended();
    assert!(signalled_at.elapsed() < STOP_MAX, "{:?}", signalled_at.elapsed());
    assert!(ended.success(), "{ended}");
    burst.wait_for(burst.claims() + 300);
    let mut total = Total::default();
    burst.end(&mut total);
    site.url = schema.url();
    total.check(&site, &balancer, &cards);
}

/// Clients whose reads are in flight.
const READERS: usize = 12;

/// The longest time until a reader has its answer: the silence, the check of the server, and a new connection,
/// doubled for a busy machine. If readers waited one after another, the last answer would take longer.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// An answer, if one came, and how long it took.
type Read = (Option<Value>, Duration);

/// Starts a node, lets reads wait in the database, and then silences the database. Returns the result of each read.
/// If the node gets a signal, also returns its exit status and how long its end took.
fn silent_readers(signal: bool) -> (Vec<Read>, Option<(ExitStatus, Duration)>) {
    let schema = Schema::new();
    let (middlebox, url) = Middlebox::before_url(&schema.url()).expect("an address");
    let site = Site::new(schema.url());
    let node = Node::start(site.dir.path(), &url);
    let balancer = Balancer::over([node.host.as_str()]);
    let cards = Cards::make(&site, &balancer, 10);
    let grant =
        json!({"grant_type": "client_credential", "appid": site.app.appid, "secret": site.app.secret});
    let mut client = Client::open(&node.host).expect("a connection");
    let token = client.must_bare("/cgi-bin/stable_token", grant)["access_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let held = schema.hold("LOCK TABLE cards");
    let readers: Vec<_> = (0..READERS)
        .map(|n| {
            let (host, token, card) = (node.host.clone(), token.clone(), cards.cold[n].clone());
            std::thread::spawn(move || {
                let mut client = Client::open(&host).expect("a connection");
                let asked_at = Instant::now();
                let answer = client.post("/card/get", &token, &json!({"card_id": card})).ok();
                (answer, asked_at.elapsed())
            })
        })
        .collect();
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    while schema.number(waiting) < READERS as i64 {
        std::thread::yield_now();
    }
    middlebox.freeze();
    let signalled_at = Instant::now();
    let mut node = Some(node);
    let ended = node.take_if(|_| signal).map(|node| {
        node.terminate();
        (node.ended(), signalled_at.elapsed())
    });
    // Without a signal, the node goes on until every reader has its answer.
    let answers = readers.into_iter().map(|reader| reader.join().expect("an answer")).collect();
    drop(held);
    (answers, ended)
}

#[test]
fn many_readers_of_a_silent_database_are_answered_at_the_same_time() {
    for (answer, waited) in silent_readers(false).0 {
        assert_eq!(answer.expect("an answer")["errcode"], -1);
        assert!(waited < ANSWER_MAX, "{waited:?}");
    }
}

#[test]
fn a_node_with_many_silent_readers_ends_after_a_signal() {
    let (status, waited) = silent_readers(true).1.expect("it got a signal");
    assert!(waited < STOP_MAX, "{waited:?}");
    assert!(status.success(), "{status}");
}
