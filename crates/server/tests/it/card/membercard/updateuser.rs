//! `POST /card/membercard/updateuser`: points, balance and fields of a member. WeChat manual: "管理会员卡" (manage member
//! cards), update member information.

use super::{HOLDER, active_member, lost_codes, member, userinfo};
use crate::support::*;

const PATH: &str = "/card/membercard/updateuser";

#[test]
fn the_reply_has_the_new_totals_and_the_holder() {
    let server = TestServer::start();
    let (id, code) = active_member(&server);
    let body = json!({
        "card_id": id, "code": code, "add_bonus": 30, "record_bonus": "消费30元，获得3积分", "add_balance": -100,
        "record_balance": "购买焦糖玛琪朵一杯，扣除金额30元。", "custom_field_value1": "xxxxx",
        "notify_optional": {"is_notify_bonus": true, "is_notify_custom_field1": true},
    });
    let expected = json!({
        "errcode": 0, "errmsg": "ok", "result_bonus": 130, "result_balance": 400, "openid": HOLDER,
    });
    assert_eq!(server.post(PATH, body).to_string(), expected.to_string());
    let got = userinfo(&server, &id, &code);
    assert_eq!((&got["bonus"], &got["balance"]), (&json!(130), &json!(400)));
    assert_eq!(got["user_info"]["custom_field_list"][0]["value"], "xxxxx");
}

#[test]
fn a_total_given_wins_over_a_change_given_beside_it() {
    let server = TestServer::start();
    let (_, code) = active_member(&server);
    for (body, bonus, balance) in [
        (json!({"bonus": 1000, "add_bonus": 30, "balance": 5, "add_balance": 9}), 1000, 5),
        (json!({"bonus": 1000, "add_bonus": 30}), 1000, 5),
        (json!({"add_bonus": -1000, "add_balance": "10"}), 0, 15),
        (json!({"bonus": "7", "balance": 8.0}), 7, 8),
        (json!({"bonus": 0}), 0, 8),
        (json!({"bonus": null, "add_bonus": ""}), 0, 8),
        (json!({}), 0, 8),
    ] {
        let mut body = body;
        body["code"] = code.clone().into();
        let reply = server.ok(PATH, body.clone());
        assert_eq!(
            (&reply["result_bonus"], &reply["result_balance"]),
            (&json!(bonus), &json!(balance)),
            "{body}"
        );
    }
}

#[test]
fn totals_stay_between_zero_and_the_32_bit_maximum() {
    let server = TestServer::start();
    let (id, code) = active_member(&server);
    for (total, add, errcode) in [
        ("bonus", "add_bonus", ErrCode::BonusOutOfLimit),
        ("balance", "add_balance", ErrCode::BalanceOutOfLimit),
    ] {
        for (field, value) in [
            (total, json!(-1)),
            (total, json!(2_147_483_648_i64)),
            (add, json!(-501)),
            (add, json!(2_147_483_600)),
            (add, json!(i64::MAX)),
            (add, json!(i64::MIN)),
        ] {
            server.expect_errcode(PATH, json!({"code": code, field: value}), errcode);
        }
        server.expect_errcode(PATH, json!({"code": code, total: "many"}), 47001);
    }
    let got = userinfo(&server, &id, &code);
    assert_eq!((&got["bonus"], &got["balance"]), (&json!(100), &json!(500)));
    server.ok(PATH, json!({"code": code, "bonus": 2_147_483_647, "balance": 2_147_483_647}));
}

#[test]
fn one_total_out_of_bounds_keeps_the_rest_out() {
    let server = TestServer::start();
    let (id, code) = active_member(&server);
    let body = json!({"code": code, "add_bonus": 5, "add_balance": -9999, "membership_number": "NEW"});
    server.expect_errcode(PATH, body, 45023);
    let got = userinfo(&server, &id, &code);
    assert_eq!((&got["bonus"], &got["membership_number"]), (&json!(100), &json!("AAA001")));
}

#[test]
fn texts_have_their_limits() {
    let server = TestServer::start();
    let (_, code) = active_member(&server);
    for (field, max) in [
        ("record_bonus", 42),
        ("record_balance", 64),
        ("custom_field_value1", 12),
        ("custom_field_value2", 12),
        ("custom_field_value3", 12),
        ("membership_number", 20),
        ("background_pic_url", 512),
    ] {
        for fill in [limits::ascii, limits::chinese] {
            server.ok(PATH, json!({"code": code, field: fill(max)}));
            server.expect_errcode(PATH, json!({"code": code, field: fill(max + 1)}), 45021);
        }
    }
}

#[test]
fn a_card_that_is_not_active_is_40127() {
    let server = TestServer::start();
    let (id, code) = member(&server);
    server.expect_errcode(PATH, json!({"code": code, "card_id": id, "add_bonus": 5}), 40127);
}

#[test]
fn only_a_members_code_in_its_holders_hands_is_changed() {
    let server = TestServer::start();
    let coupon = server.create(card("GROUPON"));
    let code = server.claim(&coupon, HOLDER);
    server.expect_errcode(PATH, json!({"code": code, "add_bonus": 5}), 40071);
    server.expect_errcode(PATH, json!({"code": "000000000000", "add_bonus": 5}), 40056);
    server.expect_errcode(PATH, json!({"add_bonus": 5}), 41013);
    for (state, code, errcode) in lost_codes(&server) {
        let tail = server.expect_errcode(PATH, json!({"code": code, "add_bonus": 5}), errcode);
        assert!(tail.starts_with("code: "), "{state}: {tail}");
    }
    let (id, code) = active_member(&server);
    server.expect_errcode(PATH, json!({"code": code, "card_id": coupon, "add_bonus": 5}), 40056);
    let other = server.second_app();
    server.expect_errcode_as(&other, PATH, json!({"code": code, "card_id": id, "add_bonus": 5}), 40073);
    server.pass_days(31);
    server.expect_errcode(PATH, json!({"code": code, "add_bonus": 5}), 40127);
}

#[test]
fn notify_optional_is_read_leniently_and_kept_in_the_log() {
    let server = TestServer::start();
    let (_, code) = active_member(&server);
    for (flags, expected) in [
        (Value::Null, None),
        (json!({}), None),
        (json!([]), None),
        (json!({"is_notify_bonus": "false"}), Some(r#"{"is_notify_bonus":false}"#)),
        (json!({"is_notify_custom_field3": 1, "other": 1}), Some(r#"{"is_notify_custom_field3":true}"#)),
    ] {
        server.ok(PATH, json!({"code": code, "add_bonus": 1, "notify_optional": flags}));
        let events = server.store.events(server.app.id, kaquan_core::id::EventSeq(0), 1000).unwrap();
        assert_eq!(events.last().unwrap().detail.as_deref(), expected, "{flags}");
    }
    for wrong in [json!("yes"), json!([1]), json!({"is_notify_bonus": "yes"})] {
        server.expect_errcode(PATH, json!({"code": code, "add_bonus": 1, "notify_optional": wrong}), 47001);
    }
}
