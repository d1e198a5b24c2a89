//! Bodies of requests: with any content type or none, any JSON that clients' libraries write, and everything that is
//! not a JSON object.

use crate::support::http::Response;
use crate::support::*;

fn post(server: &TestServer, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
    let target = format!("{path}?access_token={}", server.token());
    let before = server.changes(&server.app);
    let response = server.send("POST", &target, headers, body);
    assert_eq!(response.status, 200);
    if response.json()["errcode"] != 0 {
        answer::tail(&response.json());
        assert_eq!(server.changes(&server.app), before);
    }
    response
}

#[test]
fn json_is_read_whatever_the_content_type_says() {
    let server = TestServer::start();
    let body = json!({"card": card("GROUPON")}).to_string();
    for content_type in [
        "application/json",
        "application/json; charset=utf-8",
        "application/x-www-form-urlencoded",
        "text/plain",
        "text/plain;charset=GBK",
        "multipart/form-data; boundary=x",
        "",
        "nonsense",
    ] {
        let reply = post(&server, "/card/create", &[("content-type", content_type)], body.as_bytes());
        assert_eq!(reply.json()["errcode"], 0, "{content_type}");
    }
    assert_eq!(post(&server, "/card/create", &[], body.as_bytes()).json()["errcode"], 0);
}

#[test]
fn text_is_the_same_raw_and_escaped() {
    let server = TestServer::start();
    let escaped = |text: &str| -> String {
        text.encode_utf16()
            .map(|unit| match u8::try_from(unit) {
                Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
                _ => format!("\\u{unit:04x}"),
            })
            .collect()
    };
    let raw = json!({"card": card_with("GROUPON", json!({"title": "券🎁"}))}).to_string();
    for body in [raw.clone(), escaped(&raw)] {
        let reply = post(&server, "/card/create", &[], body.as_bytes()).json();
        let base = server.base_info(reply["card_id"].as_str().unwrap());
        assert_eq!((&base["title"], &base["brand_name"]), (&json!("券🎁"), &json!("海底捞")));
    }
}

#[test]
fn white_space_and_a_byte_order_mark_do_not_matter() {
    let server = TestServer::start();
    for body in [" \r\n\t{ \"card_id\" :\n\"x\" }\n ", "\u{feff}{\"card_id\":\"x\"}"] {
        assert_eq!(post(&server, "/card/get", &[], body.as_bytes()).json()["errcode"], 40073);
    }
}

#[test]
fn an_empty_body_is_44002() {
    let server = TestServer::start();
    for body in [&b""[..], b" ", b"\r\n\t "] {
        assert_eq!(post(&server, "/card/get", &[], body).json()["errcode"], 44002);
    }
}

#[test]
fn a_body_that_is_not_a_json_object_is_47001() {
    let server = TestServer::start();
    for body in [
        &b"{"[..],
        b"}",
        b"{\"card_id\":}",
        b"{\"card_id\":\"x\"",
        b"{\"card_id\":\"x\"}}",
        b"{\"card_id\":\"x\"} {}",
        b"{'card_id':'x'}",
        b"{card_id:\"x\"}",
        b"{\"card_id\":\"x\",}",
        b"[1]",
        b"[{\"card_id\":\"x\"}]",
        b"\"x\"",
        b"5",
        b"null",
        b"true",
        b"card_id=x",
        b"<xml></xml>",
        b"NaN",
        b"{\"card_id\":\"\x01\"}",
        b"{\"card_id\":\"a\nb\"}",
        b"{\"card_id\":\"\\ud800\"}",
        b"{\"card_id\":\"\\x\"}",
        b"{\"card_id\":\xff\"x\"}",
        b"\xff\xfe{\x00}\x00",
        b"{\"card_id\":\"\xc0\xaf\"}",
        b"{\"card_id\":\"\xed\xa0\x80\"}",
        b"\x00",
    ] {
        let reply = post(&server, "/card/get", &[], body).json();
        assert_eq!(reply["errcode"], 47001, "{}", String::from_utf8_lossy(body));
        assert!(answer::tail(&reply).starts_with("body: "), "{reply}");
    }
}

