//! `POST /wallet/v1/dynamic_code`: the dynamic code of a code, and the calls that take it in place of the code.
//! WeChat manual: "创建会员卡" (member cards), `use_dynamic_code`.

use super::pages::holder;
use crate::support::*;

const PATH: &str = "/wallet/v1/dynamic_code";
const HOLDER: &str = "oMei";
/// Seconds a dynamic code is valid.
const VALID: i64 = 300;

fn dynamic_card(card_type: &str, base: Value) -> Value {
    let own =
        json!({"auto_activate": true, "activate_url": "", "supply_bonus": true, "supply_balance": true});
    card_with_both(card_type, merged(json!({"use_dynamic_code": true}), base), own)
}

/// A card with dynamic codes, and a code of it.
fn claimed(server: &TestServer, card_type: &str) -> (String, String) {
    let id = server.create(dynamic_card(card_type, json!({})));
    let code = server.claim(&id, HOLDER);
    (id, code)
}

fn dynamic(server: &TestServer, body: Value) -> String {
    let reply = server.ok(PATH, body);
    reply["dynamic_code"].as_str().expect("a text").to_owned()
}

#[test]
fn each_dynamic_code_has_18_digits_and_300_seconds_from_its_issue() {
    let server = TestServer::start();
    for card_type in ["MEMBER_CARD", "GENERAL_CARD"] {
        let (_, code) = claimed(&server, card_type);
        let mut seen = Vec::new();
        for secs in [0, 1, 28, 1, 29] {
            server.clock.advance(secs);
            let reply = server.ok(PATH, json!({"code": code, "openid": HOLDER}));
            let made = reply["dynamic_code"].as_str().expect("a text").to_owned();
            assert!(made.len() == 18 && made.starts_with("1636") && made.bytes().all(|b| b.is_ascii_digit()));
            assert_eq!(reply["expire_time"], server.now() + VALID);
            assert!(!seen.contains(&made), "{made} again");
            seen.push(made);
        }
        server.clock.advance(VALID - 1 - 59);
        for made in &seen {
            assert_eq!(server.ok("/card/code/get", json!({"code": made}))["card"]["code"], code);
        }
        server.clock.advance(60);
        for made in &seen {
            server.expect_errcode("/card/code/get", json!({"code": made}), 40056);
        }
    }
}

#[test]
fn digits_that_were_never_issued_stand_for_no_code() {
    let server = TestServer::start();
    let (_, code) = claimed(&server, "MEMBER_CARD");
    let without = server.create(card_with_both("MEMBER_CARD", json!({}), json!({"auto_activate": true})));
    server.claim(&without, HOLDER);
    let made = dynamic(&server, json!({"code": code}));
    // A digit typed wrong, and two digits exchanged.
    let slips = (4..18).map(|at| {
        let mut digits = made.clone().into_bytes();
        digits[at] = b'0' + (digits[at] - b'0' + 1) % 10;
        String::from_utf8(digits).expect("digits")
    });
    for text in slips.chain(["163643677048685906".to_owned(), "163600000000000000".to_owned()]) {
        for late in [true, false] {
            let body = json!({"code": text, "is_expire_dynamic_code": late, "check_consume": false});
            server.expect_errcode("/card/code/get", body, 40056);
        }
    }
}

#[test]
fn a_dynamic_code_outlives_a_restart_and_is_issued_once_for_a_key() {
    let mut server = TestServer::start();
    let (_, code) = claimed(&server, "GENERAL_CARD");
    let issue = |server: &TestServer, key: &str| {
        let target = format!("{PATH}?access_token={}", server.token());
        let body = json!({"code": code}).to_string();
        server.send("POST", &target, &[("Idempotency-Key", key)], body.as_bytes()).json()
    };
    let first = issue(&server, "k");
    server.clock.advance(9);
    server.restart();
    assert_eq!(issue(&server, "k"), first);
    assert_ne!(issue(&server, "l")["dynamic_code"], first["dynamic_code"]);
    let shown = server.ok("/card/code/get", json!({"code": first["dynamic_code"]}));
    assert_eq!(shown["card"]["code"], code);
}

