//! `POST /card/landingpage/create`: a page of cards. WeChat manual: "投放卡券" (distribute cards), landing pages.

use crate::support::*;

const PATH: &str = "/card/landingpage/create";

fn page(cards: &[&str]) -> Value {
    let list: Vec<Value> =
        cards.iter().map(|id| json!({"card_id": id, "thumb_url": "www.qq.com/a.jpg"})).collect();
    json!({
        "banner": "http://mmbiz.qpic.cn/mmbiz/banner", "page_title": "惠城优惠大派送", "can_share": true,
        "scene": "SCENE_NEAR_BY", "card_list": list,
    })
}

#[test]
fn pages_are_numbered_and_have_an_address() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let deposit = server.create_deposit(&["a1"]);
    let first = server.ok(PATH, page(&[&id, &deposit]));
    assert_eq!(first["page_id"], 1);
    let url = first["url"].as_str().expect("text");
    assert!(url.starts_with("http://") && url.ends_with(&format!("/w/l/{}/1", server.app.appid)), "{url}");
    let mut second = page(&[&id]);
    second.as_object_mut().expect("an object").remove("page_title");
    (second["title"], second["scene"], second["can_share"]) = (json!("标题"), json!(4), json!("false"));
    assert_eq!(server.ok(PATH, second)["page_id"], 2);
}

#[test]
fn every_refusal_has_its_errcode() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let custom = server.create(card_with("GROUPON", json!({"use_custom_code": true})));
    let deleted = server.create(card("GROUPON"));
    server.ok("/card/delete", json!({"card_id": deleted}));
    let with = |key: &str, value: Value| {
        let mut body = page(&[&id]);
        body[key] = value;
        body
    };
    for (body, errcode) in [
        (with("banner", json!("")), ErrCode::MissingFields),
        (with("page_title", json!(null)), ErrCode::MissingFields),
        (with("can_share", json!(null)), ErrCode::MissingFields),
        (with("scene", json!(null)), ErrCode::MissingFields),
        (with("scene", json!("SCENE_MOON")), ErrCode::InvalidScene),
        (with("scene", json!(7)), ErrCode::InvalidScene),
        (with("card_list", json!(null)), ErrCode::MissingFields),
        (with("card_list", json!([])), ErrCode::CardListSize),
        (with("card_list", json!("x")), ErrCode::DataFormat),
        (with("card_list", json!([{"thumb_url": "a"}])), ErrCode::CardIdMissing),
        (page(&["pNowhere"]), ErrCode::InvalidCardId),
        (page(&[&deleted]), ErrCode::InvalidCardStatus),
        (page(&[&custom]), ErrCode::NeedNoCustomCode),
        (with("banner", json!("x".repeat(513))), ErrCode::OutOfLengthLimit),
    ] {
        server.expect_errcode(PATH, body, errcode);
    }
}

#[test]
fn landingpage_create_errors_follow_the_documented_order() {
    let server = TestServer::start();
    let custom = server.create(card_with("GROUPON", json!({"use_custom_code": true})));
    server.expect_errcode(PATH, page(&["pNowhere", &custom]), 40073);
    let mut body = page(&["pNowhere"]);
    body["scene"] = json!("SCENE_MOON");
    server.expect_errcode(PATH, body, 40129);
}
