//! `POST /kaquan/v1/claim/get`: the result of a claim, found by the merchant's number of the request.

use crate::support::*;

const PATH: &str = "/kaquan/v1/claim/get";

#[test]
fn a_claim_is_found_by_its_number() {
    let mut server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let body = json!({"card_id": id, "openid": "oA", "request_no": "order 7"});
    let code = server.ok("/wallet/v1/claim", body)["code"].take();
    server.ok("/card/code/consume", json!({"code": code}));
    server.restart();
    let found = server.ok(PATH, json!({"request_no": "order 7"}));
    assert_eq!((&found["code"], &found["card_id"]), (&code, &json!(id)));
    assert_eq!((&found["openid"], &found["user_card_status"]), (&json!("oA"), &json!("CONSUMED")));
    assert_eq!(found["claim_time"], server.now());
}

#[test]
fn a_number_without_a_claim_is_refused() {
    let server = TestServer::start();
    let id = server.create(card_with("GROUPON", json!({"sku": {"quantity": 1}})));
    server.claim(&id, "oB");
    let body = json!({"card_id": id, "openid": "oA", "request_no": "order 7"});
    server.expect_errcode("/wallet/v1/claim", body, 45031);
    server.expect_errcode(PATH, json!({"request_no": "order 7"}), 40097);
    server.expect_errcode(PATH, json!({}), 41011);
}
