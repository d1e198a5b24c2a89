//! Requests of `card/create` that are refused: the errcode, the named field, and which of two faults is reported
//! first. WeChat manual: "卡券错误码" (card error codes).

use crate::support::*;

fn refused(server: &TestServer, card: Value, errcode: impl Errcode) -> String {
    server.expect_errcode("/card/create", json!({"card": card}), errcode)
}

#[test]
fn a_missing_title_is_named_as_wechat_names_it() {
    let server = TestServer::start();
    let tail = refused(&server, card_with("GROUPON", json!({"title": null})), 41011);
    assert_eq!(tail, "m_data.base_info().title");
}

#[test]
fn an_unknown_card_type_is_40071() {
    let server = TestServer::start();
    for card_type in ["GROUPONS", "LUCKY_MONEY", "4", "会员卡"] {
        let mut sent = card("GROUPON");
        sent["card_type"] = card_type.into();
        assert!(refused(&server, sent, 40071).starts_with("card_type: "));
    }
}

#[test]
fn a_missing_card_type_or_section_is_41011() {
    let server = TestServer::start();
    for body in [json!({}), json!({"card": null}), json!({"card": ""})] {
        server.expect_errcode("/card/create", body, 41011);
    }
    assert_eq!(refused(&server, json!({"groupon": {}}), 41011), "m_data.card_type");
    assert_eq!(refused(&server, json!({"card_type": "GROUPON"}), 41011), "m_data.groupon()");
    let other = json!({"card_type": "CASH", "groupon": {}});
    assert_eq!(refused(&server, other, 41011), "m_data.cash()");
    assert_eq!(
        refused(&server, json!({"card_type": "GROUPON", "groupon": {}}), 41011),
        "m_data.base_info().logo_url"
    );
}

#[test]
fn a_card_or_section_that_is_not_an_object_is_47001() {
    let server = TestServer::start();
    for body in [json!({"card": [1]}), json!({"card": "GROUPON"}), json!({"card": 1})] {
        server.expect_errcode("/card/create", body, 47001);
    }
    refused(&server, json!({"card_type": "GROUPON", "groupon": [1]}), 47001);
    refused(&server, json!({"card_type": "GROUPON", "groupon": {"base_info": "x"}}), 47001);
}

