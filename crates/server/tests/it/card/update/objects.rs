//! Fields whose values are objects: an update replaces them as a whole, and their members are checked one by one.

use super::{patch, refused};
use crate::support::*;

fn member_card(server: &TestServer, beside: Value) -> String {
    server.create(card_with_both("MEMBER_CARD", json!({}), beside))
}

#[test]
fn an_object_is_replaced_as_a_whole() {
    let server = TestServer::start();
    let id = member_card(
        &server,
        json!({
            "custom_field1": {"name_type": "FIELD_NAME_TYPE_LEVEL", "url": "http://level"},
            "custom_cell1": {"name": "余额", "tips": "使用入口", "url": "http://cell"},
            "bonus_rule": {"cost_money_unit": 100, "increase_bonus": 1},
        }),
    );
    let section = json!({
        "custom_field1": {"name": "等级"},
        "custom_cell1": {"url": "http://new"},
        "bonus_rule": {"init_increase_bonus": 10},
    });
    let reply = server.ok("/card/update", patch(&id, "MEMBER_CARD", section.clone()));
    assert_eq!(reply["send_check"], false);
    let got = server.section(&id);
    for key in ["custom_field1", "custom_cell1", "bonus_rule"] {
        assert_eq!(got[key], section[key]);
    }
}

#[test]
fn an_object_beside_the_one_that_is_named_keeps_its_bytes() {
    let server = TestServer::start();
    let fields = json!({"custom_field1": {"name": "一"}, "custom_field2": {"name": "二"}});
    let id = member_card(&server, fields);
    let section = json!({"custom_field2": {"name": "新"}});
    server.ok("/card/update", patch(&id, "MEMBER_CARD", section));
    let got = server.section(&id);
    let both = (&got["custom_field1"], &got["custom_field2"]);
    assert_eq!(both, (&json!({"name": "一"}), &json!({"name": "新"})));
}

#[test]
fn a_message_offers_five_cards_at_most() {
    let server = TestServer::start();
    let id = member_card(&server, json!({}));
    for key in ["modify_msg_operation", "activate_msg_operation"] {
        let with = |cards: usize| {
            let cell = json!({"card_id_list": vec!["p1"; cards], "end_time": 1_773_115_200, "text": "领券"});
            patch(&id, "MEMBER_CARD", json!({key: {"url_cell": cell}}))
        };
        assert_eq!(server.ok("/card/update", with(5))["send_check"], false);
        assert_eq!(server.section(&id)[key]["url_cell"]["card_id_list"].as_array().unwrap().len(), 5);
        refused(&server, &id, with(6), 72019);
    }
}

#[test]
fn a_fourth_custom_field_is_40124() {
    let server = TestServer::start();
    let id = member_card(&server, json!({}));
    refused(&server, &id, patch(&id, "MEMBER_CARD", json!({"custom_field4": {"name": "四"}})), 40124);
}

#[test]
fn pay_info_is_kept_with_its_inner_object() {
    let server = TestServer::start();
    let id = member_card(&server, json!({}));
    let pay_info = json!({"swipe_card": {"is_swipe_card": true}});
    assert!(!server.update_base(&id, "MEMBER_CARD", json!({"pay_info": pay_info})));
    assert_eq!(server.base_info(&id)["pay_info"], pay_info);
}

#[test]
fn a_discount_of_a_member_card_is_reviewed_and_that_of_a_coupon_refused() {
    let server = TestServer::start();
    let id = member_card(&server, json!({}));
    let reply = server.ok("/card/update", patch(&id, "MEMBER_CARD", json!({"discount": 10})));
    assert_eq!((&reply["send_check"], &server.section(&id)["discount"]), (&json!(true), &json!(10)));
    let id = server.create(card("DISCOUNT"));
    refused(&server, &id, patch(&id, "DISCOUNT", json!({"discount": 10})), 47001);
}