#[test]
fn a_member_is_looked_up_by_a_dynamic_code_without_its_card() {
    let server = TestServer::start();
    for custom in [false, true] {
        let id = server.create(dynamic_card("MEMBER_CARD", json!({"use_custom_code": custom})));
        let code = match custom {
            true => {
                server.claim_code(&id, HOLDER, "M-1");
                "M-1".to_owned()
            }
            false => server.claim(&id, HOLDER),
        };
        let made = dynamic(&server, json!({"code": code, "card_id": id}));
        for card_id in [Value::Null, json!(""), json!(id)] {
            let body = json!({"code": made, "card_id": card_id});
            let info = server.ok("/card/membercard/userinfo/get", body);
            assert_eq!((&info["membership_number"], &info["openid"]), (&json!(code), &json!(HOLDER)));
        }
        server.expect_errcode("/card/membercard/userinfo/get", json!({"code": code}), 41012);
    }
    let body = json!({"code": "163652150534672204"});
    server.expect_errcode("/card/membercard/userinfo/get", body, 40056);
}

#[test]
fn a_dynamic_code_ends_with_the_activation_it_belongs_to() {
    let server = TestServer::start();
    let (_, code) = claimed(&server, "GENERAL_CARD");
    let made = dynamic(&server, json!({"code": code}));
    server.ok("/card/generalcard/unactivate", json!({"code": code}));
    server.expect_errcode(PATH, json!({"code": code}), 40127);
    server.expect_errcode("/card/generalcard/updateuser", json!({"code": made, "balance": 1}), 40127);
    server.ok("/card/generalcard/activate", json!({"code": code, "card_number": "1"}));
    server.ok("/card/generalcard/updateuser", json!({"code": made, "balance": 1}));
}

#[test]
fn calls_of_tills_take_a_dynamic_code_and_answer_with_the_static_one() {
    let server = TestServer::start();
    let (id, member) = claimed(&server, "MEMBER_CARD");
    let (_, gift) = claimed(&server, "GENERAL_CARD");
    let (of_member, of_gift) =
        (dynamic(&server, json!({"code": member})), dynamic(&server, json!({"code": gift})));
    for card_id in [Value::Null, json!(id)] {
        let body = json!({"code": of_member, "card_id": card_id});
        let shown = server.ok("/card/code/get", body.clone());
        assert_eq!((&shown["card"]["code"], &shown["membership_number"]), (&json!(member), &json!(member)));
        let changed = server.ok("/card/membercard/updateuser", merged(body, json!({"add_bonus": 5})));
        assert_eq!(changed["openid"], HOLDER);
    }
    let info = server.ok("/card/membercard/userinfo/get", json!({"card_id": id, "code": of_member}));
    assert_eq!((&info["bonus"], &info["membership_number"]), (&json!(10), &json!(member)));
    server.ok("/wallet/v1/pay", json!({"code": of_member, "fee": 5}));
    server.expect_errcode("/card/code/consume", json!({"code": of_member}), 40071);
    let changed = server.ok("/card/generalcard/updateuser", json!({"code": of_gift, "balance": 700}));
    assert_eq!(changed["result_balance"], 700);
    let shown = server.ok("/card/code/get", json!({"code": of_gift}));
    assert_eq!((&shown["card"]["code"], &shown["card"]["card_number"]), (&json!(gift), &json!(gift)));
    server.ok("/card/code/consume", json!({"code": of_gift}));
    assert_eq!(server.state(&gift).0, "CONSUMED");
    server.expect_errcode("/card/code/consume", json!({"code": of_gift}), 40099);
    let events = server.ok("/kaquan/v1/events/list", json!({"count": 50})).to_string();
    assert!(events.contains(&gift) && !events.contains(&of_gift) && !events.contains(&of_member), "{events}");
}

