//! An update changes only the fields that it names, and `update_time`. All other fields remain the same to the byte.
//! If one key is not allowed, nothing changes.

use super::{base_patch, patch, refused};
use crate::support::limits::set;
use crate::support::*;
use kaquan_core::card::{Kind, OnCreate};

/// A card with almost every field that its type can have.
fn full(server: &TestServer, card_type: &str) -> Value {
    let mut card = card(card_type);
    for field in fields_of(card_type) {
        let keeps = matches!(field.kind, Kind::DateInfo | Kind::Sku | Kind::Color | Kind::Locations);
        let stays_system = ["use_custom_code", "get_custom_code_mode", "bind_openid", "use_all_locations"];
        // A general card can have at most three of its balance and its three custom fields.
        let is_fourth = card_type == "GENERAL_CARD" && field.key == "custom_field3";
        if field.create == OnCreate::Ignored || keeps || is_fourth || stays_system.contains(&field.key) {
            continue;
        }
        set(&mut card[key_of(card_type)], field, server.sample(field));
    }
    card[key_of(card_type)]["base_info"]["location_id_list"] = json!([123, 456]);
    card
}

for_every_card_type! { an_update_keeps_the_bytes_of_fields_it_does_not_name }

fn an_update_keeps_the_bytes_of_fields_it_does_not_name(card_type: &str) {
    let server = TestServer::start();
    let id = server.create(full(&server, card_type));
    let before = server.card(&id);
    server.clock.advance(10);
    server.update_base(&id, card_type, json!({"service_phone": "020-88888888", "title": "新名字"}));
    let mut expected = before;
    let base = &mut expected[key_of(card_type)]["base_info"];
    base["service_phone"] = "020-88888888".into();
    base["title"] = "新名字".into();
    base["update_time"] = (NOON.0 + 10).into();
    assert_eq!(server.card(&id).to_string(), expected.to_string());
}

#[test]
fn an_update_of_nothing_changes_nothing_but_update_time() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let mut expected = server.card(&id);
    for section in [json!({}), json!({"base_info": {}}), json!({"base_info": null})] {
        server.clock.advance(5);
        let reply = server.ok("/card/update", patch(&id, "GROUPON", section));
        assert_eq!(reply["send_check"], false);
        expected["groupon"]["base_info"]["update_time"] = server.now().into();
        assert_eq!(server.card(&id), expected);
    }
}

#[test]
fn null_is_not_given() {
    let server = TestServer::start();
    let id = server.create(card_with("GROUPON", json!({"service_phone": "400"})));
    let base = json!({"service_phone": null, "title": null, "brand_name": null, "no_such_key": null});
    assert!(!server.update_base(&id, "GROUPON", base));
    assert_eq!(server.base_info(&id)["service_phone"], "400");
}

#[test]
fn a_blank_takes_a_text_away_without_review() {
    let server = TestServer::manual();
    let id = server.create(card_with("GROUPON", json!({"center_title": "立即使用"})));
    server.pass(&id);
    assert!(!server.update_base(&id, "GROUPON", json!({"center_title": ""})));
    let base = server.base_info(&id);
    assert_eq!((&base["center_title"], &base["status"]), (&json!(""), &json!("CARD_STATUS_VERIFY_OK")));
}

#[test]
fn a_blanked_field_that_is_reviewed_goes_to_review() {
    let server = TestServer::manual();
    let id = server.create(card("GROUPON"));
    for field in ["notice", "description"] {
        server.pass(&id);
        assert!(server.update_base(&id, "GROUPON", json!({field: ""})));
        let base = server.base_info(&id);
        assert_eq!((&base[field], &base["status"]), (&json!(""), &json!("CARD_STATUS_NOT_VERIFY")));
    }
}

#[test]
fn one_bad_value_keeps_every_good_one_out() {
    let server = TestServer::manual();
    let id = server.create(card_with("GROUPON", json!({"service_phone": "400"})));
    server.pass(&id);
    let good = json!({"service_phone": "020", "notice": "新", "location_id_list": [9], "can_share": false});
    for (key, value, errcode) in [
        ("brand_name", json!("新"), ErrCode::DataFormat),
        ("no_such_key", json!(1), ErrCode::DataFormat),
        ("custom_url_name", json!("字".repeat(6)), ErrCode::OutOfLengthLimit),
        ("color", json!("Color999"), ErrCode::InvalidColor),
        ("title", json!(""), ErrCode::MissingFields),
        ("get_limit", json!(100_000_001), ErrCode::InvalidGetLimit),
        ("date_info", json!({"end_timestamp": 5}), ErrCode::InvalidDateInfo),
        ("code_type", json!("CODE"), ErrCode::InvalidLocationId),
        ("can_give_friend", json!("maybe"), ErrCode::DataFormat),
    ] {
        let mut last = good.clone();
        last[key] = value.clone();
        refused(&server, &id, base_patch(&id, last), errcode);
        let mut first = json!({key: value});
        first.as_object_mut().unwrap().extend(good.as_object().unwrap().clone());
        refused(&server, &id, base_patch(&id, first), errcode);
    }
    assert_eq!(server.status(&id), "CARD_STATUS_VERIFY_OK");
}

#[test]
fn one_bad_key_beside_base_info_keeps_base_info_out() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let section = json!({"base_info": {"service_phone": "020"}, "deal_detail": "新"});
    refused(&server, &id, patch(&id, "GROUPON", section), 47001);
}

#[test]
fn codes_that_are_out_follow_the_card() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, "oA");
    let end = NOON.0 + 90 * 86_400;
    server.update_base(&id, "GROUPON", json!({"date_info": {"end_timestamp": end}}));
    let got = server.ok("/card/code/get", json!({"code": code}));
    assert_eq!(got["card"]["end_time"], end);
}
