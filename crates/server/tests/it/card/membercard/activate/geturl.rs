//! `POST /card/membercard/activate/geturl`: the link to the activation form of a member card. WeChat manual: "创建会员卡"
//! (create a member card), one-tap activation.

use crate::support::*;

const PATH: &str = "/card/membercard/activate/geturl";

fn url(server: &TestServer, body: Value) -> String {
    let reply = server.ok(PATH, body);
    reply["url"].as_str().expect("an address").to_owned()
}

/// The text between `from` and `to`.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("{text} without {from}"));
    rest.split_once(to).unwrap_or_else(|| panic!("{text} without {to}")).0
}

#[test]
fn the_link_has_the_parameters_clients_take_apart_in_their_order() {
    let server = TestServer::start();
    let id = server.create_with_form(json!({}), member_form());
    let url = url(&server, json!({"card_id": id, "outer_str": "123"}));
    let start =
        format!("http://{}/bizmall/activatemembercard?action=preshow&&encrypt_card_id=", server.address());
    assert!(url.starts_with(&start), "{url}");
    assert!(url.ends_with("%3D%3D#wechat_redirect"), "{url}");
    let query = url.split_once('?').expect("a query").1;
    let keys: Vec<&str> =
        query.split('&').map(|pair| pair.split_once('=').map_or("", |(key, _)| key)).collect();
    assert_eq!(keys, ["action", "", "encrypt_card_id", "outer_str", "biz"]);
    assert_eq!(between(&url, "outer_str=", "&"), "123");
    let encrypted = plain(between(&url, "encrypt_card_id=", "&"));
    assert_eq!(encrypted.len(), 64, "{url}");
    let shown = server.ok("/wallet/v1/activate/form", json!({"encrypt_card_id": encrypted}));
    assert_eq!(shown["card_id"], id.as_str());
}

#[test]
fn a_channel_is_encoded_and_may_be_left_out() {
    let server = TestServer::start();
    let id = server.create_with_form(json!({}), member_form());
    let with = |outer_str: Value| url(&server, json!({"card_id": id, "outer_str": outer_str}));
    assert_eq!(between(&with(json!("a&b=春")), "outer_str=", "&"), "a%26b%3D%E6%98%A5");
    assert_eq!(between(&with(Value::Null), "outer_str=", "&"), "");
    server.expect_errcode(PATH, json!({"card_id": id, "outer_str": limits::ascii(129)}), 45021);
}

#[test]
fn a_card_no_page_can_claim_or_activate_has_no_link() {
    let server = TestServer::start();
    let custom = json!({"use_custom_code": true});
    let by_form = json!({"activate_url": null, "wx_activate": true});
    let named = server.create(card_with_both("MEMBER_CARD", custom.clone(), by_form.clone()));
    server.expect_errcode(PATH, json!({"card_id": named}), 40158);
    let by_page = server.create(card_with("MEMBER_CARD", custom));
    server.expect_errcode(PATH, json!({"card_id": by_page}), 40158);
    let by_page = server.create(card("MEMBER_CARD"));
    server.expect_errcode(PATH, json!({"card_id": by_page}), 72026);
    let deposit = json!({
        "use_custom_code": true, "get_custom_code_mode": "GET_CUSTOM_CODE_MODE_DEPOSIT", "sku": {"quantity": 0},
    });
    let deposited = server.create(card_with_both("MEMBER_CARD", deposit, by_form));
    url(&server, json!({"card_id": deposited}));
    let coupon = server.create(card("GROUPON"));
    server.expect_errcode(PATH, json!({"card_id": coupon}), 40071);
    server.ok("/card/delete", json!({"card_id": coupon}));
    server.expect_errcode(PATH, json!({"card_id": coupon}), 40078);
    server.expect_errcode(PATH, json!({"card_id": "pUnknown", "outer_str": limits::ascii(129)}), 45021);
    server.expect_errcode(PATH, json!({"card_id": "pUnknown"}), 40073);
    server.expect_errcode(PATH, json!({"outer_str": limits::ascii(129)}), 41012);
}
