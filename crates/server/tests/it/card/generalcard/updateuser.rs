//! `POST /card/generalcard/updateuser`: points, balance and fields of a general card.

use super::{HOLDER, active, claimed, refused_codes, shown};
use crate::support::*;

const PATH: &str = "/card/generalcard/updateuser";

#[test]
fn the_reply_has_the_new_totals_and_the_holder() {
    let server = TestServer::start();
    let (id, code) = active(&server);
    for (body, bonus, balance) in [
        (json!({"balance": 8850.0, "record_balance": "购买咖啡一杯"}), 5, 8850),
        (json!({"bonus": "3000", "record_bonus": "消费送积分"}), 3000, 8850),
        (json!({"add_bonus": -1, "add_balance": "50"}), 2999, 8900),
        (json!({"balance": 0, "add_balance": 7}), 2999, 0),
        (json!({"custom_field_value1": "金", "notify_optional": []}), 2999, 0),
    ] {
        let reply = server.post(PATH, merged(json!({"card_id": id, "code": code}), body));
        let expected = json!({
            "errcode": 0, "errmsg": "ok", "result_bonus": bonus, "result_balance": balance, "openid": HOLDER,
        });
        assert_eq!(reply.to_string(), expected.to_string());
        assert_eq!(shown(&server, &code), ("G001".to_owned(), bonus, balance));
    }
}

#[test]
fn a_change_is_pushed_with_its_differences() {
    let (server, receiver) = (TestServer::start(), Receiver::start());
    let (_, code) = active(&server);
    server.push_to(&receiver);
    server.ok(PATH, json!({"code": code, "balance": 9_000, "bonus": 6}));
    let events = receiver.wait_until("update_member_card", |events| !events.is_empty());
    let event = events.last().unwrap();
    for (name, value) in [
        ("Event", "update_member_card"),
        ("UserCardCode", &code),
        ("ModifyBonus", "1"),
        ("ModifyBalance", "-1000"),
    ] {
        assert_eq!(event.element(name), Some(value), "{name} in {}", event.body);
    }
}

#[test]
fn a_client_library_that_always_sends_points_changes_a_card_without() {
    let server = TestServer::start();
    let (_, code) = claimed(&server, json!({}), json!({"supply_bonus": false, "auto_activate": true}));
    let reply = server.ok(PATH, json!({"code": code, "bonus": 0, "balance": 900, "can_give_friend": false}));
    assert_eq!((&reply["result_bonus"], &reply["result_balance"]), (&json!(0), &json!(900)));
    server.expect_errcode("/wallet/v1/gift", json!({"code": code, "openid": HOLDER}), 40127);
}

#[test]
fn the_merchant_opens_and_closes_giving_for_each_code() {
    let server = TestServer::start();
    let (_, code) = active(&server);
    let can_give = |expected: bool| {
        let shown = server.ok("/wallet/v1/get", json!({"code": code, "openid": HOLDER}));
        assert_eq!(shown["can_give_friend"], expected);
        let gift = json!({"code": code, "openid": HOLDER});
        match expected {
            false => drop(server.expect_errcode("/wallet/v1/gift", gift, 40127)),
            true => {
                server.ok("/wallet/v1/gift", gift.clone());
                server.ok("/wallet/v1/gift/cancel", gift);
            }
        }
    };
    can_give(true);
    server.ok(PATH, json!({"code": code, "can_give_friend": false}));
    can_give(false);
    server.ok(PATH, json!({"code": code, "balance": 1}));
    can_give(false);
    server.ok(PATH, json!({"code": code, "can_give_friend": "1"}));
    can_give(true);
}

#[test]
fn a_card_without_a_balance_takes_none() {
    let server = TestServer::start();
    for beside in [
        json!({"supply_balance": false}),
        json!({"sub_card_type": "VOUCHER", "supply_balance": false, "init_balance": 0}),
        json!({"sub_card_type": "CAMPUS_CARD", "supply_balance": false, "init_balance": 0}),
    ] {
        let (_, code) = claimed(&server, json!({}), merged(json!({"auto_activate": true}), beside));
        server.expect_errcode(PATH, json!({"code": code, "balance": 100}), 40097);
        server.expect_errcode(PATH, json!({"code": code, "add_balance": 100}), 40097);
        server.ok(PATH, json!({"code": code, "add_bonus": 1}));
    }
}

#[test]
fn update_user_errors_follow_the_documented_order() {
    let server = TestServer::start();
    let (_, inactive) = claimed(&server, json!({}), json!({}));
    let (_, code) = active(&server);
    let long = "x".repeat(43);
    server.expect_errcode(PATH, json!({"record_bonus": long}), 41013);
    server.expect_errcode(PATH, json!({"code": "1", "record_bonus": long}), 45021);
    for (code, errcode) in refused_codes(&server) {
        server.expect_errcode(PATH, json!({"code": code, "bonus": -1, "balance": -1}), errcode);
    }
    server.expect_errcode(PATH, json!({"code": inactive, "bonus": -1, "balance": -1}), 40127);
    server.expect_errcode(PATH, json!({"code": code, "bonus": -1, "balance": -1}), 45022);
    server.expect_errcode(PATH, json!({"code": code, "balance": -1}), 45023);
    server.expect_errcode(PATH, json!({"code": code, "balance": 12.5}), 47001);
    assert_eq!(shown(&server, &code), ("G001".to_owned(), 5, 10_000));
}
