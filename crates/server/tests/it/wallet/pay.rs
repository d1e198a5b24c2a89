//! `POST /wallet/v1/pay`: the till reports a member's payment with the card. WeChat manual: "卡券数据接口" (card
//! statistics), `fee` and `payOriginalFee`.

use crate::support::*;

const PATH: &str = "/wallet/v1/pay";

fn active_member(server: &TestServer) -> String {
    let id = server.create(card_with_both("MEMBER_CARD", json!({}), json!({"auto_activate": true})));
    server.claim(&id, "oA")
}

#[test]
fn a_payment_takes_fee_and_original_fee_in_fen() {
    let server = TestServer::start();
    let code = active_member(&server);
    for body in [
        json!({"fee": 900, "original_fee": 1000}),
        json!({"fee": "900", "original_fee": "900"}),
        json!({"fee": 900}),
        json!({"fee": 0}),
    ] {
        let mut body = body;
        body["code"] = code.clone().into();
        assert_eq!(server.post(PATH, body), json!({"errcode": 0, "errmsg": "ok"}));
    }
    assert_eq!(server.state(&code), ("NORMAL".to_owned(), true));
}

#[test]
fn amounts_that_make_no_sense_are_40097() {
    let server = TestServer::start();
    let code = active_member(&server);
    for (fee, due) in [(-1, 5), (5, -1), (5, 4), (1_000_000_000_001, 1_000_000_000_001), (i64::MAX, i64::MAX)]
    {
        server.expect_errcode(PATH, json!({"code": code, "fee": fee, "original_fee": due}), 40097);
    }
    server.expect_errcode(PATH, json!({"code": code}), 41011);
    for fee in [json!("much"), json!(1.5), json!([1]), json!(true)] {
        server.expect_errcode(PATH, json!({"code": code, "fee": fee}), 47001);
    }
}

#[test]
fn only_an_active_member_pays() {
    let server = TestServer::start();
    let coupon = server.create(card("GROUPON"));
    let code = server.claim(&coupon, "oA");
    server.expect_errcode(PATH, json!({"code": code, "fee": 5}), 45030);
    let shell = server.create(card("MEMBER_CARD"));
    let code = server.claim(&shell, "oA");
    server.expect_errcode(PATH, json!({"code": code, "fee": 5}), 40127);
    server.expect_errcode(PATH, json!({"code": "000000000000", "fee": 5}), 40056);
    server.expect_errcode(PATH, json!({"fee": 5}), 41013);
    let unavailable = active_member(&server);
    server.ok("/card/code/unavailable", json!({"code": unavailable}));
    server.expect_errcode(PATH, json!({"code": unavailable, "fee": 5}), 40127);
    let code = active_member(&server);
    server.pass_days(31);
    server.expect_errcode(PATH, json!({"code": code, "fee": 5}), 40079);
}
