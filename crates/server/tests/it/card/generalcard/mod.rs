//! `/card/generalcard`: gift cards, exchange cards and campus cards from the claim to the consume.
//! WeChat manual: "礼品卡" (gift cards).

mod activate;
mod life;
mod unactivate;
mod updateuser;

use crate::support::*;

const HOLDER: &str = "oGifted";

/// A gift card that begins with 5 points and 100 yuan.
fn gift_card(base: Value, beside: Value) -> Value {
    let own =
        json!({"supply_bonus": true, "supply_balance": true, "init_bonus": 5, "init_balance": 10_000.0});
    card_with_both("GENERAL_CARD", base, merged(own, beside))
}

/// The id of a [`gift_card`], and a claimed code of it.
fn claimed(server: &TestServer, base: Value, beside: Value) -> (String, String) {
    let id = server.create(gift_card(base, beside));
    let code = server.claim(&id, HOLDER);
    (id, code)
}

/// As [`claimed`], but the code is active and has the number `G001`.
fn active(server: &TestServer) -> (String, String) {
    let (id, code) = claimed(server, json!({}), json!({}));
    server.ok("/card/generalcard/activate", json!({"card_id": id, "code": code, "card_number": "G001"}));
    (id, code)
}

/// The number, points and balance in the `card` of a `code/get` reply.
fn shown(server: &TestServer, code: &str) -> (String, i64, i64) {
    let card = server.ok("/card/code/get", json!({"code": code}))["card"].take();
    let number = |key: &str| card[key].as_i64().expect("a number");
    (card["card_number"].as_str().expect("a text").to_owned(), number("bonus"), number("balance"))
}

/// Whether the holder's phone shows the code as active.
fn is_active(server: &TestServer, code: &str) -> bool {
    let shown = server.ok("/wallet/v1/get", json!({"code": code, "openid": HOLDER}));
    shown["member"]["has_active"].as_bool().expect("a flag")
}

/// Codes that every call of `/card/generalcard` refuses, each with the errcode.
fn refused_codes(server: &TestServer) -> Vec<(String, i32)> {
    let coupon = server.create(card("GROUPON"));
    let member = server.create(card("MEMBER_CARD"));
    let code = |path: &str| {
        let (_, code) = active(server);
        server.ok(path, json!({"code": code, "openid": HOLDER}));
        code
    };
    let given = active(server).1;
    server.give(&given, HOLDER, "oFriend");
    vec![
        ("999999999999".to_owned(), 40056),
        (given, 40056),
        (server.claim(&coupon, HOLDER), 40071),
        (server.claim(&member, HOLDER), 40071),
        (code("/wallet/v1/gift"), 40127),
        (code("/wallet/v1/delete"), 40127),
        (code("/card/code/unavailable"), 40127),
        (code("/card/code/consume"), 40099),
    ]
}
