//! `GET /kaquan/v1/events/stream`: sends events when they happen, and those that a client missed after a disconnect.

use crate::support::*;
use kaquan_server::WorkKind;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

const PATH: &str = "/kaquan/v1/events/stream";

/// A client of a stream.
struct Stream(BufReader<TcpStream>);

impl Stream {
    fn open(server: &TestServer, query: &str, header: &str) -> Stream {
        Stream::open_with(server, &server.token(), query, header)
    }

    fn open_with(server: &TestServer, token: &str, query: &str, header: &str) -> Stream {
        let mut stream = TcpStream::connect(server.address()).expect("the server listens");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a socket takes options");
        let target = format!("{PATH}?access_token={token}{query}");
        write!(stream, "GET {target} HTTP/1.1\r\nhost: kaquan\r\n{header}\r\n").expect("sent");
        let mut stream = Stream(BufReader::new(stream));
        while stream.line() != ": kaquan" {}
        stream
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("a line in time");
        assert!(!line.is_empty(), "the stream ended");
        line.trim_end().to_owned()
    }

    /// The next event: its id, its kind, its data.
    fn event(&mut self) -> (i64, String, Value) {
        let mut after = |name: &str| loop {
            if let Some(text) = self.line().strip_prefix(name) {
                return text.trim().to_owned();
            }
        };
        let (id, kind, data) = (after("id:"), after("event:"), after("data:"));
        (id.parse().expect("a number"), kind, serde_json::from_str(&data).expect("JSON"))
    }
}

#[test]
fn events_arrive_as_they_happen() {
    let server = TestServer::start();
    let card = server.create(card("GROUPON"));
    let mut stream = Stream::open(&server, "", "");
    let code = server.claim(&card, "o1");
    let (id, kind, data) = stream.event();
    assert_eq!((id, kind.as_str()), (3, "claim"));
    let expected = json!({"type": "claim", "data": {"event": "user_get_card", "code": code, "openid": "o1"}});
    assert_has(&data, &expected, "data");
    server.consume(&code);
    assert_eq!(stream.event().1, "consume");
}

#[test]
fn a_client_that_was_cut_off_goes_on_where_it_was() {
    let server = TestServer::start();
    let card = server.create(card_with("GROUPON", json!({"get_limit": 50})));
    (0..300).for_each(|n| drop(server.claim(&card, &format!("o{n}"))));
    for (query, header) in [("&last_id=1", ""), ("", "Last-Event-ID: 1\r\n")] {
        let mut stream = Stream::open(&server, query, header);
        assert_eq!((2..=302).map(|_| stream.event().0).collect::<Vec<_>>(), (2..=302).collect::<Vec<_>>());
    }
}

#[test]
fn a_stream_can_be_of_some_kinds() {
    let server = TestServer::start();
    let card = server.create(card("GROUPON"));
    let code = server.claim(&card, "o1");
    server.consume(&code);
    let mut stream = Stream::open(&server, "&last_id=0&kind=card_create,consume", "");
    assert_eq!([stream.event().1, stream.event().1], ["card_create", "consume"]);
}

#[test]
fn one_app_does_not_see_anothers_events() {
    let server = TestServer::start();
    let other = server.second_app();
    let mut stream = Stream::open(&server, "&last_id=0", "");
    server.ok_as(&other, "/card/create", json!({"card": card("GROUPON")}));
    server.create(card("CASH"));
    assert_eq!(stream.event().2["data"]["appid"], json!(server.app.appid));
}

#[test]
fn an_invalid_parameter_is_40097() {
    let server = TestServer::start();
    let get = |query: &str| {
        let target = format!("{PATH}?access_token={}{query}", server.token());
        server.send("GET", &target, &[], b"").json()["errcode"].clone()
    };
    // With a `last_id` after the end of the log, the stream would wait forever or skip the next event.
    assert_eq!([get("&last_id=1"), get(&format!("&last_id={}", i64::MAX))], [40097, 40097]);
    assert_eq!([get("&kind=clam"), get("&last_id=x"), get("&last_id=-1")], [40097, 40097, 40097]);
    assert_eq!(server.send("GET", PATH, &[], b"").json()["errcode"], 41001);
    assert_eq!(server.post(PATH, json!({}))["errcode"], 43001);
}

