//! `POST /wallet/v1/activate/form`: the activation form of a member card for a holder.

use crate::support::*;

const PATH: &str = "/wallet/v1/activate/form";

#[test]
fn a_page_gets_the_form_of_the_card() {
    let server = TestServer::start();
    let id = server.create_with_form(json!({}), member_form());
    let shown = server.ok(PATH, json!({"card_id": id}));
    assert_eq!((&shown["card_id"], &shown["after_submit"]), (&json!(id), &json!(false)));
    assert_has(&shown["form"], &member_form(), "form");
    let jump =
        json!({"wx_activate_after_submit": true, "wx_activate_after_submit_url": "https://shop.example/a"});
    let jumping = server.create_with_form(jump, json!({}));
    assert_eq!(server.ok(PATH, json!({"card_id": jumping}))["after_submit"], true);
}

#[test]
fn a_holder_gets_the_earlier_answers() {
    let server = TestServer::start();
    let id = server.create_with_form(json!({}), member_form());
    let code = server.claim(&id, "oA");
    let shown = server.ok(PATH, json!({"code": code}));
    assert_eq!((&shown["has_active"], &shown["can_submit"]), (&json!(false), &json!(true)));
    assert_eq!(shown.get("user_info"), None);
    let body = merged(json!({"code": code, "openid": "oA"}), member_answers());
    server.ok("/wallet/v1/activate/submit", body);
    let shown = server.ok(PATH, json!({"code": code, "card_id": id}));
    assert_eq!((&shown["has_active"], &shown["can_submit"]), (&json!(true), &json!(true)));
    assert_eq!(shown["user_info"]["common_field_list"][0]["value"], "15521328888");
}

#[test]
fn a_card_without_a_form_has_none_to_show() {
    let server = TestServer::start();
    let coupon = server.create(card("GROUPON"));
    let by_page = server.create(card("MEMBER_CARD"));
    let by_form = json!({"activate_url": null, "wx_activate": true});
    let no_form = server.create(card_with_both("MEMBER_CARD", json!({}), by_form));
    server.expect_errcode(PATH, json!({}), 41012);
    server.expect_errcode(PATH, json!({"card_id": "pUnknown"}), 40073);
    server.expect_errcode(PATH, json!({"encrypt_card_id": "pUnknown"}), 40073);
    server.expect_errcode(PATH, json!({"code": "000000000000"}), 40056);
    server.expect_errcode(PATH, json!({"card_id": coupon}), 40071);
    server.expect_errcode(PATH, json!({"card_id": by_page}), 72026);
    server.expect_errcode(PATH, json!({"card_id": no_form}), 45030);
    let code = server.claim(&coupon, "oA");
    server.expect_errcode(PATH, json!({"code": code}), 40071);
}
