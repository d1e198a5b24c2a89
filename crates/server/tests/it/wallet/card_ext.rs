//! `POST /wallet/v1/claim` with a `cardExt` or with the ticket of a QR code, and with the merchant's own number.
//! WeChat manual: "投放卡券" (distribute cards); "附录：JS-SDK 使用权限签名算法", cardExt.

use crate::support::*;
use kaquan_server::sign::{Signed, signature};

const PATH: &str = "/wallet/v1/claim";

/// Openids in WeChat's form.
const MEI: &str = "ojZ8Yt9mDh2PbnCSdCMWmVEPRIEc";
const LI: &str = "ojZ8YtAb3dEf6hIj9kLmNoPqRsTu";

fn api_ticket(server: &TestServer) -> String {
    let target = format!("/cgi-bin/ticket/getticket?type=wx_card&access_token={}", server.token());
    server.send("GET", &target, &[], b"").json()["ticket"].as_str().expect("a ticket").to_owned()
}

/// A signed `cardExt`, as a page sends it.
fn card_ext(server: &TestServer, card_id: &str, mut fields: Value) -> String {
    let ticket = api_ticket(server);
    if fields.get("timestamp").is_none() {
        fields["timestamp"] = json!(server.now().to_string());
    }
    let values = Signed::CardExt.fields().iter().map(|field| match *field {
        "card_id" => card_id.to_owned(),
        field => fields[field].as_str().unwrap_or_default().to_owned(),
    });
    fields["signature"] = json!(signature(Signed::CardExt, &ticket, &values.collect()));
    fields.to_string()
}

/// A `cardExt` with the native signature.
fn native_card_ext(server: &TestServer, card_id: &str, mut fields: Value) -> Value {
    fields["timestamp"] = json!(server.now().to_string());
    fields["sign_type"] = json!("KAQUAN-HMAC-SHA256");
    let values = Signed::NativeCardExt.fields().iter().map(|field| match (*field, &fields[field]) {
        ("appid", _) => server.app.appid.clone(),
        ("card_id", _) => card_id.to_owned(),
        (_, Value::Number(number)) => number.to_string(),
        (_, value) => value.as_str().unwrap_or_default().to_owned(),
    });
    fields["signature"] = json!(signature(Signed::NativeCardExt, &api_ticket(server), &values.collect()));
    fields
}

fn claim(card_id: &str, openid: &str, ext: &str) -> Value {
    json!({"card_id": card_id, "openid": openid, "card_ext": ext})
}

#[test]
fn a_signed_card_ext_claims_once() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let ext = card_ext(&server, &id, json!({"nonce_str": "n1", "outer_str": "页面"}));
    let reply = server.ok(PATH, claim(&id, "oA", &ext));
    let code = reply["code"].as_str().expect("a code");
    assert_eq!(server.ok("/card/code/get", json!({"code": code}))["outer_str"], "页面");
    let decrypted = server.ok("/card/code/decrypt", json!({"encrypt_code": reply["encrypt_code"]}));
    assert_eq!(decrypted["code"], code);
    let reply = server.expect_errcode(PATH, claim(&id, "oB", &ext), 40080);
    assert!(reply.contains("used before"), "{reply}");
    let object: Value =
        serde_json::from_str(&card_ext(&server, &id, json!({"nonce_str": "n2"}))).expect("JSON");
    server.ok(PATH, json!({"card_id": id, "openid": "oB", "card_ext": object}));
}

#[test]
fn a_wrong_card_ext_is_40080_with_the_reason() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let other = server.create(card("CASH"));
    for (ext, expected) in [
        (json!("nonsense").to_string(), "not a JSON object"),
        (card_ext(&server, &other, json!({"nonce_str": "n"})), "signature is wrong"),
        (card_ext(&server, &id, json!({"timestamp": ""})), "no timestamp"),
        (card_ext(&server, &id, json!({"nonce_str": "n".repeat(33)})), "nonce_str"),
    ] {
        let reply = server.expect_errcode(PATH, claim(&id, "oA", &ext), 40080);
        assert!(reply.contains(expected), "{expected}: {reply}");
    }
    let stale = card_ext(&server, &id, json!({"nonce_str": "n"}));
    server.clock.advance(7200);
    server.expect_errcode(PATH, claim(&id, "oA", &stale), 40080);
}

