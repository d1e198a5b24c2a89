//! The passed-on parts of a request (method, path, query, body, some headers) and of an answer (status, content type,
//! body).

use super::*;

#[test]
fn without_an_upstream_other_calls_are_refused_as_ever() {
    let server = TestServer::start();
    let target = format!("/cgi-bin/user/info?access_token={}", server.token());
    assert_eq!(server.send("GET", &target, &[], b"").json()["errcode"], 48001);
    let gate = Gate::open();
    let other = gate.server.second_app();
    let target = format!("/cgi-bin/user/info?access_token={}", gate.server.token_of(&other));
    assert_eq!(gate.server.send("GET", &target, &[], b"").json()["errcode"], 48001);
    assert!(gate.original.arrived().is_empty());
}

#[test]
fn an_answer_comes_down_byte_for_byte() {
    let gate = Gate::open();
    let odd = b"{ \"subscribe\" :1,\n\"nickname\":\"\xe5\xbc\xa0\",\"big\":12345678901234567890 }\n".to_vec();
    for (status, kind, body) in [
        (200, "application/json; encoding=utf-8", odd),
        (200, "image/jpeg", vec![0, 255, 10, 13]),
        (404, "text/html", b"<h1>no</h1>".to_vec()),
        (500, "text/plain", Vec::new()),
        (200, "text/plain", vec![b'y'; 5_000]),
    ] {
        gate.original.always(Mood::Whole(status, kind, body.clone()));
        let answer = gate.get("/cgi-bin/user/info", "&openid=o1&lang=zh_CN");
        assert_eq!((answer.status, answer.header("content-type")), (status, Some(kind)));
        assert_eq!(answer.body, body);
        assert_eq!(answer.header("content-length"), Some(body.len().to_string().as_str()));
        assert_eq!(answer.header("set-cookie"), None);
    }
}

#[test]
fn a_call_goes_up_with_the_real_token_in_place_of_kaquans() {
    let gate = Gate::open();
    gate.get("/cgi-bin/user/info", "&openid=o%2B1&lang=zh_CN&empty=");
    let got = &gate.original.calls()[0];
    assert_eq!((got.method.as_str(), got.path()), ("GET", "/cgi-bin/user/info"));
    assert_eq!(got.query("access_token"), Some(real_token(1).as_str()));
    assert_eq!(
        (got.query("openid"), got.query("lang"), got.query("empty")),
        (Some("o%2B1"), Some("zh_CN"), Some(""))
    );
    let body = json!({"touser": "o1", "msgtype": "text", "text": {"content": "你好"}});
    gate.post("/cgi-bin/message/custom/send", &body);
    let got = &gate.original.calls()[1];
    assert_eq!((got.method.as_str(), got.json()), ("POST", body.clone()));
    assert_eq!(
        (got.body.as_slice(), got.header("content-type")),
        (body.to_string().as_bytes(), "application/json")
    );
}

#[test]
fn a_token_in_a_form_is_replaced_too() {
    let gate = Gate::open();
    let body = format!("name=%E5%BC%A0&access_token={}", gate.server.token());
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let answer = gate.server.send("POST", "/cgi-bin/tags/create", &form, body.as_bytes());
    assert_eq!(answer.json()["errcode"], 0, "{}", answer.text());
    let got = &gate.original.calls()[0];
    assert_eq!(
        (got.query("access_token"), got.body.as_slice()),
        (Some(real_token(1).as_str()), &b"name=%E5%BC%A0"[..])
    );
}

#[test]
fn the_lists_of_the_app_decide_which_paths_pass() {
    let gate = Gate::open();
    let errcode = |path: &str| gate.get(path, "").json()["errcode"].clone();
    for path in
        ["/cgi-bin/user/get", "/wxa/getwxacode", "/datacube/getusersummary", "/customservice/getkflist"]
    {
        assert_eq!(errcode(path), 0, "{path}");
    }
    for path in
        ["/cgi-bin//user/get", "/cgi-bin/../card/get", "/cgi-bin/%75ser/get", "/tcb/x", "/card/unknown"]
    {
        assert_eq!(errcode(path), 48001, "{path}");
    }
    gate.set(json!({"allow": ["/cgi-bin/user/", "/wxa/"], "refuse": ["/cgi-bin/user/info/"]}));
    assert_eq!((errcode("/cgi-bin/user/get"), errcode("/wxa/x")), (json!(0), json!(0)));
    assert_eq!(
        (errcode("/cgi-bin/user/info/updateremark"), errcode("/cgi-bin/menu/get")),
        (json!(48001), json!(48001))
    );
    gate.set(json!({"allow": []}));
    assert_eq!(errcode("/cgi-bin/user/get"), 48001);
}

#[test]
fn the_token_of_a_caller_is_checked_before_anything_goes_up() {
    let gate = Gate::open();
    for (token, errcode) in [("", 41001), ("garbage", 40001)] {
        let target = format!("/cgi-bin/user/info?access_token={token}");
        assert_eq!(gate.server.send("GET", &target, &[], b"").json()["errcode"], errcode);
    }
    let old = gate.server.token();
    gate.server.clock.advance(7_300);
    let target = format!("/cgi-bin/user/info?access_token={old}");
    assert_eq!(gate.server.send("GET", &target, &[], b"").json()["errcode"], 42001);
    assert!(gate.original.arrived().is_empty());
}

#[test]
fn a_request_that_comes_back_does_not_go_round() {
    let gate = Gate::open();
    let target = format!("/cgi-bin/user/info?access_token={}", gate.server.token());
    let answer = gate.server.send("GET", &target, &[("x-kaquan-gateway", "1")], b"");
    assert_eq!(answer.json()["errcode"], 48001);
    let own = format!("http://{}", gate.server.address());
    let change = json!({"url": own, "secret": REAL_SECRET});
    gate.server.expect_errcode("/kaquan/v1/upstream/set", change, ErrCode::InvalidArgs);
    assert!(gate.original.arrived().is_empty());
}

#[test]
fn calls_that_kaquan_has_stay_here() {
    let gate = Gate::open();
    let card_id = gate.server.create(card("GROUPON"));
    gate.server.ok("/card/get", json!({"card_id": card_id}));
    gate.server.post("/cgi-bin/poi/getpoilist", json!({"begin": 0, "limit": 10}));
    assert!(gate.original.arrived().is_empty());
}
