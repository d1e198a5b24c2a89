//! `POST /kaquan/v1/events/resend`: pushes one or many events again.

use crate::support::*;

const PATH: &str = "/kaquan/v1/events/resend";

fn ids(events: &[Received]) -> Vec<String> {
    events.iter().map(|event| event.header("x-kaquan-event-id").to_owned()).collect()
}

#[test]
fn an_event_is_pushed_again_just_as_it_was() {
    let server = TestServer::start();
    let receiver = Receiver::start();
    let card = server.create(card("GROUPON"));
    server.push_to(&receiver);
    let code = server.claim(&card, "o1");
    receiver.wait_for(1);
    server.wait_for_push();
    server.clock.advance(3600);
    let id = server.ok("/kaquan/v1/events/list", json!({"code": code}))["events"][0]["event_id"].clone();
    assert_has(&server.ok(PATH, json!({"event_id": id})), &json!({"count": 1, "next": 0}), "answer");
    let events = receiver.wait_for(2);
    assert_eq!((&events[0].body, ids(&events[..1])), (&events[1].body, ids(&events[1..])));
    assert_ne!(events[0].query("timestamp"), events[1].query("timestamp"), "signed again");
}

#[test]
fn events_from_before_the_callback_can_be_pushed() {
    let server = TestServer::start();
    let card = server.create(card_with("GROUPON", json!({"get_limit": 50})));
    let codes: Vec<String> = (0..20).map(|n| server.claim(&card, &format!("o{n}"))).collect();
    let receiver = Receiver::start();
    server.push_to(&receiver);
    assert_has(&server.ok(PATH, json!({"kind": "claim", "card_id": card})), &json!({"count": 20}), "answer");
    let events = receiver.wait_for(20);
    let mut pushed: Vec<&str> = events.iter().map(|event| event.element("UserCardCode").unwrap()).collect();
    pushed.sort_unstable();
    let mut expected: Vec<&str> = codes.iter().map(String::as_str).collect();
    expected.sort_unstable();
    assert_eq!(pushed, expected);
}

#[test]
fn a_parked_event_gets_all_its_tries_again() {
    let server = TestServer::start();
    let receiver = Receiver::start();
    server.set_callback(json!({"url": receiver.url, "token": "token", "policy": "wechat"}));
    receiver.answer(|_| Reply::Http(500, String::new()));
    server.create(card("GROUPON"));
    receiver.wait_for(3);
    server.wait_until("parked", 1);
    receiver.answer(|_| Reply::Success);
    assert_has(&server.ok(PATH, json!({"delivery": "parked"})), &json!({"count": 1}), "answer");
    receiver.wait_for(4);
    server.wait_until("delivered", 1);
    assert_eq!(server.event(&json!(2))["attempts"].as_array().unwrap().len(), 4);
}

#[test]
fn an_empty_request_does_not_send_everything() {
    let server = TestServer::start();
    server.push_to(&Receiver::start());
    assert!(server.expect_errcode(PATH, json!({}), 41011).contains("event_id"));
    assert!(server.expect_errcode(PATH, json!({"kind": "clam"}), 40097).contains("kind"));
}

#[test]
fn without_a_callback_nothing_can_be_pushed_again() {
    let server = TestServer::start();
    assert!(server.expect_errcode(PATH, json!({"event_id": 1}), 40097).contains("callback"));
}

#[test]
fn an_event_that_does_not_exist_cannot_be_pushed_again() {
    let server = TestServer::start();
    server.push_to(&Receiver::start());
    server.create(card("GROUPON"));
    for wrong in [-1, 0, 3, i64::MAX] {
        assert!(
            server.expect_errcode(PATH, json!({"event_id": wrong}), 40097).contains("event_id"),
            "{wrong}"
        );
    }
}