#[test]
fn a_card_ext_may_name_the_holder_the_code_and_the_first_second() {
    let server = TestServer::start();
    let bound = server.create(card_with("GROUPON", json!({"bind_openid": true})));
    let ext = card_ext(&server, &bound, json!({"openid": MEI}));
    server.expect_errcode(PATH, claim(&bound, LI, &ext), 40003);
    server.ok(PATH, claim(&bound, MEI, &ext));
    let unnamed = card_ext(&server, &bound, json!({"nonce_str": "n"}));
    server.expect_errcode(PATH, claim(&bound, "oA", &unnamed), 40003);
    let custom = server.create(card_with("GROUPON", json!({"use_custom_code": true})));
    let ext = card_ext(&server, &custom, json!({"code": "MINE-1"}));
    assert_eq!(server.ok(PATH, claim(&custom, "oA", &ext))["code"], "MINE-1");
    let term = json!({"date_info": {"type": "DATE_TYPE_FIX_TERM", "fixed_term": 2}});
    let term = server.create(card_with("GROUPON", term));
    let begin = server.now() + 5000;
    let ext = card_ext(&server, &term, json!({"fixed_begintimestamp": begin}));
    let code = server.ok(PATH, claim(&term, "oA", &ext))["code"].take();
    let got = server.ok("/card/code/get", json!({"code": code}));
    assert_eq!(got["card"]["begin_time"], begin);
    assert_eq!(got["card"]["end_time"], begin + 2 * 86_400 - 1);
}

/// Values are signed without their names and without separators.
#[test]
fn no_value_that_was_signed_can_hide_in_another() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let custom = server.create(card_with("GROUPON", json!({"use_custom_code": true})));
    let signed = |id: &str, fields| -> Value {
        serde_json::from_str(&card_ext(&server, id, fields)).expect("an object")
    };
    let named = signed(&id, json!({"openid": "1oA"}));
    let stamp = named["timestamp"].as_str().expect("text");
    let longer = json!({"timestamp": format!("{stamp}1oA"), "signature": named["signature"]});
    let beside = json!({"timestamp": stamp, "balance": "1oA", "signature": named["signature"]});
    for forged in [longer, beside] {
        server.expect_errcode(PATH, claim(&id, "oB", &forged.to_string()), 40080);
    }
    let coded = signed(&custom, json!({"code": "1999"}));
    let stamp = coded["timestamp"].as_str().expect("text");
    let other = json!({"timestamp": format!("{stamp}1"), "code": "999", "signature": coded["signature"]});
    server.expect_errcode(PATH, claim(&custom, "oB", &other.to_string()), 40080);
    assert_eq!(server.ok(PATH, claim(&custom, "oB", &coded.to_string()))["code"], "1999");
}

#[test]
fn a_card_ext_for_one_holder_is_of_no_use_to_another() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    for nonce in ["Wm3WZYTPz0wzccnW", "Ab3", LI] {
        let signed = card_ext(&server, &id, json!({"openid": MEI, "nonce_str": nonce}));
        let signed: Value = serde_json::from_str(&signed).expect("an object");
        let (stamp, signature) = (&signed["timestamp"], &signed["signature"]);
        let (low, high) = if nonce < MEI { (nonce, MEI) } else { (MEI, nonce) };
        for values in [
            json!({"openid": nonce, "nonce_str": MEI}),
            json!({"nonce_str": MEI, "code": nonce}),
            json!({"nonce_str": nonce, "code": MEI}),
            json!({"nonce_str": format!("{low}{high}")}),
            json!({"nonce_str": MEI, "balance": nonce}),
            json!({"nonce_str": &MEI[..20], "code": &MEI[20..]}),
            json!({"openid": format!("{low}{high}")}),
        ] {
            let forged = merged(json!({"timestamp": stamp, "signature": signature}), values);
            server.expect_errcode(PATH, claim(&id, LI, &forged.to_string()), 40080);
        }
    }
    assert_eq!(server.stock(&id).0, server.stock(&id).1);
}

