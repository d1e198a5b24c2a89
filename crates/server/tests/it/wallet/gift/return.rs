//! `POST /wallet/v1/gift/return`: returns a gift to its giver after it was not accepted in time.

use crate::support::*;

const PATH: &str = "/wallet/v1/gift/return";

#[test]
fn a_gift_that_timed_out_comes_back_and_can_be_given_again() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, "oA");
    let body = json!({"code": code, "openid": "oA"});
    server.ok("/wallet/v1/gift", body.clone());
    server.expect_errcode(PATH, body.clone(), 40127);
    server.clock.advance(86_400);
    assert_eq!(server.state(&code).0, "GIFT_TIMEOUT");
    assert_eq!(server.post(PATH, body.clone()), json!({"errcode": 0, "errmsg": "ok"}));
    assert_eq!(server.state(&code), ("NORMAL".to_owned(), true));
    server.ok("/wallet/v1/gift", body);
    assert_eq!(server.state(&code).0, "GIFTING");
}

#[test]
fn a_gift_whose_window_ended_stays_expired() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, "oA");
    server.ok("/wallet/v1/gift", json!({"code": code, "openid": "oA"}));
    server.clock.advance(31 * 86_400);
    server.expect_errcode(PATH, json!({"code": code, "openid": "oA"}), 40127);
    assert_eq!(server.state(&code).0, "EXPIRE");
}

#[test]
fn an_expired_gift_counts_once_and_comes_back_when_widened() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, "oA");
    let body = json!({"code": code, "openid": "oA"});
    server.ok("/wallet/v1/gift", body.clone());
    server.pass_days(30);
    server.clock.advance(1);
    assert_eq!(server.state(&code).0, "EXPIRE");
    server.pass_days(1);
    server.close_days();
    let end = server.now() + 10 * 86_400;
    server.update_base(&id, "GROUPON", json!({"date_info": {"end_timestamp": end}}));
    assert_eq!(server.state(&code).0, "GIFT_TIMEOUT");
    server.ok(PATH, body);
    assert_eq!(server.state(&code), ("NORMAL".to_owned(), true));
    server.pass_days(11);
    server.close_days();
    let report = json!({
        "begin_date": server.date(-13), "end_date": server.date(-1), "cond_source": 1, "card_id": id,
    });
    let list = server.post("/datacube/getcardcardinfo", report)["list"].take();
    let days: Vec<_> = list.as_array().expect("a list").iter().map(|row| &row["expire_cnt"]).collect();
    assert_eq!(days, [1, 1], "once at each of its two ends: {list}");
}

#[test]
fn reports_do_not_count_gifts_that_come_back() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let (back, given) = (server.claim(&id, "oA"), server.claim(&id, "oA"));
    server.ok("/wallet/v1/gift", json!({"code": back, "openid": "oA"}));
    server.ok("/wallet/v1/gift/cancel", json!({"code": back, "openid": "oA"}));
    server.ok("/wallet/v1/gift", json!({"code": back, "openid": "oA"}));
    server.give(&given, "oA", "oB");
    server.pass_days(1);
    server.ok(PATH, json!({"code": back, "openid": "oA"}));
    server.close_days();
    let day = server.date(-1);
    let report = json!({"begin_date": day, "end_date": day, "cond_source": 1, "card_id": id});
    let row = server.post("/datacube/getcardcardinfo", report)["list"][0].take();
    assert_eq!((&row["given_cnt"], &row["given_user"]), (&json!(1), &json!(1)), "{row}");
}

#[test]
fn every_refusal_has_its_errcode_in_the_documented_order() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, "oA");
    server.expect_errcode(PATH, json!({"openid": "oB"}), 41013);
    server.expect_errcode(PATH, json!({"code": code}), 41009);
    server.expect_errcode(PATH, json!({"code": "999999999999", "openid": "oB"}), 40056);
    server.expect_errcode(PATH, json!({"code": code, "openid": "oB"}), 40003);
    server.expect_errcode(PATH, json!({"code": code, "openid": "oA"}), 40127);
}
