//! `POST /card/code/unavailable`: makes a code unavailable, which cannot be undone. WeChat manual: "管理卡券" (manage
//! cards), make unavailable.

use super::{HOLDER, expect_unknown_codes};
use crate::support::*;

const PATH: &str = "/card/code/unavailable";

#[test]
fn a_withdrawn_code_shows_it_and_cannot_be_consumed() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, HOLDER);
    let reply = server.post(PATH, json!({"code": code, "card_id": id, "reason": "退款"}));
    assert_eq!(reply, json!({"errcode": 0, "errmsg": "ok"}));
    assert_eq!(server.state(&code), ("UNAVAILABLE".to_owned(), false));
    server.expect_errcode("/card/code/consume", json!({"code": code}), 40127);
    let held = server.ok("/card/user/getcardlist", json!({"openid": HOLDER}));
    assert_eq!(held["card_list"], json!([]));
}

#[test]
fn codes_that_are_not_there_are_refused() {
    expect_unknown_codes(PATH, json!({}));
}

#[test]
fn the_code_of_a_member_card_can_be_withdrawn() {
    let server = TestServer::start();
    let id = server.create(card("MEMBER_CARD"));
    let code = server.claim(&id, HOLDER);
    server.ok(PATH, json!({"code": code, "reason": "违规"}));
    let member = server.ok("/card/membercard/userinfo/get", json!({"card_id": id, "code": code}));
    assert_eq!(member["user_card_status"], "UNAVAILABLE");
}

#[test]
fn stock_does_not_come_back() {
    let server = TestServer::start();
    let id = server.create(card_with("GROUPON", json!({"sku": {"quantity": 5}})));
    let code = server.claim(&id, HOLDER);
    server.ok(PATH, json!({"code": code}));
    assert_eq!(server.stock(&id), (4, 5));
}

#[test]
fn a_reason_has_at_most_512_bytes() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, HOLDER);
    let with = |bytes: usize| json!({"code": code, "reason": limits::chinese(bytes)});
    server.expect_errcode(PATH, with(513), 45021);
    server.expect_errcode(PATH, json!({"code": code, "reason": "a\u{1}"}), 47001);
    server.expect_errcode(PATH, json!({"code": code, "reason": ["a"]}), 47001);
    server.ok(PATH, with(512));
}
