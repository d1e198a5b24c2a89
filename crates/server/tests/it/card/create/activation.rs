//! A member card needs a way to become active. WeChat manual: "创建会员卡" (create a member card).

use crate::support::*;

fn member_card(beside: Value) -> Value {
    let mut card = card_with_both("MEMBER_CARD", json!({}), json!({"activate_url": null}));
    for (key, value) in beside.as_object().unwrap() {
        card["member_card"][key] = value.clone();
    }
    card
}

#[test]
fn a_member_card_is_activated_automatically_by_form_or_by_merchant() {
    let server = TestServer::start();
    for way in [
        json!({"auto_activate": true}),
        json!({"auto_activate": "true"}),
        json!({"wx_activate": true}),
        json!({"activate_url": "https://shop.example/activate"}),
        json!({"activate_app_brand_user_name": "gh_86a091e50ad4@app"}),
        json!({"bind_old_card_url": "https://shop.example/bind"}),
    ] {
        server.create(member_card(way));
    }
}

#[test]
fn a_member_card_without_a_way_to_activate_it_is_41011() {
    let server = TestServer::start();
    for way in [json!({}), json!({"activate_url": ""}), json!({"auto_activate": false, "wx_activate": "0"})] {
        let body = json!({"card": member_card(way)});
        assert_eq!(server.expect_errcode("/card/create", body, 41011), "m_data.activate_url");
    }
}
