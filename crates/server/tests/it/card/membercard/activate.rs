//! `POST /card/membercard/activate`: activates a claimed member card. WeChat manual: "创建会员卡" (create a member card),
//! activation by API.

mod geturl;

use super::{HOLDER, active_member, lost_codes, member, userinfo};
use crate::support::*;

const PATH: &str = "/card/membercard/activate";

#[test]
fn a_claimed_card_becomes_active_with_the_merchants_values() {
    let server = TestServer::start();
    let (id, code) = member(&server);
    let reply = server.post(
        PATH,
        json!({
            "card_id": id, "code": code, "membership_number": "AAA00000001", "init_bonus": 100,
            "init_bonus_record": "旧积分同步", "init_balance": 200, "init_custom_field_value1": "白银",
            "init_custom_field_value2": "3", "init_custom_field_value3": "100",
            "background_pic_url": "http://mmbiz.qpic.cn/bg/0",
        }),
    );
    assert_eq!(reply, json!({"errcode": 0, "errmsg": "ok"}));
    let got = userinfo(&server, &id, &code);
    assert_eq!(got["has_active"], true);
    assert_eq!(got["membership_number"], "AAA00000001");
    assert_eq!((&got["bonus"], &got["balance"]), (&json!(100), &json!(200)));
    let values = got["user_info"]["custom_field_list"].as_array().unwrap().iter();
    let values: Vec<_> = values.map(|field| (field["name"].clone(), field["value"].clone())).collect();
    let named = |name: &str, value: &str| (json!(name), json!(value));
    assert_eq!(values, [named("等级", "白银"), named("FIELD_NAME_TYPE_STAMP", "3"), named("里程", "100")]);
    assert_eq!(
        server.ok("/card/code/get", json!({"code": code}))["background_pic_url"],
        "http://mmbiz.qpic.cn/bg/0"
    );
}

#[test]
fn numbers_may_be_text_blank_or_doubles() {
    let server = TestServer::start();
    for (bonus, balance, expected) in [
        (json!("100"), json!(200.0), (100, 200)),
        (json!(""), json!(""), (0, 0)),
        (Value::Null, Value::Null, (0, 0)),
        (json!(0), json!("0"), (0, 0)),
    ] {
        let (id, code) = member(&server);
        let body =
            json!({"code": code, "membership_number": "1", "init_bonus": bonus, "init_balance": balance});
        server.ok(PATH, body);
        let got = userinfo(&server, &id, &code);
        assert_eq!((&got["bonus"], &got["balance"]), (&json!(expected.0), &json!(expected.1)));
    }
}

#[test]
fn a_second_activation_changes_the_number_and_keeps_the_points() {
    let server = TestServer::start();
    let (id, code) = active_member(&server);
    server.ok(PATH, json!({"code": code, "membership_number": "BBB002"}));
    let got = userinfo(&server, &id, &code);
    assert_eq!(got["membership_number"], "BBB002");
    assert_eq!((&got["bonus"], &got["balance"]), (&json!(100), &json!(500)));
    server.ok(PATH, json!({"code": code, "membership_number": "BBB002", "init_bonus": 7}));
    let got = userinfo(&server, &id, &code);
    assert_eq!((&got["bonus"], &got["balance"]), (&json!(100), &json!(500)), "points stay");
}

