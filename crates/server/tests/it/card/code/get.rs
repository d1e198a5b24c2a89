//! `POST /card/code/get`: a code's window, holder and state. WeChat manual: "核销卡券" (consume cards), query a code.

use super::{FRIEND, HOLDER, every_state, expect_unknown_codes};
use crate::support::shape::shape;
use crate::support::*;

const PATH: &str = "/card/code/get";
const DAY: i64 = 86_400;

#[test]
fn a_code_is_answered_as_the_real_api_answers_it() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let claim = json!({"card_id": id, "openid": HOLDER, "outer_str": "12b"});
    let code = server.ok("/wallet/v1/claim", claim)["code"].take();
    let expected = json!({
        "errcode": 0, "errmsg": "ok",
        "card": {
            "card_id": id, "begin_time": NOON.0 - DAY, "end_time": NOON.0 + 30 * DAY, "code": code,
        },
        "openid": HOLDER, "can_consume": true, "user_card_status": "NORMAL", "outer_str": "12b",
    });
    for body in [
        json!({"code": code}),
        json!({"code": code, "card_id": id}),
        json!({"code": code, "card_id": "", "check_consume": null}),
        json!({"code": code, "card_id": null, "check_consume": "true"}),
        json!({"code": code, "check_consume": false}),
    ] {
        assert_eq!(server.post(PATH, body).to_string(), expected.to_string());
    }
}

#[test]
fn a_claim_without_a_channel_has_no_outer_str() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, HOLDER);
    assert_eq!(server.ok(PATH, json!({"code": code}))["outer_str"], Value::Null);
}

#[test]
fn without_check_consume_a_code_shows_its_state() {
    for custom in [false, true] {
        // After a gift, the text of a generated code finds nothing: the friend's code has another text.
        let leads_to_a_code = |name| name != "NEVER_CLAIMED" && (custom || name != "GIVEN_AWAY");
        for state in every_state(custom).filter(|state| leads_to_a_code(state.name)) {
            let reply = state.ok(PATH, json!({"check_consume": false}));
            let shown = match state.name {
                "NOT_BEGUN" | "GIVEN_AWAY" => "NORMAL",
                name => name,
            };
            assert_eq!(reply["user_card_status"], shown);
            let holder = if state.name == "GIVEN_AWAY" { FRIEND } else { HOLDER };
            assert_eq!(reply["openid"], holder);
            let can_consume = matches!(state.name, "NORMAL" | "GIVEN_AWAY");
            assert_eq!(reply["can_consume"], can_consume, "{}", state.name);
        }
    }
}

#[test]
fn codes_that_are_not_there_are_refused() {
    expect_unknown_codes(PATH, json!({}));
    expect_unknown_codes(PATH, json!({"check_consume": false}));
}

#[test]
fn a_code_may_be_written_as_a_number() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, HOLDER);
    let number: i64 = code.parse().unwrap();
    assert_eq!(server.ok(PATH, json!({"code": number}))["card"]["code"], code);
}

fn window(server: &TestServer, card_type: &str, date_info: Value) -> (i64, i64) {
    let id = server.create(card_with(card_type, json!({"date_info": date_info})));
    let code = server.claim(&id, HOLDER);
    let reply = server.ok(PATH, json!({"code": code}));
    (reply["card"]["begin_time"].as_i64().unwrap(), reply["card"]["end_time"].as_i64().unwrap())
}

/// The time 00:00:00 at UTC+8 of the day on which every test begins.
const MIDNIGHT: i64 = NOON.0 - 12 * 3600;

#[test]
fn a_range_is_the_window_to_the_second() {
    let server = TestServer::start();
    let (begin, end) = (NOON.0 - 12_345, NOON.0 + 54_321);
    let range = json!({"type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": begin, "end_timestamp": end});
    assert_eq!(window(&server, "GROUPON", range), (begin, end));
}

