//! White space around a code is ignored by every call that has a code. A code of only white space, or with control
//! characters, is refused.

use super::HOLDER;
use crate::support::*;

const BLANKS: &[(&str, &str)] =
    &[(" ", " "), ("\t", "\r\n"), ("\u{3000}", "\u{a0}"), ("\u{feff}", "\u{200b}")];

/// Calls that look up a code, with their other members. In this order, each call finds the code in the state that it
/// needs.
fn calls() -> Vec<(&'static str, Value)> {
    vec![
        ("/card/code/get", json!({})),
        ("/card/code/mark", json!({"openid": HOLDER, "is_mark": true})),
        ("/card/code/mark", json!({"openid": HOLDER, "is_mark": false})),
        ("/wallet/v1/get", json!({"openid": HOLDER})),
        ("/wallet/v1/gift", json!({"openid": HOLDER})),
        ("/wallet/v1/gift/cancel", json!({"openid": HOLDER})),
        ("/card/code/consume", json!({})),
        ("/kaquan/v1/code/return", json!({})),
        ("/card/code/unavailable", json!({})),
    ]
}

fn with(body: &Value, more: Value) -> Value {
    merged(body.clone(), more)
}

#[test]
fn every_call_finds_a_code_with_blanks_around_it() {
    let server = TestServer::start();
    for (at, (before, after)) in BLANKS.iter().enumerate() {
        let around = |code: &str| format!("{before}{code}{after}");
        let system = server.create(card_with("GROUPON", json!({"can_give_friend": true})));
        let custom =
            server.create(card_with("GROUPON", json!({"can_give_friend": true, "use_custom_code": true})));
        let own = format!("VIP {at}");
        let claim = json!({"card_id": custom, "openid": HOLDER, "code": around(&own)});
        assert_eq!(server.ok("/wallet/v1/claim", claim)["code"], own.as_str());
        for (card_id, code) in [(&system, server.claim(&system, HOLDER)), (&custom, own)] {
            for (path, body) in calls() {
                server.ok(path, with(&body, json!({"code": around(&code), "card_id": card_id})));
            }
        }
    }
}

#[test]
fn codes_are_kept_without_the_blanks_around_them() {
    let server = TestServer::start();
    let id = server.create_deposit(&[]);
    let deposit = |code: &str| server.ok("/card/code/deposit", json!({"card_id": id, "code": [code]}));
    assert_eq!(deposit("\u{3000}A1 ")["succ_code"], json!(["A1"]));
    assert_eq!(deposit("A1")["duplicate_code"], json!(["A1"]));
    let checked = server.ok("/card/code/checkcode", json!({"card_id": id, "code": [" A1\u{a0}", "A2"]}));
    assert_eq!((&checked["exist_code"], &checked["not_exist_code"]), (&json!(["A1"]), &json!(["A2"])));
    let import = json!({"card_id": id, "file": "f", "from": 0, "code": ["\tB1", " A1"], "stock": true});
    let imported = server.ok("/kaquan/v1/code/import", import);
    assert_eq!(imported["duplicate"], json!([1]), "{imported}");
    let custom = server.create_custom();
    let claim = json!({"card_id": custom, "openid": HOLDER, "code": " C1\u{3000}"});
    assert_eq!(server.ok("/wallet/v1/claim", claim)["code"], "C1");
    let update = json!({"card_id": custom, "code": "C1 ", "new_code": "\u{3000}C2 "});
    server.ok("/card/code/update", update);
    let got = server.ok("/card/code/get", json!({"card_id": custom, "code": "C2"}));
    assert_eq!(got["card"]["code"], "C2");
    let info = json!({"card": {"card_id": custom, "code": " C3 "}});
    server.ok("/card/qrcode/create", json!({"action_name": "QR_CARD", "action_info": info}));
    let clerk = server.signed_in(kaquan_store::Role::Clerk);
    let till = clerk.app_page("till?code=%E3%80%80C2+");
    assert!(till.contains("C2") && !till.contains("There is no such code"), "{till}");
}

#[test]
fn blanks_alone_are_40110_and_control_characters_are_refused() {
    let server = TestServer::start();
    let (custom, deposit) = (server.create_custom(), server.create_deposit(&[]));
    server.claim_code(&custom, HOLDER, "C1");
    for (text, errcode) in [
        ("  \u{3000}\t", ErrCode::HaveEmptyCode),
        ("A\u{1}1", ErrCode::DataFormat),
        ("A\n1", ErrCode::DataFormat),
    ] {
        for (path, body) in calls() {
            server.expect_errcode(path, with(&body, json!({"code": text, "card_id": custom})), errcode);
        }
        let claim = json!({"card_id": custom, "openid": "oB", "code": text});
        server.expect_errcode("/wallet/v1/claim", claim, errcode);
        let update = json!({"card_id": custom, "code": "C1", "new_code": text});
        server.expect_errcode("/card/code/update", update, errcode);
        for path in ["/card/code/deposit", "/card/code/checkcode"] {
            server.expect_errcode(path, json!({"card_id": deposit, "code": ["A1", text]}), errcode);
        }
        let import = json!({"card_id": deposit, "file": "f", "from": 0, "code": [text]});
        server.expect_errcode("/kaquan/v1/code/import", import, errcode);
        let info = json!({"card": {"card_id": custom, "code": text}});
        let qr = json!({"action_name": "QR_CARD", "action_info": info});
        server.expect_errcode("/card/qrcode/create", qr, errcode);
        for path in
            ["/card/membercard/activate", "/card/membercard/updateuser", "/card/membercard/userinfo/get"]
        {
            server.expect_errcode(
                path,
                json!({"code": text, "card_id": custom, "membership_number": "1"}),
                errcode,
            );
        }
    }
}
