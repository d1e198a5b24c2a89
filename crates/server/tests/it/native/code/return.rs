//! `POST /kaquan/v1/code/return`: undoes a consume within the time that the app allows, and counts it.

use crate::support::*;
use kaquan_core::app::{App, ReviewPolicy};

const PATH: &str = "/kaquan/v1/code/return";

/// The report of a card for yesterday.
fn yesterday(server: &TestServer, id: &str) -> Value {
    let day = server.date(-1);
    let body = json!({"begin_date": day, "end_date": day, "cond_source": 1, "card_id": id});
    server.post("/datacube/getcardcardinfo", body)
}

#[test]
fn a_returned_code_can_be_consumed_again_and_frees_the_limit() {
    let mut server = TestServer::start();
    let id = server.create(card_with("GROUPON", json!({"use_limit": 1})));
    let (first, second) = (server.claim(&id, "oA"), server.claim(&id, "oA"));
    server.consume(&first);
    server.expect_errcode("/card/code/consume", json!({"code": second}), 72020);
    server.clock.advance(599);
    let reply = server.post(PATH, json!({"code": first, "reason": "wrong table"}));
    let expected = json!({
        "errcode": 0, "errmsg": "ok", "card": {"card_id": id}, "openid": "oA", "user_card_status": "NORMAL",
    });
    assert_eq!(reply, expected);
    assert_eq!(server.state(&first), ("NORMAL".to_owned(), true));
    server.restart();
    server.consume(&second);
    server.expect_errcode("/card/code/consume", json!({"code": first}), 72020);
}

#[test]
fn a_return_is_counted_and_the_consume_stays_counted() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, "oA");
    for _ in 0..2 {
        server.consume(&code);
        server.ok(PATH, json!({"code": code}));
    }
    server.pass_days(1);
    server.close_days();
    let report = yesterday(&server, &id);
    assert_eq!((&report["list"][0]["verify_cnt"], &report["list"][0]["verify_user"]), (&json!(2), &json!(1)));
    assert_eq!(report["list"][0].get("return_cnt"), None, "the report is WeChat's");
    let today = server.store.closed_through(server.app.id).expect("a store").expect("a closed day");
    let rows = server.store.day_rows(server.app.id, today, today, None).expect("rows");
    assert_eq!((rows[0].counts.return_cnt, rows[0].counts.return_user), (2, 1));
}

#[test]
fn a_code_returned_after_its_window_is_expired_and_counted_as_such() {
    let server = TestServer::start();
    let end = server.now() + 60;
    let id = server.create(card_with(
        "GROUPON",
        json!({"date_info": {
            "type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": server.now() - 60, "end_timestamp": end,
        }}),
    ));
    let code = server.claim(&id, "oA");
    server.consume(&code);
    server.clock.advance(61);
    assert_eq!(server.ok(PATH, json!({"code": code}))["user_card_status"], "EXPIRE");
    server.pass_days(1);
    server.close_days();
    let report = yesterday(&server, &id);
    assert_eq!(report["list"][0]["expire_cnt"], 1, "{report}");
}

#[test]
fn a_code_of_a_term_that_is_returned_expires_in_its_time() {
    let server = TestServer::start();
    let id = server.create(card_with(
        "GROUPON",
        json!({"date_info": {
            "type": "DATE_TYPE_FIX_TERM", "fixed_term": 1, "fixed_begin_term": 0,
        }}),
    ));
    server.move_to(0, 86_000);
    let code = server.claim(&id, "oA");
    server.consume(&code);
    server.pass_days(1);
    server.close_days();
    // The expiry sweep has passed the code, but the app still allows the return.
    server
        .store
        .set_app(&App { return_window_secs: 172_800, ..App::new(server.app.id, ReviewPolicy::Auto) })
        .expect("set");
    assert_eq!(server.ok(PATH, json!({"code": code}))["user_card_status"], "EXPIRE");
    server.close_days();
    let report = yesterday(&server, &id);
    assert_eq!(report["list"][0]["expire_cnt"], 1, "{report}");
}

#[test]
fn every_refusal_has_its_errcode_in_the_documented_order() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let member = server.create(card("MEMBER_CARD"));
    let (code, member) = (server.claim(&id, "oA"), server.claim(&member, "oA"));
    let long = "x".repeat(513);
    server.expect_errcode(PATH, json!({"reason": long}), 41013);
    server.expect_errcode(PATH, json!({"code": "999999999999", "reason": long}), 40056);
    server.expect_errcode(PATH, json!({"code": code, "card_id": "pNowhere"}), 40073);
    server.expect_errcode(PATH, json!({"code": code, "reason": long}), 40127);
    server.expect_errcode(PATH, json!({"code": member}), 40127);
    server.consume(&code);
    server.expect_errcode(PATH, json!({"code": code, "reason": long}), 45021);
    server.clock.advance(600);
    server.expect_errcode(PATH, json!({"code": code, "reason": long}), 40079);
    server
        .store
        .set_app(&App { return_window_secs: 0, ..App::new(server.app.id, ReviewPolicy::Auto) })
        .expect("set");
    let code = server.claim(&id, "oA");
    server.consume(&code);
    server.expect_errcode(PATH, json!({"code": code}), 40079);
}
