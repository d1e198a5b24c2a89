//! `GET /cgi-bin/get_api_domain_ip`: the addresses that receive calls.

use crate::support::*;

const PATH: &str = "/cgi-bin/get_api_domain_ip";

#[test]
fn the_address_listened_on_is_answered_without_an_errcode() {
    let server = TestServer::start();
    let target = format!("{PATH}?access_token={}", server.token());
    let reply = server.send("GET", &target, &[], b"").json();
    assert_eq!(reply, json!({"ip_list": ["127.0.0.1"]}));
}

#[test]
fn a_token_is_needed() {
    let server = TestServer::start();
    assert_eq!(server.send("GET", PATH, &[], b"").json()["errcode"], 41001);
}
