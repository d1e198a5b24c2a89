//! Requests of real clients that differ from the manual: PHP's empty list for an object, numbers for texts, a token in
//! a form, a whole form sent back. Each kind is tried on every call that can get it.

use crate::support::*;

#[test]
fn an_empty_list_for_an_object_is_not_given() {
    let server = TestServer::start();
    let card_id = server.create(card("MEMBER_CARD"));
    let before = server.section(&card_id);
    for section in [
        json!({"base_info": []}),
        json!({"base_info": {"pay_info": [], "date_info": [], "sku": [], "sub_merchant_info": []}}),
        json!({"base_info": {"pay_info": {"swipe_card": []}}}),
        json!({"advanced_info": [], "bonus_rule": [], "custom_field1": [], "custom_cell1": []}),
        json!({"modify_msg_operation": {"url_cell": [], "card_cell": []}, "activate_msg_operation": []}),
    ] {
        let body = json!({"card_id": card_id, "member_card": section});
        assert_eq!(server.ok("/card/update", body)["send_check"], false, "{section}");
    }
    let after = server.section(&card_id);
    assert_eq!(after["base_info"]["date_info"], before["base_info"]["date_info"]);
    for (path, body, errcode) in [
        ("/card/update", json!({"card_id": card_id, "member_card": []}), 41011),
        ("/card/create", json!({"card": []}), 41011),
        ("/card/create", json!({"card": {"card_type": "GROUPON", "groupon": []}}), 41011),
        ("/card/create", json!({"card": {"card_type": "GROUPON", "groupon": {"base_info": []}}}), 41011),
        ("/card/qrcode/create", json!({"action_name": "QR_CARD", "action_info": []}), 40053),
        ("/card/qrcode/create", json!({"action_name": "QR_CARD", "action_info": {"card": []}}), 40053),
        ("/card/submerchant/submit", json!({"info": []}), 41011),
        ("/card/paygiftcard/add", json!({"rule_info": []}), 41011),
        ("/cgi-bin/poi/addpoi", json!({"business": []}), 41011),
        ("/card/get", json!([]), 41012),
    ] {
        server.expect_errcode(path, body, errcode);
    }
    server.ok("/card/getcolors", json!([]));
    let form = json!({
        "required_form": [], "bind_old_card": [], "service_statement": {"name": "会员守则"},
        "optional_form": {"rich_field_list": [], "common_field_id_list": []},
    });
    let with_form = server.create_with_form(json!({}), form);
    let code = server.claim(&with_form, "o1");
    let change = json!({"card_id": with_form, "code": code, "membership_number": "1"});
    server.ok("/card/membercard/activate", change);
    let change = json!({"card_id": with_form, "code": code, "notify_optional": [], "add_bonus": 1});
    server.ok("/card/membercard/updateuser", change);
}

#[test]
fn numbers_stand_for_texts_in_every_call_of_members() {
    let server = TestServer::start();
    let fields = json!({
        "custom_field1": {"name": "里程", "name_type": 0}, "custom_field2": {"name": "等级"},
        "custom_field3": {"name": "折扣"},
    });
    let card_id = server.create(card_with_both("MEMBER_CARD", json!({}), fields));
    assert_eq!(server.section(&card_id)["custom_field1"], json!({"name": "里程"}));
    let code = server.claim(&card_id, "o1");
    server.ok("/card/membercard/activate", json!({"card_id": card_id, "code": code, "membership_number": 1}));
    let change = json!({
        "code": code, "card_id": card_id, "custom_field_value1": 12.50, "custom_field_value2": 7,
        "custom_field_value3": 1e3, "record_bonus": 100, "add_bonus": 5, "membership_number": 10086,
    });
    server.ok("/card/membercard/updateuser", change);
    let shown = server.ok("/card/membercard/userinfo/get", json!({"card_id": card_id, "code": code}));
    assert_eq!(shown["membership_number"], "10086");
    let values: Vec<_> = shown["user_info"]["custom_field_list"].as_array().into_iter().flatten().collect();
    let values: Vec<_> = values.iter().map(|field| field["value"].clone()).collect();
    assert_eq!(values, ["12.5", "7", "1000"]);
}

