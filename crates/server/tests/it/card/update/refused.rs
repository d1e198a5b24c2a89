//! Updates that are refused as a whole: the errcode, the message, and which of two faults is reported first. WeChat
//! manual: "卡券错误码" (card error codes).

use super::{base_patch, patch, refused};
use crate::support::*;

#[test]
fn the_error_for_a_fixed_field_quotes_the_request_after_the_key() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let body = base_patch(&id, json!({"brand_name": "新", "notice": "x"}));
    let tail = refused(&server, &id, body, 47001);
    assert!(tail.ends_with(r#" Error before ":"新","notice":"x"}}}"#), "{tail}");
}

#[test]
fn a_section_of_another_type_is_47001() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let tail = refused(&server, &id, patch(&id, "CASH", json!({"base_info": {"notice": "x"}})), 47001);
    assert!(tail.ends_with(r#" Error before ":{"base_info":{"notice":"x"}}}"#), "{tail}");
    // A section of another type is also refused beside the right section.
    let mut body = base_patch(&id, json!({"notice": "x"}));
    body["member_card"] = json!({});
    refused(&server, &id, body, 47001);
}

#[test]
fn an_update_without_a_section_is_41011() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    assert_eq!(refused(&server, &id, json!({"card_id": id}), 41011), "m_data.groupon()");
    assert_eq!(refused(&server, &id, json!({"card_id": id, "groupon": null}), 41011), "m_data.groupon()");
}

#[test]
fn a_section_that_is_no_object_is_47001() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    for section in [json!("x"), json!([1]), json!(1), json!({"base_info": [1]}), json!({"base_info": "x"})] {
        refused(&server, &id, patch(&id, "GROUPON", section), 47001);
    }
}

#[test]
fn card_type_may_be_sent_if_it_equals_the_cards_type() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    for (card_type, taken) in [("GROUPON", true), ("groupon", true), ("CASH", false), ("X", false)] {
        let mut body = base_patch(&id, json!({"service_phone": card_type}));
        body["card_type"] = card_type.into();
        match taken {
            true => assert_eq!(server.ok("/card/update", body)["send_check"], false),
            false => drop(refused(&server, &id, body, 47001)),
        }
    }
    assert_eq!(server.card(&id)["card_type"], "GROUPON");
}

#[test]
fn any_other_key_at_the_top_is_47001() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let mut body = base_patch(&id, json!({"notice": "x"}));
    body["base_info"] = json!({"notice": "x"});
    refused(&server, &id, body, 47001);
}

#[test]
fn card_id_must_be_present_known_and_of_this_app() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let section = json!({"base_info": {"notice": "x"}});
    for body in [json!({"groupon": section}), json!({"card_id": "", "groupon": section})] {
        refused(&server, &id, body, 41012);
    }
    for unknown in ["pNoSuchCardNoSuchCardNoSuchC", &"p".repeat(33), "卡"] {
        refused(&server, &id, patch(unknown, "GROUPON", section.clone()), 40073);
    }
    let other = server.second_app();
    server.expect_errcode_as(&other, "/card/update", patch(&id, "GROUPON", section), 40073);
}

#[test]
fn a_deleted_card_cannot_be_changed() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    server.ok("/card/delete", json!({"card_id": id}));
    refused(&server, &id, base_patch(&id, json!({"notice": "x"})), 40078);
}

#[test]
fn the_card_is_checked_first_then_keys_types_blanks_and_values() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let deleted = server.create(card("GROUPON"));
    server.ok("/card/delete", json!({"card_id": deleted}));
    let long = "字".repeat(200);
    // An unknown or deleted card is reported before all faults of the request.
    refused(&server, &id, patch("pUnknown", "GROUPON", json!({"base_info": {"brand_name": "x"}})), 40073);
    refused(&server, &deleted, base_patch(&deleted, json!({"brand_name": "x"})), 40078);
    // A new value of a field that cannot be updated is reported first, wherever it stands.
    refused(&server, &id, base_patch(&id, json!({"title": "", "color": "x", "brand_name": "x"})), 47001);
    // A wrong JSON type is reported before a blank, and a blank before a value that is not allowed.
    let tail =
        refused(&server, &id, base_patch(&id, json!({"title": "", "notice": long, "can_share": 5})), 47001);
    assert!(tail.starts_with("base_info.can_share: "), "{tail}");
    assert_eq!(
        refused(&server, &id, base_patch(&id, json!({"notice": long, "title": ""})), 41011),
        "m_data.base_info().title"
    );
    // Of several values that are not allowed, the first in the request is reported.
    let tail = refused(&server, &id, base_patch(&id, json!({"notice": long, "color": "x"})), 45021);
    assert!(tail.starts_with("base_info.notice: "), "{tail}");
    let tail = refused(&server, &id, base_patch(&id, json!({"color": "x", "notice": long})), 40076);
    assert!(tail.starts_with("base_info.color: "), "{tail}");
}
