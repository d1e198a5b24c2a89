//! `POST /kaquan/v1/sign/check`: whether a signature is right, and the exact text to be signed.

use crate::support::*;
use kaquan_server::sign::{Signed, signature};

const PATH: &str = "/kaquan/v1/sign/check";

fn ticket(server: &TestServer, kind: &str) -> String {
    let target = format!("/cgi-bin/ticket/getticket?type={kind}&access_token={}", server.token());
    server.send("GET", &target, &[], b"").json()["ticket"].as_str().expect("a ticket").to_owned()
}

#[test]
fn a_right_signature_is_reported_with_the_signed_values() {
    let server = TestServer::start();
    let wx_card = ticket(&server, "wx_card");
    let values = ["1404896688", "pCard", "", "", "123", ""].map(str::to_owned).to_vec();
    let body = json!({
        "type": "card_ext", "card_id": "pCard", "timestamp": 1404896688, "nonce_str": "123",
        "signature": signature(Signed::CardExt, &wx_card, &values),
    });
    let reply = server.ok(PATH, body);
    assert_eq!((&reply["valid"], &reply["hints"]), (&json!(true), &json!([])));
    let mut sorted = vec!["123", "1404896688", "pCard", wx_card.as_str()];
    sorted.sort_unstable();
    assert_eq!((&reply["values"], &reply["string"]), (&json!(sorted), &json!(sorted.concat())));
}

#[test]
fn kaquans_own_signature_is_checked_and_a_refusal_is_reported() {
    let server = TestServer::start();
    let wx_card = ticket(&server, "wx_card");
    let appid = server.app.appid.as_str();
    let values = [appid, "pCard", "", "", "n1", "oA", "", "", "1404896688"].map(str::to_owned).to_vec();
    let signed = signature(Signed::NativeCardExt, &wx_card, &values);
    let ext = json!({
        "sign_type": "KAQUAN-HMAC-SHA256", "openid": "oA", "nonce_str": "n1", "timestamp": "1404896688",
        "signature": signed,
    });
    let body = json!({"type": "card_ext", "card_id": "pCard", "card_ext": ext.to_string()});
    let reply = server.ok(PATH, body);
    assert_eq!((&reply["valid"], &reply["refusal"]), (&json!(true), &Value::Null), "{reply}");
    assert_eq!(
        (&reply["values"][0], &reply["values"][6]),
        (&json!("KAQUAN-HMAC-SHA256"), &json!("openid=oA"))
    );
    let values = ["1404896688", "pCard", "", "oA", "n1", ""].map(str::to_owned).to_vec();
    let body = json!({
        "type": "card_ext", "card_id": "pCard", "timestamp": 1404896688, "nonce_str": "n1", "openid": "oA",
        "signature": signature(Signed::CardExt, &wx_card, &values),
    });
    let reply = server.ok(PATH, body);
    assert_eq!(reply["valid"], true);
    assert!(reply["refusal"].as_str().expect("a reason").contains("openid"), "{reply}");
}

#[test]
fn the_usual_mistakes_are_named() {
    let server = TestServer::start();
    let (wx_card, jsapi) = (ticket(&server, "wx_card"), ticket(&server, "jsapi"));
    let values = ["1404896688", "pCard", "", "", "123", ""].map(str::to_owned).to_vec();
    let check = |signature: String| {
        let body = json!({
            "type": "card_ext", "card_id": "pCard", "timestamp": "1404896688", "nonce_str": "123",
            "signature": signature,
        });
        let reply = server.ok(PATH, body);
        assert_eq!(reply["valid"], false, "{reply}");
        reply["hints"][0].as_str().expect("a hint").to_owned()
    };
    assert!(check(signature(Signed::CardExt, &jsapi, &values)).contains("other type"));
    assert!(check(signature(Signed::CardExt, &wx_card, &values).to_uppercase()).contains("lower case"));
    server.clock.advance(7200);
    assert!(check(signature(Signed::CardExt, &wx_card, &values)).contains("expired ticket"));
}

#[test]
fn pages_and_chosen_cards_are_checked_too() {
    let server = TestServer::start();
    let page = ["n", "1", "http://a/?x=1"].map(str::to_owned).to_vec();
    let body = json!({
        "type": "jsapi", "noncestr": "n", "timestamp": "1", "url": "http://a/?x=1#part",
        "signature": signature(Signed::Jsapi, &ticket(&server, "jsapi"), &page),
    });
    assert_eq!(server.ok(PATH, body)["valid"], true);
    let chosen = [server.app.appid.as_str(), "", "1", "n", "", "GROUPON"].map(str::to_owned).to_vec();
    let body = json!({
        "type": "choose_card", "timestamp": 1, "nonce_str": "n", "card_type": "GROUPON",
        "signature": signature(Signed::ChooseCard, &ticket(&server, "wx_card"), &chosen),
    });
    assert_eq!(server.ok(PATH, body)["valid"], true);
}

#[test]
fn every_refusal_has_its_errcode() {
    let server = TestServer::start();
    server.expect_errcode(PATH, json!({}), 41011);
    server.expect_errcode(PATH, json!({"type": "perhaps"}), 40097);
    server.expect_errcode(PATH, json!({"type": "jsapi", "url": ["http://a"]}), 47001);
    server.expect_errcode(PATH, json!({"type": "jsapi", "url": "u".repeat(4097)}), 45021);
    // The values of a card are short, because each of them is hashed hundreds of times.
    server.expect_errcode(PATH, json!({"type": "card_ext", "nonce_str": "n".repeat(513)}), 45021);
}
