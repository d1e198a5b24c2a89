//! A server with a wrong clock: nothing is consumed, closed, expired or refused because of the wrong time.

use crate::support::*;
use kaquan_core::event::EventKind;
use kaquan_core::id::EventSeq;
use kaquan_core::time::{DAY_SECS, Timestamp};
use kaquan_ledger::{Clock, SystemClock};
use kaquan_testkit::Schema;

/// A schema for one test; `None` if tests run without PostgreSQL.
fn schema() -> Option<Schema> {
    if kaquan_testkit::is_left_out() {
        return None;
    }
    Some(Schema::new())
}

/// A node whose clock is compared with the database's.
fn node(schema: &Schema) -> TestServer {
    Start { compare_clock: true, now: SystemClock.now(), ..Start::default() }.start_at(&schema.url())
}

/// A coupon that is valid from yesterday, for this many days.
fn coupon(server: &TestServer, days: i64) -> String {
    let (begin, end) = (server.now() - DAY_SECS, server.now() + days * DAY_SECS);
    let window = json!({"type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": begin, "end_timestamp": end});
    server.create(card_with("GROUPON", json!({"date_info": window})))
}

fn offset(server: &TestServer) -> f64 {
    let metrics = server.send("GET", "/metrics", &[], b"");
    let line = metrics.text().lines().find_map(|line| line.strip_prefix("kaquan_clock_offset_seconds "));
    line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{}", metrics.text()))
}

fn ready(server: &TestServer) -> (u16, Value) {
    let response = server.send("GET", "/readyz", &[], b"");
    (response.status, response.json())
}

fn dates(server: &TestServer) -> Vec<Timestamp> {
    let events = server.store.events(server.app.id, EventSeq(0), 1000).unwrap();
    events.iter().map(|event| event.at).collect()
}

#[test]
fn a_node_far_ahead_of_its_database_takes_no_batches_and_says_why() {
    let Some(schema) = schema() else { return };
    let server = node(&schema);
    let id = coupon(&server, 1);
    let [consumed, given] = ["oA", "oB"].map(|openid| server.claim(&id, openid));
    server.ok("/wallet/v1/gift", json!({"code": given, "openid": "oB"}));
    for (secs, side) in [(26 * 3600, "ahead"), (40 * DAY_SECS, "ahead"), (-26 * 3600, "behind")] {
        server.clock.jump(secs);
        let (status, body) = ready(&server);
        let reason = body["reason"].as_str().unwrap_or_else(|| panic!("{body}"));
        assert!(status == 503 && reason.contains(side), "{secs}: {body}");
        assert!((offset(&server) - secs as f64).abs() < 60.0, "{secs}: {}", offset(&server));
        server.expect_errcode("/card/code/consume", json!({"code": consumed}), -1);
        server.expect_errcode("/wallet/v1/gift/accept", json!({"code": given, "openid": "oC"}), -1);
        server.expect_errcode("/kaquan/v1/stats/close", json!({}), -1);
        assert_eq!(server.state(&given).0, "GIFTING");
        assert_eq!(server.state(&consumed), ("NORMAL".to_owned(), true));
        assert_eq!(server.store.closed_through(server.app.id).unwrap(), None);
        server.clock.jump(-secs);
    }
    assert_eq!(ready(&server), (200, json!({"ready": true})));
    server.consume(&consumed);
    server.ok("/wallet/v1/gift/accept", json!({"code": given, "openid": "oC"}));
}

#[test]
fn a_node_some_seconds_off_goes_on_with_the_time_of_its_database() {
    let Some(schema) = schema() else { return };
    let (right, ahead) = (node(&schema), node(&schema));
    let before = offset(&ahead);
    ahead.clock.jump(3);
    assert_eq!(offset(&ahead) - before, 3.0);
    for server in [&right, &ahead] {
        assert_eq!(ready(server), (200, json!({"ready": true})));
        let id = coupon(server, 30);
        let code = server.claim(&id, "oA");
        server.consume(&code);
    }
    let (own, now) = (dates(&ahead), SystemClock.now());
    assert!(own.iter().all(|at| *at <= now), "an event is dated by the database");
}

#[test]
fn a_folder_whose_clock_jumps_ahead_closes_and_refuses_nothing() {
    let server = Start::default().start_in(tempfile::tempdir().unwrap());
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, "oA");
    server.ok("/wallet/v1/gift", json!({"code": code, "openid": "oA"}));
    server.clock.jump(40 * DAY_SECS);
    for _ in 0..8 {
        server.clock.advance(1);
        assert_eq!(server.close_days(), 0);
    }
    assert_eq!(server.state(&code).0, "GIFTING");
    let friend = server.ok("/wallet/v1/gift/accept", json!({"code": code, "openid": "oB"}))["code"].take();
    server.consume(friend.as_str().unwrap());
    assert_eq!(offset(&server), (40 * DAY_SECS) as f64);
    server.clock.jump(-40 * DAY_SECS);
    assert!(dates(&server).iter().all(|at| *at <= NOON.plus(8)));
    assert_eq!((offset(&server), ready(&server).0), (0.0, 200));
}

#[test]
fn time_does_not_run_backwards_in_a_folder() {
    let mut server = Start::default().start_in(tempfile::tempdir().unwrap());
    let id = server.create(card("GROUPON"));
    server.clock.advance(600);
    server.claim(&id, "oA");
    server.clock.jump(-3600);
    server.claim(&id, "oB");
    server.restart();
    let code = server.claim(&id, "oC");
    server.consume(&code);
    let dates = dates(&server);
    assert!(dates.is_sorted() && dates.last() == Some(&NOON.plus(600)), "{dates:?}");
}

#[test]
fn a_folder_that_starts_with_a_wrong_clock_finds_its_own_note() {
    let mut server = Start::default().start_in(tempfile::tempdir().unwrap());
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, "oA");
    server.inner().clock.refresh(&*server.store).unwrap();
    server.clock.jump(40 * DAY_SECS);
    server.restart();
    server.clock.advance(8);
    assert_eq!(server.close_days(), 0);
    server.consume(&code);
    let events = server.store.events(server.app.id, EventSeq(0), 1000).unwrap();
    let consume = events.iter().find(|event| event.kind == EventKind::Consume).unwrap();
    assert_eq!(consume.at, NOON.plus(8));
}
