//! `POST /card/membercard/userinfo/get`: a member before and after activation. WeChat manual: "管理会员卡" (manage member
//! cards), query member information.

use super::super::{HOLDER, active_member, member, userinfo};
use crate::support::shape::shape;
use crate::support::*;

const PATH: &str = "/card/membercard/userinfo/get";

#[test]
fn a_card_that_is_not_active_is_answered_as_the_real_api_answers_it() {
    let server = TestServer::start();
    let id = server.create(card("MEMBER_CARD"));
    let code = server.claim(&id, HOLDER);
    let expected = json!({
        "errcode": 0, "errmsg": "ok", "openid": HOLDER, "nickname": "", "membership_number": "", "bonus": 0,
        "sex": "UNKNOWN", "user_card_status": "NORMAL", "has_active": false,
    });
    let reply = server.post(PATH, json!({"card_id": id, "code": code}));
    assert_eq!(reply.to_string(), expected.to_string());
}

#[test]
fn a_member_has_lists_in_user_info_whatever_they_hold() {
    let server = TestServer::start();
    let (id, code) = active_member(&server);
    assert_eq!(
        userinfo(&server, &id, &code)["user_info"],
        json!({"common_field_list": [], "custom_field_list": []})
    );
    server.ok("/card/membercard/updateuser", json!({"code": code, "custom_field_value2": "3枚"}));
    let expected = json!({
        "errcode": "int", "errmsg": "text", "openid": "text", "nickname": "text", "membership_number": "text",
        "bonus": "int", "balance": "int", "sex": "text",
        "user_info": {
            "common_field_list": [],
            "custom_field_list": [{"name": "text", "value": "text", "value_list": []}],
        },
        "user_card_status": "text", "has_active": "bool",
    });
    assert_eq!(shape(&userinfo(&server, &id, &code)).to_string(), expected.to_string());
}

#[test]
fn balance_is_answered_where_the_card_shows_one() {
    let server = TestServer::start();
    for supply_balance in [true, false] {
        let beside = json!({"supply_balance": supply_balance, "auto_activate": true});
        let id = server.create(card_with_both("MEMBER_CARD", json!({}), beside));
        let code = server.claim(&id, HOLDER);
        assert_eq!(userinfo(&server, &id, &code)["balance"].is_number(), supply_balance);
    }
}

#[test]
fn a_card_that_activates_itself_is_active_at_once_with_its_first_points() {
    let server = TestServer::start();
    let beside = json!({"auto_activate": true, "bonus_rule": {"init_increase_bonus": 10}});
    let id = server.create(card_with_both("MEMBER_CARD", json!({}), beside));
    let code = server.claim(&id, HOLDER);
    let got = userinfo(&server, &id, &code);
    assert_eq!((&got["has_active"], &got["bonus"]), (&json!(true), &json!(10)));
}

#[test]
fn lost_cards_are_still_answered_with_their_state() {
    let server = TestServer::start();
    let (id, code) = active_member(&server);
    server.ok("/wallet/v1/delete", json!({"code": code, "openid": HOLDER}));
    assert_eq!(userinfo(&server, &id, &code)["user_card_status"], "DELETE");
    let (id, code) = active_member(&server);
    server.ok("/card/code/unavailable", json!({"code": code}));
    assert_eq!(userinfo(&server, &id, &code)["user_card_status"], "UNAVAILABLE");
    let (id, code) = active_member(&server);
    server.give(&code, HOLDER, "oFriend");
    assert_eq!(userinfo(&server, &id, &code)["user_card_status"], "GIFT_SUCC");
    let (id, code) = active_member(&server);
    server.ok("/wallet/v1/gift", json!({"code": code, "openid": HOLDER}));
    assert_eq!(userinfo(&server, &id, &code)["user_card_status"], "GIFTING");
    server.pass_days(1);
    assert_eq!(userinfo(&server, &id, &code)["user_card_status"], "GIFT_TIMEOUT");
    server.pass_days(31);
    assert_eq!(userinfo(&server, &id, &code)["user_card_status"], "EXPIRE");
}

#[test]
fn a_membership_goes_over_to_the_friend_it_is_given_to() {
    let server = TestServer::start();
    let (id, code) = active_member(&server);
    let new = server.give(&code, HOLDER, "oFriend");
    let got = userinfo(&server, &id, &new);
    assert_eq!(got["openid"], "oFriend");
    assert_eq!((&got["membership_number"], &got["bonus"]), (&json!("AAA001"), &json!(100)));
    assert_eq!(got["has_active"], true);
}

#[test]
fn card_and_code_are_both_needed_and_belong_together() {
    let server = TestServer::start();
    let (id, code) = member(&server);
    let coupon = server.create(card("GROUPON"));
    let coupons = server.claim(&coupon, HOLDER);
    server.expect_errcode(PATH, json!({"code": code}), 41012);
    server.expect_errcode(PATH, json!({"card_id": id}), 41013);
    server.expect_errcode(PATH, json!({"card_id": id, "code": coupons}), 40056);
    server.expect_errcode(PATH, json!({"card_id": coupon, "code": coupons}), 40071);
    server.expect_errcode(PATH, json!({"card_id": "pUnknown", "code": code}), 40073);
    server.expect_errcode(PATH, json!({"card_id": id, "code": "000000000000"}), 40056);
    let other = server.second_app();
    server.expect_errcode_as(&other, PATH, json!({"card_id": id, "code": code}), 40073);
}
