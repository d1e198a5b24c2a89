//! `POST /card/qrcode/create`: tickets for one or several cards, and the lifetime of a ticket. WeChat manual:
//! "投放卡券" (distribute cards), QR codes.

use crate::support::*;

const PATH: &str = "/card/qrcode/create";

fn one(card: Value) -> Value {
    json!({"action_name": "QR_CARD", "action_info": {"card": card}})
}

#[test]
fn the_reply_has_ticket_lifetime_and_both_addresses() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let mut body = one(json!({"card_id": id, "outer_str": "12b", "is_unique_code": false, "outer_id": 1}));
    body["expire_seconds"] = 1800.into();
    let reply = server.post(PATH, body);
    assert_eq!(
        shape::keys(&reply),
        ["errcode", "errmsg", "ticket", "expire_seconds", "url", "show_qrcode_url"]
    );
    assert_eq!((&reply["errcode"], &reply["expire_seconds"]), (&json!(0), &json!(1800)));
    let base = format!("http://{}", server.address());
    for key in ["url", "show_qrcode_url"] {
        let address = reply[key].as_str().unwrap();
        assert!(address.starts_with(&base) && !address.contains(' '), "{address}");
    }
}

#[test]
fn a_lifetime_is_taken_wherever_clients_put_it() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let life = |top: Value, inside: Value| {
        let mut body = one(json!({"card_id": id, "expire_seconds": inside}));
        body["expire_seconds"] = top;
        server.ok(PATH, body)["expire_seconds"].take()
    };
    assert_eq!(life(json!(60), Value::Null), 60);
    assert_eq!(life(json!("1800"), json!(60)), 1800);
    assert_eq!(life(Value::Null, json!(120)), 120);
    assert_eq!(life(Value::Null, Value::Null), 31_536_000);
    assert_eq!(life(json!(0), Value::Null), 31_536_000);
}

#[test]
fn a_lifetime_too_short_is_refused() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    for (life, errcode) in [
        (json!(59), ErrCode::InvalidArgs),
        (json!(-1), ErrCode::InvalidArgs),
        (json!("x"), ErrCode::DataFormat),
    ] {
        let mut body = one(json!({"card_id": id}));
        body["expire_seconds"] = life;
        server.expect_errcode(PATH, body, errcode);
    }
}

#[test]
fn several_cards_go_on_one_picture() {
    let server = TestServer::start();
    let ids: Vec<String> = (0..6).map(|_| server.create(card("GROUPON"))).collect();
    let list = |n: usize| -> Value { ids[..n].iter().map(|id| json!({"card_id": id})).collect() };
    let body = |info: Value| json!({"action_name": "QR_MULTIPLE_CARD", "action_info": info});
    for info in [json!({"multiple_card": {"card_list": list(5)}}), json!({"card_list": list(1)})] {
        server.ok(PATH, body(info));
    }
    for wrong in [0, 6] {
        server.expect_errcode(PATH, body(json!({"multiple_card": {"card_list": list(wrong)}})), 45039);
    }
    // Only the part that action_name selects is used.
    server.ok(PATH, body(json!({"multiple_card": {"card_list": list(2)}, "card": {"card_id": "pUnknown"}})));
}

#[test]
fn an_unknown_action_is_40052_and_one_without_its_info_40053() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let info = json!({"card": {"card_id": id}});
    for name in [json!("QR_CARDS"), json!(""), Value::Null] {
        server.expect_errcode(PATH, json!({"action_name": name, "action_info": info}), 40052);
    }
    for info in [Value::Null, json!({}), json!("x"), json!({"card": null}), json!({"card": []})] {
        server.expect_errcode(PATH, json!({"action_name": "QR_CARD", "action_info": info}), 40053);
    }
    let body = json!({"action_name": "QR_MULTIPLE_CARD", "action_info": info});
    server.expect_errcode(PATH, body, 40053);
}

