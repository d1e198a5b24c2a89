//! `POST /kaquan/v1/events/get`: one event with its payload and all attempts to deliver it.

use crate::support::*;

const PATH: &str = "/kaquan/v1/events/get";

#[test]
fn each_attempt_shows_the_reply_of_the_receiver() {
    let server = TestServer::start();
    let receiver = Receiver::start();
    let card = server.create(card("GROUPON"));
    server.push_to(&receiver);
    receiver.answer(|_| Reply::Http(503, "维护中".repeat(1000)));
    let code = server.claim(&card, "o1");
    receiver.wait_for(1);
    server.wait_for_push();
    receiver.answer(|_| Reply::Success);
    let id = server.ok("/kaquan/v1/events/list", json!({"code": code}))["events"][0]["event_id"].clone();
    let shown = server.ok(PATH, json!({"event_id": id}));
    assert_has(&shown, &json!({"kind": "claim", "delivery": "pending", "tries": 1}), "pending");
    assert_has(&shown["attempts"][0], &json!({"status": 503, "outcome": "HTTP 503"}), "first");
    let answer = shown["attempts"][0]["answer"].as_str().unwrap();
    assert!(answer.starts_with("维护中") && answer.len() <= 512, "{answer}");
    assert_eq!(shown["message"], json!(receiver.events()[0].body));
    server.clock.advance(60);
    server.wake_push();
    receiver.wait_for(2);
    let shown = server.wait_for_event(id.as_i64().unwrap(), |event| event["delivery"] == "delivered");
    let outcomes: Vec<&Value> =
        shown["attempts"].as_array().unwrap().iter().map(|made| &made["outcome"]).collect();
    assert_eq!(outcomes, ["HTTP 503", "accepted"]);
}

#[test]
fn an_event_that_went_through_at_once_has_its_attempt_too() {
    let server = TestServer::start();
    let receiver = Receiver::start();
    server.push_to(&receiver);
    server.create(card("GROUPON"));
    receiver.wait_for(1);
    server.wait_for_push();
    let shown = server.ok(PATH, json!({"event_id": 2}));
    assert_has(&shown, &json!({"kind": "review_pass", "delivery": "delivered"}), "event");
    assert_has(
        &shown["attempts"][0],
        &json!({"status": 200, "outcome": "accepted", "answer": "success"}),
        "attempt",
    );
}

#[test]
fn an_event_that_is_not_there_is_refused() {
    let server = TestServer::start();
    server.expect_errcode(PATH, json!({}), 41011);
    server.expect_errcode(PATH, json!({"event_id": 1}), 40097);
    server.expect_errcode(PATH, json!({"event_id": "one"}), 47001);
}
