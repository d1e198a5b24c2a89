//! `POST /wallet/v1/get`: a code, as it is shown on the holder's phone.

use crate::support::*;

const PATH: &str = "/wallet/v1/get";

#[test]
fn a_code_comes_with_its_encrypted_form_and_links_that_carry_it() {
    let server = TestServer::start();
    let base = json!({"custom_url": "https://shop.example/use?x=1#top", "custom_url_name": "使用"});
    let id = server.create(card_with("GROUPON", base));
    let code = server.claim(&id, "oA");
    let shown = server.ok(PATH, json!({"openid": "oA", "code": code}));
    assert_eq!((&shown["card_id"], &shown["code"]), (&json!(id), &json!(code)));
    assert_eq!((&shown["user_card_status"], &shown["can_consume"]), (&json!("NORMAL"), &json!(true)));
    let encrypted = shown["encrypt_code"].as_str().expect("text");
    assert_eq!(server.ok("/card/code/decrypt", json!({"encrypt_code": encrypted}))["code"], code);
    let link = shown["links"]["custom_url"].as_str().expect("a link");
    assert!(link.starts_with("https://shop.example/use?x=1&encrypt_code="), "{link}");
    assert!(link.ends_with(&format!("&card_id={id}#top")), "{link}");
}

#[test]
fn a_member_and_a_ticket_are_shown() {
    let server = TestServer::start();
    let member = server.create(card_with_both("MEMBER_CARD", json!({}), json!({"auto_activate": true})));
    let code = server.claim(&member, "oA");
    let shown = server.ok(PATH, json!({"openid": "oA", "code": code}));
    assert_eq!((&shown["member"]["has_active"], &shown["can_consume"]), (&json!(true), &json!(true)));
    let ticket = server.create(card("MEETING_TICKET"));
    let code = server.claim(&ticket, "oA");
    server.ok("/card/meetingticket/updateuser", json!({"code": code, "zone": "C区"}));
    let shown = server.ok(PATH, json!({"openid": "oA", "code": code}));
    assert_eq!(shown["ticket"]["meeting_ticket"]["zone"], "C区", "{shown}");
}

#[test]
fn every_refusal_has_its_errcode_in_the_documented_order() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, "oA");
    server.expect_errcode(PATH, json!({"openid": "oB"}), 41013);
    server.expect_errcode(PATH, json!({"code": code}), 41009);
    server.expect_errcode(PATH, json!({"openid": "oB", "code": "999999999999"}), 40056);
    server.expect_errcode(PATH, json!({"openid": "oB", "code": code, "card_id": "pNowhere"}), 40073);
    server.expect_errcode(PATH, json!({"openid": "oB", "code": code}), 40003);
}
