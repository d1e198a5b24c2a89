//! Store and staff at every entry point that consumes a code or takes a payment: `location_id` and `staff_openid`. WeChat
//! manual: "卡券事件推送" (card events), `LocationId`, `LocationName` and `StaffOpenId`.

use crate::support::*;
use kaquan_store::Role;

/// The calls that consume or take a payment, with the kinds of their events, the latest event first.
const CALLS: [(&str, &[&str]); 4] = [
    ("/card/code/consume", &["consume"]),
    ("/wallet/v1/selfconsume", &["consume"]),
    ("/wallet/v1/pay", &["consume", "pay"]),
    ("/wallet/v1/pay member", &["pay"]),
];

const HOLDER: &str = "oHolder";

/// A body for this call, with a new code and without a store.
fn body(server: &TestServer, call: &str) -> Value {
    let card_id = match call {
        "/wallet/v1/pay member" => {
            server.create(card_with_both("MEMBER_CARD", json!({}), json!({"auto_activate": true})))
        }
        _ => server.create(card_with("GROUPON", json!({"use_all_locations": true}))),
    };
    let code = server.claim(&card_id, HOLDER);
    match call {
        "/wallet/v1/selfconsume" => {
            server.ok("/card/selfconsumecell/set", json!({"card_id": card_id, "is_open": true}));
            json!({"code": code, "openid": HOLDER})
        }
        "/wallet/v1/pay" => {
            server.ok("/card/paycell/set", json!({"card_id": card_id, "is_open": true}));
            json!({"code": code, "fee": 90})
        }
        "/wallet/v1/pay member" => json!({"code": code, "fee": 90}),
        _ => json!({"code": code}),
    }
}

fn path(call: &str) -> &str {
    call.split(' ').next().unwrap()
}

/// The events of these kinds about a code, the newest first.
fn events(server: &TestServer, code: &Value, kinds: &[&str]) -> Vec<Value> {
    let list = server.ok("/kaquan/v1/events/list", json!({"code": code, "kind": kinds.join(",")}));
    list["events"].as_array().unwrap().clone()
}

#[test]
fn every_call_that_consumes_takes_a_store_and_a_clerk() {
    let server = TestServer::start();
    server.push_to(&Receiver::start());
    let store = server.add_store("艺苑路店");
    let none = json!({"location_id": null, "location_name": null, "staff_openid": null});
    let known = json!({"location_id": store, "location_name": "麦当劳(艺苑路店)", "staff_openid": "oClerk"});
    for (call, kinds) in CALLS {
        for (given, expected) in [
            (json!({"location_id": store, "staff_openid": "oClerk"}), &known),
            (json!({"location_id": store.to_string(), "staff_openid": "oClerk"}), &known),
            (json!({"poi_id": store, "staff_openid": "oClerk"}), &known),
            (json!({"location_id": 0, "poi_id": store.to_string(), "staff_openid": "oClerk"}), &known),
            (json!({"location_id": 0, "staff_openid": ""}), &none),
            (json!({"location_id": "0"}), &none),
            (json!({"location_id": "", "poi_id": null}), &none),
            (json!({}), &none),
        ] {
            let body = merged(body(&server, call), given.clone());
            server.ok(path(call), body.clone());
            let events = events(&server, &body["code"], kinds);
            let found: Vec<&str> = events.iter().map(|event| event["kind"].as_str().unwrap()).collect();
            assert_eq!(found, kinds, "{call} {given}");
            for event in events {
                for (key, value) in expected.as_object().unwrap() {
                    assert_eq!(event.get(key).unwrap_or(&Value::Null), value, "{key} of {call} {given}");
                }
                let message = server.event(&event["event_id"])["message"].as_str().unwrap().to_owned();
                let location_id = expected["location_id"].as_i64().unwrap_or(0);
                let named = |key: &str| expected[key].as_str().unwrap_or_default().to_owned();
                let mut parts = vec![format!("<LocationId>{location_id}</LocationId>")];
                if event["kind"] == "consume" {
                    let (name, staff) = (named("location_name"), named("staff_openid"));
                    parts.push(format!("<LocationName><![CDATA[{name}]]></LocationName>"));
                    parts.push(format!("<StaffOpenId><![CDATA[{staff}]]></StaffOpenId>"));
                }
                parts.iter().for_each(|part| assert!(message.contains(part), "{call}: {part} in {message}"));
            }
        }
    }
}

