//! `POST /wallet/v1/gift/accept`: a friend accepts a code. WeChat manual: "卡券事件推送" (card events), transfer.

use crate::support::*;

const PATH: &str = "/wallet/v1/gift/accept";

#[test]
fn the_friend_gets_a_new_code_with_the_same_window() {
    let server = TestServer::start();
    let term = json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": 10});
    let id = server.create(card_with("GROUPON", json!({"date_info": term})));
    let code = server.claim(&id, "oA");
    let before = server.ok("/card/code/get", json!({"code": code}))["card"].take();
    server.pass_days(3);
    let new = server.give(&code, "oA", "oB");
    assert_ne!(new, code);
    let got = server.ok("/card/code/get", json!({"code": new}));
    assert_eq!((&got["openid"], &got["user_card_status"]), (&json!("oB"), &json!("NORMAL")));
    for key in ["begin_time", "end_time", "card_id"] {
        assert_eq!(got["card"][key], before[key]);
    }
    for path in ["/card/code/get", "/card/code/consume", "/card/code/unavailable"] {
        server.expect_errcode(path, json!({"code": code}), 40056);
    }
    server.consume(&new);
}

#[test]
fn a_custom_code_keeps_its_text() {
    let server = TestServer::start();
    let id = server.create_custom();
    server.claim_code(&id, "oA", "one");
    let named = |openid: &str| json!({"code": "one", "card_id": id, "openid": openid});
    server.ok("/wallet/v1/gift", named("oA"));
    assert_eq!(server.ok(PATH, named("oB"))["code"], "one");
    assert_eq!(server.ok("/card/code/get", json!({"code": "one", "card_id": id}))["openid"], "oB");
}

#[test]
fn neither_stock_nor_the_friends_get_limit_are_touched() {
    let server = TestServer::start();
    let id = server.create(card_with("GROUPON", json!({"get_limit": 1, "sku": {"quantity": 3}})));
    let code = server.claim(&id, "oA");
    server.claim(&id, "oB");
    server.give(&code, "oA", "oB");
    assert_eq!(server.stock(&id), (1, 3));
    // The giver's claim still counts for the limit.
    server.expect_errcode("/wallet/v1/claim", json!({"card_id": id, "openid": "oA"}), 45033);
    let code = server.claim(&id, "oC");
    let code = server.give(&code, "oC", "oD");
    server.claim_is_free_for(&id, "oD");
    server.consume(&code);
}

impl TestServer {
    /// The holder got codes only from friends, so `get_limit` does not refuse a claim. Only the empty stock does.
    fn claim_is_free_for(&self, card_id: &str, openid: &str) {
        self.expect_errcode("/wallet/v1/claim", json!({"card_id": card_id, "openid": openid}), 45031);
    }
}

#[test]
fn anyone_may_accept_unless_a_friend_is_named() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let (open, meant) = (server.claim(&id, "oA"), server.claim(&id, "oA"));
    server.ok("/wallet/v1/gift", json!({"code": open, "openid": "oA"}));
    server.ok("/wallet/v1/gift", json!({"code": meant, "openid": "oA", "friend_openid": "oB"}));
    server.expect_errcode(PATH, json!({"code": open, "openid": "oA"}), 40003);
    server.expect_errcode(PATH, json!({"code": meant, "openid": "oC"}), 40003);
    server.ok(PATH, json!({"code": open, "openid": "oC"}));
    server.ok(PATH, json!({"code": meant, "openid": "oB"}));
}

#[test]
fn a_gift_is_accepted_once_and_can_be_given_on() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, "oA");
    let second = server.give(&code, "oA", "oB");
    server.expect_errcode(PATH, json!({"code": code, "openid": "oC"}), 40056);
    let third = server.give(&second, "oB", "oA");
    assert_eq!(server.ok("/card/code/get", json!({"code": third}))["openid"], "oA");
}

#[test]
fn a_code_that_is_not_being_given_cannot_be_accepted() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let codes: Vec<String> = (0..3).map(|_| server.claim(&id, "oA")).collect();
    server.consume(&codes[0]);
    server.ok("/wallet/v1/gift", json!({"code": codes[2], "openid": "oA"}));
    for (code, errcode) in [(&codes[0], ErrCode::CodeConsumed), (&codes[1], ErrCode::InvalidUserCardStatus)] {
        server.expect_errcode(PATH, json!({"code": code, "openid": "oB"}), errcode);
    }
    server.expect_errcode(PATH, json!({"code": "000000000000", "openid": "oB"}), 40056);
    server.ok("/card/code/unavailable", json!({"code": codes[2]}));
    server.expect_errcode(PATH, json!({"code": codes[2], "openid": "oB"}), 40127);
}