#[test]
fn a_token_may_come_in_a_form_where_the_query_has_none() {
    let server = TestServer::start();
    let card_id = server.create(card("GROUPON"));
    let post = |target: &str, body: &str| {
        let headers = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
        server.send("POST", target, &headers, body.as_bytes()).json()["errcode"].clone()
    };
    let token = server.token();
    let form = format!("access_token={token}&card_id={card_id}");
    assert_eq!(post("/card/get", &form), 0);
    assert_eq!(post("/card/getcolors", &format!("access_token={token}")), 0);
    assert_eq!(post("/cgi-bin/ticket/getticket?type=wx_card", &format!("access_token={token}")), 0);
    assert_eq!(post("/card/get", &format!("card_id={card_id}")), 41001);
    assert_eq!(post("/card/get", &format!("access_token=x&card_id={card_id}")), 40001);
    // A token in the query wins, and the body is then parsed as JSON, whatever its content type is.
    let target = format!("/card/get?access_token={token}");
    assert_eq!(post(&target, &form), 47001);
    assert_eq!(post(&target, &json!({"card_id": card_id}).to_string()), 0);
}

#[test]
fn keys_at_the_place_of_an_sdks_model_are_taken() {
    let server = TestServer::start();
    let misplaced = json!({
        "activate_app_brand_user_name": "gh_1@app", "activate_app_brand_pass": "pages/a",
        "modify_msg_operation": {"url_cell": {"text": "兑换", "url": "http://a"}},
        "pay_info": {"swipe_card": {"is_swipe_card": true, "is_pay_and_qrcode": true}},
    });
    let beside = json!({"need_push_on_view": true});
    let id = server.create(card_with_both("MEMBER_CARD", misplaced, beside));
    let section = server.section(&id);
    assert_eq!(section["base_info"]["need_push_on_view"], true);
    assert_eq!(section["base_info"]["pay_info"]["swipe_card"]["is_pay_and_qrcode"], true);
    assert_eq!(section["activate_app_brand_user_name"], "gh_1@app");
    assert_eq!(section["modify_msg_operation"]["url_cell"]["text"], "兑换");
    let body = json!({"card_id": id, "member_card": {"need_push_on_view": false}});
    server.ok("/card/update", body);
    assert_eq!(server.base_info(&id)["need_push_on_view"], false);
    for elsewhere in [json!({"title": "x"}), json!({"base_info": {"prerogative": "x"}})] {
        server.expect_errcode("/card/update", json!({"card_id": id, "member_card": elsewhere}), 47001);
    }
}

#[test]
fn a_consume_for_another_holder_than_the_codes_is_refused() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, "o1");
    server.expect_errcode("/card/code/consume", json!({"code": code, "openid": "o2"}), 40003);
    assert_eq!(server.state(&code), ("NORMAL".to_owned(), true));
    server.ok("/card/code/consume", json!({"code": code, "openid": "o1"}));
}

#[test]
fn events_before_event_zero_are_the_end() {
    let server = TestServer::start();
    server.create(card("GROUPON"));
    let reply = server.ok("/kaquan/v1/events/list", json!({"before_event_id": 0}));
    assert_eq!((&reply["events"], &reply["next"]), (&json!([]), &json!(0)));
}

/// Posts a form with this content type.
fn post_form(server: &TestServer, target: &str, content_type: &str, form: &str) -> Value {
    server.send("POST", target, &[("content-type", content_type)], form.as_bytes()).json()
}

const FORM: &str = "application/x-www-form-urlencoded";