#[test]
fn an_unknown_store_is_40098_at_every_call_and_nothing_changes() {
    let server = TestServer::start();
    let deleted = server.add_store("一店");
    server.ok("/cgi-bin/poi/delpoi", json!({"poi_id": deleted}));
    for (call, kinds) in CALLS {
        let body = body(&server, call);
        for store in [json!(deleted), json!("77"), json!(-1), json!(i64::MAX)] {
            let refused =
                server.expect_errcode(path(call), merged(body.clone(), json!({"location_id": store})), 40098);
            assert!(refused.contains("location_id"), "{call} {store}: {refused}");
        }
        for (field, value, errcode) in [
            ("location_id", json!("here"), 47001),
            ("location_id", json!(1.5), 47001),
            ("poi_id", json!([1]), 47001),
            ("staff_openid", json!("o p"), 40003),
            ("staff_openid", json!("o".repeat(65)), 40003),
            ("staff_openid", json!({"a": 1}), 47001),
        ] {
            let refused =
                server.expect_errcode(path(call), merged(body.clone(), json!({ field: value })), errcode);
            assert!(refused.contains(field), "{call} {field} {value}: {refused}");
        }
        assert!(events(&server, &body["code"], kinds).is_empty(), "{call}");
        assert_eq!(server.state(body["code"].as_str().unwrap()), ("NORMAL".to_owned(), true), "{call}");
        server.ok(path(call), body);
    }
}

#[test]
fn a_store_that_is_deleted_later_keeps_its_name_in_the_events() {
    let server = TestServer::start();
    let (store, body) = (server.add_store("一店"), body(&server, CALLS[0].0));
    server.ok(CALLS[0].0, merged(body.clone(), json!({"location_id": store})));
    server.ok("/cgi-bin/poi/delpoi", json!({"poi_id": store}));
    let event = &events(&server, &body["code"], &["consume"])[0];
    assert_has(event, &json!({"location_id": store, "location_name": "麦当劳(一店)"}), "event");
}

#[test]
fn the_json_form_has_store_and_clerk_of_consume_payment_and_return() {
    let server = TestServer::start();
    let receiver = Receiver::start();
    server.set_callback(json!({"url": receiver.url, "mode": "json"}));
    let store = server.add_store("一店");
    let place = json!({"location_id": store, "staff_openid": "oClerk"});
    let body = body(&server, "/wallet/v1/pay");
    server.ok("/wallet/v1/pay", merged(body.clone(), place));
    server.ok("/kaquan/v1/code/return", json!({"code": body["code"]}));
    for (kind, staff) in
        [("pay", json!("oClerk")), ("consume", json!("oClerk")), ("consume_return", json!(null))]
    {
        let event = &events(&server, &body["code"], &[kind])[0];
        let message = server.event(&event["event_id"])["message"].clone();
        let data = &serde_json::from_str::<Value>(message.as_str().unwrap()).unwrap()["data"];
        assert_eq!(
            (&data["location_id"], &data["location_name"]),
            (&json!(store), &json!("麦当劳(一店)")),
            "{kind}"
        );
        assert_eq!(data["staff_openid"], staff, "{kind}");
    }
}

#[test]
fn the_till_consumes_and_takes_payments_for_its_store() {
    let server = TestServer::start();
    let owner = server.signed_in(Role::Owner);
    let clerk = server.signed_in(Role::Clerk);
    let store = server.add_store("一店");
    let account = server.store.account_by_name(Role::Clerk.name()).unwrap().unwrap().id;
    let number = store.to_string();
    let set = [("act", "store"), ("location_id", number.as_str())];
    let path = format!("settings/accounts/{}", account.0);
    assert_eq!(owner.app_submit("settings", &path, &set).status, 303);
    for (call, act, kinds) in [
        ("/card/code/consume", "consume", CALLS[0].1),
        ("/wallet/v1/pay", "pay", CALLS[2].1),
        ("/wallet/v1/pay member", "pay", CALLS[3].1),
    ] {
        let code = body(&server, call)["code"].clone();
        let fields = [("code", code.as_str().unwrap()), ("fee", "0.90")];
        assert_eq!(clerk.app_submit("till", &format!("till/{act}"), &fields).status, 303, "{call}");
        for event in events(&server, &code, kinds) {
            let expected = json!({"location_id": store, "staff_openid": "clerk"});
            assert_has(&event, &expected, call);
        }
    }
}
