//! `POST /kaquan/v1/events/list`: finds events by their subject and their delivery.

use crate::support::*;

const PATH: &str = "/kaquan/v1/events/list";

fn kinds(server: &TestServer, body: Value) -> Vec<String> {
    let listed = server.ok(PATH, body);
    let events = listed["events"].as_array().expect("events").iter();
    events.map(|event| event["kind"].as_str().expect("a kind").to_owned()).collect()
}

#[test]
fn events_are_found_by_card_code_holder_kind_and_time() {
    let server = TestServer::start();
    let [first, second] =
        [0; 2].map(|_| server.create(card_with("GROUPON", json!({"can_give_friend": true}))));
    let begun = server.now();
    server.clock.advance(60);
    let code = server.claim(&first, "o1");
    server.claim(&second, "o2");
    server.clock.advance(60);
    let given = server.give(&code, "o1", "o3");
    assert_eq!(kinds(&server, json!({"code": given})), ["gift_accept"]);
    assert_eq!(kinds(&server, json!({"code": code})), ["gift_accept", "gift_start", "claim"]);
    assert_eq!(kinds(&server, json!({"openid": "o2"})), ["claim"]);
    assert_eq!(kinds(&server, json!({"openid": "o3"})), ["gift_accept", "gift_start"]);
    assert_eq!(kinds(&server, json!({"card_id": second})), ["claim", "review_pass", "card_create"]);
    assert_eq!(
        kinds(&server, json!({"kind": "claim,gift_start", "card_id": first})),
        ["gift_start", "claim"]
    );
    assert_eq!(kinds(&server, json!({"kind": "claim", "end_time": begun + 60})).len(), 2);
    assert_eq!(kinds(&server, json!({"kind": "claim", "begin_time": begun + 61})).len(), 0);
    let reply = server.ok(PATH, json!({"kind": "gift_accept"}))["events"][0].clone();
    let expected = json!({
        "kind": "gift_accept", "event": "user_get_card", "card_id": first, "code": given, "old_code": code,
        "openid": "o1", "friend": "o3", "delivery": "none", "time": server.now(),
    });
    assert_has(&reply, &expected, "event");
}

#[test]
fn a_custom_code_is_found_with_its_card() {
    let server = TestServer::start();
    let card = server.create_custom();
    server.claim_code(&card, "o1", "MINE-1");
    assert_eq!(kinds(&server, json!({"card_id": card, "code": "MINE-1"})), ["claim"]);
    server.expect_errcode(PATH, json!({"code": "MINE-1"}), 40056);
}

#[test]
fn pages_go_down_to_the_first_event() {
    let server = TestServer::start();
    let card = server.create(card_with("GROUPON", json!({"get_limit": 50})));
    (0..5).for_each(|_| drop(server.claim(&card, "o1")));
    let (mut seen, mut before) = (Vec::new(), json!(null));
    while before != 0 {
        let page = server.ok(PATH, json!({"count": 3, "before_event_id": before}));
        seen.extend(
            page["events"].as_array().unwrap().iter().map(|event| event["event_id"].as_i64().unwrap()),
        );
        before = page["next"].clone();
    }
    assert_eq!(seen, (1..=7).rev().collect::<Vec<_>>());
}

#[test]
fn events_are_found_by_the_state_of_their_delivery() {
    let server = TestServer::start();
    let receiver = Receiver::start();
    let card = server.create(card("GROUPON"));
    server.push_to(&receiver);
    let [first, second] = ["o1", "o2"].map(|openid| server.claim(&card, openid));
    receiver.wait_for(2);
    receiver.answer(|_| Reply::Http(500, String::new()));
    server.consume(&first);
    server.wait_for_push();
    let found = |state: &str| kinds(&server, json!({"delivery": state}));
    assert_eq!(found("delivered"), ["claim", "claim"]);
    assert_eq!(found("pending"), ["consume"]);
    assert_eq!(found("none"), ["review_pass", "card_create"], "there was no callback then");
    assert_eq!((found("parked").len(), found("waiting").len()), (0, 0));
    let pending = server.ok(PATH, json!({"delivery": "pending", "code": first}))["events"][0].clone();
    assert_has(&pending, &json!({"delivery": "pending", "tries": 1}), "event");
    assert!(pending["next_try"].as_i64().unwrap() > server.now());
    assert_eq!(kinds(&server, json!({"delivery": "pending", "code": second})).len(), 0);
}

