//! Paths, methods and headers: unknown paths, calls with the wrong method, and the form of every answer.

use crate::support::*;
use kaquan_server::router::routes;
use kaquan_server::{Access, Verb};

#[test]
fn an_unknown_path_is_refused_like_everything_else() {
    let server = TestServer::start();
    let token = server.token();
    for path in
        ["/", "/card", "/card/", "/card/create/", "/Card/Create", "/card/create/x", "/no/such", "/card%2Fget"]
    {
        for method in ["GET", "POST"] {
            let response = server.send(method, &format!("{path}?access_token={token}"), &[], b"{}");
            assert_eq!(response.status, 200, "{path}");
            let reply = response.json();
            assert_eq!(reply["errcode"], 48001, "{path}");
            answer::tail(&reply);
        }
    }
}

#[test]
fn a_browser_at_the_address_of_the_server_is_led_to_the_console() {
    let server = TestServer::start();
    let opened = server.send("GET", "/", &[("accept", "text/html,application/xhtml+xml")], b"");
    assert_eq!((opened.status, opened.header("location")), (303, Some("/console")));
    let posted = server.send("POST", "/", &[("accept", "text/html")], b"{}");
    assert_eq!(posted.json()["errcode"], 48001);
}

#[test]
fn a_browser_at_an_unknown_page_gets_a_page_in_its_language() {
    let server = TestServer::start();
    let browser = [("accept", "text/html,*/*;q=0.8"), ("accept-language", "zh-CN")];
    for path in ["/console/", "/console/login/x", "/console/wx/no/such/page", "/w/", "/w/x/y/z", "/bizmall/x"]
    {
        for method in ["GET", "POST"] {
            let page = server.send(method, path, &browser, b"a=1");
            assert_eq!(page.status, 404, "{method} {path}");
            assert!(page.text().contains("没有找到"), "{method} {path}: {}", page.text());
        }
        assert!(server.send("GET", path, &browser[..1], b"").text().contains("Not here"), "{path}");
        let call = server.send("GET", path, &[("accept", "*/*")], b"");
        assert_eq!((call.status, &call.json()["errcode"]), (200, &json!(48001)), "{path}");
    }
    let call = server.send("GET", "/card/no/such", &browser, b"");
    assert_eq!(call.json()["errcode"], 48001, "no page is there");
}

#[test]
fn a_call_with_the_wrong_method_is_43001_or_43002_before_anything_else() {
    let server = TestServer::start();
    for route in routes() {
        let (wrong, errcode): (&[&str], i64) = match route.verb {
            Verb::Post | Verb::Upload | Verb::MediaUpload => {
                (&["GET", "PUT", "DELETE", "PATCH", "OPTIONS"], 43002)
            }
            Verb::Get => (&["POST", "PUT", "DELETE"], 43001),
            Verb::Any => continue,
        };
        for method in wrong {
            // The request has no token and no body, and the refusal mentions neither.
            let response = server.send(method, route.path, &[], b"");
            assert_eq!(response.status, 200, "{method} {}", route.path);
            let reply = response.json();
            assert_eq!(reply["errcode"], errcode, "{method} {}", route.path);
            answer::tail(&reply);
        }
    }
}

#[test]
fn every_call_that_needs_a_token_says_so_before_it_reads_the_body() {
    let server = TestServer::start();
    for route in routes().into_iter().filter(|route| route.access == Access::Token) {
        let method = if route.verb == Verb::Get { "GET" } else { "POST" };
        for (query, errcode) in [
            ("", ErrCode::AccessTokenMissing),
            ("?access_token=", ErrCode::AccessTokenMissing),
            ("?token=x", ErrCode::AccessTokenMissing),
            ("?access_token=x", ErrCode::InvalidCredential),
            ("?access_token=ACCESS_TOKEN", ErrCode::InvalidCredential),
        ] {
            let reply = server.send(method, &format!("{}{query}", route.path), &[], b"not json").json();
            assert_eq!(reply["errcode"], errcode.number(), "{}{query}", route.path);
            answer::tail(&reply);
        }
    }
}

