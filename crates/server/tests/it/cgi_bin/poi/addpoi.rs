//! `POST /cgi-bin/poi/addpoi`: a store is added, and passes at once.

use super::{add, base_info, business, get};
use crate::support::*;
use kaquan_core::event::EventKind;
use kaquan_core::id::EventSeq;

const PATH: &str = "/cgi-bin/poi/addpoi";

#[test]
fn a_store_is_answered_with_its_number_as_text() {
    let server = TestServer::start();
    let reply = server.post(PATH, business(base_info(json!({}))));
    assert_eq!(reply.to_string(), r#"{"errcode":0,"errmsg":"ok","poi_id":"1"}"#);
    assert_eq!(add(&server, json!({})), "2");
}

#[test]
fn the_log_says_that_the_store_passed() {
    let server = TestServer::start();
    add(&server, json!({"sid": "s7"}));
    let events = server.store.events(server.app.id, EventSeq(0), 10).expect("events");
    let event = events.last().expect("an event");
    assert_eq!((event.kind, event.card.0, event.amount), (EventKind::PoiCheck, 0, 1));
    assert_eq!(event.detail.as_deref(), Some("s7"));
    server.pass_days(1);
    assert_eq!(server.close_days(), 1, "a day of stores alone is closed as any other");
}

#[test]
fn numbers_and_texts_come_in_every_form_clients_send() {
    let server = TestServer::start();
    let given = json!({
        "sid": 5, "telephone": "02012345678", "offset_type": "2", "longitude": "115.5", "latitude": "-25",
        "avg_price": "35", "categories": "购物,超市", "district": "", "branch_name": null, "recommend": "",
    });
    let found = get(&server, &add(&server, given));
    let expected = json!({
        "sid": "5", "offset_type": 2, "longitude": 115.5, "latitude": -25.0, "avg_price": 35,
        "categories": ["购物,超市"], "district": "", "branch_name": "", "recommend": "",
    });
    assert_has(&found, &expected, "base_info");
}

#[test]
fn a_field_that_is_missing_or_out_of_bounds_has_its_own_errcode() {
    let server = TestServer::start();
    for (change, errcode, field) in [
        (json!({"business_name": null}), ErrCode::InvalidBusinessName, "business_name"),
        (json!({"business_name": "店".repeat(16)}), ErrCode::InvalidBusinessName, "business_name"),
        (json!({"branch_name": "店".repeat(11)}), ErrCode::OutOfLengthLimit, "branch_name"),
        (json!({"province": ""}), ErrCode::InvalidProvince, "province"),
        (json!({"city": null}), ErrCode::InvalidCity, "city"),
        (json!({"address": null}), ErrCode::InvalidAddress, "address"),
        (json!({"telephone": null}), ErrCode::InvalidTelephone, "telephone"),
        (json!({"telephone": "020 1234"}), ErrCode::InvalidTelephone, "telephone"),
        (json!({"categories": null}), ErrCode::InvalidCategories, "categories"),
        (json!({"categories": ["外星"]}), ErrCode::InvalidCategories, "categories"),
        (json!({"offset_type": 9}), ErrCode::InvalidArgs, "offset_type"),
        (json!({"longitude": null}), ErrCode::InvalidArgs, "longitude"),
        (json!({"latitude": 90.1}), ErrCode::InvalidArgs, "latitude"),
        (json!({"photo_list": []}), ErrCode::PhotoListEmpty, "photo_list"),
        (
            json!({"photo_list": [{"photo_url": "photo.png"}]}),
            ErrCode::InvalidPhotoUrl,
            "photo_list.photo_url",
        ),
        (json!({"recommend": "鸡".repeat(201)}), ErrCode::OutOfLengthLimit, "recommend"),
        (json!({"introduction": "鸡".repeat(301)}), ErrCode::OutOfLengthLimit, "introduction"),
        (json!({"avg_price": -1}), ErrCode::InvalidArgs, "avg_price"),
        (json!({"city": ["广州市"]}), ErrCode::DataFormat, "city"),
    ] {
        let tail = server.expect_errcode(PATH, business(base_info(change.clone())), errcode);
        assert!(tail.starts_with(&format!("{field}: ")), "{change}: {tail}");
    }
}

#[test]
fn errors_follow_the_order_of_the_fields() {
    let server = TestServer::start();
    for (change, errcode) in [
        (json!({"business_name": "", "telephone": ""}), ErrCode::InvalidBusinessName),
        (json!({"city": "", "address": ""}), ErrCode::InvalidCity),
        (json!({"categories": [], "longitude": "x"}), ErrCode::InvalidCategories),
        (json!({"latitude": "x", "photo_list": []}), ErrCode::InvalidArgs),
    ] {
        server.expect_errcode(PATH, business(base_info(change)), errcode);
    }
}

#[test]
fn a_body_of_another_form_is_refused() {
    let server = TestServer::start();
    assert_eq!(server.expect_errcode(PATH, json!({}), 41011), "business");
    assert_eq!(server.expect_errcode(PATH, json!({"business": {}}), 41011), "base_info");
    server.expect_errcode(PATH, json!({"business": [1]}), 47001);
    server.expect_errcode(PATH, json!({"business": {"base_info": "x"}}), 47001);
}

#[test]
fn each_app_counts_its_own_stores() {
    let server = TestServer::start();
    add(&server, json!({}));
    let other = server.second_app();
    let reply = server.ok_as(&other, PATH, business(base_info(json!({}))));
    assert_eq!(reply["poi_id"], "1");
}

#[test]
fn a_card_may_name_stores_of_the_app_and_of_other_systems() {
    let server = TestServer::start();
    let poi_id = add(&server, json!({}));
    let card = server.create(card_with("GROUPON", json!({"location_id_list": [poi_id, 271_262_077]})));
    assert_eq!(server.base_info(&card)["location_id_list"], json!([1, 271_262_077]));
}
