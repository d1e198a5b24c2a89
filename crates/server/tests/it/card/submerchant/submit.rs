//! `POST /card/submerchant/submit`: submits a sub-merchant. A card may name an approved sub-merchant.

use super::{info, shown, submitted};
use crate::support::*;

const PATH: &str = "/card/submerchant/submit";

fn card_of(merchant_id: Value) -> Value {
    json!({"card": card_with("GROUPON", json!({"sub_merchant_info": {"merchant_id": merchant_id}}))})
}

#[test]
fn a_sub_merchant_waits_in_the_reply_and_passes_by_the_apps_policy() {
    let server = TestServer::start();
    let now = server.now();
    let reply = server.post(PATH, json!({"info": info(&server)}));
    let expected = json!({"errcode": 0, "errmsg": "ok", "info": {
        "merchant_id": 1, "app_id": "wxb11529c136998cb6", "create_time": now, "update_time": now,
        "brand_name": "分店", "logo_url": "http://mmbiz.qpic.cn/mmbiz/logo/0", "status": "CHECKING",
        "begin_time": now, "end_time": now + 31_536_000, "primary_category_id": 1, "secondary_category_id": 101,
    }});
    assert_eq!(reply, expected);
    assert_eq!(shown(&server, 1)["status"], "APPROVED");
}

#[test]
fn a_card_names_a_sub_merchant_that_passed() {
    let server = TestServer::manual();
    let mut short = info(&server);
    short["end_time"] = json!(server.now() + 60);
    let id = server.ok(PATH, json!({"info": short}))["info"]["merchant_id"].as_i64().expect("a number");
    server.expect_errcode("/card/create", card_of(json!(77)), 40139);
    server.expect_errcode("/card/create", card_of(json!(id)), 40140);
    server.ok("/kaquan/v1/submerchant/review", json!({"merchant_id": id, "pass": true}));
    let card = server.ok("/card/create", card_of(json!(id.to_string())))["card_id"].take();
    let card = card.as_str().expect("a card id");
    assert_eq!(server.section(card)["base_info"]["sub_merchant_info"], json!({"merchant_id": id}));
    server.clock.advance(61);
    server.expect_errcode("/card/create", card_of(json!(id)), 40140);
}

#[test]
fn the_report_of_a_member_card_names_its_sub_merchant() {
    let server = TestServer::start();
    let merchant = submitted(&server);
    let base = json!({"sub_merchant_info": {"merchant_id": merchant}});
    let id = server.create(card_with("MEMBER_CARD", base));
    server.claim(&id, "oA");
    server.pass_days(1);
    server.close_days();
    let day = server.date(-1);
    let body = json!({"begin_date": day, "end_date": day, "card_id": id});
    let report = server.post("/datacube/getcardmembercarddetail", body);
    assert_eq!(report["list"][0]["submerchantid"], merchant, "{report}");
}

#[test]
fn every_refusal_has_its_errcode_in_the_order_of_the_fields() {
    let server = TestServer::start();
    server.expect_errcode(PATH, json!({}), 41011);
    server.expect_errcode(PATH, json!({"info": {}}), 52019);
    let with = |key: &str, value: Value| {
        let mut info = info(&server);
        info[key] = value;
        json!({"info": info})
    };
    for (body, errcode) in [
        (with("brand_name", json!("")), ErrCode::BrandNameEmpty),
        (with("brand_name", json!("店".repeat(13))), ErrCode::OutOfLengthLimit),
        (with("logo_url", json!(null)), ErrCode::MissingFields),
        (with("logo_url", json!("x".repeat(513))), ErrCode::OutOfLengthLimit),
        (with("logo_url", json!("http://example.com/logo.png")), ErrCode::PicNotFromCdn),
        (with("app_id", json!("gh_86a091e50ad4")), ErrCode::NoText),
        (with("protocol", json!("")), ErrCode::MissingFields),
        (with("end_time", json!(null)), ErrCode::MissingFields),
        (with("end_time", json!("1")), ErrCode::InvalidTime),
        (with("primary_category_id", json!(2)), ErrCode::InvalidCardCategory),
        (with("secondary_category_id", json!(0)), ErrCode::MissingFields),
        (with("end_time", json!("soon")), ErrCode::DataFormat),
        (with("protocol", json!("x".repeat(65))), ErrCode::OutOfLengthLimit),
    ] {
        server.expect_errcode(PATH, body, errcode);
    }
}

#[test]
fn a_paper_is_a_temporary_image_of_this_app_that_is_alive() {
    let server = TestServer::start();
    let other = server.second_app();
    let good = info(&server);
    for key in ["protocol", "agreement_media_id", "operator_media_id"] {
        let mut unknown = good.clone();
        unknown[key] = json!("x".repeat(64));
        let tail = server.expect_errcode(PATH, json!({"info": unknown}), 40007);
        assert!(tail.contains(key), "{tail}");
    }
    let mut faulty = good.clone();
    (faulty["protocol"], faulty["secondary_category_id"]) = (json!("x"), json!(999));
    server.expect_errcode(PATH, json!({"info": faulty}), 45160);
    server.expect_errcode_as(&other, PATH, json!({"info": good}), 40007);
    let mut without = good.clone();
    (without["agreement_media_id"], without["operator_media_id"]) = (json!(""), Value::Null);
    server.clock.advance(3 * 86_400 - 1);
    server.ok(PATH, json!({"info": without}));
    server.clock.advance(1);
    server.expect_errcode(PATH, json!({"info": without}), 40007);
}
