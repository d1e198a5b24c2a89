//! `POST /cgi-bin/poi/getpoi`: one store with all its fields.

use super::{add, base_info, get};
use crate::support::shape::keys;
use crate::support::*;

const PATH: &str = "/cgi-bin/poi/getpoi";

#[test]
fn a_store_has_its_given_fields_and_is_approved() {
    let server = TestServer::start();
    let poi_id = add(&server, json!({}));
    let reply = server.ok(PATH, json!({"poi_id": poi_id}));
    assert_eq!(keys(&reply), ["errcode", "errmsg", "business"]);
    let found = &reply["business"]["base_info"];
    assert_has(found, &base_info(json!({})), "base_info");
    assert_has(found, &json!({"available_state": 3, "update_status": 0}), "base_info");
    assert_eq!(found.get("poi_id"), None, "a client reads it as a number and fails on text");
}

#[test]
fn fields_without_a_value_are_blank_and_a_price_is_left_out() {
    let server = TestServer::start();
    let null = Value::Null;
    let poi_id = add(
        &server,
        json!({"sid": null, "photo_list": null, "recommend": null, "special": null, "introduction": null,
               "open_time": null, "avg_price": null}),
    );
    let found = get(&server, &poi_id);
    let blank = json!({"sid": "", "photo_list": [], "recommend": "", "special": "", "introduction": "",
                       "open_time": ""});
    assert_has(&found, &blank, "base_info");
    assert_eq!(found["avg_price"], null);
}

#[test]
fn the_number_may_come_without_quotes() {
    let server = TestServer::start();
    add(&server, json!({}));
    server.ok(PATH, json!({"poi_id": 1}));
}

#[test]
fn an_unknown_store_is_65115_and_a_deleted_one_65116() {
    let server = TestServer::start();
    let poi_id = add(&server, json!({}));
    server.ok("/cgi-bin/poi/delpoi", json!({"poi_id": poi_id}));
    server.expect_errcode(PATH, json!({"poi_id": poi_id}), 65116);
    for unknown in ["2", "0", "-1", "271262077"] {
        server.expect_errcode(PATH, json!({"poi_id": unknown}), 65115);
    }
    for bad in [json!("abc"), json!("1.5"), json!(["1"]), json!("99999999999999999999")] {
        server.expect_errcode(PATH, json!({"poi_id": bad}), 40098);
    }
    assert_eq!(server.expect_errcode(PATH, json!({}), 41011), "poi_id");
}

#[test]
fn a_store_of_another_app_is_not_there() {
    let server = TestServer::start();
    let poi_id = add(&server, json!({}));
    let other = server.second_app();
    server.expect_errcode_as(&other, PATH, json!({"poi_id": poi_id}), 65115);
}