#[test]
fn pages_of_one_state_pass_over_the_others() {
    let server = TestServer::start();
    let receiver = Receiver::start();
    let card = server.create(card_with("GROUPON", json!({"get_limit": 50})));
    server.push_to(&receiver);
    receiver.answer(|_| Reply::Http(500, String::new()));
    let failed: Vec<String> = (0..5).map(|_| server.claim(&card, "o1")).collect();
    receiver.wait_for(5);
    server.wait_until("pending", 5);
    receiver.answer(|_| Reply::Success);
    (0..30).for_each(|_| drop(server.claim(&card, "o2")));
    server.wait_for_push();
    for (state, count) in [("pending", 5), ("delivered", 30), ("none", 2)] {
        let (mut seen, mut before) = (Vec::new(), json!(null));
        while before != 0 {
            let page = server.ok(PATH, json!({"delivery": state, "count": 2, "before_event_id": before}));
            assert!(page["events"].as_array().unwrap().len() <= 2);
            seen.extend(page["events"].as_array().unwrap().clone());
            before = page["next"].clone();
        }
        assert_eq!(seen.len(), count, "{state}");
        assert!(seen.iter().all(|event| event["delivery"] == state), "{seen:?}");
    }
    let pending = server.ok(PATH, json!({"delivery": "pending", "code": failed[0]}));
    assert_eq!(pending["events"].as_array().unwrap().len(), 1);
}

#[test]
fn an_invalid_filter_is_refused_and_named() {
    let server = TestServer::start();
    for (body, errcode, field) in [
        (json!({"kind": "claim,clam"}), ErrCode::InvalidArgs, "kind"),
        (json!({"delivery": "lost"}), ErrCode::InvalidArgs, "delivery"),
        (json!({"count": 0}), ErrCode::InvalidArgs, "count"),
        (json!({"count": 101}), ErrCode::InvalidArgs, "count"),
        (json!({"before_event_id": 2}), ErrCode::InvalidArgs, "before_event_id"),
        (json!({"before_event_id": -1}), ErrCode::InvalidArgs, "before_event_id"),
        (json!({"from_event_id": 2}), ErrCode::InvalidArgs, "from_event_id"),
        (json!({"card_id": "pNowhere"}), ErrCode::InvalidCardId, "card_id"),
        (json!({"code": "123456789012"}), ErrCode::InvalidSerialCode, "code"),
        (json!({"openid": "a b"}), ErrCode::InvalidOpenid, "openid"),
        (json!({"begin_time": "yesterday"}), ErrCode::DataFormat, "begin_time"),
        (json!({"kind": "clam", "delivery": "lost"}), ErrCode::InvalidArgs, "kind"),
        (json!({"card_id": "pNowhere", "delivery": "lost"}), ErrCode::InvalidArgs, "delivery"),
    ] {
        let reason = server.expect_errcode(PATH, body.clone(), errcode);
        assert!(reason.contains(field), "{body}: {reason}");
    }
}

#[test]
fn the_days_of_the_log_narrow_a_search() {
    let server = TestServer::start();
    let card = server.create(card_with("GROUPON", json!({"get_limit": 50})));
    let codes: Vec<String> = (0..3)
        .map(|n| {
            server.clock.advance(86_400);
            server.claim(&card, &format!("o{n}"))
        })
        .collect();
    for (n, code) in codes.iter().enumerate() {
        let listed = server.ok(PATH, json!({"code": code}));
        assert_eq!(listed["events"][0]["event_id"], 3 + n, "{listed}");
        assert_eq!((listed["events"].as_array().unwrap().len(), &listed["next"]), (1, &json!(0)));
    }
    let (end, day) = (server.now(), 86_400);
    assert_eq!(kinds(&server, json!({"kind": "claim", "begin_time": end - day, "end_time": end})).len(), 2);
    assert_eq!(kinds(&server, json!({"end_time": end - 30 * day})).len(), 0);
    assert_eq!(kinds(&server, json!({"begin_time": end + 30 * day})).len(), 0);
}