#[test]
fn a_stream_ends_when_the_server_stops() {
    let mut server = TestServer::start();
    let mut stream = Stream::open(&server, "", "");
    server.restart();
    let mut rest = String::new();
    while stream.0.read_line(&mut rest).expect("the end in time") > 0 {}
}

#[test]
fn a_stream_ends_with_its_token() {
    let server = TestServer::start();
    let card = server.create(card("GROUPON"));
    let stable = |force: bool| {
        let (appid, secret) = (&server.app.appid, &server.app.secret);
        let body = json!({
            "grant_type": "client_credential", "appid": appid, "secret": secret, "force_refresh": force,
        });
        server.send("POST", "/cgi-bin/stable_token", &[], body.to_string().as_bytes()).json()["access_token"]
            .clone()
    };
    let token = stable(false);
    let mut stream = Stream::open_with(&server, token.as_str().unwrap(), "", "");
    server.clock.advance(31);
    assert_ne!(stable(true), token, "a forced refresh retires the token before it");
    server.claim(&card, "o1");
    let mut rest = String::new();
    loop {
        let mut line = String::new();
        stream.0.read_line(&mut line).expect("the end in time");
        if line.trim_end() == "0" || line.is_empty() {
            break;
        }
        assert!(!line.starts_with(": alive"), "the stream goes on");
        rest.push_str(&line);
    }
    assert!(!rest.contains("data:"), "{rest}");
}

#[test]
fn every_stream_of_an_app_gets_each_event_once() {
    let server = TestServer::start();
    let card = server.create(card_with("GROUPON", json!({"get_limit": 50})));
    let mut live: Vec<Stream> = (0..3).map(|_| Stream::open(&server, "", "")).collect();
    (0..20).for_each(|n| drop(server.claim(&card, &format!("o{n}"))));
    live.push(Stream::open(&server, "&last_id=2", ""));
    (20..40).for_each(|n| drop(server.claim(&card, &format!("o{n}"))));
    for mut stream in live {
        assert_eq!((3..=42).map(|_| stream.event().0).collect::<Vec<_>>(), (3..=42).collect::<Vec<_>>());
    }
}

/// A stream that reads the log itself waits for the share of its app.
#[test]
fn streams_are_fed_by_one_reader_and_read_nothing_themselves() {
    let server = TestServer::start();
    let card = server.create(card("GROUPON"));
    let mut open: Vec<Stream> = (0..3).map(|_| Stream::open(&server, "", "")).collect();
    let (app, shares) = (server.app.id, server.inner().shares.clone());
    let mut turn = Box::pin(async move { shares.enter(app, WorkKind::Heavy).await });
    let permit = turn.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(permit, Poll::Ready(Ok(_))));
    let code = server.claim(&card, "o1");
    server.consume(&code);
    for stream in &mut open {
        assert_eq!([stream.event().1, stream.event().1], ["claim", "consume"]);
    }
    drop(permit);
}

#[test]
fn an_app_has_a_bounded_number_of_streams_and_another_app_its_own() {
    let server = TestServer::start();
    let other = server.second_app();
    server.create(card("GROUPON"));
    let mut open: Vec<Stream> = (0..100).map(|_| Stream::open(&server, "", "")).collect();
    let target = format!("{PATH}?access_token={}", server.token());
    let refused = server.send("GET", &target, &[], b"").json();
    assert_eq!(refused["errcode"], 45009, "{refused}");
    assert!(refused["errmsg"].as_str().unwrap().contains("at most 100"), "{refused}");
    server.create(card("CASH"));
    assert_eq!(open[99].event().1, "card_create");
    assert_eq!(server.ok_as(&other, "/kaquan/v1/events/list", json!({}))["next"], 0);
}
