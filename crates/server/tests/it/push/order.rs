//! The order of events: no event is missing, and those of a code come in order, also after restarts and gifts.

use crate::support::*;

/// The events of a code, in the order in which they came.
fn of_code(events: &[Received], code: &str) -> Vec<String> {
    let of_it = events.iter().filter(|event| event.element("UserCardCode") == Some(code));
    of_it.map(|event| event.element("Event").unwrap().to_owned()).collect()
}

#[test]
fn events_of_a_code_arrive_in_order_despite_failed_pushes() {
    let server = TestServer::start();
    let receiver = Receiver::start();
    let card = server.create(card_with_both("MEMBER_CARD", json!({}), json!({"auto_activate": true})));
    server.push_to(&receiver);
    let mut calls = 0;
    receiver.answer(move |_| {
        calls += 1;
        if calls % 3 == 0 { Reply::Http(500, String::new()) } else { Reply::Success }
    });
    let codes: Vec<String> = (0..20).map(|n| server.claim(&card, &format!("o{n}"))).collect();
    for bonus in 1..=6 {
        for code in &codes {
            let change = json!({"code": code, "card_id": card, "add_bonus": bonus});
            server.ok("/card/membercard/updateuser", change);
        }
    }
    let changes = |events: &[Received], code: &str| -> Vec<String> {
        let of_it = events.iter().filter(|event| event.element("UserCardCode") == Some(code));
        let mut pushed: Vec<String> =
            of_it.filter_map(|event| Some(event.element("ModifyBonus")?.to_owned())).collect();
        // A failed push was repeated.
        pushed.dedup();
        pushed
    };
    let last = |events: &[Received]| {
        codes.iter().all(|code| changes(events, code).last().is_some_and(|last| last == "6"))
    };
    // The number of rounds that the retries need depends on the order of calls of different codes.
    for _ in 0..100 {
        server.wait_for_push();
        if last(&receiver.events()) {
            break;
        }
        server.clock.advance(4000);
        server.wake_push();
    }
    let events = receiver.wait_until("the last change of each", last);
    for code in &codes {
        assert_eq!(changes(&events, code), ["1", "2", "3", "4", "5", "6"], "{code}");
    }
}

#[test]
fn a_restart_goes_on_where_push_had_come_to() {
    let mut server = TestServer::start();
    let receiver = Receiver::start();
    let card = server.create(card_with("GROUPON", json!({"get_limit": 50})));
    server.push_to(&receiver);
    let before = server.claim(&card, "o1");
    receiver.wait_for(1);
    server.restart();
    let after = server.claim(&card, "o2");
    let events = receiver.wait_for(2);
    server.wait_for_push();
    assert_eq!((of_code(&events, &before).len(), of_code(&events, &after).len()), (1, 1), "nothing twice");
    assert_eq!(receiver.events().len(), 2);
}

#[test]
fn failed_pushes_are_retried_after_a_restart() {
    let mut server = TestServer::start();
    let receiver = Receiver::start();
    let card = server.create(card("GROUPON"));
    server.push_to(&receiver);
    receiver.answer(|_| Reply::Cut);
    let code = server.claim(&card, "o1");
    server.consume(&code);
    receiver.wait_for(1);
    server.wait_for_push();
    server.restart();
    receiver.answer(|_| Reply::Success);
    server.clock.advance(60);
    server.wake_push();
    let events = receiver.wait_until("the consume", |events| of_code(events, &code).len() >= 3);
    assert_eq!(of_code(&events, &code)[1..], ["user_get_card", "user_consume_card"]);
    let ids: Vec<&str> = events.iter().map(|event| event.header("x-kaquan-event-id")).collect();
    assert_eq!(ids[0], ids[1], "the same event by the same name");
    assert_eq!(events[0].body, events[1].body);
}