#[test]
fn a_token_in_a_form_is_found_however_the_form_comes() {
    let server = TestServer::start();
    let card_id = server.create(card("GROUPON"));
    let form = format!("access_token={}&card_id={card_id}", server.token());
    let end = format!("card_id={card_id}&a={}&access_token={}", "a".repeat(20_000), server.token());
    let large = format!("{form}&a={}", "a".repeat(900_000));
    for (target, content_type, body) in [
        ("/card/get", "Application/X-WWW-Form-Urlencoded", &form),
        ("/card/get", "APPLICATION/X-WWW-FORM-URLENCODED ; charset=UTF-8", &form),
        ("/card/get?access_token=", FORM, &form),
        ("/card/get?access_token=&a=1", FORM, &form),
        ("/card/get?access_token=&access_token=", FORM, &form),
        ("/card/get", FORM, &large),
        ("/card/get", FORM, &end),
    ] {
        let reply = post_form(&server, target, content_type, body);
        assert_eq!(reply["errcode"], 0, "{target} {content_type}: {reply}");
    }
    let too_large = format!("{form}&a={}", "a".repeat(1024 * 1024));
    assert_eq!(post_form(&server, "/card/get", FORM, &too_large)["errcode"], 40035);
    let many = format!("{form}{}", "&a=".repeat(64));
    assert_eq!(post_form(&server, "/card/get", FORM, &many)["errcode"], 40035);
    assert_eq!(
        post_form(&server, "/card/get", "application/x-www-form-urlencodedx", &form)["errcode"],
        41001
    );
    let json = json!({"card_id": card_id}).to_string();
    let target = format!("/card/get?access_token=&access_token={}", server.token());
    assert_eq!(post_form(&server, &target, "application/json", &json)["errcode"], 0);
}

#[test]
fn calls_that_take_get_and_post_read_the_fields_of_a_form() {
    let server = TestServer::start();
    let token = server.token();
    let path = "/cgi-bin/ticket/getticket";
    let query = |kind: &str| {
        let target = format!("{path}?access_token={token}&type={kind}");
        server.send("GET", &target, &[], b"").json()["ticket"].take()
    };
    let (of_cards, of_pages) = (query("wx_card"), query("jsapi"));
    assert_ne!(of_cards, of_pages);
    let in_query = format!("{path}?access_token={token}");
    for (target, form, expected) in [
        (path, format!("access_token={token}&type=wx_card"), &of_cards),
        (path, format!("type=wx_card&access_token={token}"), &of_cards),
        (path, format!("access_token={token}&type=jsapi"), &of_pages),
        (path, format!("access_token={token}"), &of_pages),
        (&in_query, "type=wx_card".to_owned(), &of_cards),
        (&format!("{in_query}&type=jsapi"), "type=wx_card".to_owned(), &of_pages),
        (&format!("{in_query}&type="), "type=wx_card".to_owned(), &of_cards),
    ] {
        let reply = post_form(&server, target, FORM, &form);
        assert_eq!(&reply["ticket"], expected, "{target} {form}: {reply}");
    }
    let wrong = format!("access_token={token}&type=x");
    assert_ne!(post_form(&server, path, FORM, &wrong)["errcode"], 0);
    let (appid, secret) = (&server.app.appid, &server.app.secret);
    let form = format!("grant_type=client_credential&appid={appid}&secret={secret}");
    assert!(post_form(&server, "/cgi-bin/token", FORM, &form)["access_token"].is_string());
}

#[test]
fn numbers_that_lose_digits_are_no_texts() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    for number in ["30000000000000000001", "30000000000000000099", "1e21", "-9223372036854775809"] {
        let target = format!("/wallet/v1/claim?access_token={}", server.token());
        let body = format!(r#"{{"card_id": "{id}", "openid": "oA", "request_no": {number}}}"#);
        let reply = server.send("POST", &target, &[], body.as_bytes()).json();
        assert_eq!(reply["errcode"], 47001, "{number}: {reply}");
        assert!(reply["errmsg"].as_str().is_some_and(|text| text.contains("request_no")), "{reply}");
    }
}