#[test]
fn activate_keeps_the_points_of_a_member_that_is_active_already() {
    let server = TestServer::start();
    let rule = json!({"supply_balance": true, "bonus_rule": {"init_increase_bonus": 20}});
    let auto = merged(rule.clone(), json!({"auto_activate": true}));
    let auto_id = server.create(card_with_both("MEMBER_CARD", json!({}), auto));
    let auto_code = server.claim(&auto_id, HOLDER);
    let form_id = server.create_with_form(rule, member_form());
    let mut body = member_answers();
    body["card_id"] = form_id.clone().into();
    body["openid"] = HOLDER.into();
    let form_code =
        server.ok("/wallet/v1/activate/submit", body)["code"].as_str().expect("a code").to_owned();
    for (id, code) in [(auto_id, auto_code), (form_id, form_code)] {
        server.ok("/card/membercard/updateuser", json!({"code": code, "add_bonus": 5, "add_balance": 9}));
        let before = userinfo(&server, &id, &code);
        let events = server.post("/kaquan/v1/events/list", json!({"code": code}));
        let again = json!({
            "code": code, "membership_number": "M1", "init_bonus": 0, "init_balance": 0, "init_custom_field_value1": "金",
        });
        server.ok(PATH, again);
        let after = userinfo(&server, &id, &code);
        for key in ["has_active", "bonus", "balance"] {
            assert_eq!(after[key], before[key], "{key}");
        }
        assert_eq!((&after["bonus"], &after["balance"]), (&json!(25), &json!(9)));
        assert_eq!(after["membership_number"], "M1");
        assert_eq!(server.post("/kaquan/v1/events/list", json!({"code": code})), events, "no event");
    }
}

#[test]
fn a_permanent_member_stays_one_whatever_the_year() {
    let server = TestServer::start();
    let permanent = json!({"date_info": {"type": "DATE_TYPE_PERMANENT"}});
    let id = server.create(card_with("MEMBER_CARD", permanent.clone()));
    let code = server.claim(&id, HOLDER);
    let window = || {
        let got = server.ok("/card/code/get", json!({"code": code}));
        (got["card"]["begin_time"].clone(), got["card"]["end_time"].clone())
    };
    assert_eq!(window(), (json!(0), json!(4_294_967_295_i64)));
    // Two permanent ends are accepted: the one that `code/get` returns, and the one of earlier versions.
    for end in [4_294_967_295_i64, 2_147_483_647] {
        let body = json!({"code": code, "membership_number": "1", "activate_end_time": end});
        server.ok(PATH, body);
        assert_eq!(window(), (json!(0), json!(4_294_967_295_i64)));
    }
    server.clock.set(kaquan_core::time::Timestamp(2_208_988_800));
    assert_eq!(server.state(&code), ("NORMAL".to_owned(), true), "in 2040");
    server.ok("/card/membercard/updateuser", json!({"code": code, "add_bonus": 1}));
    let late = server.claim(&id, "oLate");
    server.ok(PATH, json!({"code": late, "membership_number": "2"}));
    let (begin, end) = (2_208_988_800_i64, 2_208_988_900_i64);
    server.ok(PATH, json!({"code": late, "membership_number": "2", "activate_begin_time": begin, "activate_end_time": end}));
    server.clock.set(kaquan_core::time::Timestamp(end + 1));
    assert_eq!(server.state(&late), ("EXPIRE".to_owned(), false), "a window of its own still ends");
}

#[test]
fn a_member_may_have_a_window_of_its_own() {
    let server = TestServer::start();
    let (_, code) = member(&server);
    let (begin, end) = (NOON.0 + 100, NOON.0 + 200);
    let body = json!({
        "code": code, "membership_number": "1", "activate_begin_time": begin, "activate_end_time": end.to_string(),
    });
    server.ok(PATH, body);
    let got = server.ok("/card/code/get", json!({"code": code}));
    assert_eq!((&got["card"]["begin_time"], &got["card"]["end_time"]), (&json!(begin), &json!(end)));
    assert_eq!(got["can_consume"], false);
    server.clock.advance(201);
    assert_eq!(server.state(&code), ("EXPIRE".to_owned(), false));
}

#[test]
fn a_window_that_ends_before_it_begins_is_40079() {
    let server = TestServer::start();
    let (id, code) = member(&server);
    for (begin, end) in [(NOON.0 + 200, NOON.0 + 100), (NOON.0 + 100, NOON.0 + 100), (-5, NOON.0)] {
        let body = json!({
            "code": code, "membership_number": "1", "activate_begin_time": begin, "activate_end_time": end,
        });
        server.expect_errcode(PATH, body, 40079);
    }
    assert_eq!(userinfo(&server, &id, &code)["has_active"], false);
}

