//! `POST /card/paygiftmembercard/get`: the card of a pay merchant's rule.

use super::rule;
use crate::support::*;

const PATH: &str = "/card/paygiftmembercard/get";

#[test]
fn a_pay_merchant_shows_its_card_while_the_rule_is_in_force() {
    let server = TestServer::start();
    let id = server.create(card("MEMBER_CARD"));
    let nothing =
        json!({"errcode": 0, "errmsg": "ok", "card_id": "", "occupy_appid": "", "is_locked": false});
    assert_eq!(server.post(PATH, json!({"mchid": "1"})), nothing);
    server.ok("/card/paygiftmembercard/add", rule(&server, &id, &["1"]));
    let reply = server.post(PATH, json!({"mchid": 1}));
    assert_eq!((&reply["card_id"], &reply["occupy_appid"]), (&json!(id), &json!(server.app.appid)));
    server.pass_days(2);
    assert_eq!(server.post(PATH, json!({"mchid": "1"})), nothing);
}

#[test]
fn every_refusal_has_its_errcode() {
    let server = TestServer::start();
    server.expect_errcode(PATH, json!({}), 41011);
    server.expect_errcode(PATH, json!({"mchid": "shop"}), 72030);
}
