//! `POST /cgi-bin/poi/delpoi`: deletes a store. Later calls report the store as deleted.

use super::add;
use crate::support::*;

const PATH: &str = "/cgi-bin/poi/delpoi";

#[test]
fn a_store_is_deleted_once() {
    let server = TestServer::start();
    let poi_id = add(&server, json!({}));
    assert_eq!(server.post(PATH, json!({"poi_id": poi_id})), json!({"errcode": 0, "errmsg": "ok"}));
    server.expect_errcode(PATH, json!({"poi_id": poi_id}), 65116);
    assert_eq!(add(&server, json!({})), "2", "its number is not given out again");
}

#[test]
fn a_store_that_a_card_names_can_be_deleted() {
    let server = TestServer::start();
    let poi_id = add(&server, json!({}));
    let card = server.create(card_with("GROUPON", json!({"location_id_list": [poi_id]})));
    server.ok(PATH, json!({"poi_id": poi_id}));
    assert_eq!(server.base_info(&card)["location_id_list"], json!([1]));
}

#[test]
fn an_invalid_or_unknown_store_is_refused() {
    let server = TestServer::start();
    server.expect_errcode(PATH, json!({}), 41011);
    server.expect_errcode(PATH, json!({"poi_id": "x"}), 40098);
    server.expect_errcode(PATH, json!({"poi_id": "1"}), 65115);
    let other = server.second_app();
    let poi_id = add(&server, json!({}));
    server.expect_errcode_as(&other, PATH, json!({"poi_id": poi_id}), 65115);
}
