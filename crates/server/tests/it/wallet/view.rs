//! `POST /wallet/v1/view`: a holder views a card's page. Only the number of views changes.

use crate::support::*;

const PATH: &str = "/wallet/v1/view";

#[test]
fn a_card_in_any_status_can_be_looked_at() {
    let server = TestServer::manual();
    let id = server.create(card("GROUPON"));
    let body = json!({"card_id": id, "openid": "oA", "outer_str": "12b"});
    let before = server.card(&id);
    assert_eq!(server.post(PATH, body.clone()), json!({"errcode": 0, "errmsg": "ok"}));
    server.pass(&id);
    server.ok(PATH, body.clone());
    server.ok("/card/delete", json!({"card_id": id}));
    server.ok(PATH, body);
    let mut after = server.card(&id);
    after["groupon"]["base_info"]["status"] = "CARD_STATUS_NOT_VERIFY".into();
    assert_eq!(after, before);
}

#[test]
fn card_and_holder_are_musts() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    server.expect_errcode(PATH, json!({"card_id": "pUnknown", "openid": "oA"}), 40073);
    server.expect_errcode(PATH, json!({"openid": "oA"}), 41012);
    server.expect_errcode(PATH, json!({"card_id": id}), 41009);
    server.expect_errcode(PATH, json!({"card_id": id, "openid": "o".repeat(65)}), 40003);
    let body = json!({"card_id": id, "openid": "oA", "outer_str": limits::ascii(129)});
    server.expect_errcode(PATH, body, 45021);
}
