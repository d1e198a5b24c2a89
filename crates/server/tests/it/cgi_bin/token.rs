//! `GET /cgi-bin/token`: a new token for each call, and how long each is valid. WeChat manual: "获取 Access token".

use super::{answer_to, token_in};
use crate::support::*;

fn target(grant_type: &str, appid: &str, secret: &str) -> String {
    format!("/cgi-bin/token?grant_type={grant_type}&appid={appid}&secret={secret}")
}

fn fresh(server: &TestServer) -> String {
    let target = target("client_credential", &server.app.appid, &server.app.secret);
    let (token, life) = token_in(&server.send("GET", &target, &[], b"").json());
    assert_eq!(life, 7200);
    token
}

#[test]
fn a_token_is_given_by_get_and_by_post_with_or_without_a_body() {
    let server = TestServer::start();
    let target = target("client_credential", &server.app.appid, &server.app.secret);
    for (method, body) in [("GET", &b""[..]), ("POST", b""), ("POST", b"{}"), ("POST", b"x=1")] {
        let (token, _) = token_in(&server.send(method, &target, &[], body).json());
        assert_eq!(answer_to(&server, &token), 0);
    }
}

#[test]
fn every_call_makes_a_new_token() {
    let server = TestServer::start();
    let tokens = [fresh(&server), fresh(&server), fresh(&server)];
    assert!(tokens[0] != tokens[1] && tokens[1] != tokens[2] && tokens[0] != tokens[2]);
}

#[test]
fn the_token_before_stays_good_for_five_minutes_and_is_then_40001() {
    let server = TestServer::start();
    let old = fresh(&server);
    server.clock.advance(1000);
    let new = fresh(&server);
    for (after, errcode) in [(0, 0), (299, 0), (300, 40001), (5000, 40001)] {
        server.clock.set(NOON.plus(1000 + after));
        assert_eq!(answer_to(&server, &old), errcode, "after {after}");
        assert_eq!(answer_to(&server, &new), 0);
    }
}

#[test]
fn a_third_token_does_not_lengthen_the_life_of_the_first() {
    let server = TestServer::start();
    let first = fresh(&server);
    let _second = fresh(&server);
    server.clock.advance(200);
    let _third = fresh(&server);
    server.clock.advance(100);
    assert_eq!(answer_to(&server, &first), 40001);
}

#[test]
fn a_token_ends_after_two_hours_with_42001() {
    let server = TestServer::start();
    let token = fresh(&server);
    server.clock.set(NOON.plus(7199));
    assert_eq!(answer_to(&server, &token), 0);
    server.clock.set(NOON.plus(7200));
    assert_eq!(answer_to(&server, &token), 42001);
    let reply = server.send("GET", &format!("/card/getcolors?access_token={token}"), &[], b"").json();
    assert!(reply["errmsg"].as_str().unwrap().starts_with("access_token expired"), "{reply}");
    // The token is expired and not unknown even after `fresh` drops its row.
    server.pass_days(30);
    fresh(&server);
    assert_eq!(answer_to(&server, &token), 42001);
}

#[test]
fn a_text_that_is_no_token_of_ours_is_40001() {
    let server = TestServer::start();
    let token = fresh(&server);
    for bad in ["x", "ACCESS_TOKEN", &token[1..], &format!("{token}A"), "%E5%8D%A1", &"A".repeat(600)] {
        assert_eq!(answer_to(&server, bad), 40001, "{bad}");
    }
    // One letter of the signature is changed: the text has the form of a token, but the server did not issue it.
    let at = token.len() - 10;
    let other = if &token[at..=at] == "A" { "B" } else { "A" };
    let forged = format!("{}{other}{}", &token[..at], &token[at + 1..]);
    assert_eq!(answer_to(&server, &forged), 40001);
}

#[test]
fn a_token_of_another_server_is_40001() {
    let (server, other) = (TestServer::start(), TestServer::start());
    assert_eq!(answer_to(&server, &fresh(&other)), 40001);
}

#[test]
fn the_tokens_of_two_apps_do_not_touch_each_other() {
    let server = TestServer::start();
    let second = server.second_app();
    let (a, b) = (fresh(&server), server.token_of(&second));
    fresh(&server);
    server.clock.advance(301);
    assert_eq!((answer_to(&server, &a), answer_to(&server, &b)), (40001, 0));
}

#[test]
fn each_wrong_credential_has_an_errcode_other_than_40001() {
    let server = TestServer::start();
    let (appid, secret) = (&server.app.appid, &server.app.secret);
    let (second, good) = (server.second_app(), "client_credential");
    for (target, errcode) in [
        (target("", appid, secret), ErrCode::InvalidGrantType),
        (target("authorization_code", appid, secret), ErrCode::InvalidGrantType),
        (target(good, "", secret), ErrCode::AppidMissing),
        (target(good, "wx0000000000000000", secret), ErrCode::InvalidAppid),
        (target(good, &appid.to_uppercase(), secret), ErrCode::InvalidAppid),
        (target(good, appid, ""), ErrCode::AppsecretMissing),
        (target(good, appid, "wrong"), ErrCode::InvalidAppsecret),
        (target(good, appid, &second.secret), ErrCode::InvalidAppsecret),
        (target(good, appid, &secret.to_uppercase()), ErrCode::InvalidAppsecret),
        ("/cgi-bin/token".to_owned(), ErrCode::InvalidGrantType),
        (format!("/cgi-bin/token?grant_type={good}"), ErrCode::AppidMissing),
        (format!("/cgi-bin/token?grant_type={good}&appid={appid}"), ErrCode::AppsecretMissing),
    ] {
        let reply = server.send("GET", &target, &[], b"").json();
        assert_eq!(reply["errcode"], errcode.number(), "{target}");
        answer::tail(&reply);
    }
}