#[test]
fn other_calls_know_no_dynamic_codes() {
    let server = TestServer::start();
    let (id, member) = claimed(&server, "MEMBER_CARD");
    let (_, gift) = claimed(&server, "GENERAL_CARD");
    let (of_member, of_gift) =
        (dynamic(&server, json!({"code": member})), dynamic(&server, json!({"code": gift})));
    for (path, code, more) in [
        ("/card/code/unavailable", &of_member, json!({})),
        ("/card/code/update", &of_member, json!({"new_code": "1"})),
        ("/card/code/mark", &of_member, json!({"card_id": id, "openid": HOLDER, "is_mark": true})),
        ("/card/membercard/activate", &of_member, json!({"membership_number": "1"})),
        ("/card/generalcard/activate", &of_gift, json!({"card_number": "1"})),
        ("/card/generalcard/unactivate", &of_gift, json!({})),
        ("/wallet/v1/get", &of_member, json!({"openid": HOLDER})),
        ("/wallet/v1/gift", &of_gift, json!({"openid": HOLDER})),
        ("/wallet/v1/delete", &of_gift, json!({"openid": HOLDER})),
        (PATH, &of_member, json!({})),
        ("/card/qrcode/create", &of_member, json!({})),
    ] {
        let qr_code = json!({
            "action_name": "QR_CARD", "action_info": {"card": {"card_id": id, "code": code}},
        });
        if path == "/card/qrcode/create" {
            server.expect_errcode(path, qr_code, 40056);
            continue;
        }
        server.expect_errcode(path, merged(json!({"code": code}), more), 40056);
    }
}

#[test]
fn a_dynamic_code_is_good_for_five_minutes_and_not_again() {
    let server = TestServer::start();
    let (_, code) = claimed(&server, "MEMBER_CARD");
    let made = dynamic(&server, json!({"code": code}));
    let get = |more: Value| merged(json!({"code": made}), more);
    let late = || get(json!({"is_expire_dynamic_code": true}));
    server.clock.advance(VALID - 1);
    server.ok("/card/code/get", get(json!({})));
    server.clock.advance(1);
    for (path, more) in [
        ("/card/code/get", json!({})),
        ("/card/code/get", json!({"is_expire_dynamic_code": false})),
        ("/card/membercard/updateuser", json!({"add_bonus": 1, "is_expire_dynamic_code": true})),
        ("/card/code/consume", json!({"is_expire_dynamic_code": true})),
        ("/wallet/v1/pay", json!({"fee": 1})),
    ] {
        server.expect_errcode(path, get(more), 40056);
    }
    assert_eq!(server.ok("/card/code/get", late())["card"]["code"], code);
    let flagged = json!({"code": code, "is_expire_dynamic_code": true});
    assert_eq!(server.ok("/card/code/get", flagged)["card"]["code"], code, "a static code");
}

#[test]
fn an_expired_dynamic_code_is_looked_up_for_thirty_days() {
    let server = TestServer::start();
    let base = json!({"date_info": {"type": "DATE_TYPE_PERMANENT"}});
    let code = server.claim(&server.create(dynamic_card("GENERAL_CARD", base)), HOLDER);
    let made = dynamic(&server, json!({"code": code}));
    let late = json!({"code": made, "is_expire_dynamic_code": true});
    server.clock.advance(30 * 86_400 - 1);
    assert_eq!(server.ok("/card/code/get", late.clone())["card"]["code"], code);
    for _ in 0..24 {
        server.clock.advance(1);
        server.expect_errcode("/card/code/get", late.clone(), 40056);
        server.expect_errcode("/card/code/get", json!({"code": made}), 40056);
        server.pass_days(15);
    }
}

#[test]
fn custom_codes_have_dynamic_codes_too() {
    let server = TestServer::start();
    let id = server.create(dynamic_card("GENERAL_CARD", json!({"use_custom_code": true})));
    server.claim_code(&id, HOLDER, "G-1");
    let made = dynamic(&server, json!({"code": "G-1", "card_id": id}));
    for card_id in [Value::Null, json!(id)] {
        let shown = server.ok("/card/code/get", json!({"code": made, "card_id": card_id}));
        assert_eq!(shown["card"]["code"], "G-1");
    }
    let other = server.create(dynamic_card("GENERAL_CARD", json!({"use_custom_code": true})));
    server.expect_errcode("/card/code/get", json!({"code": made, "card_id": other}), 40056);
}

#[test]
fn no_own_code_takes_the_form_of_a_dynamic_one() {
    let server = TestServer::start();
    let (form, other) = ("163652150534672204", "163752150534672204");
    let id = server.create_custom();
    let claim = |code: &str| json!({"card_id": id, "openid": "o1", "code": code});
    server.expect_errcode("/wallet/v1/claim", claim(form), 40116);
    server.ok("/wallet/v1/claim", claim(other));
    let update = json!({"card_id": id, "code": other, "new_code": form});
    server.expect_errcode("/card/code/update", update, 40116);
    let deposit = server.create_deposit(&[]);
    let reply = server.ok("/card/code/deposit", json!({"card_id": deposit, "code": [form, other]}));
    assert_eq!((&reply["fail_code"], &reply["succ_code"]), (&json!([form]), &json!([other])));
    let file = json!({"card_id": deposit, "file": "f", "code": ["A1", form]});
    assert_eq!(server.ok("/kaquan/v1/code/import", file)["fail"], json!([1]));
}

