//! `date_info` in `card/create`: the three types under their old and new names, the members that each needs, and
//! windows that are refused. The window of a code is tested in `card/code/get.rs`.

use crate::support::*;
use kaquan_core::time::DAY_SECS;

const RANGE: &str = "DATE_TYPE_FIX_TIME_RANGE";
const TERM: &str = "DATE_TYPE_FIX_TERM";
const PERMANENT: &str = "DATE_TYPE_PERMANENT";

fn made(server: &TestServer, card_type: &str, date_info: Value) -> Value {
    let id = server.create(card_with(card_type, json!({"date_info": date_info})));
    server.base_info(&id)["date_info"].take()
}

fn refused(server: &TestServer, card_type: &str, date_info: Value, errcode: i32) -> String {
    let card = card_with(card_type, json!({"date_info": date_info}));
    server.expect_errcode("/card/create", json!({"card": card}), errcode)
}

#[test]
fn a_range_is_kept_unrounded_with_the_members_of_its_type_only() {
    let server = TestServer::start();
    let (begin, end) = (NOON.0 - 12_345, NOON.0 + 67_891);
    let stored = json!({"type": RANGE, "begin_timestamp": begin, "end_timestamp": end});
    for sent in [
        json!({"type": RANGE, "begin_timestamp": begin, "end_timestamp": end}),
        json!({"type": "1", "begin_timestamp": begin.to_string(), "end_timestamp": end.to_string()}),
        json!({"type": 1, "begin_timestamp": begin, "end_timestamp": end, "fixed_term": 0, "fixed_begin_term": 0}),
    ] {
        assert_eq!(made(&server, "GROUPON", sent), stored);
    }
}

#[test]
fn a_term_is_kept_with_the_members_of_its_type_only() {
    let server = TestServer::start();
    let stored = json!({"type": TERM, "fixed_term": 15, "fixed_begin_term": 2});
    for sent in [
        json!({"type": TERM, "fixed_term": 15, "fixed_begin_term": 2}),
        json!({"type": "2", "fixed_term": "15", "fixed_begin_term": "2"}),
        json!({"type": 2, "fixed_term": 15, "fixed_begin_term": 2, "begin_timestamp": 0, "end_timestamp": 0}),
    ] {
        assert_eq!(made(&server, "GROUPON", sent), stored);
    }
    let without_begin = made(&server, "GROUPON", json!({"type": TERM, "fixed_term": 1}));
    assert_eq!(without_begin, json!({"type": TERM, "fixed_term": 1, "fixed_begin_term": 0}));
    let end = NOON.0 + DAY_SECS;
    let with_end = made(&server, "GROUPON", json!({"type": TERM, "fixed_term": 15, "end_timestamp": end}));
    assert_eq!(with_end["end_timestamp"], end);
}

#[test]
fn only_member_cards_and_general_cards_are_valid_for_ever() {
    let server = TestServer::start();
    for card_type in cards::CARD_TYPES {
        match *card_type {
            "MEMBER_CARD" | "GENERAL_CARD" => {
                assert_eq!(made(&server, card_type, json!({"type": PERMANENT})), json!({"type": PERMANENT}));
            }
            _ => drop(refused(&server, card_type, json!({"type": PERMANENT}), 40079)),
        }
    }
}

#[test]
fn a_range_may_begin_in_the_past_and_end_a_second_from_now() {
    let server = TestServer::start();
    made(&server, "GROUPON", json!({"type": RANGE, "begin_timestamp": 1, "end_timestamp": NOON.0 + 1}));
}

#[test]
fn a_past_or_empty_window_is_40079() {
    let server = TestServer::start();
    let now = NOON.0;
    for date_info in [
        json!({"type": RANGE, "begin_timestamp": now - 10, "end_timestamp": now}),
        json!({"type": RANGE, "begin_timestamp": now + 10, "end_timestamp": now + 10}),
        json!({"type": RANGE, "begin_timestamp": now + 10, "end_timestamp": now + 5}),
        json!({"type": RANGE, "begin_timestamp": -1, "end_timestamp": now + 5}),
        json!({"type": RANGE, "begin_timestamp": now, "end_timestamp": 4_294_967_296_i64}),
        json!({"type": TERM, "fixed_term": 0}),
        json!({"type": TERM, "fixed_term": -1}),
        json!({"type": TERM, "fixed_term": 15, "fixed_begin_term": -1}),
        json!({"type": TERM, "fixed_term": 36_501}),
        json!({"type": TERM, "fixed_term": 15, "end_timestamp": now}),
        json!({"type": "DATE_TYPE_FIX_TERMS", "fixed_term": 1}),
        json!({"type": 3, "fixed_term": 1}),
        json!({"type": true}),
    ] {
        assert!(refused(&server, "GROUPON", date_info.clone(), 40079).contains("date_info"), "{date_info}");
    }
}

#[test]
fn a_window_without_a_field_that_its_type_needs_is_41011() {
    let server = TestServer::start();
    for (date_info, missing) in [
        (json!({}), "type"),
        (json!({"type": null}), "type"),
        (json!({"type": RANGE, "end_timestamp": NOON.0 + 5}), "begin_timestamp"),
        (json!({"type": RANGE, "begin_timestamp": NOON.0}), "end_timestamp"),
        (json!({"type": TERM, "fixed_begin_term": 1}), "fixed_term"),
    ] {
        let tail = refused(&server, "GROUPON", date_info, 41011);
        assert_eq!(tail, format!("m_data.base_info().date_info().{missing}"));
    }
}

#[test]
fn a_time_that_is_no_number_is_47001() {
    let server = TestServer::start();
    for date_info in [
        json!({"type": RANGE, "begin_timestamp": "2026-03-10", "end_timestamp": NOON.0 + 5}),
        json!({"type": RANGE, "begin_timestamp": [1], "end_timestamp": NOON.0 + 5}),
        json!({"type": TERM, "fixed_term": 1.5}),
        json!({"type": TERM, "fixed_term": true}),
    ] {
        refused(&server, "GROUPON", date_info, 47001);
    }
}
