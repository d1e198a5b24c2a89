//! `POST /card/code/decrypt`: decrypts a code from a page or redirect. WeChat manual: "核销卡券" (consume cards), decrypt
//! a code.

use super::HOLDER;
use crate::support::*;
use kaquan_server::encrypt_code;

const PATH: &str = "/card/code/decrypt";

/// The encrypted form of a code, as on a page of this app.
fn encrypted(server: &TestServer, app: &TestApp, code: &str) -> String {
    let row = server.store.app_by_appid(&app.appid).unwrap().unwrap();
    encrypt_code::encrypt(&row.token_key, &code.into()).unwrap()
}

#[test]
fn the_code_comes_back() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, HOLDER);
    let text = encrypted(&server, &server.app, &code);
    let reply = server.post(PATH, json!({"encrypt_code": text}));
    assert_eq!(reply.to_string(), json!({"errcode": 0, "errmsg": "ok", "code": code}).to_string());
}

#[test]
fn custom_codes_come_back_whatever_they_are_made_of() {
    let server = TestServer::start();
    for code in ["a", &limits::chinese(20), "+/=-"] {
        let text = encrypted(&server, &server.app, code);
        assert_eq!(server.ok(PATH, json!({"encrypt_code": text}))["code"], *code);
    }
}

#[test]
fn a_plus_that_became_a_blank_on_the_way_is_a_plus_wherever_it_stands() {
    let server = TestServer::start();
    let places: [fn(&str) -> bool; 3] =
        [|text| text.starts_with('+'), |text| text.ends_with('+'), |text| text[1..63].contains('+')];
    for place in places {
        // About one text in sixty-four has a plus sign at a given position.
        let texts =
            (0_u64..).map(|n| format!("{n:012}")).map(|code| (encrypted(&server, &server.app, &code), code));
        let (text, code) = texts.take(10_000).find(|(text, _)| place(text)).expect("one in sixty-four");
        assert_eq!(server.ok(PATH, json!({"encrypt_code": text.replace('+', " ")}))["code"], code);
    }
}

#[test]
fn blanks_too_many_around_it_do_not_matter() {
    let server = TestServer::start();
    let text = encrypted(&server, &server.app, "751234212312");
    for text in [format!(" {text}"), format!("{text}  "), format!("{text}\n")] {
        assert_eq!(server.ok(PATH, json!({"encrypt_code": text}))["code"], "751234212312");
    }
}

#[test]
fn a_text_that_this_app_did_not_encrypt_is_40075() {
    let server = TestServer::start();
    let other = server.second_app();
    let text = encrypted(&server, &other, "751234212312");
    server.expect_errcode(PATH, json!({"encrypt_code": text}), 40075);
    for bad in
        ["x", "XXIzTtMqCxwOaawoE91+VJdsFmv7b8g0VZIZkqf4GWA60Fzpc8ksZ/5ZZ0DVkXdE", "码", &"A".repeat(5000)]
    {
        server.expect_errcode(PATH, json!({"encrypt_code": bad}), 40075);
    }
}

#[test]
fn a_text_that_is_missing_or_no_text_is_refused() {
    let server = TestServer::start();
    for body in [json!({}), json!({"encrypt_code": ""}), json!({"encrypt_code": null})] {
        server.expect_errcode(PATH, body, 41011);
    }
    server.expect_errcode(PATH, json!({"encrypt_code": ["x"]}), 47001);
}
