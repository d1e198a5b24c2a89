//! `POST /card/code/consume`: a code is consumed once, with the right card and in its window. WeChat manual: "核销卡券"
//! (consume cards).

use super::{HOLDER, expect_unknown_codes};
use crate::support::*;

const PATH: &str = "/card/code/consume";

#[test]
fn the_reply_names_card_and_holder() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, HOLDER);
    let reply = server.post(PATH, json!({"code": code, "card_id": id}));
    let expected = json!({"errcode": 0, "errmsg": "ok", "card": {"card_id": id}, "openid": HOLDER});
    assert_eq!(reply.to_string(), expected.to_string());
    assert_eq!(server.state(&code), ("CONSUMED".to_owned(), false));
}

#[test]
fn codes_that_are_not_there_are_refused() {
    expect_unknown_codes(PATH, json!({}));
}

#[test]
fn codes_of_every_type_but_member_cards_are_consumed() {
    let server = TestServer::start();
    for card_type in cards::CARD_TYPES {
        let id = server.create(card(card_type));
        let code = server.claim(&id, HOLDER);
        match *card_type {
            "MEMBER_CARD" => drop(server.expect_errcode(PATH, json!({"code": code}), 40071)),
            _ => server.consume(&code),
        }
    }
}

#[test]
fn a_holder_consumes_use_limit_of_a_card_and_no_more() {
    let server = TestServer::start();
    let id = server.create(card_with("GROUPON", json!({"use_limit": 2})));
    let codes: Vec<String> = (0..3).map(|_| server.claim(&id, HOLDER)).collect();
    let others = server.claim(&id, "oOther");
    server.consume(&codes[0]);
    server.consume(&codes[1]);
    server.expect_errcode(PATH, json!({"code": codes[2]}), 72020);
    server.consume(&others);
    server.update_base(&id, "GROUPON", json!({"use_limit": 3}));
    server.consume(&codes[2]);
}

#[test]
fn without_a_limit_a_holder_consumes_fifty() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let mut codes: Vec<String> = (0..50).map(|_| server.claim(&id, HOLDER)).collect();
    let from_a_friend = server.claim(&id, "oFriend");
    codes.push(server.give(&from_a_friend, "oFriend", HOLDER));
    for code in &codes[..50] {
        server.consume(code);
    }
    server.expect_errcode(PATH, json!({"code": codes[50]}), 72020);
}

#[test]
fn a_channel_may_be_named_up_to_128_bytes() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, HOLDER);
    let with = |bytes: usize| json!({"code": code, "outer_str": limits::chinese(bytes)});
    server.expect_errcode(PATH, with(129), 45021);
    server.ok(PATH, with(128));
}

#[test]
fn consume_errors_follow_the_order_code_type_state_time_limits() {
    let server = TestServer::start();
    let member = server.create(card("MEMBER_CARD"));
    let code = server.claim(&member, HOLDER);
    server.ok("/card/code/unavailable", json!({"code": code}));
    // The code of a member card can never be consumed, whatever its state is. But a wrong card is reported first.
    server.expect_errcode(PATH, json!({"code": code, "card_id": "pUnknown"}), 40073);
    server.expect_errcode(PATH, json!({"code": code}), 40071);
    // A code that is both consumed and expired is reported as consumed.
    let id = server.create(card_with("GROUPON", json!({"use_limit": 1})));
    let (consumed, left) = (server.claim(&id, HOLDER), server.claim(&id, HOLDER));
    server.consume(&consumed);
    server.expect_errcode(PATH, json!({"code": left}), 72020);
    server.pass_days(31);
    server.expect_errcode(PATH, json!({"code": consumed}), 40099);
    server.expect_errcode(PATH, json!({"code": left}), 40079);
}
