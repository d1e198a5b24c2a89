//! `POST /card/delete`: the card can no longer be claimed, and claimed codes remain valid. WeChat manual: "管理卡券"
//! (manage cards), delete.

use crate::support::*;

const PATH: &str = "/card/delete";

#[test]
fn a_deleted_card_shows_it_and_cannot_be_claimed() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    assert_eq!(server.post(PATH, json!({"card_id": id})), json!({"errcode": 0, "errmsg": "ok"}));
    assert_eq!(server.status(&id), "CARD_STATUS_DELETE");
    server.expect_errcode("/wallet/v1/claim", json!({"card_id": id, "openid": "oA"}), 40078);
}

#[test]
fn codes_that_are_out_stay_good() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let (consumed, given) = (server.claim(&id, "oA"), server.claim(&id, "oA"));
    server.ok(PATH, json!({"card_id": id}));
    assert_eq!(server.state(&consumed), ("NORMAL".to_owned(), true));
    let held = server.ok("/card/user/getcardlist", json!({"openid": "oA"}));
    assert_eq!(held["card_list"].as_array().unwrap().len(), 2);
    server.consume(&consumed);
    let friends = server.give(&given, "oA", "oB");
    server.consume(&friends);
}

#[test]
fn a_card_is_deleted_once() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    server.ok(PATH, json!({"card_id": id}));
    server.expect_errcode(PATH, json!({"card_id": id}), 40078);
}

#[test]
fn a_card_in_any_status_can_be_deleted() {
    let server = TestServer::manual();
    let (waiting, failed) = (server.create(card("GROUPON")), server.create(card("GROUPON")));
    server.ok("/kaquan/v1/review", json!({"card_id": failed, "pass": false}));
    for id in [waiting, failed] {
        server.ok(PATH, json!({"card_id": id}));
        assert_eq!(server.status(&id), "CARD_STATUS_DELETE");
    }
}

#[test]
fn deleting_one_card_leaves_the_others() {
    let server = TestServer::start();
    let (a, b) = (server.create(card("GROUPON")), server.create(card("GROUPON")));
    let before = server.card(&b);
    server.ok(PATH, json!({"card_id": a}));
    assert_eq!(server.card(&b), before);
    server.claim(&b, "oA");
}

#[test]
fn a_card_that_is_unknown_foreign_or_not_named_is_refused() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    server.expect_errcode(PATH, json!({"card_id": "pUnknown"}), 40073);
    server.expect_errcode(PATH, json!({}), 41012);
    let other = server.second_app();
    server.expect_errcode_as(&other, PATH, json!({"card_id": id}), 40073);
    assert_eq!(server.status(&id), "CARD_STATUS_VERIFY_OK");
}