#[test]
fn a_key_the_card_does_not_have_is_47001_with_the_rest_of_the_request() {
    let server = TestServer::start();
    let tail = refused(&server, card_with("GROUPON", json!({"titel": "新"})), 47001);
    assert!(tail.starts_with("groupon.base_info.titel: "), "{tail}");
    assert!(tail.contains(r#" Error before ":"新"}"#), "{tail}");
    let tail = refused(&server, card_with_both("GROUPON", json!({}), json!({"reduce_cost": 5})), 47001);
    assert!(tail.starts_with("groupon.reduce_cost: "), "{tail}");
    assert!(tail.contains(r#" Error before ":5}"#), "{tail}");
}

#[test]
fn a_fourth_custom_field_is_40124() {
    let server = TestServer::start();
    let beside = json!({"custom_field4": {"name": "等级"}});
    assert!(
        refused(&server, card_with_both("MEMBER_CARD", json!({}), beside), 40124).contains("custom_field4")
    );
}

#[test]
fn a_shop_that_is_no_shop_is_40072() {
    let server = TestServer::start();
    for list in [json!(["x"]), json!("1;2"), json!([-1]), json!([1.5]), json!([0, 5])] {
        let tail = refused(&server, card_with("GROUPON", json!({"location_id_list": list})), 40072);
        assert!(tail.starts_with("base_info.location_id_list: "), "{tail}");
    }
}

#[test]
fn more_shops_than_a_card_may_have_is_45025() {
    let server = TestServer::start();
    let shops: Vec<i64> = (1..=10_000).collect();
    let id = server.create(card_with("GROUPON", json!({"location_id_list": shops})));
    assert_eq!(server.base_info(&id)["location_id_list"].as_array().unwrap().len(), 10_000);
    let shops: Vec<i64> = (1..=10_001).collect();
    refused(&server, card_with("GROUPON", json!({"location_id_list": shops})), 45025);
}

#[test]
fn a_get_limit_over_a_hundred_million_is_72009_and_one_of_zero_is_none() {
    let server = TestServer::start();
    refused(&server, card_with("GROUPON", json!({"get_limit": 100_000_001})), 72009);
    let id = server.create(card_with("GROUPON", json!({"get_limit": 0})));
    assert_eq!(server.base_info(&id)["get_limit"], Value::Null);
}

#[test]
fn advanced_info_is_checked_member_by_member() {
    let server = TestServer::start();
    for (info, errcode) in [
        (json!({"abstract": {"icon_url_list": ["http://a", "http://b"]}}), ErrCode::TooManyIcons),
        (json!({"text_image_list": [{"image_url": "http://a"}]}), ErrCode::TextImageMissing),
        (json!({"business_service": ["BIZ_SERVICE_SAUNA"]}), ErrCode::InvalidArgs),
        (json!({"time_limit": [{"type": "FUNDAY"}]}), ErrCode::InvalidTimeLimit),
        (json!({"time_limit": [{"type": "MONDAY", "begin_hour": 24}]}), ErrCode::InvalidTimeLimit),
        (json!({"time_limit": [{"type": "MONDAY", "end_minute": -1}]}), ErrCode::InvalidTimeLimit),
        (json!({"time_limit": [{}]}), ErrCode::InvalidTimeLimit),
        (json!({"share_friends": true}), ErrCode::FriendsCouponClosed),
        (json!({"consume_share_card_list": [{"card_id": "p", "num": 1}]}), ErrCode::FriendsCouponClosed),
        (json!({"no_such_member": 1}), ErrCode::DataFormat),
        (json!({"use_condition": {"least_cost": "much"}}), ErrCode::DataFormat),
    ] {
        let card = card_with_both("GROUPON", json!({}), json!({"advanced_info": info}));
        assert!(refused(&server, card, errcode).starts_with("advanced_info"), "{info}");
    }
}

#[test]
fn advanced_info_is_taken_in_the_forms_clients_send() {
    let server = TestServer::start();
    let info = json!({
        "abstract": {"abstract": "微信餐厅推出多种新季菜品", "icon_url_list": "http://mmbiz.qpic.cn/a.jpg"},
        "business_service": "BIZ_SERVICE_FREE_WIFI,BIZ_SERVICE_WITH_PET",
        "share_friends": false, "consume_share_self_num": 0, "consume_share_card_list": [],
        "time_limit": [{"type": "HOLIDAY", "begin_hour": "0", "end_hour": 10}],
    });
    let id = server.create(card_with_both("GROUPON", json!({}), json!({"advanced_info": info})));
    let got = server.section(&id)["advanced_info"].take();
    assert_eq!(got["abstract"]["icon_url_list"], json!(["http://mmbiz.qpic.cn/a.jpg"]));
    assert_eq!(got["business_service"], json!(["BIZ_SERVICE_FREE_WIFI", "BIZ_SERVICE_WITH_PET"]));
    assert_eq!(got["time_limit"], json!([{"type": "HOLIDAY", "begin_hour": 0, "end_hour": 10}]));
    assert_eq!((&got["share_friends"], &got["consume_share_card_list"]), (&json!(false), &json!([])));
}

#[test]
fn errors_follow_the_order_of_a_strict_reader() {
    let server = TestServer::start();
    // An unknown type is reported before all faults of its section, and an unknown key before the faults of values.
    refused(&server, json!({"card_type": "X", "x": {"base_info": 5}}), 40071);
    refused(&server, card_with("GROUPON", json!({"title": "字".repeat(10), "titel": "x"})), 47001);
    // A wrong JSON type is reported before a missing field, and a missing field before a value out of bounds.
    refused(&server, card_with("GROUPON", json!({"notice": null, "title": true})), 47001);
    refused(&server, card_with("GROUPON", json!({"notice": null, "title": "字".repeat(10)})), 41011);
    // Of two faults of the same kind, the field that comes first in card/get is reported.
    let both = card_with("GROUPON", json!({"notice": "字".repeat(17), "title": "字".repeat(10)}));
    assert!(refused(&server, both, 45021).starts_with("base_info.title: "));
    let both = card_with("GROUPON", json!({"notice": null, "title": null}));
    assert_eq!(refused(&server, both, 41011), "m_data.base_info().title");
}

#[test]
fn a_refused_card_leaves_nothing_behind() {
    let server = TestServer::start();
    refused(&server, card_with("GROUPON", json!({"title": null})), 41011);
    let page = server.ok("/card/batchget", json!({"offset": 0, "count": 50}));
    assert_eq!((&page["card_id_list"], &page["total_num"]), (&json!([]), &json!(0)));
}
