//! `POST /wallet/v1/pay_gift`: the till reports a payment, and the payer gets the card of the matching rule.

use crate::support::*;

const PATH: &str = "/wallet/v1/pay_gift";

fn rule(server: &TestServer, card_id: &str) {
    let body = json!({"rule_info": {
        "type": "RULE_TYPE_PAY_MEMBER_CARD",
        "base_info": {"mchid_list": ["1"], "begin_time": server.now(), "end_time": server.now() + 9},
        "member_rule": {"card_id": card_id, "least_cost": 100, "jump_url": "https://shop.example/joined"},
    }});
    server.ok("/card/paygiftcard/add", body);
}

#[test]
fn a_payment_of_the_least_cost_gives_the_card_and_a_smaller_none() {
    let server = TestServer::start();
    let id = server.create(card("MEMBER_CARD"));
    rule(&server, &id);
    let nothing = json!({"errcode": 0, "errmsg": "ok"});
    assert_eq!(server.post(PATH, json!({"openid": "oA", "mchid": "1", "fee": 99})), nothing);
    assert_eq!(server.post(PATH, json!({"openid": "oA", "mchid": "2", "fee": 100})), nothing);
    let given = server.ok(PATH, json!({"openid": "oA", "mchid": "1", "fee": 100}));
    assert_eq!((&given["card_id"], &given["rule_id"]), (&json!(id), &json!(1)), "{given}");
    assert_eq!(given["jump_url"], "https://shop.example/joined");
    let code = given["code"].as_str().expect("a code");
    assert_eq!(server.state(code).0, "NORMAL");
    assert_eq!(server.stock(&id).0, server.stock(&id).1 - 1);
    server.pass_days(1);
    assert_eq!(server.post(PATH, json!({"openid": "oB", "mchid": "1", "fee": 100})), nothing);
}

#[test]
fn every_refusal_has_its_errcode() {
    let server = TestServer::start();
    let id = server.create(card("MEMBER_CARD"));
    rule(&server, &id);
    server.ok("/card/delete", json!({"card_id": id}));
    for (body, errcode) in [
        (json!({"mchid": "1", "fee": 100}), ErrCode::OpenidMissing),
        (json!({"openid": "oA", "fee": 100}), ErrCode::MissingFields),
        (json!({"openid": "oA", "mchid": "1"}), ErrCode::MissingFields),
        (json!({"openid": "oA", "mchid": "shop", "fee": 100}), ErrCode::InvalidMchid),
        (json!({"openid": "oA", "mchid": "1", "fee": -1}), ErrCode::InvalidArgs),
        (json!({"openid": "oA", "mchid": "1", "fee": 100}), ErrCode::InvalidCardStatus),
    ] {
        server.expect_errcode(PATH, body, errcode);
    }
}
