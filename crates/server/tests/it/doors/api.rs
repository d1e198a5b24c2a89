//! The calls of the API: each without a token, with a retired one, as another app, and as the right app.

use super::World;
use super::calls::{About, call};
use crate::support::http::Response;
use crate::support::*;
use kaquan_server::router::{Route, routes};
use kaquan_server::{Access, Verb};

/// Sends the call of a route with this token.
fn send(world: &World, route: &Route, query: &str, body: &Value, token: &str) -> Response {
    let method = if route.verb == Verb::Get { "GET" } else { "POST" };
    let sent = if method == "GET" { String::new() } else { body.to_string() };
    let target = format!("{}?access_token={token}{query}", route.path);
    // A separate connection, because only the head of an endless response is read.
    world.server.connect().send(method, &target, &[], sent.as_bytes())
}

/// The errcode of an answer. An answer that is no JSON, such as a picture or a stream, is a success.
fn errcode(response: &Response) -> i64 {
    let reply: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    reply["errcode"].as_i64().unwrap_or(0)
}

#[test]
fn every_call_has_an_answer_for_every_caller() {
    let faults: Vec<String> = routes().iter().flat_map(faults).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

/// The wrong answers of a route.
fn faults(route: &Route) -> Vec<String> {
    let world = World::build();
    let Some(call) = call(&world, route.path) else {
        return vec![format!("{} has no line in doors/calls.rs: say what it is about", route.path)];
    };
    let (server, mut faults) = (&world.server, Vec::new());
    let mut check = |holds: bool, what: &str, answer: &Response| {
        if !holds {
            faults.push(format!("{} {what}: {}", route.path, String::from_utf8_lossy(&answer.body)));
        }
    };
    let ask = |token: &str| send(&world, route, &call.query, &call.body, token);
    let before = server.changes(&server.app);
    let (none, garbage) = (ask(""), ask("garbage"));
    if route.access == Access::Token {
        check(errcode(&none) == 41001, "without a token", &none);
        check(errcode(&garbage) == 40001, "with a token of no app", &garbage);
    }
    let foreign = ask(&server.token_of(&world.other));
    match call.about {
        About::AnApp => check(errcode(&foreign) != 0, "as another app succeeds", &foreign),
        About::Caller => check(errcode(&foreign) == 0, "as another app fails", &foreign),
        About::Public => {}
    }
    let (shown, sent) = (String::from_utf8_lossy(&foreign.body), format!("{}{}", call.query, call.body));
    for secret in world.secrets().iter().filter(|secret| !sent.contains(**secret)) {
        let is_shown = call.about != About::Public && shown.contains(secret);
        check(!is_shown, "shows another app a name of the first", &foreign);
    }
    check(server.changes(&server.app) == before, "changed the first app for another caller", &foreign);
    // The request itself is right: the same call from the right app has the expected errcode.
    let own = ask(&server.token());
    check(errcode(&own) == call.errcode, "as the app it is about", &own);
    faults
}

#[test]
fn a_retired_token_opens_nothing() {
    let world = World::build();
    let server = &world.server;
    let (old, stable) = (server.token(), stable_token(server, false));
    // A forced refresh retires the stable token at once. A new secret retires every token of the app.
    server.clock.advance(60);
    stable_token(server, true);
    let owner = server.signed_in(kaquan_store::Role::Owner);
    let rotated = owner.app_submit("settings", "settings/secret", &[("sure", "true")]);
    assert_eq!(rotated.status, 200, "{}", rotated.text());
    server.clock.advance(7_200);
    for route in routes().into_iter().filter(|route| route.access == Access::Token) {
        for token in [&old, &stable] {
            let refused = errcode(&send(&world, &route, "", &json!({}), token));
            assert!([40001, 42001].contains(&refused), "{} with a retired token: {refused}", route.path);
        }
    }
}

fn stable_token(server: &TestServer, force: bool) -> String {
    let (appid, secret) = (&server.app.appid, &server.app.secret);
    let body = json!({
        "grant_type": "client_credential", "appid": appid, "secret": secret, "force_refresh": force,
    });
    let reply = server.send("POST", "/cgi-bin/stable_token", &[], body.to_string().as_bytes()).json();
    reply["access_token"].as_str().unwrap_or_else(|| panic!("{reply}")).to_owned()
}
