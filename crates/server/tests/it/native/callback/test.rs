//! `POST /kaquan/v1/callback/test`: sends a handshake to the receiver and reports the result.

use crate::support::*;

const PATH: &str = "/kaquan/v1/callback/test";

#[test]
fn a_handshake_reports_the_reply_of_the_receiver() {
    let server = TestServer::start();
    let receiver = Receiver::start();
    server.push_to(&receiver);
    assert_has(
        &server.ok(PATH, json!({})),
        &json!({"accepted": true, "outcome": "accepted", "status": 200}),
        "good",
    );
    receiver.answer(|_| Reply::Http(502, "bad gateway".to_owned()));
    let bad = json!({"accepted": false, "outcome": "HTTP 502", "status": 502, "answer": "bad gateway"});
    assert_has(&server.ok(PATH, json!({})), &bad, "bad");
    receiver.answer(|_| Reply::Cut);
    assert_has(&server.ok(PATH, json!({})), &json!({"accepted": false, "status": 0}), "cut");
}

#[test]
fn without_a_callback_there_is_nothing_to_try() {
    let server = TestServer::start();
    assert!(server.expect_errcode(PATH, json!({}), 40097).contains("callback"));
}
