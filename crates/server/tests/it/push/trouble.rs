//! Receivers that fail: slow, broken, with long replies, at a new address, or away for an hour.

use crate::support::*;

fn started(policy: &str) -> (TestServer, Receiver, String) {
    let (server, receiver) = (TestServer::start(), Receiver::start());
    let card = server.create(card_with("GROUPON", json!({"get_limit": 50})));
    server.set_callback(json!({"url": receiver.url, "token": "token", "policy": policy}));
    (server, receiver, card)
}

#[test]
fn wechats_policy_tries_three_times_with_the_same_body() {
    let (server, receiver, card) = started("wechat");
    receiver.answer(|_| Reply::Http(500, String::new()));
    server.claim(&card, "o1");
    let events = receiver.wait_for(3);
    server.wait_until("parked", 1);
    assert_eq!(receiver.events().len(), 3);
    assert!(events.iter().all(|event| event.body == events[0].body));
}

#[test]
fn the_durable_policy_tries_further_and_further_apart() {
    let (server, receiver, card) = started("durable");
    receiver.answer(|_| Reply::Http(500, String::new()));
    server.claim(&card, "o1");
    receiver.wait_for(1);
    let begun = server.now();
    // Seven tries count. After them the receiver counts as down and is only probed.
    for tries in 2..=7 {
        let next = server.wait_for_event(3, |event| event["tries"] == tries - 1)["next_try"].as_i64();
        let next = next.expect("another try");
        server.clock.set(kaquan_core::time::Timestamp(next));
        server.wake_push();
        receiver.wait_for(tries);
    }
    assert!(server.now() - begun > 3600, "further and further apart");
    receiver.answer(|_| Reply::Success);
    server.wait_for_event(3, |event| event["tries"] == 7);
    server.clock.advance(7 * 3600);
    server.wake_push();
    server.wait_for_event(3, |event| event["delivery"] == "delivered");
}

#[test]
fn only_a_reply_of_the_expected_form_accepts_an_event() {
    for reply in [
        Reply::Http(200, "{\"code\":0}".to_owned()),
        Reply::Http(302, String::new()),
        Reply::Endless,
        Reply::Cut,
    ] {
        let (server, receiver, card) = started("wechat");
        let own = reply.clone();
        receiver.answer(move |_| own.clone());
        server.claim(&card, "o1");
        server.wait_until("parked", 1);
        assert_eq!(receiver.events().len(), 3, "{reply:?}");
    }
}

#[test]
fn a_receiver_that_says_nothing_is_left_after_five_seconds() {
    let (server, receiver, card) = started("durable");
    receiver.answer(|_| Reply::Silence);
    let begun = std::time::Instant::now();
    server.claim(&card, "o1");
    server.wait_until("pending", 1);
    assert!(begun.elapsed().as_secs_f64() > 4.9);
    let attempt = server.event(&json!(3))["attempts"][0].clone();
    assert_has(&attempt, &json!({"status": 0, "outcome": "no answer within 5 seconds"}), "attempt");
}

#[test]
fn a_dead_receiver_does_not_slow_another_app() {
    let (server, dead, card) = started("durable");
    dead.answer(|_| Reply::Silence);
    let other = server.second_app();
    let receiver = Receiver::start();
    server.ok_as(&other, "/kaquan/v1/callback/set", json!({"url": receiver.url, "token": "token"}));
    (0..40).for_each(|n| drop(server.claim(&card, &format!("o{n}"))));
    dead.wait_for(1);
    let begun = std::time::Instant::now();
    let made = server.ok_as(&other, "/card/create", json!({"card": crate::support::card("GROUPON")}));
    let events = receiver.wait_for(1);
    assert_eq!(events[0].element("CardId"), made["card_id"].as_str());
    assert!(begun.elapsed().as_secs() < 4, "no delivery waited for the dead receiver");
}

#[test]
fn an_hours_outage_leaves_few_rows_and_nothing_behind() {
    let (server, receiver, card) = started("durable");
    receiver.answer(|_| Reply::Http(502, String::new()));
    let codes: Vec<String> = (0..200).map(|n| server.claim(&card, &format!("o{n}"))).collect();
    receiver.wait_for(8);
    for _ in 0..60 {
        server.clock.advance(60);
        server.wake_push();
    }
    server.wait_for_event(3, |event| event["delivery"] == "pending");
    let pending =
        server.ok("/kaquan/v1/events/list", json!({"delivery": "pending", "count": 100}))["events"].clone();
    assert!((1..=32).contains(&pending.as_array().unwrap().len()), "{pending}");
    receiver.answer(|_| Reply::Success);
    server.clock.advance(60);
    server.wake_push();
    receiver.wait_until("every claim", |events| {
        codes
            .iter()
            .all(|code| events.iter().any(|event| event.element("UserCardCode") == Some(code.as_str())))
    });
    server.wait_until("pending", 0);
    server.wait_until("waiting", 0);
}
