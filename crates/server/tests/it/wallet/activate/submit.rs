//! `POST /wallet/v1/activate/submit`: a holder submits the activation form of a member card. WeChat manual: "创建会员卡"
//! (create a member card), one-tap activation and jump activation.

use crate::support::*;

const PATH: &str = "/wallet/v1/activate/submit";

fn by_card(id: &str, openid: &str) -> Value {
    merged(json!({"card_id": id, "openid": openid}), member_answers())
}

fn userinfo(server: &TestServer, id: &str, code: &str) -> Value {
    server.ok("/card/membercard/userinfo/get", json!({"card_id": id, "code": code}))
}

#[test]
fn a_submitted_form_claims_the_card_and_makes_a_member() {
    let server = TestServer::start();
    let beside = json!({"bonus_rule": {"init_increase_bonus": 10}, "custom_field1": {"name": "等级"}});
    let id = server.create_with_form(beside, member_form());
    let mut body = by_card(&id, "oA");
    body["outer_str"] = "poster".into();
    let reply = server.ok(PATH, body);
    let code = reply["code"].as_str().expect("a code");
    assert_eq!(reply, json!({"errcode": 0, "errmsg": "ok", "card_id": id, "code": code}));
    assert_eq!(server.ok("/card/code/get", json!({"code": code}))["outer_str"], "poster");
    server.ok("/card/membercard/updateuser", json!({"code": code, "custom_field_value1": "白银"}));
    let expected = json!({
        "errcode": 0, "errmsg": "ok", "openid": "oA", "nickname": "", "membership_number": code, "bonus": 10,
        "sex": "UNKNOWN",
        "user_info": {
            "common_field_list": [
                {"name": "USER_FORM_INFO_FLAG_MOBILE", "value": "15521328888"},
                {"name": "USER_FORM_INFO_FLAG_BIRTHDAY", "value": "2015-4-30"},
            ],
            "custom_field_list": [
                {"name": "等级", "value": "白银", "value_list": []},
                {"name": "职业", "value": "", "value_list": ["赛车手", "旅行家"]},
                {"name": "喜欢的电影", "value": "花样年华", "value_list": []},
            ],
        },
        "user_card_status": "NORMAL", "has_active": true,
    });
    assert_eq!(userinfo(&server, &id, code).to_string(), expected.to_string());
    let shown = server.ok("/wallet/v1/get", json!({"code": code, "openid": "oA"}));
    assert_eq!(shown["member"]["membership_number"], code);
    assert_eq!(server.ok("/card/code/get", json!({"code": code}))["membership_number"], code);
}

#[test]
fn a_card_that_is_held_becomes_active_by_card_or_by_code() {
    let server = TestServer::start();
    let id = server.create_with_form(json!({}), member_form());
    let code = server.claim(&id, "oA");
    assert_eq!(server.ok(PATH, by_card(&id, "oA"))["code"], code.as_str());
    assert_eq!(userinfo(&server, &id, &code)["has_active"], true);
    assert_eq!(server.stock(&id), (999, 1000));
    let code = server.claim(&id, "oB");
    let body = merged(json!({"code": code, "openid": "oB"}), member_answers());
    server.ok(PATH, body);
    assert_eq!(userinfo(&server, &id, &code)["has_active"], true);
}

#[test]
fn a_member_changes_the_answers_that_the_form_allows() {
    let server = TestServer::start();
    let id = server.create_with_form(json!({}), member_form());
    let code = server.ok(PATH, by_card(&id, "oA"))["code"].take();
    let change = |list: Value| json!({"code": code, "openid": "oA", "common_field_list": list});
    let sex = json!([{"name": "USER_FORM_INFO_FLAG_SEX", "value": "女"}]);
    server.ok(PATH, change(sex));
    let got = userinfo(&server, &id, code.as_str().expect("a code"));
    assert_eq!(got["sex"], "FEMALE");
    assert_eq!(
        got["user_info"]["common_field_list"][1]["value"], "2015-4-30",
        "an answer that is not named stays"
    );
    let mobile = json!([{"name": "USER_FORM_INFO_FLAG_MOBILE", "value": "1"}]);
    server.expect_errcode(PATH, change(mobile), 40097);
    let fixed = server.create_with_form(json!({}), json!({"optional_form": {"custom_field_list": ["星座"]}}));
    let body = json!({"card_id": fixed, "openid": "oA"});
    server.ok(PATH, body.clone());
    server.expect_errcode(PATH, body, 40127);
}

