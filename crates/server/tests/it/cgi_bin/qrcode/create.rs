//! `POST /cgi-bin/qrcode/create` for cards, in every form that clients send. WeChat manual: "投放卡券" (distribute cards),
//! QR codes.

use crate::support::*;
use kaquan_core::event::EventKind;

const PATH: &str = "/cgi-bin/qrcode/create";

fn one(info: Value) -> Value {
    json!({"action_name": "QR_CARD", "action_info": info})
}

#[test]
fn a_ticket_of_this_path_is_claimed_like_one_of_the_other() {
    let server = TestServer::start();
    let id = server.create(card_with("GROUPON", json!({"get_limit": 5})));
    let card = json!({
        "card_id": id, "code": "", "openid": "", "expire_seconds": "1800", "is_unique_code": false, "outer_id": 1,
        "outer_str": "12b",
    });
    for info in [json!({"card": card}), json!({"scene": {"card": card}})] {
        let reply = server.post(PATH, one(info));
        let keys = ["errcode", "errmsg", "ticket", "expire_seconds", "url", "show_qrcode_url"];
        assert_eq!(shape::keys(&reply), keys);
        assert_eq!((&reply["errcode"], &reply["expire_seconds"]), (&json!(0), &json!(1800)));
        let ticket = reply["ticket"].as_str().expect("a ticket");
        let picture = server.send("GET", &format!("/cgi-bin/showqrcode?ticket={ticket}"), &[], b"");
        assert_eq!(picture.status, 200);
        let claimed = server.ok("/wallet/v1/claim", json!({"ticket": ticket, "openid": "o1"}));
        assert!(claimed["code"].is_string(), "{claimed}");
        let event = server.last_event(EventKind::Claim);
        assert_eq!((event.detail.as_deref(), event.amount, event.amount2), (Some("12b"), 1, 1));
    }
}

#[test]
fn several_cards_are_taken_wherever_clients_put_the_list() {
    let server = TestServer::start();
    let list: Value = (0..2).map(|_| json!({"card_id": server.create(card("GROUPON"))})).collect();
    for info in [
        json!({"multiple_card": {"card_list": list}}),
        json!({"card_list": list}),
        json!({"scene": {"multiple_card": {"card_list": list}}}),
        json!({"scene": {"card_list": list}}),
    ] {
        let body = json!({"action_name": "QR_MULTIPLE_CARD", "action_info": info, "expire_seconds": 604_800});
        let reply = server.ok(PATH, body);
        assert_eq!(reply["expire_seconds"], 604_800);
        let claimed = server.ok("/wallet/v1/claim", json!({"ticket": reply["ticket"], "openid": "o1"}));
        assert_eq!(claimed["card_list"].as_array().map(Vec::len), Some(2), "{claimed}");
    }
    let none = json!({"action_name": "QR_MULTIPLE_CARD", "action_info": {"scene": {"card_list": []}}});
    server.expect_errcode(PATH, none, 45039);
}

#[test]
fn the_lifetime_of_the_card_wins_and_the_other_has_30_days_at_most() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let body = |top: &Value, inside: &Value| {
        let mut body = one(json!({"scene": {"card": {"card_id": id, "expire_seconds": inside}}}));
        body["expire_seconds"] = top.clone();
        body
    };
    for (top, inside, life) in [
        (json!(604_800), json!(60), 60),
        (json!(604_800), Value::Null, 604_800),
        (json!("2592000"), json!(0), 2_592_000),
        (Value::Null, json!("1800"), 1800),
        (Value::Null, Value::Null, 31_536_000),
    ] {
        assert_eq!(server.ok(PATH, body(&top, &inside))["expire_seconds"], life, "{top} {inside}");
    }
    for (top, inside, errcode) in [
        (json!(2_592_001), Value::Null, ErrCode::InvalidArgs),
        (json!(59), Value::Null, ErrCode::InvalidArgs),
        (json!(604_800), json!(59), ErrCode::InvalidArgs),
        (json!("x"), Value::Null, ErrCode::DataFormat),
    ] {
        server.expect_errcode(PATH, body(&top, &inside), errcode);
    }
}

#[test]
fn qr_codes_of_a_chat_are_refused_with_what_there_is() {
    let server = TestServer::start();
    for (action, scene) in [
        ("QR_SCENE", json!({"scene_id": 1})),
        ("QR_STR_SCENE", json!({"scene_str": "a"})),
        ("QR_LIMIT_SCENE", json!({"scene_id": 1})),
        ("QR_LIMIT_STR_SCENE", json!({"scene_str": "a"})),
    ] {
        let body = json!({"action_name": action, "action_info": {"scene": scene}});
        let tail = server.expect_errcode(PATH, body, 48001);
        assert!(tail.contains(action) && tail.contains("QR_CARD"), "{tail}");
    }
}

#[test]
fn the_errors_are_those_of_the_other_path_in_their_order() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    for name in [json!("QR_CARDS"), json!(""), Value::Null] {
        let body = json!({"action_name": name, "action_info": {"card": {"card_id": id}}});
        server.expect_errcode(PATH, body, 40052);
    }
    for info in [Value::Null, json!({}), json!({"scene": {}}), json!({"scene": {"card": []}}), json!("x")] {
        server.expect_errcode(PATH, one(info), 40053);
    }
    let custom = server.create_custom();
    let deleted = server.create(card("GROUPON"));
    server.ok("/card/delete", json!({"card_id": deleted}));
    for (card, errcode) in [
        (json!({}), 41012),
        (json!({"card_id": id, "outer_str": limits::chinese(129)}), 45021),
        (json!({"card_id": id, "outer_id": 2_147_483_648_i64}), 40097),
        (json!({"card_id": "pUnknown"}), 40073),
        (json!({"card_id": deleted}), 40078),
        (json!({"card_id": custom}), 41013),
    ] {
        server.expect_errcode(PATH, one(json!({"scene": {"card": card}})), errcode);
    }
}
