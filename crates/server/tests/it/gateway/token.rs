//! The account's token: fetched once, replaced once when the host refuses it, and never in a loop.

use super::*;

#[test]
fn the_token_is_fetched_once_and_replaced_before_it_expires() {
    let gate = Gate::open();
    for _ in 0..3 {
        assert_eq!(gate.get("/cgi-bin/user/info", "").json()["errcode"], 0);
    }
    assert_eq!(gate.original.token_requests(), 1);
    gate.server.clock.advance(7_150);
    assert_eq!(gate.get("/cgi-bin/user/info", "").json()["errcode"], 0);
    assert_eq!(gate.original.token_requests(), 2);
}

#[test]
fn a_token_that_the_host_refuses_once_is_replaced_unseen() {
    let gate = Gate::open();
    gate.get("/cgi-bin/user/info", "");
    for (path, body) in [("/cgi-bin/menu/create", json!({"button": []})), ("/cgi-bin/tags/create", json!({}))]
    {
        gate.original.retire_token();
        assert_eq!(gate.post(path, &body).json()["errcode"], 0, "{path}");
        gate.server.clock.advance(31);
    }
    assert_eq!(gate.original.token_requests(), 3);
    let last = gate.original.calls().pop().unwrap();
    assert_eq!((last.path(), last.json()), ("/cgi-bin/tags/create", json!({})));
}

#[test]
fn every_errcode_of_tokens_is_handled() {
    for errcode in [40001, 40014, 42001] {
        let gate = Gate::open();
        let mut calls = 0;
        gate.original.answer(move |_| {
            calls += 1;
            Mood::Json(json!({"errcode": if calls == 1 { errcode } else { 0 }, "errmsg": "x"}))
        });
        assert_eq!(gate.get("/cgi-bin/user/info", "").json()["errcode"], 0, "{errcode}");
        assert_eq!((gate.original.calls().len(), gate.original.token_requests()), (2, 2), "{errcode}");
    }
}

#[test]
fn a_host_that_refuses_every_token_is_asked_for_two_at_most() {
    let gate = Gate::open();
    gate.original.always(Mood::Json(json!({"errcode": 40001, "errmsg": "invalid credential"})));
    // The errcode must not be 40001 or 42001: after these, clients fetch a new token of kaquan, and some never stop.
    let (errcode, reason) = Gate::refusal(&gate.get("/cgi-bin/user/info", ""));
    assert!(errcode == 48001 && reason.contains("refuses a token"), "{errcode} {reason}");
    assert_eq!((gate.original.calls().len(), gate.original.token_requests()), (2, 2));
    for _ in 0..5 {
        assert_eq!(Gate::refusal(&gate.get("/cgi-bin/user/info", "")).0, 48001);
    }
    assert_eq!(gate.original.token_requests(), 2);
    assert!(gate.original.calls().len() <= 7);
    gate.original.always(Mood::Json(json!({"errcode": 0})));
    assert_eq!(gate.get("/cgi-bin/user/info", "").json()["errcode"], 0);
}

#[test]
fn the_error_says_why_there_is_no_token_without_the_secret() {
    let gate = Gate::open();
    let refused =
        json!({"errcode": 40164, "errmsg": format!("invalid ip 192.0.2.1, not in whitelist {REAL_SECRET}")});
    gate.original.no_token(Some(Mood::Json(refused)));
    let (errcode, reason) = Gate::refusal(&gate.get("/cgi-bin/user/info", ""));
    assert!(errcode == 48001 && reason.contains("40164 invalid ip 192.0.2.1"), "{errcode} {reason}");
    assert!(!reason.contains(REAL_SECRET));
    for (mood, errcode) in
        [(Mood::Cut, -1), (Mood::Endless, -1), (Mood::Whole(200, "text/html", b"<p>".to_vec()), 48001)]
    {
        let gate = Gate::open();
        gate.original.no_token(Some(mood));
        assert_eq!(Gate::refusal(&gate.get("/cgi-bin/user/info", "")).0, errcode);
    }
}

#[test]
fn a_token_server_of_the_merchant_is_asked_instead() {
    let gate = Gate::open();
    let issued = real_token(1);
    let server = Receiver::answering(move |request| match request.query("key") {
        Some("pw") => Reply::Http(200, json!({"access_token": issued, "expires_in": 600}).to_string()),
        _ => Reply::Http(403, String::new()),
    });
    gate.original.retire_token();
    let url = format!("{}?key=pw", server.url);
    gate.server.ok("/kaquan/v1/upstream/delete", json!({}));
    gate.set(json!({"url": gate.original.url, "appid": REAL_APPID, "token_url": url}));
    assert_eq!(gate.get("/cgi-bin/user/info", "").json()["errcode"], 0);
    assert_eq!(gate.original.token_requests(), 0);
    // This upstream has no secret for the calls that need one.
    let target = format!(
        "/sns/jscode2session?appid={}&secret={}&js_code=1",
        gate.server.app.appid, gate.server.app.secret
    );
    assert_eq!(Gate::refusal(&gate.server.send("GET", &target, &[], b"")).0, 48001);
}

#[test]
fn many_calls_without_a_token_fetch_one() {
    let gate = Gate::open();
    let (address, token) = (gate.server.address(), gate.server.token());
    let calls: Vec<_> = (0..16)
        .map(|_| {
            let target = format!("/cgi-bin/user/info?access_token={token}");
            std::thread::spawn(move || http::Client::connect(address).send("GET", &target, &[], b"").json())
        })
        .collect();
    assert!(calls.into_iter().all(|call| call.join().unwrap()["errcode"] == 0));
    assert_eq!(gate.original.token_requests(), 1);
}
