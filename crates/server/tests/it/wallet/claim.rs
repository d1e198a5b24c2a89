//! `POST /wallet/v1/claim`: who may claim which card, how often, and while stock is left. WeChat manual: "投放卡券"
//! (distribute cards), "卡券错误码" (card error codes).

use crate::support::*;

const PATH: &str = "/wallet/v1/claim";

fn refused(server: &TestServer, card_id: &str, openid: &str, errcode: i32) -> String {
    server.expect_errcode(PATH, json!({"card_id": card_id, "openid": openid}), errcode)
}

#[test]
fn the_code_has_twelve_digits_and_belongs_to_the_holder() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let reply = server.post(PATH, json!({"card_id": id, "openid": "oA", "outer_str": "海报"}));
    assert_eq!(shape::keys(&reply), ["errcode", "errmsg", "code", "encrypt_code"]);
    let code = reply["code"].as_str().unwrap();
    assert!(code.len() == 12 && code.bytes().all(|digit| digit.is_ascii_digit()), "{code}");
    let got = server.ok("/card/code/get", json!({"code": code}));
    assert_eq!((&got["openid"], &got["outer_str"]), (&json!("oA"), &json!("海报")));
}

#[test]
fn no_two_codes_of_an_app_are_the_same() {
    let server = TestServer::start();
    let (a, b) = (server.create(card("GROUPON")), server.create(card("CASH")));
    let mut codes: Vec<String> =
        (0..60).map(|n| server.claim(if n % 2 == 0 { &a } else { &b }, &format!("o{}", n / 20))).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), 60);
}

#[test]
fn a_holder_claims_get_limit_and_no_more_whatever_became_of_the_codes() {
    let server = TestServer::start();
    let id = server.create(card_with("GROUPON", json!({"get_limit": 2})));
    let codes = [server.claim(&id, "oA"), server.claim(&id, "oA")];
    assert_eq!(refused(&server, &id, "oA", 45033), "openid: has claimed 2 codes of this card");
    server.consume(&codes[0]);
    server.ok("/wallet/v1/delete", json!({"code": codes[1], "openid": "oA"}));
    refused(&server, &id, "oA", 45033);
    server.claim(&id, "oB");
    server.update_base(&id, "GROUPON", json!({"get_limit": 3}));
    server.claim(&id, "oA");
}

#[test]
fn without_a_limit_a_holder_claims_fifty() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    for _ in 0..50 {
        server.claim(&id, "oA");
    }
    refused(&server, &id, "oA", 45033);
    // A gift card has no limit unless its document has one.
    let id = server.create(card("GENERAL_CARD"));
    for _ in 0..51 {
        server.claim(&id, "oA");
    }
}

#[test]
fn the_last_one_goes_and_then_there_is_none() {
    let server = TestServer::start();
    let id = server.create(card_with("GROUPON", json!({"sku": {"quantity": 2}})));
    server.claim(&id, "oA");
    server.claim(&id, "oB");
    assert_eq!(refused(&server, &id, "oC", 45031), "card_id: no stock is left");
    server.ok("/card/modifystock", json!({"card_id": id, "increase_stock_value": 1}));
    server.claim(&id, "oC");
    assert_eq!(server.stock(&id), (0, 3));
}

#[test]
fn a_card_is_claimed_before_its_window_begins_and_until_it_ends() {
    let end = NOON.0 + 100;
    let range = json!({
        "type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": NOON.0 + 50, "end_timestamp": end,
    });
    let term = json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": 30, "end_timestamp": end});
    for date_info in [range, term] {
        let server = TestServer::start();
        let id = server.create(card_with("GROUPON", json!({"date_info": date_info})));
        server.claim(&id, "oA");
        server.clock.set(kaquan_core::time::Timestamp(end));
        server.claim(&id, "oA");
        server.clock.advance(1);
        refused(&server, &id, "oA", 40079);
    }
}

#[test]
fn only_a_reviewed_card_is_claimed() {
    let server = TestServer::manual();
    let id = server.create(card("GROUPON"));
    assert_eq!(refused(&server, &id, "oA", 40078), "card_id: CARD_STATUS_NOT_VERIFY");
    server.ok("/kaquan/v1/review", json!({"card_id": id, "pass": false}));
    refused(&server, &id, "oA", 40078);
    server.update_base(&id, "GROUPON", json!({"notice": "新"}));
    server.pass(&id);
    server.claim(&id, "oA");
    server.ok("/card/delete", json!({"card_id": id}));
    refused(&server, &id, "oA", 40078);
}

