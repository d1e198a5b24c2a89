//! `POST /wallet/v1/gift/cancel`: a giver cancels a gift that was not accepted.

use crate::support::*;

const PATH: &str = "/wallet/v1/gift/cancel";

#[test]
fn a_gift_taken_back_is_as_good_as_before() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, "oA");
    let gift = json!({"code": code, "openid": "oA", "friend_openid": "oB", "is_chat_room": true});
    server.ok("/wallet/v1/gift", gift);
    let back = json!({"code": code, "openid": "oA"});
    assert_eq!(server.post(PATH, back.clone()), json!({"errcode": 0, "errmsg": "ok"}));
    assert_eq!(server.state(&code), ("NORMAL".to_owned(), true));
    server.expect_errcode("/wallet/v1/gift/accept", json!({"code": code, "openid": "oB"}), 40127);
    server.expect_errcode(PATH, back, 40127);
    server.consume(&code);
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
    server.ok("/wallet/v1/gift", json!({"code": code, "openid": "oA"}));
    server.clock.advance(86_400);
    server.expect_errcode(PATH, json!({"code": code, "openid": "oA"}), 40127);
    let accepted = server.claim(&id, "oA");
    server.ok("/wallet/v1/gift", json!({"code": accepted, "openid": "oA"}));
    server.ok("/wallet/v1/gift/accept", json!({"code": accepted, "openid": "oB"}));
    server.expect_errcode(PATH, json!({"code": accepted, "openid": "oA"}), 40056);
}
