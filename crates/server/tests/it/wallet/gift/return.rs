//! `POST /wallet/v1/gift/return`: a gift nobody accepted in time comes back to its holder.

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
