//! `POST /kaquan/v1/echo`: answers like a claim without making one, for benchmarks.

use crate::support::*;

#[test]
fn an_echo_answers_like_a_claim_without_a_token_and_changes_nothing() {
    let server = TestServer::start();
    let body = json!({"card_id": "p", "openid": "oA"}).to_string();
    let before = server.changes(&server.app);
    let reply = server.send("POST", "/kaquan/v1/echo", &[], body.as_bytes()).json();
    assert_eq!(reply, json!({"errcode": 0, "errmsg": "ok", "code": "000000000000"}));
    assert_eq!(server.changes(&server.app), before);
}

#[test]
fn an_incomplete_claim_has_the_errcode_of_its_missing_field() {
    let server = TestServer::start();
    for (body, errcode) in
        [(json!({"openid": "oA"}), ErrCode::CardIdMissing), (json!({"card_id": "p"}), ErrCode::OpenidMissing)]
    {
        server.expect_errcode("/kaquan/v1/echo", body, errcode);
    }
}
