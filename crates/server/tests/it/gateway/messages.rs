//! A message with a card of kaquan reaches the original host as a text or an article with the claim link, or is
//! refused.

use super::*;

const CUSTOM: &str = "/cgi-bin/message/custom/send";

fn wxcard(card_id: &str, ext: Value) -> Value {
    let ext = if ext.is_null() { Value::Null } else { json!(ext.to_string()) };
    json!({"touser": "o1", "msgtype": "wxcard", "wxcard": {"card_id": card_id, "card_ext": ext},
        "customservice": {"kf_account": "a@b"}})
}

/// The claim link in a text.
fn link(text: &str) -> String {
    text.lines().last().expect("a line").to_owned()
}

#[test]
fn a_card_of_this_server_goes_up_as_a_link_that_claims_it() {
    let gate = Gate::open();
    let card_id = gate.server.create(card("GROUPON"));
    let answer = gate.post(CUSTOM, &wxcard(&card_id, json!({"outer_str": "msg-1", "signature": "x"})));
    assert_eq!(answer.json()["errcode"], 0);
    let sent = gate.original.calls()[0].json();
    assert_eq!(
        (&sent["msgtype"], &sent["touser"], &sent["wxcard"]),
        (&json!("text"), &json!("o1"), &Value::Null)
    );
    assert_eq!(sent["customservice"]["kf_account"], "a@b");
    let link = link(sent["text"]["content"].as_str().unwrap());
    let path = link.split_once("/w/q/").map(|(_, ticket)| format!("/w/q/{ticket}")).expect("a claim link");
    let surfer = gate.server.surfer();
    let who = format!("/w/{}/who", gate.server.app.appid);
    surfer.submit(&who, &who, &[("openid", "oMessage"), ("next", "/w/x")]);
    assert_eq!(surfer.submit(&path, &path, &[("place", "0")]).status, 303);
    let held = gate.server.ok("/card/user/getcardlist", json!({"openid": "oMessage"}));
    assert_eq!(held["card_list"][0]["card_id"], json!(card_id));
}

#[test]
fn an_article_is_sent_if_the_app_wants_one_and_masses_get_a_text() {
    let gate = Gate::open();
    gate.set(json!({"wxcard": "news"}));
    let card_id = gate.server.create(card("GROUPON"));
    gate.post(CUSTOM, &wxcard(&card_id, Value::Null));
    let sent = gate.original.calls()[0].json();
    assert_eq!(sent["msgtype"], "news");
    let article = &sent["news"]["articles"][0];
    assert!(article["url"].as_str().unwrap().contains("/w/q/") && article["title"].is_string(), "{article}");
    for (path, to) in [
        ("/cgi-bin/message/mass/sendall", json!({"filter": {"is_to_all": true}})),
        ("/cgi-bin/message/mass/send", json!({"touser": ["o1", "o2"]})),
        ("/cgi-bin/message/mass/preview", json!({"touser": "o1"})),
    ] {
        let body = merged(to.clone(), json!({"msgtype": "wxcard", "wxcard": {"card_id": card_id}}));
        gate.post(path, &body);
        let sent = gate.original.calls().pop().unwrap().json();
        assert_eq!((&sent["msgtype"], &sent["wxcard"]), (&json!("text"), &Value::Null), "{path}");
        assert_has(&sent, &to, path);
    }
}

#[test]
fn other_messages_and_unknown_cards_go_up_unchanged() {
    let gate = Gate::open();
    for body in [
        json!({"touser": "o1", "msgtype": "text", "text": {"content": "a"}}),
        wxcard("pUnknownCardOfTheOriginalHost", Value::Null),
    ] {
        gate.post(CUSTOM, &body);
        assert_eq!(gate.original.calls().pop().unwrap().json(), body);
    }
}

#[test]
fn a_card_that_cannot_be_claimed_by_a_message_is_refused_with_its_errcode() {
    let gate = Gate::open();
    let server = &gate.server;
    let open = server.create(card("GROUPON"));
    let deleted = server.create(card("GROUPON"));
    server.ok("/card/delete", json!({"card_id": deleted}));
    let custom = server.create(card_with("GROUPON", json!({"use_custom_code": true})));
    let errcode = |body: &Value| Gate::refusal(&gate.post(CUSTOM, body)).0;
    assert_eq!(errcode(&wxcard(&deleted, Value::Null)), 40078);
    assert_eq!(errcode(&wxcard(&custom, Value::Null)), 40158);
    assert_eq!(errcode(&json!({"msgtype": "wxcard", "wxcard": {}})), 41012);
    let broken = json!({"msgtype": "wxcard", "wxcard": {"card_id": open, "card_ext": "{\"code\":\"\",}"}});
    assert_eq!(errcode(&broken), 47001);
    gate.set(json!({"wxcard": "refuse"}));
    assert_eq!(errcode(&wxcard(&open, Value::Null)), 40073);
    assert!(gate.original.arrived().is_empty());
}
