//! The dates in a request, which all four reports check in the same way: strict dates, at most 62 days, and only days
//! that have ended. Also the source, which three reports have, and the order of the checks.

use crate::support::*;

const PATHS: [&str; 4] = [
    "/datacube/getcardbizuininfo",
    "/datacube/getcardcardinfo",
    "/datacube/getcardmembercardinfo",
    "/datacube/getcardmembercarddetail",
];

fn body(begin: impl Into<Value>, end: impl Into<Value>) -> Value {
    json!({"begin_date": begin.into(), "end_date": end.into(), "cond_source": 1, "card_id": "pUnknown"})
}

fn on_every_report(check: impl Fn(&TestServer, &str)) {
    let server = TestServer::start();
    for path in PATHS {
        check(&server, path);
    }
}

#[test]
fn a_report_of_nothing_is_an_empty_list_and_nothing_else() {
    on_every_report(|server, path| {
        let reply = server.post(path, body(server.date(-5), server.date(-1)));
        assert_eq!(reply.to_string(), r#"{"list":[]}"#);
    });
}

#[test]
fn sixty_two_days_are_answered_and_sixty_three_are_61501() {
    on_every_report(|server, path| {
        assert_eq!(server.post(path, body(server.date(-62), server.date(-1))), json!({"list": []}));
        let tail = server.expect_errcode(path, body(server.date(-63), server.date(-1)), 61501);
        assert_eq!(tail, "end_date: 63 days, at most 62");
    });
}

#[test]
fn yesterday_alone_is_answered_and_today_is_61501() {
    on_every_report(|server, path| {
        assert_eq!(server.post(path, body(server.date(-1), server.date(-1))), json!({"list": []}));
        for (from, to) in [(0, 0), (-1, 0), (-1, 1), (1, 1)] {
            server.expect_errcode(path, body(server.date(from), server.date(to)), 61501);
        }
    });
}

#[test]
fn today_ends_at_midnight_in_china() {
    on_every_report(|server, path| {
        let today = server.date(0);
        server.move_to(0, 86_399);
        server.expect_errcode(path, body(today.clone(), today.clone()), 61501);
        server.clock.advance(1);
        assert_eq!(server.post(path, body(today.clone(), today)), json!({"list": []}));
    });
}

#[test]
fn an_end_before_its_begin_is_61501() {
    on_every_report(|server, path| {
        let tail = server.expect_errcode(path, body(server.date(-1), server.date(-2)), 61501);
        assert!(tail.starts_with("begin_date: "), "{tail}");
    });
}

#[test]
fn a_date_that_is_not_strictly_written_is_61500() {
    on_every_report(|server, path| {
        for bad in [
            json!("2015-6-15"),
            json!("2015-06-5"),
            json!("2015/06/15"),
            json!("20150615"),
            json!("2015-02-30"),
            json!("2015-13-01"),
            json!("2015-06-15 00:00:00"),
            json!(" 2015-06-15"),
            json!("15-06-15"),
            json!("２０１５-06-15"),
            json!(""),
            Value::Null,
            json!(20_150_615),
            json!(["2015-06-15"]),
            json!(true),
        ] {
            let tail = server.expect_errcode(path, body(bad.clone(), server.date(-1)), 61500);
            assert!(tail.starts_with("begin_date: "), "{tail}");
            let tail = server.expect_errcode(path, body("2015-06-15", bad), 61500);
            assert!(tail.starts_with("end_date: "), "{tail}");
        }
        server.expect_errcode(path, json!({}), 61500);
    });
}

#[test]
fn form_comes_before_order_and_order_before_span_and_span_before_today() {
    on_every_report(|server, path| {
        server.expect_errcode(path, body("2030-01-02", "2030-1-1"), 61500);
        let tail = server.expect_errcode(path, body("2031-01-01", "2030-01-01"), 61501);
        assert!(tail.starts_with("begin_date: "), "{tail}");
        let tail = server.expect_errcode(path, body("2015-01-01", server.date(0)), 61501);
        assert!(tail.contains("at most 62"), "{tail}");
    });
}

#[test]
fn the_source_is_zero_or_one_and_zero_when_left_out() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let member = server.create(card_with_both("MEMBER_CARD", json!({}), json!({"auto_activate": true})));
    server.claim(&id, "oA");
    server.claim(&member, "oA");
    server.pass_days(1);
    server.close_days();
    for path in &PATHS[..3] {
        let with = |source: Value| {
            let mut body = json!({"begin_date": server.date(-1), "end_date": server.date(-1)});
            body["cond_source"] = source;
            body
        };
        let rows = |source: Value| server.post(path, with(source))["list"].as_array().unwrap().len();
        // Cards created through the API have source 1. This test has no cards from the console.
        for (source, expected) in
            [(json!(1), 1), (json!("1"), 1), (json!(0), 0), (json!("0"), 0), (Value::Null, 0)]
        {
            assert_eq!(rows(source), expected, "{path}");
        }
        for bad in [json!(2), json!(-1), json!("api"), json!([1]), json!(true)] {
            server.expect_errcode(path, with(bad), 40097);
        }
        // A wrong date is reported first.
        let both = json!({"begin_date": "x", "end_date": "x", "cond_source": 2});
        server.expect_errcode(path, both, 61500);
    }
}
