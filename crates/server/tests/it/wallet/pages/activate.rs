//! `/w/{appid}/activate/{card_id}` and the links of `activate/geturl` that lead there.

use super::{holder, path, press};
use crate::support::*;

#[test]
fn the_link_of_geturl_leads_to_the_form_and_the_form_to_a_membership() {
    let server = TestServer::start();
    let form = json!({
        "required_form": {"can_modify": false, "common_field_id_list": ["USER_FORM_INFO_FLAG_MOBILE"], "custom_field_list": ["喜欢的茶"]},
        "optional_form": {"can_modify": false, "rich_field_list": [{"type": "FORM_FIELD_CHECK_BOX", "name": "口味", "values": ["甜", "淡"]}]},
    });
    let card_id = server.create_with_form(json!({}), form);
    let url = server.ok("/card/membercard/activate/geturl", json!({"card_id": card_id, "outer_str": "菜单"}));
    let link = path(&server, url["url"].as_str().unwrap().split('#').next().unwrap());
    let mei = holder(&server, "oMei");
    let page = mei.get(&link).header("location").unwrap().to_owned();
    let shown = mei.page(&page);
    assert!(
        shown.contains("Mobile number") && shown.contains("喜欢的茶") && shown.contains("value=\"甜\""),
        "{shown}"
    );
    let missing = press(&mei, &page, &[("common.USER_FORM_INFO_FLAG_MOBILE", "13800138000")]);
    assert_eq!(missing.status, 422);
    assert!(missing.text().contains("value=\"13800138000\""), "the form keeps its input");
    let typed = [
        ("common.USER_FORM_INFO_FLAG_MOBILE", "13800138000"),
        ("own.喜欢的茶", "龙井"),
        ("own.口味", "甜"),
        ("own.口味", "淡"),
    ];
    let done = press(&mei, &page, &typed);
    let code_page = done.header("location").unwrap();
    assert!(mei.page(code_page).contains("Done."));
    let code = code_page.rsplit('/').next().unwrap().split('?').next().unwrap();
    let info = server.ok("/card/membercard/userinfo/get", json!({"card_id": card_id, "code": code}));
    assert_eq!(info["has_active"], true);
    assert_eq!(info["user_info"]["common_field_list"][0]["value"], "13800138000");
    let got = server.ok("/card/code/get", json!({"code": code}));
    assert_eq!(got["outer_str"], "菜单");
}

#[test]
fn a_coupon_and_an_unknown_link_have_no_activation_page() {
    let server = TestServer::start();
    let mei = holder(&server, "oMei");
    let card_id = server.create(card("GROUPON"));
    assert_eq!(mei.get(&format!("/w/{}/activate/{card_id}", server.app.appid)).status, 400);
    assert_eq!(mei.get("/bizmall/activatemembercard?encrypt_card_id=x&biz=y").status, 404);
}
