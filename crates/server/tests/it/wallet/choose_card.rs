//! `POST /wallet/v1/choose_card`: a page lets a holder choose among usable codes. WeChat manual: "附录：JS-SDK
//! 使用权限签名算法" (signatures of the JS-SDK), chooseCard.

use crate::support::*;
use kaquan_server::auth::sign::{Signed, signature};

const PATH: &str = "/wallet/v1/choose_card";

fn call(server: &TestServer, card_id: &str, card_type: &str) -> Value {
    let target = format!("/cgi-bin/ticket/getticket?type=wx_card&access_token={}", server.token());
    let ticket = server.send("GET", &target, &[], b"").json()["ticket"].take();
    let timestamp = server.now().to_string();
    let values = [server.app.appid.as_str(), "", &timestamp, "n1", card_id, card_type].map(str::to_owned);
    let sign = signature(Signed::ChooseCard, ticket.as_str().expect("a ticket"), &values.to_vec());
    json!({
        "openid": "oA", "timestamp": timestamp, "nonce_str": "n1", "card_id": card_id, "card_type": card_type,
        "card_sign": sign,
    })
}

#[test]
fn usable_codes_are_listed_encrypted() {
    let server = TestServer::start();
    let (groupon, cash) = (server.create(card("GROUPON")), server.create(card("CASH")));
    let (a, b) = (server.claim(&groupon, "oA"), server.claim(&cash, "oA"));
    let used = server.claim(&groupon, "oA");
    server.consume(&used);
    server.claim(&groupon, "oB");
    let codes = |body: Value| -> Vec<String> {
        let reply = server.ok(PATH, body);
        let list = reply["card_list"].as_array().expect("a list").clone();
        let decrypted = list.iter().map(|entry| {
            let body = json!({"encrypt_code": entry["encrypt_code"]});
            server.ok("/card/code/decrypt", body)["code"].as_str().expect("a code").to_owned()
        });
        decrypted.collect()
    };
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
