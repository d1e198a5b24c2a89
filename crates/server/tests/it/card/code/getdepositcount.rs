//! `POST /card/code/getdepositcount`: how many codes were imported. WeChat manual: "投放卡券" (distribute cards).

use crate::support::*;

const PATH: &str = "/card/code/getdepositcount";

#[test]
fn every_code_ever_imported_counts_once() {
    let server = TestServer::start();
    let id = server.create_deposit(&["a1", "a2", "a3"]);
    assert_eq!(server.post(PATH, json!({"card_id": id})), json!({"errcode": 0, "errmsg": "ok", "count": 3}));
    server.ok("/card/code/deposit", json!({"card_id": id, "code": ["a3", "a4"]}));
    server.claim(&id, "oA");
    assert_eq!(server.ok(PATH, json!({"card_id": id}))["count"], 4);
}

#[test]
fn blanks_around_a_card_id_are_no_part_of_it() {
    let server = TestServer::start();
    let id = server.create_deposit(&["a1"]);
    assert_eq!(server.ok(PATH, json!({"card_id": format!(" {id} ")}))["count"], 1);
    server.expect_errcode(PATH, json!({"card_id": "  "}), 41012);
}

#[test]
fn a_card_without_imports_has_none() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    assert_eq!(server.ok(PATH, json!({"card_id": id}))["count"], 0);
}

#[test]
fn every_refusal_has_its_errcode() {
    let server = TestServer::start();
    server.expect_errcode(PATH, json!({}), 41012);
    server.expect_errcode(PATH, json!({"card_id": "pNowhere"}), 40073);
}