#[test]
fn every_call_refuses_a_body_that_is_not_a_json_object() {
    let server = TestServer::start();
    let token = server.token();
    for route in routes().into_iter().filter(|route| route.verb == Verb::Post) {
        for (body, errcode) in [
            (&b""[..], ErrCode::EmptyPostData),
            (b"{", ErrCode::DataFormat),
            (b"[1]", ErrCode::DataFormat),
            (b"\xff", ErrCode::DataFormat),
        ] {
            let target = format!("{}?access_token={token}", route.path);
            let reply = server.send("POST", &target, &[], body).json();
            assert_eq!(reply["errcode"], errcode.number(), "{}", route.path);
        }
    }
}

#[test]
fn no_call_breaks_on_empty_objects_or_wrong_types() {
    let server = TestServer::start();
    let keys = [
        "card",
        "card_id",
        "code",
        "new_code",
        "openid",
        "offset",
        "count",
        "begin_date",
        "end_date",
        "cond_source",
        "membership_number",
        "increase_stock_value",
        "encrypt_code",
        "action_name",
        "action_info",
        "appid",
        "secret",
        "grant_type",
        "pass",
        "fee",
        "bonus",
        "friend_openid",
        "check_consume",
        "outer_str",
        "reason",
        "groupon",
    ];
    let wrong =
        [json!([]), json!({}), json!(true), json!(-1), json!(1.5), json!("x"), json!("\u{1}"), json!([[1]])];
    let mut bodies = vec![json!({}), json!({"x": 1})];
    for value in &wrong {
        bodies.push(
            keys.iter()
                .map(|key| ((*key).to_owned(), value.clone()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        );
    }
    let changes_by_itself = [
        "/kaquan/v1/stats/close",
        "/kaquan/v1/echo",
        "/card/testwhitelist/set",
        "/kaquan/v1/upstream/get",
        "/kaquan/v1/upstream/delete",
        "/kaquan/v1/callback/get",
        "/kaquan/v1/callback/delete",
    ];
    for route in routes().into_iter().filter(|route| route.verb == Verb::Post) {
        for body in &bodies {
            let before = server.changes(&server.app);
            let reply = server.post(route.path, body.clone());
            let errcode = reply["errcode"].as_i64().unwrap_or(0);
            assert_ne!(errcode, -1, "{} {body}", route.path);
            if !changes_by_itself.contains(&route.path) {
                let lists = reply.as_object().is_some_and(|reply| reply.values().any(Value::is_array));
                assert_eq!(server.changes(&server.app), before, "{} {body}", route.path);
                assert!(errcode != 0 || lists, "{} {body} answered {reply}", route.path);
            }
        }
    }
}

#[test]
fn answers_are_one_line_of_json_without_a_line_break_at_the_end() {
    let server = TestServer::start();
    let token = server.token();
    for (method, target, body) in [
        ("POST", format!("/card/create?access_token={token}"), json!({"card": card("GROUPON")}).to_string()),
        ("POST", format!("/card/get?access_token={token}"), "{}".to_owned()),
        ("POST", "/card/get".to_owned(), String::new()),
        ("GET", format!("/card/getcolors?access_token={token}"), String::new()),
        ("GET", "/no/such/path".to_owned(), String::new()),
        ("GET", "/cgi-bin/token".to_owned(), String::new()),
    ] {
        let response = server.send(method, &target, &[], body.as_bytes());
        assert_eq!(response.status, 200, "{target}");
        assert!(response.header("content-type").expect("a type").starts_with("application/json"), "{target}");
        let text = response.text();
        assert!(text.starts_with('{') && text.ends_with('}') && !text.contains('\n'), "{text}");
        assert_eq!(text, response.json().to_string(), "compact, in the order of the fields");
    }
}

#[test]
fn the_token_stands_anywhere_in_the_query() {
    let server = TestServer::start();
    let token = server.token();
    for query in [
        format!("a=1&access_token={token}&b=2"),
        format!("access_token={token}"),
        format!("&x=%20&access_token={token}&"),
    ] {
        let reply = server.send("POST", &format!("/card/get?{query}"), &[], b"{\"card_id\":\"p\"}").json();
        assert_eq!(reply["errcode"], 40073, "{query}");
    }
}

#[test]
fn a_token_in_the_body_or_in_a_header_is_none() {
    let server = TestServer::start();
    let token = server.token();
    let body = json!({"card_id": "p", "access_token": token}).to_string();
    let bearer = format!("Bearer {token}");
    let reply = server.send("POST", "/card/get", &[("authorization", &bearer)], body.as_bytes()).json();
    assert_eq!(reply["errcode"], 41001);
}

#[test]
fn operators_ask_for_health_version_and_metrics_over_plain_http() {
    let server = TestServer::start();
    let health = server.send("GET", "/healthz", &[], b"");
    assert_eq!((health.status, health.text()), (200, "ok\n"));
    let ready = server.send("GET", "/readyz", &[], b"");
    assert_eq!((ready.status, ready.text()), (200, r#"{"ready":true}"#));
    assert_eq!(server.send("GET", "/version", &[], b"").json()["name"], "kaquan");
    server.create(card("GROUPON"));
    server.expect_errcode("/card/get", json!({"card_id": "p"}), 40073);
    server.send("GET", "/no/such/path", &[], b"");
    let metrics = server.send("GET", "/metrics", &[], b"");
    let text = metrics.text();
    assert!(text.contains(r#"kaquan_requests_total{path="/card/create",errcode="0"} 1"#), "{text}");
    assert!(text.contains(r#"kaquan_requests_total{path="/card/get",errcode="40073"} 1"#), "{text}");
    // Latencies are measured for each route and not for each URL, so the number of series is limited.
    let measured = r#"kaquan_request_duration_seconds_count{path="/card/create"} 1"#;
    assert!(text.contains(measured) && !text.contains("no/such/path"), "{text}");
    assert!(text.contains("kaquan_ledger_commit_seconds_total "), "{text}");
    assert!(text.contains("kaquan_store_writable 1"), "{text}");
}

#[test]
fn metrics_with_an_address_of_their_own_are_nowhere_else() {
    let server = Start { metrics_apart: true, ..Start::default() }.start();
    assert_eq!(server.send("GET", "/metrics", &[], b"").json()["errcode"], 48001);
    assert_eq!(server.send("GET", "/healthz", &[], b"").status, 200);
    let mut monitor = http::Client::connect(server.metrics_address().unwrap());
    assert!(monitor.send("GET", "/metrics", &[], b"").text().contains("kaquan_"));
    for path in ["/", "/healthz", "/console/login", "/cgi-bin/token"] {
        assert_eq!(monitor.send("GET", path, &[], b"").status, 404, "{path}");
    }
}

#[test]
fn every_answer_of_an_https_server_bids_browsers_come_by_https() {
    let server = Start { public_url: Some("https://cards.example"), ..Start::default() }.start();
    for path in ["/console/login", "/card/get", "/nothing", "/static/base.css", "/healthz"] {
        let answer = server.send("GET", path, &[], b"");
        assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"), "{path}");
    }
    let plain = TestServer::start().send("GET", "/console/login", &[], b"");
    assert_eq!(plain.header("strict-transport-security"), None);
}

#[test]
fn a_long_unknown_path_is_answered_in_part() {
    let server = TestServer::start();
    let answer = server.send("GET", &format!("/{}", "a".repeat(5000)), &[], b"");
    assert!(answer.text().contains("48001") && answer.text().len() < 1000, "{}", answer.text().len());
}
