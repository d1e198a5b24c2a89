//! `POST /card/storewxa/get`: returns the card of a store.

use super::{card_of, store};
use crate::support::*;

const PATH: &str = "/card/storewxa/get";

#[test]
fn a_store_without_a_card_or_with_a_deleted_one_has_an_empty_id() {
    let server = TestServer::start();
    let poi_id = store(&server);
    let empty = json!({"errcode": 0, "errmsg": "ok", "card_id": ""});
    assert_eq!(server.post(PATH, json!({"poi_id": poi_id})), empty);
    let id = server.create(card("MEMBER_CARD"));
    server.ok("/card/storewxa/set", json!({"poi_id": poi_id, "card_id": id}));
    assert_eq!(card_of(&server, &poi_id), json!(id));
    server.ok("/card/delete", json!({"card_id": id}));
    assert_eq!(server.post(PATH, json!({"poi_id": poi_id})), empty);
}

#[test]
fn every_refusal_has_its_errcode() {
    let server = TestServer::start();
    let poi_id = store(&server);
    server.expect_errcode(PATH, json!({"poi_id": ""}), 41011);
    server.expect_errcode(PATH, json!({"poi_id": 999}), 65115);
    server.ok("/cgi-bin/poi/delpoi", json!({"poi_id": poi_id}));
    server.expect_errcode(PATH, json!({"poi_id": poi_id}), 65118);
    let other = server.second_app();
    let id = store(&server);
    server.expect_errcode_as(&other, PATH, json!({"poi_id": id}), 65115);
}
