//! `POST /kaquan/v1/review`: approves or refuses a card that waits for review. The effect of updates on reviews is
//! tested in `card/update/review.rs`.

use crate::support::*;

const PATH: &str = "/kaquan/v1/review";

#[test]
fn a_card_passes_or_fails() {
    let server = TestServer::manual();
    for (body, status) in [
        (json!({"pass": true}), "CARD_STATUS_VERIFY_OK"),
        (json!({"pass": "1"}), "CARD_STATUS_VERIFY_OK"),
        (json!({"pass": false}), "CARD_STATUS_VERIFY_FAIL"),
        (json!({"pass": false, "reason": "图片不清晰"}), "CARD_STATUS_VERIFY_FAIL"),
    ] {
        let id = server.create(card("GROUPON"));
        let mut body = body;
        body["card_id"] = id.clone().into();
        assert_eq!(server.post(PATH, body), json!({"errcode": 0, "errmsg": "ok"}));
        assert_eq!(server.status(&id), status);
    }
}

#[test]
fn only_a_card_that_waits_is_decided_on() {
    let server = TestServer::manual();
    let (passed, failed, deleted) =
        (server.create(card("GROUPON")), server.create(card("GROUPON")), server.create(card("GROUPON")));
    server.pass(&passed);
    server.ok(PATH, json!({"card_id": failed, "pass": false}));
    server.ok("/card/delete", json!({"card_id": deleted}));
    for id in [passed, failed, deleted] {
        for pass in [true, false] {
            server.expect_errcode(PATH, json!({"card_id": id, "pass": pass}), 40078);
        }
    }
}

#[test]
fn a_reason_goes_with_a_refusal_and_has_at_most_512_bytes() {
    let server = TestServer::manual();
    let id = server.create(card("GROUPON"));
    server.expect_errcode(PATH, json!({"card_id": id, "pass": true, "reason": "x"}), 40097);
    let with = |bytes: usize| json!({"card_id": id, "pass": false, "reason": limits::chinese(bytes)});
    server.expect_errcode(PATH, with(513), 45021);
    server.ok(PATH, with(512));
}

#[test]
fn each_missing_or_unknown_value_has_its_own_errcode() {
    let server = TestServer::manual();
    let id = server.create(card("GROUPON"));
    assert_eq!(server.expect_errcode(PATH, json!({"card_id": id}), 41011), "pass");
    server.expect_errcode(PATH, json!({"pass": true}), 41012);
    server.expect_errcode(PATH, json!({"card_id": "pUnknown", "pass": true}), 40073);
    server.expect_errcode(PATH, json!({"card_id": id, "pass": "maybe"}), 47001);
    let other = server.second_app();
    server.expect_errcode_as(&other, PATH, json!({"card_id": id, "pass": true}), 40073);
}
