//! `POST /card/mpnews/gethtml`: an HTML element for an article. WeChat manual: "投放卡券" (distribute cards).

use crate::support::*;

const PATH: &str = "/card/mpnews/gethtml";

#[test]
fn the_element_leads_to_the_card_on_this_server() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let reply = server.ok(PATH, json!({"card_id": id}));
    let content = reply["content"].as_str().expect("text");
    let opening = "<iframe class=\"res_iframe card_iframe js_editor_card\" data-src=\"http://";
    assert!(content.starts_with(opening) && content.ends_with("#wechat_redirect\"></iframe>"), "{content}");
    assert!(content.contains(&format!("&amp;cardid={id}&amp;wechat_card_js=1")), "{content}");
    assert!(content.contains("/bizmall/appmsgcard?action=show&amp;biz="), "{content}");
}

#[test]
fn own_codes_must_be_imported_first() {
    let server = TestServer::start();
    let custom = server.create(card_with("GROUPON", json!({"use_custom_code": true})));
    server.expect_errcode(PATH, json!({"card_id": custom}), 40078);
    let empty = json!({
        "use_custom_code": true, "get_custom_code_mode": "GET_CUSTOM_CODE_MODE_DEPOSIT", "sku": {"quantity": 0},
    });
    let deposit = server.create(card_with("GROUPON", empty));
    server.expect_errcode(PATH, json!({"card_id": deposit}), 40078);
    server.ok("/card/code/deposit", json!({"card_id": deposit, "code": ["a1"]}));
    server.ok(PATH, json!({"card_id": deposit}));
}

#[test]
fn every_refusal_has_its_errcode() {
    let server = TestServer::start();
    server.expect_errcode(PATH, json!({}), 41012);
    server.expect_errcode(PATH, json!({"card_id": "pNowhere"}), 40073);
    let id = server.create(card("GROUPON"));
    server.ok("/card/delete", json!({"card_id": id}));
    server.expect_errcode(PATH, json!({"card_id": id}), 40078);
}
