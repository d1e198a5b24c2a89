//! `POST /kaquan/v1/callback/get`: the receiver of events, without its secrets.

use crate::support::*;

const PATH: &str = "/kaquan/v1/callback/get";

#[test]
fn an_app_without_a_callback_says_so() {
    let server = TestServer::start();
    assert_eq!(server.ok(PATH, json!({}))["url"], "");
}

#[test]
fn a_callback_is_shown_without_its_secrets() {
    let server = TestServer::start();
    let receiver = Receiver::start();
    let key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    server.set_callback(
        json!({"url": receiver.url, "token": "sesame", "mode": "safe", "encoding_aes_key": key}),
    );
    let shown = server.ok(PATH, json!({}));
    assert_has(
        &shown,
        &json!({"url": receiver.url, "mode": "safe", "since_event_id": 1, "next_event_id": 1}),
        "answer",
    );
    assert!(!shown.to_string().contains("sesame") && !shown.to_string().contains(key), "{shown}");
    let other = server.second_app();
    assert_eq!(server.ok_as(&other, PATH, json!({}))["url"], "");
}
