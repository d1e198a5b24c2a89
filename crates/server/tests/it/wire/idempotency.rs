//! `Idempotency-Key`: a writing call that is repeated with the same key is done once and answered again, even by the
//! next process. The header is kaquan's own, so clients without it see no difference.

use crate::support::*;

/// Calls a path with a key.
fn keyed(server: &TestServer, path: &str, key: &str, body: &Value) -> Value {
    let target = format!("{path}?access_token={}", server.token());
    server.send("POST", &target, &[("Idempotency-Key", key)], body.to_string().as_bytes()).json()
}

#[test]
fn a_repeated_claim_answers_the_same_code_and_takes_one_from_stock() {
    let mut server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let body = json!({"card_id": id, "openid": "oA"});
    let first = keyed(&server, "/wallet/v1/claim", "k1", &body);
    assert_eq!(first["errcode"], 0, "{first}");
    assert_eq!(keyed(&server, "/wallet/v1/claim", "k1", &body), first);
    server.restart();
    assert_eq!(keyed(&server, "/wallet/v1/claim", "k1", &body), first);
    assert_eq!(server.stock(&id).0, server.stock(&id).1 - 1);
    assert_ne!(keyed(&server, "/wallet/v1/claim", "k2", &body), first);
}

#[test]
fn a_repeated_consume_succeeds_again_where_another_is_refused() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let body = json!({"code": server.claim(&id, "oA")});
    let first = keyed(&server, "/card/code/consume", "till 3, receipt 77", &body);
    assert_eq!(first["openid"], "oA", "{first}");
    assert_eq!(keyed(&server, "/card/code/consume", "till 3, receipt 77", &body), first);
    assert_eq!(keyed(&server, "/card/code/consume", "till 4, receipt 1", &body)["errcode"], 40099);
}

#[test]
fn a_repeat_is_marked_in_a_header_and_the_first_answer_is_not() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let target = format!("/wallet/v1/claim?access_token={}", server.token());
    let body = json!({"card_id": id, "openid": "oA"}).to_string();
    let claim = |key: &[(&str, &str)]| {
        let reply = server.send("POST", &target, key, body.as_bytes());
        reply.header("idempotency-replayed").map(str::to_owned)
    };
    let key = [("Idempotency-Key", "k")];
    assert_eq!((claim(&key), claim(&key).as_deref(), claim(&[])), (None, Some("true"), None));
}

#[test]
fn a_repeated_create_answers_the_same_card() {
    let server = TestServer::start();
    let first = keyed(&server, "/card/create", "k", &json!({"card": card("CASH")}));
    assert_eq!(keyed(&server, "/card/create", "k", &json!({"card": card("CASH")})), first);
    assert_eq!(server.ok("/card/batchget", json!({"offset": 0, "count": 10}))["total_num"], 1);
}

#[test]
fn a_key_that_was_used_for_another_request_is_refused() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    keyed(&server, "/wallet/v1/claim", "k", &json!({"card_id": id, "openid": "oA"}));
    let before = server.changes(&server.app);
    let other_body = keyed(&server, "/wallet/v1/claim", "k", &json!({"card_id": id, "openid": "oB"}));
    let other_path = keyed(&server, "/card/delete", "k", &json!({"card_id": id, "openid": "oA"}));
    for reply in [other_body, other_path] {
        assert_eq!(reply["errcode"], 40097, "{reply}");
        assert!(reply["errmsg"].as_str().is_some_and(|text| text.contains("Idempotency-Key")), "{reply}");
    }
    assert_eq!(server.changes(&server.app), before);
}

#[test]
fn a_key_is_known_to_its_own_app_only() {
    let server = TestServer::start();
    let other = server.second_app();
    let first = keyed(&server, "/card/create", "k", &json!({"card": card("GIFT")}));
    let target = format!("/card/create?access_token={}", server.token_of(&other));
    let body = json!({"card": card("GIFT")}).to_string();
    let second = server.send("POST", &target, &[("Idempotency-Key", "k")], body.as_bytes()).json();
    assert_eq!(second["errcode"], 0, "{second}");
    assert_ne!(first["card_id"], second["card_id"]);
}

#[test]
fn a_key_that_is_empty_or_too_long_is_refused_and_nothing_is_done() {
    let server = TestServer::start();
    let before = server.changes(&server.app);
    for key in ["", &"k".repeat(256)] {
        assert_eq!(
            keyed(&server, "/card/create", key, &json!({"card": card("GIFT")}))["errcode"],
            40097,
            "{key}"
        );
    }
    assert_eq!(server.changes(&server.app), before);
    assert_eq!(
        keyed(&server, "/card/create", &"k".repeat(255), &json!({"card": card("GIFT")}))["errcode"],
        0
    );
}

/// Calls a path with a key, and with the token among the fields of a form.
fn keyed_form(server: &TestServer, path: &str, key: &str, fields: &str) -> Value {
    let headers = [("Idempotency-Key", key), ("content-type", "application/x-www-form-urlencoded")];
    let form = format!("access_token={}&{fields}", server.token());
    server.send("POST", path, &headers, form.as_bytes()).json()
}

#[test]
fn a_key_of_a_form_belongs_to_the_fields_of_the_form() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let (first, second) = (server.claim(&id, "oA"), server.claim(&id, "oA"));
    let consume = |code: &str| keyed_form(&server, "/card/code/consume", "k", &format!("code={code}"));
    let done = consume(&first);
    assert_eq!(done["errcode"], 0, "{done}");
    assert_eq!(consume(&second)["errcode"], 40097);
    assert_eq!(server.state(&second).0, "NORMAL");
    // With another token, or with the token in another place, it is still the same request.
    server.clock.advance(7200);
    assert_eq!(consume(&first), done);
    let token = server.token();
    let headers = [("Idempotency-Key", "k"), ("content-type", "application/x-www-form-urlencoded")];
    let form = format!("code={first}&access_token={token}");
    assert_eq!(server.send("POST", "/card/code/consume", &headers, form.as_bytes()).json(), done);
}
