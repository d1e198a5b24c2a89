//! The three modes of WeChat, and JSON.

use crate::support::*;
use kaquan_server::push::{crypt, json as modern};

const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

fn check_signature(event: &Received, token: &str) {
    let [timestamp, nonce] = ["timestamp", "nonce"].map(|name| event.query(name).expect("in the query"));
    assert_eq!(event.query("signature").unwrap(), crypt::signature(&[token, timestamp, nonce]));
}

#[test]
fn in_clear_an_event_is_signed_and_names_its_holder_in_the_query() {
    let server = TestServer::start();
    let receiver = Receiver::start();
    let card = server.create(card("GROUPON"));
    let set = server.set_callback(json!({"url": format!("{}?own=1", receiver.url), "token": "sesame"}));
    let code = server.claim(&card, "oHolder");
    let event = &receiver.wait_for(1)[0];
    check_signature(event, "sesame");
    assert!(event.target.starts_with("/wx?own=1&signature="), "{}", event.target);
    assert_eq!((event.query("openid"), event.query("encrypt_type")), (Some("oHolder"), None));
    assert_eq!(event.header("content-type"), "text/xml");
    assert_eq!(event.header("x-kaquan-event-id"), format!("{}-3", server.app.appid));
    let expected = format!(
        "<xml><ToUserName><![CDATA[{}]]></ToUserName>\n<FromUserName><![CDATA[oHolder]]></FromUserName>\n\
         <CreateTime>{}</CreateTime>\n<MsgType><![CDATA[event]]></MsgType>\n\
         <Event><![CDATA[user_get_card]]></Event>\n<CardId><![CDATA[{card}]]></CardId>\n\
         <IsGiveByFriend>0</IsGiveByFriend>\n<UserCardCode><![CDATA[{code}]]></UserCardCode>\n\
         <FriendUserName><![CDATA[]]></FriendUserName>\n<OuterId>0</OuterId>\n\
         <OldUserCardCode><![CDATA[]]></OldUserCardCode>\n<OuterStr><![CDATA[]]></OuterStr>\n\
         <IsRestoreMemberCard>0</IsRestoreMemberCard>\n<IsRecommendByFriend>0</IsRecommendByFriend>\n\
         <SourceScene><![CDATA[SOURCE_SCENE_UNKNOW]]></SourceScene>\n<UnionId><![CDATA[]]></UnionId>\n</xml>",
        set["original_id"].as_str().unwrap(),
        server.now(),
    );
    assert_eq!(event.body, expected);
}

#[test]
fn in_compatible_mode_both_forms_stand_side_by_side() {
    let server = TestServer::start();
    let receiver = Receiver::start();
    let card = server.create(card("GROUPON"));
    let mode = json!({"url": receiver.url, "token": "sesame", "mode": "compatible", "encoding_aes_key": KEY});
    server.set_callback(mode);
    let code = server.claim(&card, "o1");
    let event = &receiver.wait_for(1)[0];
    check_signature(event, "sesame");
    assert_eq!(
        (event.query("encrypt_type"), event.element("UserCardCode")),
        (Some("aes"), Some(code.as_str()))
    );
    assert_eq!(event.elements().last(), Some(&"Encrypt"));
    let [timestamp, nonce] = ["timestamp", "nonce"].map(|name| event.query(name).unwrap());
    let sealed = event.element("Encrypt").unwrap();
    assert_eq!(
        event.query("msg_signature").unwrap(),
        crypt::signature(&["sesame", timestamp, nonce, sealed])
    );
}

#[test]
fn in_safe_mode_nothing_but_the_receiver_is_in_clear() {
    let server = TestServer::start();
    let receiver = Receiver::start();
    let card = server.create(card("GROUPON"));
    let mode = json!({"url": receiver.url, "token": "sesame", "mode": "safe", "encoding_aes_key": KEY});
    server.set_callback(mode);
    let code = server.claim(&card, "o1");
    let event = &receiver.wait_for(1)[0];
    assert_eq!(event.elements(), ["ToUserName", "Encrypt"]);
    assert!(!event.body.contains(&code));
}

#[test]
fn in_json_every_kind_of_event_is_pushed_and_signed() {
    let server = TestServer::start();
    let receiver = Receiver::start();
    let set = server.set_callback(json!({"url": receiver.url, "mode": "json"}));
    let card = server.create(card("GROUPON"));
    let code = server.claim(&card, "o1");
    server.ok("/card/code/unavailable", json!({"code": code, "reason": "wrong shop"}));
    let events = receiver.wait_for(5);
    let mut pushed: Vec<String> = Vec::new();
    for event in &events[1..] {
        let key = modern::read_secret(set["secret"].as_str().unwrap()).unwrap();
        let (id, at) = (event.header("webhook-id"), event.header("webhook-timestamp").parse().unwrap());
        assert_eq!(event.header("webhook-signature"), modern::signature(&key, id, at, &event.body).unwrap());
        assert_eq!(id, event.header("x-kaquan-event-id"));
        pushed.push(event.json()["type"].as_str().unwrap().to_owned());
    }
    pushed.sort();
    assert_eq!(pushed, ["card_create", "claim", "code_unavailable", "review_pass"]);
    let last = events.iter().find(|event| event.json()["type"] == "code_unavailable").unwrap().json();
    assert_has(&last["data"], &json!({"code": code, "card_id": card, "reason": "wrong shop"}), "data");
}
