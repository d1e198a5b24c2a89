//! `location_id_list` in `card/update`: the many forms in which clients write a list of shops, and the ways to clear
//! it.

use super::{base_patch, refused};
use crate::support::*;

fn card_with_shops(server: &TestServer) -> String {
    server.create(card_with("GROUPON", json!({"location_id_list": [1, 2]})))
}

#[test]
fn a_list_is_taken_in_every_form_clients_send() {
    let server = TestServer::start();
    let id = card_with_shops(&server);
    for (given, stored) in [
        (json!([1234, 2314]), json!([1234, 2314])),
        (json!(["1234", 2314]), json!([1234, 2314])),
        (json!("1234,2314"), json!([1234, 2314])),
        (json!(" 1234 , 2314 "), json!([1234, 2314])),
        (json!("1234"), json!([1234])),
        (json!(1234), json!([1234])),
    ] {
        assert!(!server.update_base(&id, "GROUPON", json!({"location_id_list": given})));
        assert_eq!(server.base_info(&id)["location_id_list"], stored, "{given}");
    }
}

#[test]
fn zero_and_nothing_clear_the_list() {
    let server = TestServer::start();
    for given in [json!("0"), json!(0), json!([0]), json!(["0"]), json!([]), json!("")] {
        let id = card_with_shops(&server);
        assert!(!server.update_base(&id, "GROUPON", json!({"location_id_list": given})));
        assert_eq!(server.base_info(&id)["location_id_list"], json!([]), "{given}");
    }
}

#[test]
fn null_leaves_the_list_as_it_is() {
    let server = TestServer::start();
    let id = card_with_shops(&server);
    server.update_base(&id, "GROUPON", json!({"location_id_list": null}));
    assert_eq!(server.base_info(&id)["location_id_list"], json!([1, 2]));
}

#[test]
fn an_invalid_list_of_shops_is_40072_or_47001() {
    let server = TestServer::start();
    let id = card_with_shops(&server);
    for (given, errcode) in [
        (json!("1,x"), ErrCode::InvalidLocationId),
        (json!(["x"]), ErrCode::InvalidLocationId),
        (json!([1, -2]), ErrCode::InvalidLocationId),
        (json!([0, 1]), ErrCode::InvalidLocationId),
        (json!(1.5), ErrCode::InvalidLocationId),
        (json!([null]), ErrCode::InvalidLocationId),
        (json!(true), ErrCode::DataFormat),
        (json!({"id": 1}), ErrCode::DataFormat),
    ] {
        refused(&server, &id, base_patch(&id, json!({"location_id_list": given})), errcode);
    }
}

#[test]
fn a_list_as_text_has_at_most_3072_bytes() {
    let server = TestServer::start();
    let id = card_with_shops(&server);
    let list = |bytes: usize| {
        let mut list = "1,".repeat(bytes / 2);
        list.push_str(&"1".repeat(bytes % 2));
        list
    };
    server.update_base(&id, "GROUPON", json!({"location_id_list": list(3072)}));
    assert_eq!(server.base_info(&id)["location_id_list"].as_array().unwrap().len(), 1536);
    let tail = refused(&server, &id, base_patch(&id, json!({"location_id_list": list(3073)})), 45021);
    assert_eq!(tail, "base_info.location_id_list: 3073 bytes, at most 3072");
}

#[test]
fn more_shops_than_a_card_may_have_are_45025() {
    let server = TestServer::start();
    let id = card_with_shops(&server);
    let shops: Vec<i64> = (1..=10_001).collect();
    refused(&server, &id, base_patch(&id, json!({"location_id_list": shops})), 45025);
}

#[test]
fn all_locations_empty_the_list() {
    let server = TestServer::start();
    let id = card_with_shops(&server);
    assert!(!server.update_base(&id, "GROUPON", json!({"use_all_locations": true})));
    let base = server.base_info(&id);
    assert_eq!((&base["use_all_locations"], &base["location_id_list"]), (&json!(true), &json!([])));
    let both = json!({"use_all_locations": true, "location_id_list": [7]});
    server.update_base(&id, "GROUPON", both);
    assert_eq!(server.base_info(&id)["location_id_list"], json!([]));
    let both = json!({"location_id_list": [7], "use_all_locations": false});
    server.update_base(&id, "GROUPON", both);
    assert_eq!(server.base_info(&id)["location_id_list"], json!([7]));
}
