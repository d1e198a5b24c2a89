//! `POST /wallet/v1/gift`: a holder offers a code as a gift, and what happens until a friend has it. WeChat manual:
//! "卡券事件推送" (card events), transfer.

mod accept;
mod cancel;
mod r#return;

use crate::support::*;
use kaquan_core::event::EventKind;
use kaquan_core::id::EventSeq;

const PATH: &str = "/wallet/v1/gift";

#[test]
fn a_code_being_given_cannot_be_used_given_or_deleted() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, "oA");
    let reply = server.post(PATH, json!({"code": code, "openid": "oA", "friend_openid": "oB"}));
    assert_eq!(reply, json!({"errcode": 0, "errmsg": "ok"}));
    assert_eq!(server.state(&code), ("GIFTING".to_owned(), false));
    server.expect_errcode("/card/code/consume", json!({"code": code}), 40127);
    server.expect_errcode(PATH, json!({"code": code, "openid": "oA"}), 40127);
    server.expect_errcode("/wallet/v1/delete", json!({"code": code, "openid": "oA"}), 40127);
}

#[test]
fn an_unaccepted_gift_times_out_after_a_day() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, "oA");
    server.ok(PATH, json!({"code": code, "openid": "oA"}));
    server.clock.advance(86_399);
    assert_eq!(server.state(&code).0, "GIFTING");
    server.clock.advance(1);
    assert_eq!(server.state(&code), ("GIFT_TIMEOUT".to_owned(), false));
    server.expect_errcode("/wallet/v1/gift/accept", json!({"code": code, "openid": "oB"}), 40127);
    server.expect_errcode("/card/code/consume", json!({"code": code}), 40127);
    server.ok("/wallet/v1/delete", json!({"code": code, "openid": "oA"}));
}

#[test]
fn only_the_holder_gives_and_not_to_itself() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, "oA");
    server.expect_errcode(PATH, json!({"code": code, "openid": "oB"}), 40003);
    server.expect_errcode(PATH, json!({"code": code, "openid": "oA", "friend_openid": "oA"}), 40003);
    server.expect_errcode(PATH, json!({"code": code}), 41009);
    server.expect_errcode(PATH, json!({"openid": "oA"}), 41013);
}

#[test]
fn a_card_that_may_not_be_given_is_45030() {
    let server = TestServer::start();
    let id = server.create(card_with("GROUPON", json!({"can_give_friend": false})));
    let code = server.claim(&id, "oA");
    server.expect_errcode(PATH, json!({"code": code, "openid": "oA"}), 45030);
    server.update_base(&id, "GROUPON", json!({"can_give_friend": true}));
    server.ok(PATH, json!({"code": code, "openid": "oA"}));
}

#[test]
fn a_code_that_cannot_be_used_cannot_be_given() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let codes: Vec<String> = (0..4).map(|_| server.claim(&id, "oA")).collect();
    server.consume(&codes[0]);
    server.ok("/card/code/unavailable", json!({"code": codes[1]}));
    server.ok("/wallet/v1/delete", json!({"code": codes[2], "openid": "oA"}));
    for (code, errcode) in [
        (&codes[0], ErrCode::CodeConsumed),
        (&codes[1], ErrCode::InvalidUserCardStatus),
        (&codes[2], ErrCode::InvalidUserCardStatus),
    ] {
        server.expect_errcode(PATH, json!({"code": code, "openid": "oA"}), errcode);
    }
    server.pass_days(31);
    server.expect_errcode(PATH, json!({"code": codes[3], "openid": "oA"}), 40127);
}

#[test]
fn a_general_card_may_say_how_often_it_can_be_given_on() {
    let server = TestServer::start();
    let id = server.create(card_with("GENERAL_CARD", json!({"max_give_friend_times": 2})));
    let first = server.claim(&id, "oA");
    // A gift that returned to its giver does not count.
    server.ok(PATH, json!({"code": first, "openid": "oA"}));
    server.ok("/wallet/v1/gift/cancel", json!({"code": first, "openid": "oA"}));
    let second = server.give(&first, "oA", "oB");
    let third = server.give(&second, "oB", "oC");
    server.expect_errcode(PATH, json!({"code": third, "openid": "oC"}), 40127);
    // Gifts are counted for each code, not for the card.
    let other = server.claim(&id, "oC");
    server.ok(PATH, json!({"code": other, "openid": "oC"}));
}

#[test]
fn the_log_distinguishes_a_gift_for_a_group() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let (one, group) = (server.claim(&id, "oA"), server.claim(&id, "oA"));
    server.ok(PATH, json!({"code": one, "openid": "oA", "friend_openid": "oB"}));
    server.ok(PATH, json!({"code": group, "openid": "oA", "is_chat_room": "1"}));
    server.expect_errcode(PATH, json!({"code": one, "openid": "oA", "is_chat_room": "perhaps"}), 47001);
    let events = server.store.events(server.app.id, EventSeq(0), 100).expect("events");
    let gifts = events.iter().filter(|event| event.kind == EventKind::GiftStart);
    let pushed: Vec<_> = gifts.map(|event| (event.amount, event.friend.is_some())).collect();
    assert_eq!(pushed, [(0, true), (1, false)]);
}
