//! `POST /card/update`: the fields that an update may change, and those that send a card back to review. An update
//! changes all of its fields or none. WeChat manual: "管理卡券" (manage cards), change a card; "管理会员卡" (manage member
//! cards).

mod fields;
mod locations;
mod objects;
mod overlay;
mod refused;
mod review;
mod supply;
mod window;

use crate::support::*;

/// The request that changes these fields of a card's section.
fn patch(card_id: &str, card_type: &str, section: Value) -> Value {
    json!({"card_id": card_id, key_of(card_type): section})
}

/// The request that changes these fields in the `base_info` of a group purchase.
fn base_patch(card_id: &str, base: Value) -> Value {
    patch(card_id, "GROUPON", json!({"base_info": base}))
}

/// Asserts that a request is refused, and that `card/get` answers the same bytes as before.
#[track_caller]
fn refused(server: &TestServer, card_id: &str, body: Value, errcode: impl Errcode) -> String {
    let before = server.card(card_id).to_string();
    let tail = server.expect_errcode("/card/update", body, errcode);
    assert_eq!(server.card(card_id).to_string(), before);
    tail
}

#[test]
fn the_reply_is_errcode_errmsg_and_send_check() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    for (base, send_check) in [(json!({"notice": "x"}), true), (json!({"service_phone": "400"}), false)] {
        let reply = server.ok("/card/update", base_patch(&id, base));
        assert_eq!(reply, json!({"errcode": 0, "errmsg": "ok", "send_check": send_check}));
    }
}