#[test]
fn a_signature_of_choose_card_is_no_card_ext() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let stamp = server.now().to_string();
    let appid = server.app.appid.as_str();
    let values = [appid, "", &stamp, "wA", &id, ""].map(str::to_owned).to_vec();
    let signed = signature(Signed::ChooseCard, &api_ticket(&server), &values);
    for nonce in [appid.to_owned(), format!("wA{appid}"), format!("{appid}wA")] {
        for rest in [json!({}), json!({"code": "wA"}), json!({"openid": "wA"})] {
            let ext = merged(json!({"timestamp": stamp, "signature": signed, "nonce_str": nonce}), rest);
            server.expect_errcode(PATH, claim(&id, LI, &ext.to_string()), 40080);
        }
    }
}

#[test]
fn kaquans_own_signature_covers_every_value_by_its_name() {
    let server = TestServer::start();
    let term = json!({"date_info": {"type": "DATE_TYPE_FIX_TERM", "fixed_term": 2}});
    let id = server.create(card_with("GROUPON", merged(term, json!({"bind_openid": true}))));
    let begin = server.now() + 5000;
    let fields = json!({
        "openid": "member-7", "nonce_str": "n1", "outer_str": "页面", "outer_id": 5, "fixed_begintimestamp": begin,
    });
    let ext = native_card_ext(&server, &id, fields);
    for (key, other) in [
        ("openid", json!("oB")),
        ("openid", json!("")),
        ("nonce_str", json!("n2")),
        ("outer_str", json!("elsewhere")),
        ("outer_id", json!(6)),
        ("fixed_begintimestamp", json!(begin + 1)),
        ("timestamp", json!((server.now() + 1).to_string())),
        ("code", json!("X")),
        ("sign_type", json!("SHA1")),
        ("sign_type", json!("MD5")),
    ] {
        let mut forged = ext.clone();
        forged[key] = other;
        server.expect_errcode(PATH, claim(&id, "oB", &forged.to_string()), 40080);
    }
    server.expect_errcode(PATH, claim(&id, "oB", &ext.to_string()), 40003);
    let code = server.ok(PATH, claim(&id, "member-7", &ext.to_string()))["code"].take();
    let got = server.ok("/card/code/get", json!({"code": code}));
    assert_eq!((&got["outer_str"], &got["card"]["begin_time"]), (&json!("页面"), &json!(begin)));
    server.expect_errcode(PATH, claim(&id, "member-7", &ext.to_string()), 40080);
    // A value that is signed as empty stays empty, even if the request has a text for it outside of the signature.
    let bare = native_card_ext(&server, &id, json!({"openid": "member-7", "nonce_str": "n3"}));
    let around = json!({"outer_str": "elsewhere", "outer_id": 6, "fixed_begintimestamp": begin + 1});
    let code = server.ok(PATH, merged(claim(&id, "member-7", &bare.to_string()), around))["code"].take();
    let got = server.ok("/card/code/get", json!({"code": code}));
    assert_ne!(got["outer_str"], "elsewhere");
    assert_ne!(got["card"]["begin_time"], json!(begin + 1));
    for fields in [json!({"openid": "oA"}), json!({"openid": "oA", "nonce_str": "a\nopenid=oB"})] {
        let ext = native_card_ext(&server, &id, fields);
        server.expect_errcode(PATH, claim(&id, "oA", &ext.to_string()), 40080);
    }
}

#[test]
fn a_card_ext_that_is_there_and_empty_is_wrong() {
    let server = TestServer::start();
    let id = server.create(card_with("GROUPON", json!({"bind_openid": true})));
    for empty in [json!(""), Value::Null, json!({}), json!("{}")] {
        let body = json!({"card_id": id, "openid": "oA", "card_ext": empty});
        server.expect_errcode(PATH, body, 40080);
    }
}