#[test]
fn a_custom_code_is_named_with_the_claim_and_taken_once() {
    let server = TestServer::start();
    let (id, other) = (server.create_custom(), server.create_custom());
    let with = |code: Value| json!({"card_id": id, "openid": "oA", "code": code});
    for missing in [Value::Null, json!("")] {
        server.expect_errcode(PATH, with(missing), 41013);
    }
    server.claim_code(&id, "oA", "one");
    server.expect_errcode(PATH, with(json!("one")), 40056);
    server.claim_code(&other, "oA", "one");
    server.claim_code(&id, "oA", &limits::chinese(20));
    server.expect_errcode(PATH, with(json!(limits::chinese(21))), 45021);
    server.expect_errcode(PATH, with(json!("a\nb")), 47001);
    // The old text of a code cannot be used again.
    server.ok("/card/code/update", json!({"card_id": id, "code": "one", "new_code": "two"}));
    server.expect_errcode(PATH, with(json!("one")), 40056);
    server.expect_errcode(PATH, with(json!("two")), 40056);
}

#[test]
fn a_custom_code_that_looks_like_a_system_code_does_not_stand_in_for_it() {
    let server = TestServer::start();
    let (system, custom) = (server.create(card("GROUPON")), server.create_custom());
    let code = server.claim(&system, "oA");
    server.claim_code(&custom, "oB", &code);
    server.ok("/card/code/consume", json!({"code": code, "card_id": custom}));
    assert_eq!(server.state(&code), ("NORMAL".to_owned(), true));
    server.consume(&code);
}

#[test]
fn a_card_with_imported_codes_draws_them_and_takes_none() {
    let server = TestServer::start();
    let id = server.create_deposit(&["a1", "a2"]);
    let body = json!({"card_id": id, "openid": "oA", "code": "a2"});
    server.expect_errcode(PATH, body, 40080);
    assert_eq!(server.claim(&id, "oA"), "a1");
}

#[test]
fn stock_decides_before_imported_codes_do() {
    let server = TestServer::start();
    let id = server.create_deposit(&["a1", "a2"]);
    server.ok("/card/modifystock", json!({"card_id": id, "reduce_stock_value": 1}));
    server.claim(&id, "oA");
    refused(&server, &id, "oA", 45031);
    server.ok("/card/modifystock", json!({"card_id": id, "increase_stock_value": 1}));
    assert_eq!(server.claim(&id, "oA"), "a2");
}

#[test]
fn claiming_a_deleted_member_card_again_takes_it_up_again() {
    let server = TestServer::start();
    let id = server.create(card_with("MEMBER_CARD", json!({"get_limit": 1})));
    let code = server.claim(&id, "oA");
    server.ok("/card/membercard/activate", json!({"code": code, "membership_number": "1", "init_bonus": 9}));
    assert_eq!(server.claim(&id, "oA"), code, "the held code is returned");
    server.ok("/wallet/v1/delete", json!({"code": code, "openid": "oA"}));
    let stock = server.stock(&id);
    assert_eq!(server.claim(&id, "oA"), code);
    assert_eq!(server.stock(&id), stock);
    let got = server.ok("/card/membercard/userinfo/get", json!({"card_id": id, "code": code}));
    assert_eq!((&got["bonus"], &got["user_card_status"]), (&json!(9), &json!("NORMAL")));
}

#[test]
fn claim_errors_follow_the_order_card_window_code_limits() {
    let server = TestServer::start();
    let id = server.create(card_with(
        "GROUPON",
        json!({
            "use_custom_code": true, "get_limit": 1, "sku": {"quantity": 1},
        }),
    ));
    server.claim_code(&id, "oA", "one");
    let with = |code: Value| json!({"card_id": id, "openid": "oA", "code": code});
    server.expect_errcode(PATH, with(Value::Null), 41013);
    server.expect_errcode(PATH, with(json!("one")), 40056);
    // `get_limit` is checked before the stock.
    server.expect_errcode(PATH, with(json!("two")), 45033);
    server.expect_errcode(PATH, json!({"card_id": id, "openid": "oB", "code": "two"}), 45031);
    server.pass_days(31);
    server.expect_errcode(PATH, with(Value::Null), 40079);
    server.ok("/card/delete", json!({"card_id": id}));
    server.expect_errcode(PATH, with(Value::Null), 40078);
}

#[test]
fn card_and_holder_are_musts() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    server.expect_errcode(PATH, json!({"openid": "oA"}), 41012);
    server.expect_errcode(PATH, json!({"card_id": id}), 41009);
    let both = json!({"code": [1], "outer_str": limits::chinese(129)});
    server.expect_errcode(PATH, both, 41012);
    server.expect_errcode(PATH, json!({"card_id": "pUnknown", "openid": "oA"}), 40073);
    for bad in ["o".repeat(65), "o p".to_owned(), "o\u{1}".to_owned()] {
        refused(&server, &id, &bad, 40003);
    }
    // Not every store can save this character in a text, so no request may contain it.
    refused(&server, &id, "o\u{0}", 47001);
    let body = json!({"card_id": id, "openid": "oA", "outer_str": limits::chinese(129)});
    server.expect_errcode(PATH, body, 45021);
    let other = server.second_app();
    server.expect_errcode_as(&other, PATH, json!({"card_id": id, "openid": "oA"}), 40073);
}
