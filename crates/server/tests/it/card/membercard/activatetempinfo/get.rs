//! `POST /card/membercard/activatetempinfo/get`: a holder's answers before the merchant activates the card. WeChat
//! manual: "创建会员卡" (create a member card), jump activation.

use crate::support::*;

const PATH: &str = "/card/membercard/activatetempinfo/get";

/// The ticket of a holder who has submitted the form.
fn ticket(server: &TestServer) -> String {
    let jump =
        json!({"wx_activate_after_submit": true, "wx_activate_after_submit_url": "https://shop.example/a"});
    let id = server.create_with_form(jump, member_form());
    let body = merged(json!({"card_id": id, "openid": "oA"}), member_answers());
    let reply = server.ok("/wallet/v1/activate/submit", body);
    let url = reply["url"].as_str().expect("an address");
    plain(url.split_once("activate_ticket=").expect("a ticket").1)
}

#[test]
fn the_answers_can_be_asked_for_as_often_as_the_merchant_likes() {
    let server = TestServer::start();
    let ticket = ticket(&server);
    let expected = json!({
        "errcode": 0, "errmsg": "ok",
        "info": {
            "common_field_list": [
                {"name": "USER_FORM_INFO_FLAG_MOBILE", "value": "15521328888"},
                {"name": "USER_FORM_INFO_FLAG_BIRTHDAY", "value": "2015-4-30"},
            ],
            "custom_field_list": [
                {"name": "职业", "value": "", "value_list": ["赛车手", "旅行家"]},
                {"name": "喜欢的电影", "value": "花样年华", "value_list": []},
            ],
        },
    });
    for ticket in [ticket.clone(), ticket.replace('+', " "), ticket] {
        assert_eq!(server.post(PATH, json!({"activate_ticket": ticket})).to_string(), expected.to_string());
    }
}

#[test]
fn a_ticket_expires_after_half_an_hour() {
    let server = TestServer::start();
    let ticket = ticket(&server);
    server.clock.advance(1799);
    server.ok(PATH, json!({"activate_ticket": ticket}));
    server.clock.advance(1);
    server.expect_errcode(PATH, json!({"activate_ticket": ticket}), 72012);
    server.pass_days(1);
    server.expect_errcode(PATH, json!({"activate_ticket": ticket}), 72011);
}

#[test]
fn an_unknown_ticket_or_one_of_another_app_is_72011() {
    let server = TestServer::start();
    let ticket = ticket(&server);
    server.expect_errcode(PATH, json!({"activate_ticket": "abcdefg"}), 72011);
    let other = server.second_app();
    server.expect_errcode_as(&other, PATH, json!({"activate_ticket": ticket}), 72011);
    for absent in [Value::Null, json!("")] {
        let tail = server.expect_errcode(PATH, json!({"activate_ticket": absent}), 41011);
        assert_eq!(tail, "m_data.activate_ticket");
    }
}
