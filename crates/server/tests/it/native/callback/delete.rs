//! `POST /kaquan/v1/callback/delete`: removes the receiver, so that events are no longer pushed.

use crate::support::*;

const PATH: &str = "/kaquan/v1/callback/delete";

#[test]
fn a_new_callback_begins_with_the_next_event() {
    let server = TestServer::start();
    let receiver = Receiver::start();
    server.push_to(&receiver);
    let card = server.create(card("GROUPON"));
    receiver.wait_for(1);
    server.ok(PATH, json!({}));
    server.ok(PATH, json!({}));
    let unheard = server.claim(&card, "o1");
    server.push_to(&receiver);
    let heard = server.claim(&card, "o2");
    let events = receiver.wait_until("the second claim", |events| {
        events.iter().any(|event| event.element("UserCardCode") == Some(heard.as_str()))
    });
    assert!(events.iter().all(|event| event.element("UserCardCode") != Some(unheard.as_str())));
}

#[test]
fn a_deletion_parks_the_events_that_wait_for_a_retry() {
    let server = TestServer::start();
    let receiver = Receiver::start();
    server.push_to(&receiver);
    receiver.answer(|_| Reply::Http(500, String::new()));
    server.create(card("GROUPON"));
    receiver.wait_for(1);
    server.wait_for_push();
    let list =
        |state: &str| server.ok("/kaquan/v1/events/list", json!({"delivery": state}))["events"].clone();
    assert_eq!(list("pending")[0]["kind"], "review_pass");
    server.ok(PATH, json!({}));
    assert_eq!(list("parked")[0]["kind"], "review_pass");
}