#[test]
fn a_first_second_of_the_merchants_server_beats_an_unsigned_one() {
    let server = TestServer::start();
    let term = json!({"date_info": {"type": "DATE_TYPE_FIX_TERM", "fixed_term": 2}});
    let id = server.create(card_with("GROUPON", term));
    let ext = card_ext(&server, &id, json!({"fixed_begintimestamp": server.now() + 9000}));
    let mut body = claim(&id, "oA", &ext);
    body["fixed_begintimestamp"] = json!(server.now() + 10);
    let code = server.ok(PATH, body)["code"].take();
    assert_eq!(server.ok("/card/code/get", json!({"code": code}))["card"]["begin_time"], server.now() + 10);
}

#[test]
fn a_code_that_was_not_signed_does_not_count() {
    let server = TestServer::start();
    let id = server.create(card_with("GROUPON", json!({"use_custom_code": true})));
    let mut body = claim(&id, "oA", &card_ext(&server, &id, json!({"nonce_str": "n"})));
    body["code"] = json!("MINE-1");
    server.expect_errcode(PATH, body, 41013);
}

#[test]
fn the_signature_is_looked_at_behind_the_card_and_before_its_window() {
    let server = TestServer::manual();
    let id = server.create(card("GROUPON"));
    server.expect_errcode(PATH, claim("pNowhere", "oA", "{}"), 40073);
    server.expect_errcode(PATH, claim(&id, "oA", "{}"), 40078);
    server.pass(&id);
    server.clock.advance(31 * 86_400);
    server.expect_errcode(PATH, claim(&id, "oA", "{}"), 40080);
}

fn ticket(server: &TestServer, body: Value) -> String {
    server.ok("/card/qrcode/create", body)["ticket"].as_str().expect("a ticket").to_owned()
}

#[test]
fn a_qr_code_is_claimed_by_its_ticket() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let card = json!({"card_id": id, "outer_str": "海报", "outer_id": 5});
    let text = ticket(&server, json!({"action_name": "QR_CARD", "action_info": {"card": card}}));
    for openid in ["oA", "oB"] {
        let reply = server.ok(PATH, json!({"openid": openid, "ticket": text}));
        assert_eq!(reply["card_id"], json!(id));
        let got = server.ok("/card/code/get", json!({"code": reply["code"]}));
        assert_eq!((&got["openid"], &got["outer_str"]), (&json!(openid), &json!("海报")));
    }
    let short =
        json!({"action_name": "QR_CARD", "expire_seconds": 60, "action_info": {"card": {"card_id": id}}});
    let short = ticket(&server, short);
    server.clock.advance(60);
    server.expect_errcode(PATH, json!({"openid": "oA", "ticket": short}), 40079);
    server.expect_errcode(PATH, json!({"openid": "oA", "ticket": "nonsense"}), 40097);
    server.expect_errcode(PATH, json!({"ticket": text}), 41009);
}

#[test]
fn a_unique_qr_code_is_claimed_once_and_one_for_a_holder_by_that_holder() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let card = json!({"card_id": id, "is_unique_code": true});
    let text = ticket(&server, json!({"action_name": "QR_CARD", "action_info": {"card": card}}));
    server.ok(PATH, json!({"openid": "oA", "ticket": text}));
    server.expect_errcode(PATH, json!({"openid": "oB", "ticket": text}), 40056);
    let card = json!({"card_id": id, "openid": "oA"});
    let text = ticket(&server, json!({"action_name": "QR_CARD", "action_info": {"card": card}}));
    server.expect_errcode(PATH, json!({"openid": "oB", "ticket": text}), 40003);
    server.ok(PATH, json!({"openid": "oA", "ticket": text}));
}

