//! `POST /wallet/v1/choose_card`: a holder chooses among usable codes on a page. WeChat manual: "附录：JS-SDK 使用权限签名算法"
//! (signatures of the JS-SDK), chooseCard.

use crate::support::*;
use kaquan_server::sign::{Signed, signature};

const PATH: &str = "/wallet/v1/choose_card";

/// A call with this shop, card and type, with the signature of the merchant's server.
fn signed(server: &TestServer, [shop, card_id, card_type]: [&str; 3]) -> Value {
    let target = format!("/cgi-bin/ticket/getticket?type=wx_card&access_token={}", server.token());
    let ticket = server.send("GET", &target, &[], b"").json()["ticket"].take();
    let timestamp = server.now().to_string();
    let values = [server.app.appid.as_str(), shop, &timestamp, "n1", card_id, card_type].map(str::to_owned);
    let sign = signature(Signed::ChooseCard, ticket.as_str().expect("a ticket"), &values.to_vec());
    json!({
        "openid": "oA", "timestamp": timestamp, "nonce_str": "n1", "card_id": card_id, "card_type": card_type,
        "location_id": shop, "card_sign": sign,
    })
}

fn call(server: &TestServer, card_id: &str, card_type: &str) -> Value {
    signed(server, ["", card_id, card_type])
}

/// The codes in the answer, decrypted.
fn codes(server: &TestServer, body: Value) -> Vec<String> {
    let reply = server.ok(PATH, body);
    let list = reply["card_list"].as_array().expect("a list").clone();
    let decrypted = list.iter().map(|entry| {
        let body = json!({"encrypt_code": entry["encrypt_code"]});
        server.ok("/card/code/decrypt", body)["code"].as_str().expect("a code").to_owned()
    });
    decrypted.collect()
}

#[test]
fn usable_codes_are_listed_encrypted() {
    let server = TestServer::start();
    let (groupon, cash) = (server.create(card("GROUPON")), server.create(card("CASH")));
    let (a, b) = (server.claim(&groupon, "oA"), server.claim(&cash, "oA"));
    let used = server.claim(&groupon, "oA");
    server.consume(&used);
    server.claim(&groupon, "oB");
    let codes = |body: Value| codes(&server, body);
    assert_eq!(codes(call(&server, "", "")), [a.clone(), b.clone()]);
    assert_eq!(codes(call(&server, "", "CASH")), [b]);
    assert_eq!(codes(call(&server, &groupon, "")), [a]);
    assert!(codes(call(&server, "", "NO_TYPE")).is_empty());
}

#[test]
fn a_wrong_signature_shows_an_empty_list() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    server.claim(&id, "oA");
    let mut body = call(&server, "", "");
    body["nonce_str"] = json!("n2");
    assert_eq!(server.post(PATH, body), json!({"errcode": 0, "errmsg": "ok", "card_list": []}));
    server.expect_errcode(PATH, json!({}), 41009);
}

#[test]
fn a_shop_shows_the_cards_that_are_good_there() {
    let server = TestServer::start();
    let here = server.create(card_with("GROUPON", json!({"location_id_list": [7, 8]})));
    let there = server.create(card_with("GROUPON", json!({"location_id_list": [9]})));
    let anywhere = server.create(card("CASH"));
    let [here, _, anywhere] = [here, there, anywhere].map(|id| server.claim(&id, "oA"));
    assert_eq!(codes(&server, signed(&server, ["8", "", ""])), [here, anywhere.clone()]);
    assert_eq!(codes(&server, signed(&server, ["10", "", ""])), [anywhere]);
}

#[test]
fn the_names_pages_have_are_taken_and_only_sha1_is_a_signature() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, "oA");
    let body = signed(&server, ["3", &id, "GROUPON"]);
    let page = |sign_type: &str| {
        json!({
            "openid": "oA", "shopId": 3, "cardType": "GROUPON", "cardId": id, "timestamp": body["timestamp"],
            "nonceStr": "n1", "signType": sign_type, "cardSign": body["card_sign"],
        })
    };
    assert_eq!(codes(&server, page("SHA1")), [code]);
    assert!(codes(&server, page("MD5")).is_empty());
}

#[test]
fn codes_are_shown_within_their_window() {
    let server = TestServer::start();
    let later = json!({"date_info": {
        "type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": NOON.0 + 50, "end_timestamp": NOON.0 + 100,
    }});
    let id = server.create(card_with("GROUPON", later));
    let code = server.claim(&id, "oA");
    assert!(codes(&server, call(&server, "", "")).is_empty());
    server.clock.advance(50);
    assert_eq!(codes(&server, call(&server, "", "")), [code]);
    server.clock.advance(51);
    assert!(codes(&server, call(&server, "", "")).is_empty());
}
