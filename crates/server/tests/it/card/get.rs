//! `POST /card/get`: the fields of a card in the answer, their order and their types. WeChat manual: "管理卡券" (manage
//! cards), card details.

use crate::support::shape::{keys, shape};
use crate::support::*;

#[test]
fn a_group_purchase_is_answered_with_the_fields_and_types_clients_read() {
    let server = TestServer::start();
    let id = server.create(card_with_both(
        "GROUPON",
        json!({
            "sub_title": "周末狂欢必备", "service_phone": "020-88888888", "source": "大众点评",
            "location_id_list": [123, 456], "get_limit": 3, "can_share": true, "can_give_friend": true,
            "custom_url_name": "立即使用", "custom_url": "http://www.qq.com", "custom_url_sub_title": "6个汉字tips",
            "promotion_url": "http://www.qq.com", "promotion_url_name": "更多优惠",
            "center_title": "顶部居中按钮", "center_sub_title": "按钮下方的wording", "center_url": "www.qq.com",
        }),
        json!({"advanced_info": {
            "use_condition": {"accept_category": "鞋类", "can_use_with_other_discount": true},
            "abstract": {"abstract": "微信餐厅", "icon_url_list": ["http://mmbiz.qpic.cn/a.jpg"]},
            "text_image_list": [{"image_url": "http://mmbiz.qpic.cn/b.jpg", "text": "此菜品精选食材"}],
            "time_limit": [{"type": "MONDAY", "begin_hour": 0, "end_hour": 10, "begin_minute": 10}],
            "business_service": ["BIZ_SERVICE_FREE_WIFI"],
        }}),
    ));
    let expected = json!({
        "errcode": "int", "errmsg": "text",
        "card": {
            "card_type": "text",
            "groupon": {
                "base_info": {
                    "id": "text", "logo_url": "text", "code_type": "text", "brand_name": "text",
                    "title": "text", "sub_title": "text",
                    "date_info": {"type": "text", "begin_timestamp": "int", "end_timestamp": "int"},
                    "color": "text", "notice": "text", "service_phone": "text", "description": "text",
                    "source": "text", "location_id_list": ["int"], "get_limit": "int", "can_share": "bool",
                    "can_give_friend": "bool", "status": "text",
                    "sku": {"quantity": "int", "total_quantity": "int"},
                    "create_time": "int", "update_time": "int",
                    "custom_url_name": "text", "custom_url": "text", "custom_url_sub_title": "text",
                    "promotion_url": "text", "promotion_url_name": "text",
                    "center_title": "text", "center_sub_title": "text", "center_url": "text",
                    "area_code_list": [],
                },
                "deal_detail": "text",
                "advanced_info": {
                    "time_limit": [
                        {"type": "text", "begin_hour": "int", "end_hour": "int", "begin_minute": "int"}
                    ],
                    "text_image_list": [{"image_url": "text", "text": "text"}],
                    "business_service": ["text"],
                    "consume_share_card_list": [],
                    "abstract": {"abstract": "text", "icon_url_list": ["text"]},
                    "use_condition": {"accept_category": "text", "can_use_with_other_discount": "bool"},
                    "share_friends": "bool",
                },
            },
        },
    });
    let reply = server.post("/card/get", json!({"card_id": id}));
    assert_eq!(shape(&reply).to_string(), expected.to_string());
}

#[test]
fn a_reply_omits_fields_without_a_value_except_for_some_lists() {
    let server = TestServer::start();
    let section = server.section(&server.create(card("GROUPON")));
    let expected = [
        "id",
        "logo_url",
        "code_type",
        "brand_name",
        "title",
        "date_info",
        "color",
        "notice",
        "description",
        "location_id_list",
        "status",
        "sku",
        "create_time",
        "update_time",
        "area_code_list",
    ];
    assert_eq!(keys(&section["base_info"]), expected);
    assert_eq!(section["base_info"]["location_id_list"], json!([]));
    let info = json!({
        "time_limit": [], "text_image_list": [], "business_service": [], "consume_share_card_list": [],
        "share_friends": false,
    });
    assert_eq!(section["advanced_info"].to_string(), info.to_string());
}

#[test]
fn the_fields_of_a_card_stand_in_the_order_of_the_manual_for_every_type() {
    let server = TestServer::start();
    for card_type in cards::CARD_TYPES {
        let section = server.section(&server.create(card(card_type)));
        let order: Vec<&str> = fields_of(card_type).iter().map(|field| field.key).collect();
        for object in [&section["base_info"], &section] {
            let places: Vec<_> = keys(object)
                .iter()
                .filter(|key| **key != "base_info")
                .map(|key| order.iter().position(|known| known == key).expect("a field of the table"))
                .collect();
            assert!(places.is_sorted(), "{card_type}: {:?}", keys(object));
        }
        assert_eq!(keys(&section)[0], "base_info");
    }
}

#[test]
fn the_colour_is_answered_as_its_value() {
    let server = TestServer::start();
    let id = server.create(card_with("GROUPON", json!({"color": "Color010"})));
    assert_eq!(server.base_info(&id)["color"], "#63b359");
    for own in ["#1D75AC", "#63B359", "#000000"] {
        server.update_base(&id, "GROUPON", json!({"color": own}));
        assert_eq!(server.base_info(&id)["color"], own);
    }
}

#[test]
fn stock_left_falls_with_claims_and_stock_ever_put_up_stays() {
    let server = TestServer::start();
    let id = server.create(card_with("GROUPON", json!({"sku": {"quantity": 10}})));
    server.claim(&id, "oA");
    server.claim(&id, "oB");
    assert_eq!(server.stock(&id), (8, 10));
}

#[test]
fn a_deleted_card_is_still_shown() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    server.ok("/card/delete", json!({"card_id": id}));
    assert_eq!(server.status(&id), "CARD_STATUS_DELETE");
    assert_eq!(server.base_info(&id)["title"], "132元双人火锅");
}

#[test]
fn a_card_that_is_not_named_is_41012() {
    let server = TestServer::start();
    for body in [json!({}), json!({"card_id": ""}), json!({"card_id": null}), json!({"cardid": "p"})] {
        server.expect_errcode("/card/get", body, 41012);
    }
}

#[test]
fn an_unknown_card_and_another_apps_are_40073() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    for unknown in ["pNoSuchCardNoSuchCardNoSuchC", "x", "卡", &"p".repeat(33), &id.to_uppercase()] {
        server.expect_errcode("/card/get", json!({"card_id": unknown}), 40073);
    }
    let other = server.second_app();
    server.expect_errcode_as(&other, "/card/get", json!({"card_id": id}), 40073);
}

#[test]
fn a_card_id_of_another_json_type_is_47001() {
    let server = TestServer::start();
    for wrong in [json!(true), json!(["p"]), json!({"id": "p"}), json!(1.5)] {
        server.expect_errcode("/card/get", json!({"card_id": wrong}), 47001);
    }
}
