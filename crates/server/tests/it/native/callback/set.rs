//! `POST /kaquan/v1/callback/set`: a URL is set after its receiver has passed the handshake.

use crate::support::*;

const PATH: &str = "/kaquan/v1/callback/set";
const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

#[test]
fn a_receiver_is_asked_to_echo_before_its_address_is_taken() {
    let server = TestServer::start();
    let receiver = Receiver::answering(|request| {
        let mut signed = ["token", request.query("timestamp").unwrap(), request.query("nonce").unwrap()]
            .map(str::to_owned);
        signed.sort();
        let signature = kaquan_server::push::crypt::signature(&["token", &signed[0], &signed[1]]);
        assert_eq!(signature.len(), 40);
        match request.query("signature").is_some() && request.method == "GET" {
            true => Reply::Success,
            false => Reply::Http(403, String::new()),
        }
    });
    let set = server.ok(PATH, json!({"url": format!("{}?shop=1", receiver.url), "token": "token"}));
    assert_has(&set, &json!({"mode": "plain", "policy": "durable", "encrypted": false}), "answer");
    assert!(set["original_id"].as_str().unwrap().starts_with("gh_"), "{set}");
    assert_eq!(set.get("secret"), None);
}

#[test]
fn a_receiver_that_does_not_pass_is_not_taken() {
    let server = TestServer::start();
    let good = Receiver::start();
    server.push_to(&good);
    let bad = Receiver::start();
    for (reply, said) in [
        (Reply::Http(200, "something else".to_owned()), "echostr"),
        (Reply::Http(404, String::new()), "HTTP 404"),
        (Reply::Redirect(good.url.clone()), "redirect"),
        (Reply::Cut, "handshake"),
        (Reply::Endless, "echostr"),
    ] {
        let own = reply.clone();
        bad.answer(move |_| own.clone());
        let reason = server.expect_errcode(PATH, json!({"url": bad.url, "token": "token"}), 40097);
        assert!(reason.contains("url") && reason.contains(said), "{reply:?}: {reason}");
    }
    let closed = "http://127.0.0.1:1/";
    assert!(server.expect_errcode(PATH, json!({"url": closed, "token": "token"}), 40097).contains("refused"));
    assert_eq!(server.ok("/kaquan/v1/callback/get", json!({}))["url"], json!(good.url));
}

#[test]
fn an_echo_may_end_its_line() {
    let server = TestServer::start();
    let receiver =
        Receiver::answering(|request| Reply::Http(200, format!("{}\n", request.query("echostr").unwrap())));
    server.push_to(&receiver);
}

#[test]
fn invalid_settings_are_refused_before_a_request_is_sent() {
    let server = TestServer::start();
    let receiver = Receiver::start();
    let body = |more: Value| merged(json!({"url": receiver.url, "token": "token"}), more);
    for (more, errcode, field) in [
        (json!({"url": null}), ErrCode::MissingFields, "url"),
        (json!({"url": "ftp://a/"}), ErrCode::InvalidArgs, "url"),
        (json!({"url": format!("http://a/{}", "b".repeat(1024))}), ErrCode::OutOfLengthLimit, "url"),
        (json!({"token": null}), ErrCode::MissingFields, "token"),
        (json!({"token": "a b"}), ErrCode::InvalidArgs, "token"),
        (json!({"mode": "loud"}), ErrCode::InvalidArgs, "mode"),
        (json!({"mode": "safe"}), ErrCode::MissingFields, "encoding_aes_key"),
        (json!({"mode": "safe", "encoding_aes_key": "short"}), ErrCode::InvalidArgs, "encoding_aes_key"),
        (json!({"policy": "never"}), ErrCode::InvalidArgs, "policy"),
        (json!({"original_id": "gh x"}), ErrCode::InvalidArgs, "original_id"),
        (json!({"mode": "json", "secret": "whsec_AAAA"}), ErrCode::InvalidArgs, "secret"),
        (json!({"mode": "loud", "url": null}), ErrCode::InvalidArgs, "mode"),
        (json!({"url": null, "token": null}), ErrCode::MissingFields, "url"),
    ] {
        let reason = server.expect_errcode(PATH, body(more.clone()), errcode);
        assert!(reason.contains(field), "{more}: {reason}");
    }
    assert_eq!(server.ok("/kaquan/v1/callback/get", json!({}))["url"], "");
}

#[test]
fn a_json_receiver_is_verified_by_a_message_signed_with_its_secret() {
    let server = TestServer::start();
    let receiver = Receiver::start();
    let set = server.ok(PATH, json!({"url": receiver.url, "mode": "json"}));
    let secret = set["secret"].as_str().expect("a secret");
    let asked = &receiver.wait_for(1)[0];
    assert_eq!(asked.json()["type"], "callback_verify");
    let key = kaquan_server::push::json::read_secret(secret).expect("a key");
    let at: i64 = asked.header("webhook-timestamp").parse().unwrap();
    let signature =
        kaquan_server::push::json::signature(&key, asked.header("webhook-id"), at, &asked.body).unwrap();
    assert_eq!(asked.header("webhook-signature"), signature);
}

#[test]
fn omitted_settings_keep_their_values() {
    let server = TestServer::start();
    let receiver = Receiver::start();
    server.ok(
        PATH,
        json!({"url": receiver.url, "token": "token", "original_id": "gh_shop", "policy": "wechat"}),
    );
    let set = server.ok(PATH, json!({"mode": "safe", "encoding_aes_key": KEY}));
    let expected = json!({
        "url": receiver.url, "mode": "safe", "policy": "wechat", "original_id": "gh_shop", "encrypted": true,
    });
    assert_has(&set, &expected, "answer");
}
