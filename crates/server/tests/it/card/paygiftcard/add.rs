//! `POST /card/paygiftcard/add`: creates a rule, without the pay merchants that already have another rule.

use super::{added, rule};
use crate::support::*;

const PATH: &str = "/card/paygiftcard/add";

#[test]
fn a_rule_lists_accepted_and_refused_pay_merchants() {
    let server = TestServer::start();
    let id = server.create(card("MEMBER_CARD"));
    let first = server.post(PATH, rule(&server, &id, &["1230000109"]));
    let expected = json!({
        "errcode": 0, "errmsg": "ok", "rule_id": 1, "fail_mchid_list": [], "succ_mchid_list": ["1230000109"],
    });
    assert_eq!(first, expected);
    let second = server.ok(PATH, rule(&server, &id, &["1230000109", "1230000110", "shop"]));
    assert_eq!(second["succ_mchid_list"], json!(["1230000110"]));
    let failed = json!([
        {
            "mchid": "1230000109", "errcode": 72004, "errmsg": "mchid is occupied by the other appid",
            "occupy_rule_id": 1, "occupy_appid": server.app.appid,
        },
        {"mchid": "shop", "errcode": 72030, "errmsg": "invalid mchid"},
    ]);
    assert_eq!(second["fail_mchid_list"], failed);
}

#[test]
fn another_app_has_rules_of_its_own() {
    let server = TestServer::start();
    let other = server.second_app();
    added(&server, &server.create(card("MEMBER_CARD")), &["1"]);
    let card = server.ok_as(&other, "/card/create", json!({"card": card("MEMBER_CARD")}));
    let body = rule(&server, card["card_id"].as_str().expect("a card id"), &["1"]);
    assert_eq!(server.ok_as(&other, PATH, body)["rule_id"], 1);
}

#[test]
fn every_refusal_has_its_errcode() {
    let server = TestServer::start();
    let id = server.create(card("MEMBER_CARD"));
    let coupon = server.create(card("GROUPON"));
    let custom = server.create(card_with("MEMBER_CARD", json!({"use_custom_code": true})));
    let with = |pointer: &str, value: Value| {
        let mut body = rule(&server, &id, &["1"]);
        *body.pointer_mut(pointer).expect("a member") = value;
        body
    };
    let many: Vec<String> = (0..101).map(|n| n.to_string()).collect();
    for (body, errcode) in [
        (json!({}), ErrCode::MissingFields),
        (with("/rule_info/type", json!("RULE_TYPE_OTHER")), ErrCode::InvalidParams),
        (with("/rule_info/base_info", json!(null)), ErrCode::MissingFields),
        (with("/rule_info/member_rule", json!(null)), ErrCode::MissingFields),
        (with("/rule_info/member_rule/card_id", json!("")), ErrCode::CardIdMissing),
        (with("/rule_info/base_info/begin_time", json!(null)), ErrCode::MissingFields),
        (with("/rule_info/base_info/mchid_list", json!([])), ErrCode::InvalidParams),
        (with("/rule_info/base_info/mchid_list", json!("1")), ErrCode::DataFormat),
        (with("/rule_info/base_info/end_time", json!(1)), ErrCode::InvalidParams),
        (with("/rule_info/member_rule/max_cost", json!(99)), ErrCode::InvalidParams),
        (with("/rule_info/base_info/mchid_list", json!(many)), ErrCode::TooManyMchids),
        (with("/rule_info/member_rule/card_id", json!("pNowhere")), ErrCode::NoMatchCard),
        (with("/rule_info/member_rule/card_id", json!(coupon)), ErrCode::NeedMemberCard),
        (with("/rule_info/member_rule/card_id", json!(custom)), ErrCode::NeedNoCustomCode),
        (with("/rule_info/base_info/mchid_list", json!(["shop"])), ErrCode::InvalidMchid),
    ] {
        server.expect_errcode(PATH, body, errcode);
    }
    let mut over = with("/rule_info/base_info/begin_time", json!(1));
    over["rule_info"]["base_info"]["end_time"] = json!(2);
    server.expect_errcode(PATH, over, 72032);
    added(&server, &id, &["1"]);
    server.expect_errcode(PATH, rule(&server, &id, &["1"]), 72004);
}

#[test]
fn paygiftcard_add_errors_follow_the_documented_order() {
    let server = TestServer::start();
    let mut body = rule(&server, "pNowhere", &[]);
    server.expect_errcode(PATH, body.clone(), 72031);
    body["rule_info"]["base_info"]["mchid_list"] = json!(["shop"]);
    server.expect_errcode(PATH, body, 72001);
}
