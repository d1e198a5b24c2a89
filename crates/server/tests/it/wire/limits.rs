//! Limits before parsing: bytes and pairs of forms and queries, values of a JSON body, and the size that each kind of
//! caller may send.

use crate::support::http::Response;
use crate::support::page::hidden;
use crate::support::*;
use kaquan_store::Role;

const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];
const KIB: usize = 1024;

/// A form of this many bytes, made of pairs of three bytes.
fn pairs(bytes: usize) -> Vec<u8> {
    b"a=&".iter().copied().cycle().take(bytes).collect()
}

fn form(server: &TestServer, path: &str, body: &[u8]) -> Response {
    server.connect().send("POST", path, &FORM, body)
}

#[test]
fn a_form_of_too_many_bytes_or_pairs_is_refused_before_it_is_parsed() {
    let server = TestServer::start();
    let who = format!("/w/{}/who", server.app.appid);
    for path in ["/console/login", "/console/enter/x", who.as_str(), "/w/q/x"] {
        assert_eq!(form(&server, path, &pairs(KIB * KIB)).status, 413, "{path}");
        assert_eq!(form(&server, path, &pairs(16 * KIB)).status, 413, "{path}");
        let long = [b"a=".to_vec(), vec![b'x'; 16 * KIB]].concat();
        assert_eq!(form(&server, path, &long).status, 413, "{path}");
        assert_ne!(form(&server, path, &pairs(256 * 3 - 1)).status, 413, "{path}");
    }
}

#[test]
fn a_long_form_is_read_from_a_signed_in_visitor_only() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Operator);
    let path = surfer.app_path("cards/new");
    let long = format!("a={}", "x".repeat(100 * KIB));
    let refused = form(&server, &path, long.as_bytes());
    assert_eq!(refused.status, 303, "a visitor who is not signed in goes to the login");
    let csrf = hidden(&surfer.page(&format!("{path}?type=GROUPON")), "csrf");
    let read = surfer.send("POST", &path, &format!("csrf={csrf}&once=k&{long}"));
    assert_eq!(read.status, 303, "{}", read.text());
    assert_eq!(surfer.send("POST", &path, &"a=&".repeat(2 * KIB)).status, 413);
    assert_eq!(surfer.send("POST", &path, &"x".repeat(600 * KIB)).status, 413);
    assert_eq!(surfer.send("POST", &surfer.app_path("till/consume"), &long).status, 413);
}

#[test]
fn a_body_of_many_small_values_is_40035() {
    let server = TestServer::start();
    let list = |values: usize| format!("{{\"card_id\":\"x\",\"a\":[{}0]}}", "0,".repeat(values));
    let target = format!("/card/get?access_token={}", server.token());
    let send = |body: &str| server.send("POST", &target, &[], body.as_bytes()).json();
    assert_eq!(send(&list(10_000))["errcode"], 40073);
    let reply = send(&list(500_000));
    assert_eq!(
        (reply["errcode"].clone(), answer::tail(&reply)),
        (json!(40035), "body: more than 20000 values".into())
    );
}

#[test]
fn a_path_without_a_token_reads_16_kib() {
    let server = TestServer::start();
    let body = format!("{{\"a\":\"{}\"}}", "x".repeat(16 * KIB));
    for path in ["/cgi-bin/stable_token", "/kaquan/v1/echo"] {
        assert_eq!(server.send("POST", path, &[], body.as_bytes()).json()["errcode"], 40035, "{path}");
    }
}

#[test]
fn a_query_of_too_many_pairs_is_refused() {
    let server = TestServer::start();
    let get =
        |path: &str, pairs: usize| server.send("GET", &format!("{path}?{}", "a=&".repeat(pairs)), &[], b"");
    assert_eq!(get("/card/getcolors", 100).json()["errcode"], 40035);
    assert_eq!(get("/console/login", 300).status, 414);
    assert_eq!(get("/console/login", 200).status, 200);
}
