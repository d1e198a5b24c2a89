//! `POST /card/paygiftcard/delete`: deletes a rule, so that its pay merchants can get another rule.

use super::{added, rule};
use crate::support::*;

const PATH: &str = "/card/paygiftcard/delete";

#[test]
fn pay_merchants_of_a_deleted_rule_are_free() {
    let server = TestServer::start();
    let id = server.create(card("MEMBER_CARD"));
    let rule_id = added(&server, &id, &["1", "2"]);
    assert_eq!(
        server.post(PATH, json!({"rule_id": rule_id.to_string()})),
        json!({"errcode": 0, "errmsg": "ok"})
    );
    server.expect_errcode("/card/paygiftcard/getbyid", json!({"rule_id": rule_id}), 72034);
    let again = server.ok("/card/paygiftcard/add", rule(&server, &id, &["2"]));
    assert_eq!((&again["rule_id"], &again["succ_mchid_list"]), (&json!(2), &json!(["2"])));
}

#[test]
fn every_refusal_has_its_errcode() {
    let server = TestServer::start();
    server.expect_errcode(PATH, json!({}), 41011);
    server.expect_errcode(PATH, json!({"rule_id": 7}), 72034);
    server.expect_errcode(PATH, json!({"rule_id": "seven"}), 47001);
}