#[test]
fn nesting_without_end_is_47001() {
    let server = TestServer::start();
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let body = format!("{{\"card\":{}1{}}}", open.repeat(5_000), close.repeat(5_000));
        assert_eq!(post(&server, "/card/create", &[], body.as_bytes()).json()["errcode"], 47001);
    }
}

#[test]
fn of_a_key_that_stands_twice_the_last_counts() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let body = format!("{{\"card_id\":\"pUnknown\",\"card_id\":\"{id}\"}}");
    assert_eq!(post(&server, "/card/get", &[], body.as_bytes()).json()["errcode"], 0);
}

#[test]
fn a_megabyte_is_read_and_more_is_40035() {
    let server = TestServer::start();
    let body = |bytes: usize| {
        let body = json!({"card_id": "x", "padding": ""}).to_string();
        format!("{}{}\"}}", &body[..body.len() - 2], " ".repeat(bytes - body.len()))
    };
    let mebibyte = 1024 * 1024;
    let fits = body(mebibyte);
    assert_eq!(fits.len(), mebibyte);
    assert_eq!(post(&server, "/card/get", &[], fits.as_bytes()).json()["errcode"], 40073);
    let reply = post(&server, "/card/get", &[], body(mebibyte + 1).as_bytes()).json();
    assert_eq!(reply["errcode"], 40035);
    assert_eq!(answer::tail(&reply), "body: more than 1048576 bytes");
}

#[test]
fn ten_megabytes_are_refused_and_the_next_call_is_answered() {
    let server = TestServer::start();
    for _ in 0..2 {
        let body = vec![b'x'; 10 * 1024 * 1024];
        assert_eq!(post(&server, "/card/create", &[], &body).json()["errcode"], 40035);
        server.create(card("GROUPON"));
    }
}

#[test]
fn a_caller_without_a_good_token_learns_so_however_much_it_sends() {
    let server = TestServer::start();
    let body = vec![b'x'; 4 * 1024 * 1024];
    for (target, errcode) in [
        ("/card/create", ErrCode::AccessTokenMissing),
        ("/card/create?access_token=x", ErrCode::InvalidCredential),
        ("/cgi-bin/ticket/getticket", ErrCode::AccessTokenMissing),
        ("/no/such/path", ErrCode::ApiUnauthorized),
    ] {
        assert_eq!(server.send("POST", target, &[], &body).json()["errcode"], errcode.number());
    }
}

#[test]
fn a_body_in_chunks_is_read() {
    let server = TestServer::start();
    let target = format!("/card/get?access_token={}", server.token());
    let request = format!(
        "POST {target} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n\
         5\r\n{{\"car\r\nb\r\nd_id\":\"pX\"}}\r\n0\r\n\r\n"
    );
    let reply = server.connect().send_bytes(request.as_bytes()).json();
    assert_eq!(reply["errcode"], 40073);
}

#[test]
fn a_body_that_ends_early_changes_nothing() {
    let server = TestServer::start();
    let target = format!("/card/create?access_token={}", server.token());
    let before = server.changes(&server.app);
    let whole = json!({"card": card("GROUPON")}).to_string();
    let request =
        format!("POST {target} HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{whole}", whole.len() + 1);
    if let Some(response) = server.connect().send_and_hang_up(request.as_bytes()) {
        assert_ne!(response.json()["errcode"], 0);
    }
    assert_eq!(server.changes(&server.app), before);
    server.create(card("GROUPON"));
}

#[test]
fn numbers_too_large_for_any_field_are_refused_or_read_exactly() {
    let server = TestServer::start();
    for number in ["1e400", "99999999999999999999999999", "-99999999999999999999", "1e18", "0.1"] {
        let body = format!("{{\"offset\":{number},\"count\":1}}");
        let errcode = post(&server, "/card/batchget", &[], body.as_bytes()).json()["errcode"].clone();
        assert_eq!(errcode, 47001, "{number}");
    }
}
