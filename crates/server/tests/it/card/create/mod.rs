//! `POST /card/create`: the fields of a card, its required fields, and the error for a wrong field. WeChat manual:
//! "创建卡券" (create a card).

mod activation;
mod dates;
mod fields;
mod refused;
mod stock;

use crate::support::*;

#[test]
fn a_card_of_every_type_is_made_and_answered_as_it_was_sent() {
    let server = TestServer::start();
    for card_type in cards::CARD_TYPES {
        let sent = card(card_type);
        let id = server.create(sent.clone());
        let got = server.card(&id);
        assert_eq!(got["card_type"], *card_type);
        let mut section = sent[key_of(card_type)].clone();
        section["base_info"]["color"] = "#63b359".into();
        section["base_info"]["sku"] = json!({"quantity": 1_000, "total_quantity": 1_000});
        assert_has(&got[key_of(card_type)], &section, card_type);
    }
}

/// WxJava sends every flag of `base_info` with every card, including the flags for member cards.
#[test]
fn a_card_of_every_type_takes_every_flag_that_clients_send_unasked() {
    let server = TestServer::start();
    let flags = json!({
        "is_pay_and_qrcode": false, "use_custom_code": false, "bind_openid": false, "use_all_locations": true,
        "can_share": false, "can_give_friend": false, "need_push_on_view": false,
    });
    for card_type in cards::CARD_TYPES {
        let mut sent = card(card_type);
        for (name, value) in flags.as_object().unwrap() {
            sent[key_of(card_type)]["base_info"][name] = value.clone();
        }
        let id = server.create(sent);
        assert_has(&server.base_info(&id), &flags, card_type);
    }
}

#[test]
fn the_reply_is_errcode_errmsg_and_a_card_id_of_28_characters() {
    let server = TestServer::start();
    let reply = server.post("/card/create", json!({"card": card("GROUPON")}));
    assert_eq!(shape::keys(&reply), ["errcode", "errmsg", "card_id"]);
    let id = reply["card_id"].as_str().unwrap();
    assert!(id.len() == 28 && id.starts_with('p'), "{id}");
    assert!(id.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)), "{id}");
}

#[test]
fn the_ids_of_an_app_share_six_characters_and_no_two_are_the_same() {
    let server = TestServer::start();
    let other = server.second_app();
    let (a, b) = (server.create(card("GROUPON")), server.create(card("GROUPON")));
    let c = server.ok_as(&other, "/card/create", json!({"card": card("GROUPON")}))["card_id"].take();
    assert_ne!(a, b);
    assert_eq!(a[..7], b[..7]);
    assert_ne!(a[..7], c.as_str().unwrap()[..7]);
}

#[test]
fn a_new_card_passes_at_once_or_waits_as_the_app_says() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    assert_eq!(server.status(&id), "CARD_STATUS_VERIFY_OK");
    let server = TestServer::manual();
    let id = server.create(card("GROUPON"));
    assert_eq!(server.status(&id), "CARD_STATUS_NOT_VERIFY");
}

#[test]
fn create_time_and_update_time_are_the_moment_of_creation() {
    let server = TestServer::start();
    let base = server.base_info(&server.create(card("GROUPON")));
    assert_eq!((&base["create_time"], &base["update_time"]), (&json!(NOON.0), &json!(NOON.0)));
}

#[test]
fn capitals_in_card_type_do_not_matter_and_other_sections_are_passed_over() {
    let server = TestServer::start();
    let mut sent = card("GROUPON");
    sent["card_type"] = "groupon".into();
    sent["cash"] = json!({"base_info": {}, "reduce_cost": "nonsense"});
    let id = server.create(sent);
    assert_eq!(shape::keys(&server.card(&id)), ["card_type", "groupon"]);
}

#[test]
fn all_locations_take_the_place_of_a_list() {
    let server = TestServer::start();
    let base = json!({"use_all_locations": true, "location_id_list": ["123", "456"]});
    let got = server.base_info(&server.create(card_with("GROUPON", base)));
    assert_eq!((&got["use_all_locations"], &got["location_id_list"]), (&json!(true), &json!([])));
}

#[test]
fn shop_ids_are_taken_as_numbers_texts_and_comma_text() {
    let server = TestServer::start();
    for list in [json!([33788392, "12"]), json!("33788392,12"), json!(["33788392", "12"])] {
        let id = server.create(card_with("GROUPON", json!({"location_id_list": list})));
        assert_eq!(server.base_info(&id)["location_id_list"], json!([33788392, 12]));
    }
}

#[test]
fn every_colour_of_the_palette_is_answered_as_its_value() {
    let server = TestServer::start();
    let colors = server.ok("/card/getcolors", json!({}))["colors"].take();
    for color in colors.as_array().unwrap() {
        for given in [&color["name"], &color["value"]] {
            let id = server.create(card_with("GROUPON", json!({"color": given})));
            assert_eq!(server.base_info(&id)["color"], color["value"]);
        }
    }
}

#[test]
fn a_card_sent_back_as_card_get_answered_it_makes_another() {
    let server = TestServer::start();
    for card_type in cards::CARD_TYPES {
        let id = server.create(card(card_type));
        let copy = server.create(server.card(&id));
        let (mut a, mut b) = (server.section(&id), server.section(&copy));
        a["base_info"]["id"].take();
        b["base_info"]["id"].take();
        assert_eq!(a, b);
    }
}