#[test]
fn a_term_begins_at_midnight_and_ends_at_the_last_second_of_a_day() {
    let server = TestServer::start();
    for (term, after, end_stamp, begin, end) in [
        (90, 0, 0, MIDNIGHT, MIDNIGHT + 90 * DAY - 1),
        (1, 0, 0, MIDNIGHT, MIDNIGHT + DAY - 1),
        (15, 3, 0, MIDNIGHT + 3 * DAY, MIDNIGHT + 18 * DAY - 1),
        (15, 0, NOON.0 + 5 * DAY, MIDNIGHT, NOON.0 + 5 * DAY),
        (15, 0, NOON.0 + 50 * DAY, MIDNIGHT, MIDNIGHT + 15 * DAY - 1),
    ] {
        let term = json!({
            "type": "DATE_TYPE_FIX_TERM", "fixed_term": term, "fixed_begin_term": after, "end_timestamp": end_stamp,
        });
        assert_eq!(window(&server, "GROUPON", term), (begin, end));
    }
}

#[test]
fn a_term_counts_from_the_day_in_china_not_in_greenwich() {
    let server = TestServer::start();
    let term = || json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": 1, "fixed_begin_term": 0});
    // 23:59:59 and the next second, 00:00:00 in China, are on the same day in UTC.
    server.clock.set(kaquan_core::time::Timestamp(MIDNIGHT + DAY - 1));
    assert_eq!(window(&server, "GROUPON", term()), (MIDNIGHT, MIDNIGHT + DAY - 1));
    server.clock.advance(1);
    assert_eq!(window(&server, "GROUPON", term()), (MIDNIGHT + DAY, MIDNIGHT + 2 * DAY - 1));
}

#[test]
fn a_permanent_card_has_no_begin_and_no_end() {
    let server = TestServer::start();
    let permanent = json!({"type": "DATE_TYPE_PERMANENT"});
    assert_eq!(window(&server, "MEMBER_CARD", permanent), (0, 4_294_967_295));
}

#[test]
fn a_code_is_good_in_the_first_and_in_the_last_second_of_its_window() {
    let server = TestServer::start();
    let (begin, end) = (NOON.0 + 100, NOON.0 + 200);
    let range = json!({"type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": begin, "end_timestamp": end});
    let id = server.create(card_with("GROUPON", json!({"date_info": range})));
    let code = server.claim(&id, HOLDER);
    for (now, state, can_consume) in [
        (begin - 1, "NORMAL", false),
        (begin, "NORMAL", true),
        (end, "NORMAL", true),
        (end + 1, "EXPIRE", false),
    ] {
        server.clock.set(kaquan_core::time::Timestamp(now));
        assert_eq!(server.state(&code), (state.to_owned(), can_consume));
    }
}

#[test]
fn the_code_of_a_member_card_shows_the_member() {
    let server = TestServer::start();
    let beside = json!({"supply_balance": true, "custom_field1": {"name": "等级"}});
    let id = server.create(card_with_both("MEMBER_CARD", json!({}), beside));
    let code = server.claim(&id, HOLDER);
    assert_eq!(server.ok(PATH, json!({"code": code}))["user_info"], Value::Null, "not active yet");
    let activate = json!({"code": code, "membership_number": "n1", "init_custom_field_value1": "金"});
    server.ok("/card/membercard/activate", activate);
    let reply = server.ok(PATH, json!({"code": code}));
    let expected = json!({
        "errcode": "int", "errmsg": "text",
        "card": {
            "card_id": "text", "begin_time": "int", "end_time": "int", "code": "text",
            "membership_number": "text", "bonus": "int", "balance": "int",
        },
        "openid": "text", "can_consume": "bool", "user_card_status": "text",
        "nickname": "text", "membership_number": "text", "bonus": "int", "balance": "int",
        "user_info": {
            "common_field_list": [],
            "custom_field_list": [{"name": "text", "value": "text", "value_list": []}],
        },
    });
    assert_eq!(shape(&reply), expected);
    let member = server.ok("/card/membercard/userinfo/get", json!({"code": code, "card_id": id}));
    assert_eq!(reply["user_info"], member["user_info"]);
}

#[test]
fn reading_a_code_changes_nothing() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, HOLDER);
    let before = server.changes(&server.app);
    server.ok(PATH, json!({"code": code}));
    assert_eq!(server.changes(&server.app), before);
}
