//! `POST /cgi-bin/stable_token`: the same token while it is valid, or a new one by force. WeChat manual:
//! "获取稳定版接口调用凭据".

use super::{answer_to, token_in};
use crate::support::*;

const PATH: &str = "/cgi-bin/stable_token";

fn send(server: &TestServer, body: &Value) -> Value {
    server.send("POST", PATH, &[], body.to_string().as_bytes()).json()
}

fn stable(server: &TestServer, force: Value) -> (String, i64) {
    let app = &server.app;
    token_in(&send(
        server,
        &json!({
            "grant_type": "client_credential", "appid": app.appid, "secret": app.secret, "force_refresh": force,
        }),
    ))
}

#[test]
fn the_same_token_comes_back_with_its_remaining_life() {
    let server = TestServer::start();
    let (token, life) = stable(&server, Value::Null);
    assert_eq!(life, 7200);
    server.clock.advance(1000);
    assert_eq!(stable(&server, json!(false)), (token.clone(), 6200));
    server.clock.set(NOON.plus(6899));
    assert_eq!(stable(&server, json!("false")), (token.clone(), 301));
    assert_eq!(answer_to(&server, &token), 0);
}

#[test]
fn in_the_last_five_minutes_a_new_one_is_given_and_both_are_good() {
    let server = TestServer::start();
    let (old, _) = stable(&server, Value::Null);
    server.clock.set(NOON.plus(6900));
    let (new, life) = stable(&server, Value::Null);
    assert_ne!(old, new);
    assert_eq!(life, 7200);
    assert_eq!((answer_to(&server, &old), answer_to(&server, &new)), (0, 0));
    server.clock.set(NOON.plus(7200));
    assert_ne!(answer_to(&server, &old), 0);
    assert_eq!(answer_to(&server, &new), 0);
}

#[test]
fn by_force_the_old_one_ends_at_once() {
    let server = TestServer::start();
    let (old, _) = stable(&server, Value::Null);
    server.clock.advance(30);
    let (new, life) = stable(&server, json!(true));
    assert_eq!(life, 7200);
    assert_eq!((answer_to(&server, &old), answer_to(&server, &new)), (40001, 0));
}

#[test]
fn force_within_half_a_minute_changes_nothing() {
    let server = TestServer::start();
    let (token, _) = stable(&server, Value::Null);
    server.clock.advance(29);
    assert_eq!(stable(&server, json!(true)), (token.clone(), 7171));
    assert_eq!(answer_to(&server, &token), 0);
}

#[test]
fn force_works_twenty_times_a_day() {
    let server = TestServer::start();
    // Begin at 00:00:00 at UTC+8, so that all tokens are of one day.
    server.clock.advance(12 * 3600);
    stable(&server, Value::Null);
    // A token that is replaced because it expires does not count against the twenty.
    server.clock.advance(6900);
    let (mut token, _) = stable(&server, Value::Null);
    for _ in 0..20 {
        server.clock.advance(30);
        let (next, _) = stable(&server, json!(true));
        assert_ne!(next, token);
        token = next;
    }
    assert_eq!(stable(&server, json!(true)).0, token, "within half a minute");
    server.clock.advance(30);
    let app = &server.app;
    let forced = json!({
        "grant_type": "client_credential", "appid": app.appid, "secret": app.secret, "force_refresh": true,
    });
    let refused = send(&server, &forced);
    assert_eq!(refused["errcode"], 45009, "{refused}");
    answer::tail(&refused);
    assert_eq!(stable(&server, json!(false)).0, token);
    assert_eq!(answer_to(&server, &token), 0);
    server.clock.set(NOON.plus(36 * 3600));
    stable(&server, json!(true));
}

#[test]
fn the_two_kinds_of_token_do_not_touch_each_other() {
    let server = TestServer::start();
    let (old, _) = stable(&server, Value::Null);
    let plain = server.token();
    server.clock.advance(1000);
    stable(&server, json!(true));
    assert_eq!((answer_to(&server, &old), answer_to(&server, &plain)), (40001, 0));
    let target = format!(
        "/cgi-bin/token?grant_type=client_credential&appid={}&secret={}",
        server.app.appid, server.app.secret
    );
    let (current, _) = stable(&server, Value::Null);
    token_in(&server.send("GET", &target, &[], b"").json());
    server.clock.advance(301);
    assert_eq!((answer_to(&server, &plain), answer_to(&server, &current)), (40001, 0));
}

#[test]
fn each_wrong_credential_has_its_own_errcode() {
    let server = TestServer::start();
    let (appid, secret) = (&server.app.appid, &server.app.secret);
    let good = "client_credential";
    for (body, errcode) in [
        (json!({}), ErrCode::InvalidGrantType),
        (json!({"grant_type": "x", "appid": appid, "secret": secret}), ErrCode::InvalidGrantType),
        (json!({"grant_type": good, "secret": secret}), ErrCode::AppidMissing),
        (json!({"grant_type": good, "appid": "wx0", "secret": secret}), ErrCode::InvalidAppid),
        (json!({"grant_type": good, "appid": appid}), ErrCode::AppsecretMissing),
        (json!({"grant_type": good, "appid": appid, "secret": "x"}), ErrCode::InvalidAppsecret),
        (
            json!({"grant_type": good, "appid": appid, "secret": secret, "force_refresh": "maybe"}),
            ErrCode::DataFormat,
        ),
        (json!({"grant_type": good, "appid": [appid], "secret": secret}), ErrCode::DataFormat),
    ] {
        let reply = send(&server, &body);
        assert_eq!(reply["errcode"], errcode.number(), "{body}");
        answer::tail(&reply);
    }
}

#[test]
fn credentials_in_the_query_are_none() {
    let server = TestServer::start();
    let (appid, secret) = (&server.app.appid, &server.app.secret);
    let target = format!("{PATH}?grant_type=client_credential&appid={appid}&secret={secret}");
    assert_eq!(server.send("POST", &target, &[], b"{}").json()["errcode"], 40002);
    assert_eq!(server.send("POST", &target, &[], b"").json()["errcode"], 44002);
}
