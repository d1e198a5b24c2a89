//! `POST /card/paygiftmembercard/add`: the older call that creates a rule.

use super::rule;
use crate::support::*;

const PATH: &str = "/card/paygiftmembercard/add";

#[test]
fn a_rule_of_the_older_form_is_one_of_the_newer() {
    let server = TestServer::start();
    let id = server.create(card("MEMBER_CARD"));
    let reply = server.post(PATH, rule(&server, &id, &["1", "x"]));
    let expected = json!({
        "errcode": 0, "errmsg": "ok",
        "fail_mchid_list": [{"mchid": "x", "errcode": 72030, "errmsg": "invalid mchid"}],
        "succ_mchid_list": ["1"],
    });
    assert_eq!(reply, expected);
    let rules = server.ok("/card/paygiftcard/batchget", json!({}));
    assert_eq!(rules["rule_list"][0]["member_rule"]["card_id"], json!(id), "{rules}");
    assert_eq!(rules["rule_list"][0]["member_rule"]["least_cost"], 1, "{rules}");
}

#[test]
fn every_refusal_has_its_errcode() {
    let server = TestServer::start();
    let id = server.create(card("MEMBER_CARD"));
    let with = |key: &str, value: Value| {
        let mut body = rule(&server, &id, &["1"]);
        body[key] = value;
        body
    };
    for (body, errcode) in [
        (with("card_id", json!("")), ErrCode::CardIdMissing),
        (with("begin_time", json!(null)), ErrCode::MissingFields),
        (with("end_time", json!(null)), ErrCode::MissingFields),
        (with("mchid_list", json!([])), ErrCode::InvalidParams),
        (with("end_time", json!(1)), ErrCode::InvalidParams),
        (with("card_id", json!("pNowhere")), ErrCode::NoMatchCard),
        (with("mchid_list", json!(["x"])), ErrCode::InvalidMchid),
    ] {
        server.expect_errcode(PATH, body, errcode);
    }
    server.ok(PATH, with("mchid_list", json!(["1"])));
    server.expect_errcode(PATH, with("mchid_list", json!(["1"])), 72004);
}

#[test]
fn paygiftmembercard_add_errors_follow_the_documented_order() {
    let server = TestServer::start();
    server.expect_errcode(PATH, json!({"card_id": "pNowhere"}), 41011);
    server.expect_errcode(PATH, rule(&server, "pNowhere", &[]), 72031);
}
