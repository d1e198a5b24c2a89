//! `POST /card/user/getcardlist`: the codes that a holder can use, now or later. WeChat manual: "管理卡券" (manage
//! cards), cards of a user.

use crate::support::*;

const PATH: &str = "/card/user/getcardlist";

fn entry(card_id: &str, code: &str) -> Value {
    json!({"code": code, "card_id": card_id})
}

fn held(server: &TestServer, openid: &str) -> Value {
    server.ok(PATH, json!({"openid": openid}))["card_list"].take()
}

#[test]
fn the_reply_lists_codes_with_their_cards_in_the_order_they_came() {
    let server = TestServer::start();
    let (a, b) = (server.create(card("GROUPON")), server.create(card("MEMBER_CARD")));
    let codes = [server.claim(&a, "oA"), server.claim(&b, "oA"), server.claim(&a, "oA")];
    server.claim(&a, "oB");
    let list = [entry(&a, &codes[0]), entry(&b, &codes[1]), entry(&a, &codes[2])];
    let reply = server.post(PATH, json!({"openid": "oA"}));
    let expected = json!({"errcode": 0, "errmsg": "ok", "card_list": list, "has_share_card": false});
    assert_eq!(reply, expected);
    assert_eq!(shape::keys(&reply), ["errcode", "errmsg", "card_list", "has_share_card"]);
}

#[test]
fn a_card_selects_its_codes_and_an_empty_one_all() {
    let server = TestServer::start();
    let (a, b) = (server.create(card("GROUPON")), server.create(card("CASH")));
    let codes = [server.claim(&a, "oA"), server.claim(&b, "oA")];
    let of =
        |card_id: Value| server.ok(PATH, json!({"openid": "oA", "card_id": card_id}))["card_list"].take();
    assert_eq!(of(json!(b)), json!([entry(&b, &codes[1])]));
    for all in [json!(""), Value::Null] {
        assert_eq!(of(all), json!([entry(&a, &codes[0]), entry(&b, &codes[1])]));
    }
    server.expect_errcode(PATH, json!({"openid": "oA", "card_id": "pUnknown"}), 40073);
    let other = server.second_app();
    server.expect_errcode_as(&other, PATH, json!({"openid": "oA", "card_id": a}), 40073);
}

#[test]
fn only_codes_that_can_be_used_are_listed() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let codes: Vec<String> = (0..5).map(|_| server.claim(&id, "oA")).collect();
    server.consume(&codes[0]);
    server.ok("/card/code/unavailable", json!({"code": codes[1]}));
    server.ok("/wallet/v1/delete", json!({"code": codes[2], "openid": "oA"}));
    server.ok("/wallet/v1/gift", json!({"code": codes[3], "openid": "oA"}));
    assert_eq!(held(&server, "oA"), json!([entry(&id, &codes[4])]));
    // A code whose gift has timed out is not listed.
    server.pass_days(2);
    assert_eq!(held(&server, "oA"), json!([entry(&id, &codes[4])]));
    server.pass_days(30);
    assert_eq!(held(&server, "oA"), json!([]));
}

#[test]
fn a_code_whose_validity_has_not_begun_is_listed() {
    let server = TestServer::start();
    let term = json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": 5, "fixed_begin_term": 3});
    let id = server.create(card_with("GROUPON", json!({"date_info": term})));
    let code = server.claim(&id, "oA");
    assert_eq!(server.state(&code), ("NORMAL".to_owned(), false));
    assert_eq!(held(&server, "oA"), json!([entry(&id, &code)]));
}

#[test]
fn a_gift_moves_from_one_list_to_the_other() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, "oA");
    let new = server.give(&code, "oA", "oB");
    assert_eq!(held(&server, "oA"), json!([]));
    assert_eq!(held(&server, "oB"), json!([entry(&id, &new)]));
}

#[test]
fn custom_codes_are_listed_by_their_present_text() {
    let server = TestServer::start();
    let id = server.create_custom();
    server.claim_code(&id, "oA", "one");
    server.ok("/card/code/update", json!({"code": "one", "card_id": id, "new_code": "two"}));
    assert_eq!(held(&server, "oA"), json!([entry(&id, "two")]));
}

#[test]
fn an_unknown_holder_has_an_empty_list() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    server.claim(&id, "oA");
    assert_eq!(held(&server, "oUnknown"), json!([]));
    let other = server.second_app();
    let reply = server.ok_as(&other, PATH, json!({"openid": "oA"}));
    assert_eq!(reply["card_list"], json!([]));
}

#[test]
fn an_openid_is_a_must_and_has_at_most_64_bytes() {
    let server = TestServer::start();
    for body in [json!({}), json!({"openid": ""}), json!({"openid": null})] {
        server.expect_errcode(PATH, body, 41009);
    }
    server.ok(PATH, json!({"openid": "o".repeat(64)}));
    for bad in ["o".repeat(65), "o p".to_owned(), "o\u{1}".to_owned(), limits::chinese(66)] {
        server.expect_errcode(PATH, json!({"openid": bad}), 40003);
    }
    server.expect_errcode(PATH, json!({"openid": ["o"]}), 47001);
}

#[test]
fn a_holder_of_many_codes_gets_all_of_them_in_the_same_form() {
    let server = TestServer::start();
    let ids: Vec<String> = (0..22).map(|_| server.create_custom()).collect();
    let mut held_codes: Vec<(&String, String)> = Vec::new();
    for n in 0..1_100 {
        // A holder can claim at most 50 codes of a card.
        let (id, code) = (&ids[n % 22], format!("code-{n}"));
        server.claim_code(id, "oMany", &code);
        held_codes.push((id, code));
    }
    for used in [1_024, 3] {
        let (id, code) = held_codes.remove(used);
        server.ok("/card/code/consume", json!({"card_id": id, "code": code}));
    }
    let list: Vec<Value> = held_codes.iter().map(|(id, code)| entry(id, code)).collect();
    let expected = json!({"errcode": 0, "errmsg": "ok", "card_list": list, "has_share_card": false});
    assert_eq!(server.post(PATH, json!({"openid": "oMany"})).to_string(), expected.to_string());
    let of_one = server.ok(PATH, json!({"openid": "oMany", "card_id": ids[7]}));
    assert_eq!(of_one["card_list"].as_array().unwrap().len(), 50);
}