#[test]
fn texts_have_the_manuals_limits() {
    let server = TestServer::start();
    let (_, code) = member(&server);
    for (field, max) in [
        ("membership_number", 20),
        ("init_bonus_record", 32),
        ("init_custom_field_value1", 12),
        ("init_custom_field_value2", 12),
        ("init_custom_field_value3", 12),
        ("background_pic_url", 512),
    ] {
        let with = |text: String| {
            let mut body = json!({"code": code, "membership_number": "1"});
            body[field] = text.into();
            body
        };
        for fill in [limits::ascii, limits::chinese] {
            let tail = server.expect_errcode(PATH, with(fill(max + 1)), 45021);
            assert_eq!(tail, format!("{field}: {} bytes, at most {max}", max + 1));
            server.ok(PATH, with(fill(max)));
        }
        server.expect_errcode(PATH, with("a\u{1}".to_owned()), 47001);
    }
}

#[test]
fn points_and_balance_are_between_zero_and_the_32_bit_maximum() {
    let server = TestServer::start();
    let (_, code) = member(&server);
    for (field, errcode) in
        [("init_bonus", ErrCode::BonusOutOfLimit), ("init_balance", ErrCode::BalanceOutOfLimit)]
    {
        for amount in [json!(-1), json!(2_147_483_648_i64), json!("-100"), json!(i64::MAX)] {
            let body = json!({"code": code, "membership_number": "1", field: amount});
            server.expect_errcode(PATH, body, errcode);
        }
        server.expect_errcode(PATH, json!({"code": code, "membership_number": "1", field: 1.5}), 47001);
        server.ok(PATH, json!({"code": code, "membership_number": "1", field: 2_147_483_647}));
    }
}

#[test]
fn a_membership_number_is_a_must() {
    let server = TestServer::start();
    let (_, code) = member(&server);
    for number in [Value::Null, json!("")] {
        let tail = server.expect_errcode(PATH, json!({"code": code, "membership_number": number}), 41011);
        assert_eq!(tail, "m_data.membership_number");
    }
}

#[test]
fn only_a_member_cards_code_in_its_holders_hands_is_activated() {
    let server = TestServer::start();
    let with = |code: &str| json!({"code": code, "membership_number": "1"});
    let coupon = server.create(card("GROUPON"));
    let code = server.claim(&coupon, HOLDER);
    server.expect_errcode(PATH, with(&code), 40071);
    server.expect_errcode(PATH, with("000000000000"), 40056);
    server.expect_errcode(PATH, json!({"membership_number": "1"}), 41013);
    for (state, code, errcode) in lost_codes(&server) {
        let tail = server.expect_errcode(PATH, with(&code), errcode);
        assert!(tail.starts_with("code: "), "{state}: {tail}");
    }
    let (id, code) = member(&server);
    let body = json!({"code": code, "card_id": "pUnknown", "membership_number": "1"});
    server.expect_errcode(PATH, body, 40073);
    let body = json!({"code": code, "card_id": coupon, "membership_number": "1"});
    server.expect_errcode(PATH, body, 40056);
    let other = server.second_app();
    server.expect_errcode_as(
        &other,
        PATH,
        json!({"code": code, "card_id": id, "membership_number": "1"}),
        40073,
    );
    server.pass_days(31);
    server.expect_errcode(PATH, with(&code), 40127);
}

#[test]
fn a_member_of_a_custom_code_is_named_with_the_card() {
    let server = TestServer::start();
    let id = server.create(card_with("MEMBER_CARD", json!({"use_custom_code": true})));
    server.claim_code(&id, HOLDER, "VIP-1");
    server.expect_errcode(PATH, json!({"code": "VIP-1", "membership_number": "VIP-1"}), 40056);
    server.ok(PATH, json!({"code": "VIP-1", "card_id": id, "membership_number": "VIP-1"}));
}