#[test]
fn one_scan_claims_every_card_of_a_qr_code_and_reports_each() {
    let server = TestServer::start();
    let (first, second) = (server.create(card("GROUPON")), server.create(card("CASH")));
    let list = json!([{"card_id": first}, {"card_id": second}]);
    let body =
        json!({"action_name": "QR_MULTIPLE_CARD", "action_info": {"multiple_card": {"card_list": list}}});
    let text = ticket(&server, body);
    server.ok("/card/delete", json!({"card_id": second}));
    let target = format!("{PATH}?access_token={}", server.token());
    let body = json!({"openid": "oA", "ticket": text}).to_string();
    let scan = || server.send("POST", &target, &[("Idempotency-Key", "scan")], body.as_bytes()).json();
    let reply = scan();
    let cards = reply["card_list"].as_array().expect("a list");
    assert_eq!((&cards[0]["card_id"], &cards[1]["errcode"]), (&json!(first), &json!(40078)), "{reply}");
    assert_eq!(scan()["card_list"][0]["code"], cards[0]["code"], "done once");
    assert_eq!(server.stock(&first).0, server.stock(&first).1 - 1);
}

#[test]
fn a_number_of_the_merchants_own_makes_a_repetition_the_same_claim() {
    let server = TestServer::start();
    let (id, other) = (server.create(card("GROUPON")), server.create(card("CASH")));
    let body = json!({"card_id": id, "openid": "oA", "request_no": "order 7"});
    let first = server.ok(PATH, body.clone());
    assert_eq!(server.ok(PATH, body)["code"], first["code"]);
    assert_eq!(server.stock(&id).0, server.stock(&id).1 - 1);
    let body = json!({"card_id": other, "openid": "oA", "request_no": "order 7"});
    server.expect_errcode(PATH, body, 40097);
    let long = json!({"card_id": id, "openid": "oA", "request_no": "x".repeat(65)});
    server.expect_errcode(PATH, long, 45021);
}

#[test]
fn a_number_names_a_scan_of_one_card_and_not_of_several() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let one = json!({"action_name": "QR_CARD", "action_info": {"card": {"card_id": id}}});
    let scan = json!({"openid": "oA", "ticket": ticket(&server, one), "request_no": "order 8"});
    let code = server.ok(PATH, scan.clone())["code"].take();
    assert_eq!(server.ok(PATH, scan)["code"], code);
    let list = json!([{"card_id": id}, {"card_id": id}]);
    let several = json!({"action_name": "QR_MULTIPLE_CARD", "action_info": {"card_list": list}});
    let scan = json!({"openid": "oA", "ticket": ticket(&server, several), "request_no": "order 9"});
    server.expect_errcode(PATH, scan, 40097);
}

#[test]
fn two_uses_of_one_card_ext_at_once_are_one_code() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let body = |openid: &str, ext: &str| claim(&id, openid, ext).to_string();
    let target = format!("{PATH}?access_token={}", server.token());
    let ext = card_ext(&server, &id, json!({"nonce_str": "n"}));
    let errcodes: Vec<i64> = std::thread::scope(|scope| {
        let uses: Vec<_> = (0..8)
            .map(|n| {
                let (mut client, target, body) = (server.connect(), &target, body(&format!("o{n}"), &ext));
                scope.spawn(move || {
                    client.send("POST", target, &[], body.as_bytes()).json()["errcode"].as_i64()
                })
            })
            .collect();
        uses.into_iter().map(|used| used.join().expect("no panic").expect("a number")).collect()
    });
    assert_eq!(errcodes.iter().filter(|errcode| **errcode == 0).count(), 1, "{errcodes:?}");
    assert_eq!(errcodes.iter().filter(|errcode| **errcode == 40080).count(), 7, "{errcodes:?}");
    assert_eq!(server.stock(&id).0, server.stock(&id).1 - 1);
}

#[test]
fn a_claim_of_a_held_member_card_returns_its_code() {
    let server = TestServer::start();
    let id = server.create(card("MEMBER_CARD"));
    let code = server.claim(&id, "oA");
    assert_eq!(server.claim(&id, "oA"), code);
    assert_eq!(server.stock(&id).0, server.stock(&id).1 - 1);
}
