//! `POST /card/membercard/activateuserform/set`: the form of a member card. WeChat manual: "创建会员卡" (create a member
//! card), one-tap activation.

use crate::support::*;

const PATH: &str = "/card/membercard/activateuserform/set";

fn by_form(server: &TestServer) -> String {
    let beside = json!({"activate_url": null, "wx_activate": true});
    server.create(card_with_both("MEMBER_CARD", json!({}), beside))
}

/// The form, as a page gets it.
fn shown(server: &TestServer, id: &str) -> Value {
    server.ok("/wallet/v1/activate/form", json!({"card_id": id}))["form"].take()
}

#[test]
fn a_form_is_taken_as_the_manual_has_it_and_shown_as_it_was_sent() {
    let server = TestServer::start();
    let id = by_form(&server);
    let form = json!({
        "service_statement": {"name": "会员守则", "url": "https://www.qq.com"},
        "bind_old_card": {"name": "老会员绑定", "url": "https://www.qq.com"},
        "required_form": {
            "can_modify": false,
            "rich_field_list": [
                {"type": "FORM_FIELD_RADIO", "name": "兴趣", "values": ["钢琴", "舞蹈", "足球"]},
                {"type": "FORM_FIELD_SELECT", "name": "喜好", "values": ["郭敬明", "韩寒", "南派三叔"]},
                {"type": "FORM_FIELD_CHECK_BOX", "name": "职业", "values": ["赛车手", "旅行家"]},
            ],
            "common_field_id_list": ["USER_FORM_INFO_FLAG_MOBILE"],
        },
        "optional_form": {
            "can_modify": false,
            "common_field_id_list": ["USER_FORM_INFO_FLAG_LOCATION", "USER_FORM_INFO_FLAG_BIRTHDAY"],
            "custom_field_list": ["喜欢的电影"],
        },
    });
    let reply = server.post(PATH, merged(json!({"card_id": id}), form.clone()));
    assert_eq!(reply, json!({"errcode": 0, "errmsg": "ok"}));
    assert_has(&shown(&server, &id), &form, "form");
}

#[test]
fn each_call_replaces_the_form() {
    let server = TestServer::start();
    let id = server.create_with_form(json!({}), member_form());
    server.ok(PATH, json!({"card_id": id, "optional_form": {"custom_field_list": ["星座"]}}));
    let form = shown(&server, &id);
    assert_eq!(form.get("service_statement"), None);
    assert_eq!(form["required_form"]["common_field_id_list"], json!([]));
    assert_eq!(form["optional_form"]["custom_field_list"], json!(["星座"]));
}

#[test]
fn every_field_of_wechats_is_known_in_both_spellings() {
    let server = TestServer::start();
    let id = by_form(&server);
    let fields = [
        "MOBILE",
        "SEX",
        "NAME",
        "BIRTHDAY",
        "IDCARD",
        "EMAIL",
        "LOCATION",
        "EDUCATION_BACKGROUND",
        "CAREER",
        "INDUSTRY",
        "INCOME",
        "HABIT",
    ];
    let ids: Vec<String> = fields.iter().map(|field| format!("USER_FORM_INFO_FLAG_{field}")).collect();
    server.ok(PATH, json!({"card_id": id, "required_form": {"common_field_id_list": ids}}));
    assert_eq!(shown(&server, &id)["required_form"]["common_field_id_list"], json!(ids));
    let others = ["USER_FORM_INFO_FLAG_DETAIL_LOCATION", "USER_FORM_INFO_FLAG_EDUCATION_BACKGRO"];
    server.ok(PATH, json!({"card_id": id, "required_form": {"common_field_id_list": others}}));
    let proper = ["USER_FORM_INFO_FLAG_LOCATION", "USER_FORM_INFO_FLAG_EDUCATION_BACKGROUND"];
    assert_eq!(shown(&server, &id)["required_form"]["common_field_id_list"], json!(proper));
}

#[test]
fn an_unknown_key_of_a_form_is_47001_with_the_rest_of_the_request() {
    let server = TestServer::start();
    let id = by_form(&server);
    let body =
        json!({"card_id": id, "required_form": {"common_filed_id_list": ["USER_FORM_INFO_FLAG_EMAIL"]}});
    let tail = server.expect_errcode(PATH, body, 47001);
    assert!(tail.ends_with(r#"Error before ":["USER_FORM_INFO_FLAG_EMAIL"]}}"#), "{tail}");
    let tail = server.expect_errcode(PATH, json!({"card_id": id, "require_form": {"a": 1}}), 47001);
    assert!(tail.ends_with(r#"Error before ":{"a":1}}"#), "{tail}");
}

#[test]
fn limits_have_their_own_errcodes() {
    let server = TestServer::start();
    let id = by_form(&server);
    let six = ["1", "2", "3", "4", "5", "6"];
    let link = |name: usize, url: usize| json!({"name": limits::ascii(name), "url": limits::ascii(url)});
    for (form, errcode) in [
        (json!({"optional_form": {"custom_field_list": six}}), ErrCode::TooManyCustomFields),
        (json!({"optional_form": {"custom_field_list": ["1", "1"]}}), ErrCode::InvalidArgs),
        (
            json!({"optional_form": {"common_field_id_list": ["USER_FORM_INFO_FLAG_SHOE"]}}),
            ErrCode::InvalidArgs,
        ),
        (json!({"service_statement": link(33, 9)}), ErrCode::OutOfLengthLimit),
        (json!({"bind_old_card": link(32, 129)}), ErrCode::OutOfLengthLimit),
        (json!({"bind_old_card": {"name": "a"}}), ErrCode::MissingFields),
        (
            json!({"required_form": {"rich_field_list": [{"type": "FORM_FIELD_RADIO", "name": "a"}]}}),
            ErrCode::MissingFields,
        ),
    ] {
        server.expect_errcode(PATH, merged(json!({"card_id": id}), form), errcode);
    }
    server.ok(PATH, json!({"card_id": id, "service_statement": link(32, 128)}));
}

#[test]
fn a_card_that_is_not_activated_by_a_form_is_72026() {
    let server = TestServer::start();
    let with = |beside: Value| server.create(card_with_both("MEMBER_CARD", json!({}), beside));
    for id in [
        with(json!({})),
        with(json!({"wx_activate": true})),
        with(json!({"activate_url": null, "wx_activate": true, "auto_activate": true})),
    ] {
        server.expect_errcode(PATH, merged(json!({"card_id": id}), member_form()), 72026);
    }
}

#[test]
fn activateuserform_set_errors_follow_the_documented_order() {
    let server = TestServer::start();
    let coupon = server.create(card("GROUPON"));
    server.expect_errcode(PATH, json!({"x": 1}), 41012);
    server.expect_errcode(PATH, json!({"card_id": "pUnknown", "x": 1}), 47001);
    server.expect_errcode(PATH, json!({"card_id": "pUnknown"}), 40073);
    server.expect_errcode(PATH, json!({"card_id": coupon}), 40071);
    server.ok("/card/delete", json!({"card_id": coupon}));
    server.expect_errcode(PATH, json!({"card_id": coupon}), 40078);
    let id = by_form(&server);
    let other = server.second_app();
    server.expect_errcode_as(&other, PATH, json!({"card_id": id}), 40073);
}