#[test]
fn cards_that_cannot_be_claimed_so_are_refused() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    server.expect_errcode(PATH, one(json!({"card_id": "pUnknown"})), 40073);
    server.expect_errcode(PATH, one(json!({})), 41012);
    let other = server.second_app();
    server.expect_errcode_as(&other, PATH, one(json!({"card_id": id})), 40073);
    let custom = server.create_custom();
    server.expect_errcode(PATH, one(json!({"card_id": custom})), 41013);
    server.ok(PATH, one(json!({"card_id": custom, "code": "one"})));
    let bound = server.create(card_with("GROUPON", json!({"bind_openid": true})));
    server.expect_errcode(PATH, one(json!({"card_id": bound})), 41009);
    server.ok(PATH, one(json!({"card_id": bound, "openid": "oA"})));
    let last = server.create(card_with("GROUPON", json!({"sku": {"quantity": 1}})));
    server.claim(&last, "oA");
    server.expect_errcode(PATH, one(json!({"card_id": last, "is_unique_code": true})), 45031);
    server.ok("/card/delete", json!({"card_id": id}));
    server.expect_errcode(PATH, one(json!({"card_id": id})), 40078);
}

#[test]
fn a_card_in_review_gets_a_picture_unless_a_code_is_to_be_kept_for_it() {
    let server = TestServer::manual();
    let id = server.create(card("GROUPON"));
    server.ok(PATH, one(json!({"card_id": id})));
    server.expect_errcode(PATH, one(json!({"card_id": id, "is_unique_code": true})), 40078);
}

#[test]
fn texts_have_their_limits() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    server.ok(PATH, one(json!({"card_id": id, "outer_str": limits::chinese(128)})));
    server.expect_errcode(PATH, one(json!({"card_id": id, "outer_str": limits::chinese(129)})), 45021);
    server.expect_errcode(PATH, one(json!({"card_id": id, "code": limits::ascii(21)})), 45021);
    server.expect_errcode(PATH, one(json!({"card_id": id, "openid": "o".repeat(65)})), 40003);
}

#[test]
fn an_outer_id_outside_of_32_bits_is_40097_at_every_door() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    for outer_id in [json!(2_147_483_648_i64), json!("-2147483649"), json!(i64::MAX)] {
        let info = json!({"card": {"card_id": id, "outer_id": outer_id}});
        let tail = server.expect_errcode(
            "/card/qrcode/create",
            json!({"action_name": "QR_CARD", "action_info": info}),
            40097,
        );
        assert!(tail.starts_with("outer_id"), "{tail}");
        let claim = json!({"card_id": id, "openid": "oA", "outer_id": outer_id});
        assert!(server.expect_errcode("/wallet/v1/claim", claim, 40097).starts_with("outer_id"));
    }
    let claim = json!({"card_id": id, "openid": "oA", "outer_id": 2_147_483_647});
    server.ok("/wallet/v1/claim", claim);
}

/// The ticket as an earlier version made it: the app's number in clear, then the same encrypted content.
fn former(server: &TestServer, ticket: &str) -> String {
    use base64::Engine as _;
    let base64 = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let bytes = base64.decode(ticket).unwrap();
    base64.encode([&server.app.id.0.to_be_bytes()[..], &bytes[10..]].concat())
}

#[test]
fn a_ticket_does_not_count_apps_and_earlier_tickets_stay_valid() {
    use base64::Engine as _;
    let server = TestServer::start();
    let id = server.create(card_with("GROUPON", json!({"get_limit": 5})));
    let ticket = server.ok(PATH, one(json!({"card_id": id})))["ticket"].as_str().unwrap().to_owned();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(&ticket).unwrap();
    assert_ne!(bytes[..8], server.app.id.0.to_be_bytes());
    assert!(!bytes.starts_with(&[0; 4]), "{bytes:?}");
    for ticket in [former(&server, &ticket), ticket] {
        let picture = server.send("GET", &format!("/cgi-bin/showqrcode?ticket={ticket}"), &[], b"");
        assert_eq!(picture.status, 200, "{ticket}");
        assert_eq!(server.send("GET", &format!("/w/q/{ticket}"), &[], b"").status, 200, "{ticket}");
        let claimed = server.ok("/wallet/v1/claim", json!({"ticket": ticket, "openid": "o1"}));
        assert!(claimed["code"].is_string() || claimed["card_list"][0]["code"].is_string(), "{claimed}");
    }
    let other = server.second_app();
    let foreign = former(&server, server.ok(PATH, one(json!({"card_id": id})))["ticket"].as_str().unwrap());
    let body = json!({"ticket": foreign, "openid": "o1"});
    server.expect_errcode_as(&other, "/wallet/v1/claim", body, ErrCode::InvalidArgs);
}
