//! `POST /kaquan/v1/upstream/set`: sets the original host of the app; secrets are stored encrypted and never shown.

use crate::support::*;

const PATH: &str = "/kaquan/v1/upstream/set";

fn good() -> Value {
    json!({"appid": REAL_APPID, "secret": REAL_SECRET})
}

#[test]
fn a_missing_member_gets_its_default_and_then_keeps_its_value() {
    let server = TestServer::start();
    let set = server.ok(PATH, good());
    let expected = json!({
        "url": "https://api.weixin.qq.com", "appid": REAL_APPID, "has_secret": true, "token_url": "",
        "refuse": [], "wxcard": "text", "timeout_secs": 20,
    });
    assert_has(&set, &expected, "answer");
    assert_eq!(set["allow"][0], "/cgi-bin/");
    let set = server.ok(PATH, json!({"wxcard": "news", "timeout_secs": 5, "refuse": ["/cgi-bin/menu/"]}));
    assert_has(
        &set,
        &json!({"appid": REAL_APPID, "has_secret": true, "wxcard": "news", "timeout_secs": 5}),
        "answer",
    );
}

#[test]
fn a_member_that_is_not_well_formed_is_refused() {
    let server = TestServer::start();
    for (more, errcode, field) in [
        (json!({"appid": null}), ErrCode::MissingFields, "appid"),
        (json!({"secret": null}), ErrCode::MissingFields, "secret"),
        (json!({"url": "ftp://a"}), ErrCode::InvalidArgs, "url"),
        (json!({"url": "https://a/path"}), ErrCode::InvalidArgs, "url"),
        (json!({"token_url": "file:///a"}), ErrCode::InvalidArgs, "token_url"),
        (json!({"secret": "s".repeat(129)}), ErrCode::OutOfLengthLimit, "secret"),
        (json!({"allow": "cgi-bin"}), ErrCode::DataFormat, "allow"),
        (json!({"allow": ["cgi-bin"]}), ErrCode::InvalidArgs, "allow"),
        (json!({"refuse": ["/a//b"]}), ErrCode::InvalidArgs, "refuse"),
        (json!({"wxcard": "loud"}), ErrCode::InvalidArgs, "wxcard"),
        (json!({"timeout_secs": 61}), ErrCode::InvalidArgs, "timeout_secs"),
        (json!({"timeout_secs": -1}), ErrCode::InvalidArgs, "timeout_secs"),
    ] {
        let reason = server.expect_errcode(PATH, merged(good(), more.clone()), errcode);
        assert!(reason.contains(field) && !reason.contains(REAL_SECRET), "{more}: {reason}");
    }
    assert_eq!(server.ok("/kaquan/v1/upstream/get", json!({}))["url"], "");
}

#[test]
fn the_secret_does_not_follow_a_changed_url() {
    let server = TestServer::start();
    server.ok(PATH, good());
    let elsewhere = json!({"url": "https://thief.example"});
    assert!(server.expect_errcode(PATH, elsewhere.clone(), ErrCode::InvalidArgs).contains("secret"));
    server.ok(PATH, merged(elsewhere, json!({"secret": "another"})));
}

#[test]
fn without_a_key_nothing_is_stored() {
    let server = Start { secret_keys: "", ..Start::default() }.start();
    let reason = server.expect_errcode(PATH, good(), ErrCode::ApiUnauthorized);
    assert!(reason.contains("--secret-key-file"), "{reason}");
    assert_eq!(server.store.upstreams().unwrap(), []);
}
