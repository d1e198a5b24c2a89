//! `POST /wallet/v1/delete`: a holder deletes a code. WeChat manual: "卡券事件推送" (card events), deletion.

use crate::support::*;

const PATH: &str = "/wallet/v1/delete";

#[test]
fn a_deleted_code_is_gone_and_does_not_go_back_to_stock() {
    let server = TestServer::start();
    let id = server.create(card_with("GROUPON", json!({"sku": {"quantity": 5}})));
    let code = server.claim(&id, "oA");
    assert_eq!(
        server.post(PATH, json!({"code": code, "openid": "oA"})),
        json!({"errcode": 0, "errmsg": "ok"})
    );
    assert_eq!(server.state(&code), ("DELETE".to_owned(), false));
    assert_eq!(server.stock(&id), (4, 5));
    server.expect_errcode("/card/code/consume", json!({"code": code}), 40127);
}

#[test]
fn only_the_holder_deletes_and_only_once() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, "oA");
    server.expect_errcode(PATH, json!({"code": code, "openid": "oB"}), 40003);
    server.expect_errcode(PATH, json!({"code": code}), 41009);
    server.ok(PATH, json!({"code": code, "openid": "oA"}));
    server.expect_errcode(PATH, json!({"code": code, "openid": "oA"}), 40127);
}

#[test]
fn expired_codes_are_deleted_and_consumed_ones_are_not() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let (consumed, expired) = (server.claim(&id, "oA"), server.claim(&id, "oA"));
    server.consume(&consumed);
    server.expect_errcode(PATH, json!({"code": consumed, "openid": "oA"}), 40099);
    server.pass_days(31);
    server.ok(PATH, json!({"code": expired, "openid": "oA"}));
    assert_eq!(server.state(&expired).0, "DELETE");
}

#[test]
fn a_custom_code_is_named_with_its_card() {
    let server = TestServer::start();
    let id = server.create_custom();
    server.claim_code(&id, "oA", "one");
    server.expect_errcode(PATH, json!({"code": "one", "openid": "oA"}), 40056);
    server.ok(PATH, json!({"code": "one", "openid": "oA", "card_id": id}));
}