#[test]
fn a_holder_goes_on_to_the_merchants_page_where_the_merchant_activates() {
    let server = TestServer::start();
    for (address, start) in [
        ("https://shop.example/a", "https://shop.example/a?card_id="),
        ("https://shop.example/a?b=1", "https://shop.example/a?b=1&card_id="),
    ] {
        let jump = json!({"wx_activate_after_submit": true, "wx_activate_after_submit_url": address});
        let id = server.create_with_form(jump, member_form());
        let mut body = by_card(&id, "oA");
        body["outer_str"] = "a b".into();
        let reply = server.ok(PATH, body);
        let url = reply["url"].as_str().expect("an address");
        assert!(url.starts_with(&format!("{start}{id}&encrypt_code=")), "{url}");
        let query = url.split_once(&id).expect("the card").1;
        let pairs: Vec<(&str, &str)> =
            query[1..].split('&').map(|pair| pair.split_once('=').expect("a pair")).collect();
        let keys: Vec<&str> = pairs.iter().map(|(key, _)| *key).collect();
        assert_eq!(keys, ["encrypt_code", "outer_str", "openid", "activate_ticket"]);
        assert_eq!((pairs[1].1, pairs[2].1), ("a%20b", "oA"));
        let decrypted = server.ok("/card/code/decrypt", json!({"encrypt_code": plain(pairs[0].1)}));
        assert_eq!(decrypted["code"], reply["code"]);
        let code = reply["code"].as_str().expect("a code");
        assert_eq!(userinfo(&server, &id, code)["has_active"], false);
        let activate = json!({"code": code, "membership_number": "no 1", "init_bonus": 5});
        server.ok("/card/membercard/activate", activate);
        let got = userinfo(&server, &id, code);
        assert_eq!((&got["has_active"], &got["bonus"]), (&json!(true), &json!(5)));
        assert_eq!(got.get("user_info"), None, "it went to the merchant's page only");
    }
}

#[test]
fn a_repeated_submission_answers_the_same_ticket() {
    let server = TestServer::start();
    let jump =
        json!({"wx_activate_after_submit": true, "wx_activate_after_submit_url": "https://shop.example/a"});
    let id = server.create_with_form(jump, member_form());
    let target = format!("{PATH}?access_token={}", server.token());
    let tickets: Vec<String> = (0..2)
        .map(|_| {
            let body = by_card(&id, "oA").to_string();
            let reply = server.send("POST", &target, &[("Idempotency-Key", "k")], body.as_bytes()).json();
            let url = reply["url"].as_str().expect("an address").to_owned();
            url.split_once("activate_ticket=").expect("a ticket").1.to_owned()
        })
        .collect();
    assert_eq!(tickets[0], tickets[1]);
    assert_eq!(server.stock(&id), (999, 1000));
}

#[test]
fn answers_that_do_not_fit_are_refused_and_nothing_is_claimed() {
    let server = TestServer::start();
    let id = server.create_with_form(json!({}), member_form());
    let with = |patch: Value| merged(by_card(&id, "oA"), patch);
    let common = |name: &str, value: &str| json!({"common_field_list": [{"name": name, "value": value}]});
    let own = |answer: Value| json!({"custom_field_list": [answer]});
    for (patch, errcode) in [
        (common("USER_FORM_INFO_FLAG_SEX", "男"), ErrCode::MissingFields),
        (common("USER_FORM_INFO_FLAG_MOBILE", ""), ErrCode::MissingFields),
        (common("USER_FORM_INFO_FLAG_NAME", "a"), ErrCode::InvalidArgs),
        (common("USER_FORM_INFO_FLAG_MOBILE", &limits::ascii(513)), ErrCode::OutOfLengthLimit),
        (own(json!({"name": "职业", "value_list": ["演员"]})), ErrCode::InvalidArgs),
        (own(json!({"name": "职业", "value": "赛车手"})), ErrCode::InvalidArgs),
        (own(json!({"name": "星座", "value": "a"})), ErrCode::InvalidArgs),
        (own(json!({"name": "职业"})), ErrCode::MissingFields),
        (json!({"custom_field_list": "职业"}), ErrCode::DataFormat),
    ] {
        server.expect_errcode(PATH, with(patch), errcode);
    }
    assert_eq!(server.stock(&id), (1000, 1000));
}

#[test]
fn activate_submit_errors_follow_the_documented_order() {
    let server = TestServer::start();
    let id = server.create_with_form(json!({}), member_form());
    server.expect_errcode(PATH, json!({"common_field_list": 1}), 41009);
    server.expect_errcode(PATH, json!({"openid": "oA", "common_field_list": 1}), 41012);
    server.expect_errcode(
        PATH,
        json!({"openid": "oA", "card_id": "pUnknown", "common_field_list": 1}),
        47001,
    );
    server.expect_errcode(PATH, json!({"openid": "oA", "card_id": "pUnknown"}), 40073);
    server.expect_errcode(PATH, json!({"openid": "oA", "code": "000000000000"}), 40056);
    let coupon = server.create(card("GROUPON"));
    server.expect_errcode(PATH, json!({"openid": "oA", "card_id": coupon}), 40071);
    let by_page = server.create(card("MEMBER_CARD"));
    server.expect_errcode(PATH, json!({"openid": "oA", "card_id": by_page}), 72026);
    let code = server.claim(&id, "oB");
    server.expect_errcode(PATH, json!({"openid": "oA", "code": code}), 40003);
    server.ok("/wallet/v1/delete", json!({"openid": "oB", "code": code}));
    server.expect_errcode(PATH, json!({"openid": "oB", "code": code}), 40127);
    server.ok("/card/delete", json!({"card_id": id}));
    server.expect_errcode(PATH, json!({"openid": "oA", "card_id": id}), 41011);
    server.expect_errcode(PATH, by_card(&id, "oA"), 40078);
}
