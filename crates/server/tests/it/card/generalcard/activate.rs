//! `POST /card/generalcard/activate`: a general card becomes active.

use super::{claimed, gift_card, is_active, refused_codes, shown};
use crate::support::*;
use kaquan_core::event::EventKind;

const PATH: &str = "/card/generalcard/activate";

#[test]
fn an_activation_sets_the_number_and_keeps_points_and_balance() {
    let server = TestServer::start();
    let (id, code) = claimed(&server, json!({}), json!({"custom_field1": {"name": "次数"}}));
    assert_eq!((shown(&server, &code), is_active(&server, &code)), ((code.clone(), 5, 10_000), false));
    let body = json!({
        "card_id": id, "code": code, "card_number": "G001", "background_pic_url": "https://pic.example/a",
        "init_custom_field_value1": "3", "activate_begin_time": NOON.0 - 60, "activate_end_time": NOON.0 + 90,
    });
    assert_eq!(server.post(PATH, body), json!({"errcode": 0, "errmsg": "ok"}));
    assert_eq!((shown(&server, &code), is_active(&server, &code)), (("G001".to_owned(), 5, 10_000), true));
    let reply = server.ok("/card/code/get", json!({"code": code}));
    assert_eq!(reply["background_pic_url"], "https://pic.example/a");
    assert_eq!(reply["card"]["end_time"], NOON.0 + 90);
    for key in ["membership_number", "bonus", "balance", "nickname", "user_info"] {
        assert_eq!(reply.get(key), None, "{key}");
    }
    server.clock.advance(91);
    assert_eq!(server.state(&code).0, "EXPIRE");
}

#[test]
fn the_number_may_come_under_the_name_that_member_cards_use() {
    let server = TestServer::start();
    let (_, code) = claimed(&server, json!({}), json!({}));
    server.ok(PATH, json!({"code": code, "membership_number": 17}));
    assert_eq!(shown(&server, &code).0, "17");
    server.ok(PATH, json!({"code": code, "membership_number": "no", "card_number": "yes"}));
    assert_eq!(shown(&server, &code).0, "yes");
}

#[test]
fn a_repeated_activation_keeps_points_and_balance() {
    let server = TestServer::start();
    let (_, code) = claimed(&server, json!({}), json!({}));
    let with =
        |bonus: i64| json!({"code": code, "card_number": "1", "init_bonus": bonus, "init_balance": bonus});
    for bonus in [7, 8] {
        server.ok(PATH, with(bonus));
        assert_eq!(shown(&server, &code), ("1".to_owned(), 7, 7));
    }
    let events = server.store.events(server.app.id, kaquan_core::id::EventSeq(0), 1000).unwrap();
    assert_eq!(events.iter().filter(|event| event.kind == EventKind::Activate).count(), 1);
}

#[test]
fn a_custom_code_is_activated_with_its_card_id() {
    let server = TestServer::start();
    let id = server.create(gift_card(json!({"use_custom_code": true}), json!({})));
    server.claim_code(&id, "o1", "G-1");
    server.expect_errcode(PATH, json!({"code": "G-1", "card_number": "1"}), 40056);
    server.ok(PATH, json!({"code": " G-1 ", "card_id": id, "card_number": "1"}));
}

#[test]
fn activate_errors_follow_the_documented_order() {
    let server = TestServer::start();
    let (id, code) = claimed(&server, json!({}), json!({}));
    let long = "x".repeat(21);
    server.expect_errcode(PATH, json!({"card_id": id}), 41013);
    assert_eq!(server.expect_errcode(PATH, json!({"code": "1"}), 41011), "m_data.card_number");
    let tail = server.expect_errcode(PATH, json!({"code": "1", "card_number": long}), 45021);
    assert!(tail.starts_with("card_number: "), "{tail}");
    for (code, errcode) in refused_codes(&server) {
        let body = json!({"code": code, "card_number": "1", "init_bonus": -1});
        server.expect_errcode(PATH, body, errcode);
    }
    let coupon = server.create(card("GROUPON"));
    server.expect_errcode(PATH, json!({"code": code, "card_id": coupon, "card_number": "1"}), 40056);
    for (field, errcode) in [("init_bonus", 45022), ("init_balance", 45023), ("activate_begin_time", 40079)] {
        server.expect_errcode(PATH, json!({"code": code, "card_number": "1", field: -1}), errcode);
    }
}

#[test]
fn a_spent_balance_does_not_come_back_by_switching_auto_activate() {
    let server = TestServer::start();
    let (id, code) = claimed(&server, json!({}), json!({"init_balance": 1000}));
    let switch = |on: bool| {
        server.ok("/card/update", json!({"card_id": id, "general_card": {"auto_activate": on}}));
    };
    switch(true);
    server.ok("/card/generalcard/updateuser", json!({"code": code, "balance": 300}));
    switch(false);
    let activate = json!({"code": code, "card_number": "G1", "init_balance": 1000, "init_bonus": 99});
    server.ok("/card/generalcard/activate", activate);
    assert_eq!(shown(&server, &code), ("G1".to_owned(), 5, 300));
}
