//! `POST /card/paygiftmembercard/delete`: removes pay merchants from a card's rules.

use super::rule;
use crate::support::*;

const PATH: &str = "/card/paygiftmembercard/delete";

#[test]
fn pay_merchants_leave_the_rule_and_the_last_takes_it_along() {
    let server = TestServer::start();
    let id = server.create(card("MEMBER_CARD"));
    server.ok("/card/paygiftmembercard/add", rule(&server, &id, &["1", "2"]));
    let reply = server.post(PATH, json!({"card_id": id, "mchid_list": [1, 3]}));
    let failed = json!([{"mchid": "3", "errcode": 72030, "errmsg": "invalid mchid"}]);
    let expected = json!({"errcode": 0, "errmsg": "ok", "fail_mchid_list": failed, "succ_mchid_list": ["1"]});
    assert_eq!(reply, expected);
    let rules = server.ok("/card/paygiftcard/batchget", json!({}));
    assert_eq!(rules["rule_list"][0]["base_info"]["mchid_list"], json!(["2"]), "{rules}");
    server.ok(PATH, json!({"card_id": id, "mchid_list": ["2"]}));
    assert_eq!(server.ok("/card/paygiftcard/batchget", json!({}))["total_count"], 0);
}

#[test]
fn a_pay_merchant_that_is_named_twice_is_freed_and_listed_once() {
    let server = TestServer::start();
    let id = server.create(card("MEMBER_CARD"));
    server.ok("/card/paygiftmembercard/add", rule(&server, &id, &["1", "2"]));
    let reply = server.post(PATH, json!({"card_id": id, "mchid_list": ["1", 1, "x", "x"]}));
    let failed = json!([{"mchid": "x", "errcode": 72030, "errmsg": "invalid mchid"}]);
    let expected = json!({"errcode": 0, "errmsg": "ok", "fail_mchid_list": failed, "succ_mchid_list": ["1"]});
    assert_eq!(reply, expected);
}

#[test]
fn every_refusal_has_its_errcode() {
    let server = TestServer::start();
    server.expect_errcode(PATH, json!({"mchid_list": [1]}), 41012);
    let many: Vec<i64> = (1..=101).collect();
    server.expect_errcode(PATH, json!({"card_id": "pNowhere", "mchid_list": many}), 72005);
    server.expect_errcode(PATH, json!({"card_id": "pNowhere", "mchid_list": [1]}), 72001);
    server.expect_errcode(PATH, json!({"card_id": "pNowhere", "mchid_list": 1}), 47001);
}