#[test]
fn the_switch_is_set_by_an_update_and_codes_that_are_out_stay_good() {
    let server = TestServer::manual();
    let id = server.create(card_with_both("MEMBER_CARD", json!({}), json!({"auto_activate": true})));
    server.pass(&id);
    let code = server.claim(&id, HOLDER);
    server.expect_errcode(PATH, json!({"code": code}), 45030);
    assert!(!server.update_base(&id, "MEMBER_CARD", json!({"use_dynamic_code": "1"})), "no review");
    let made = dynamic(&server, json!({"code": code}));
    assert!(!server.update_base(&id, "MEMBER_CARD", json!({"use_dynamic_code": false})));
    server.expect_errcode(PATH, json!({"code": code}), 45030);
    server.ok("/card/code/get", json!({"code": made}));
}

#[test]
fn dynamic_code_errors_follow_the_documented_order() {
    let server = TestServer::start();
    let (_, code) = claimed(&server, "MEMBER_CARD");
    let coupon = server.create(card_with("GROUPON", json!({"use_dynamic_code": true})));
    assert_eq!(server.base_info(&coupon)["use_dynamic_code"], true, "stored and without effect");
    let coupon = server.claim(&coupon, "oB");
    let made = dynamic(&server, json!({"code": code}));
    server.expect_errcode(PATH, json!({"openid": "oB"}), 41013);
    server.expect_errcode(PATH, json!({"code": "999999999999", "openid": "oB"}), 40056);
    server.expect_errcode(PATH, json!({"code": coupon, "openid": HOLDER}), 40003);
    server.expect_errcode(PATH, json!({"code": coupon, "openid": "oB"}), 45030);
    server.ok("/wallet/v1/delete", json!({"code": code, "openid": HOLDER}));
    server.expect_errcode(PATH, json!({"code": code}), 40127);
    server.expect_errcode("/card/code/get", json!({"code": made}), 40127);
    let other = server.second_app();
    server.expect_errcode_as(&other, "/card/code/get", json!({"code": made}), 40056);
}

#[test]
fn the_holders_page_shows_a_dynamic_code_and_a_script_renews_it() {
    let server = TestServer::start();
    let mei = holder(&server, HOLDER);
    for (code_type, picture) in [("CODE_TYPE_TEXT", ""), ("CODE_TYPE_QRCODE", "qr-code\"><svg")] {
        let id = server.create(dynamic_card("MEMBER_CARD", json!({"code_type": code_type})));
        let code = server.claim(&id, HOLDER);
        let page = || mei.page(&format!("/w/{}/codes/{code}", server.app.appid));
        let shown = page();
        assert_eq!(shown.contains("1636"), picture.is_empty(), "{shown}");
        assert!(shown.contains(picture) && shown.contains("data-dynamic"), "{shown}");
        assert!(shown.contains("/static/renew.js") && shown.contains("<noscript>"), "{shown}");
        assert!(shown.contains(&format!("{} {} {}", &code[..4], &code[4..8], &code[8..])), "{shown}");
        assert_ne!(page(), shown, "another code at each view");
        server.update_base(&id, "MEMBER_CARD", json!({"use_dynamic_code": false}));
        let shown = page();
        assert!(!shown.contains("data-dynamic") && !shown.contains("renew.js"), "{shown}");
    }
}

#[test]
fn the_till_takes_a_dynamic_code_while_it_is_valid() {
    let server = TestServer::start();
    let (_, code) = claimed(&server, "MEMBER_CARD");
    let made = dynamic(&server, json!({"code": code}));
    let clerk = server.signed_in(kaquan_store::Role::Clerk);
    let till = format!("till?code={made}");
    let shown = clerk.app_page(&till);
    assert!(shown.contains(&format!("name=\"code\" value=\"{code}\"")), "{shown}");
    server.clock.advance(VALID);
    assert!(clerk.app_page(&till).contains("There is no such code."));
}
