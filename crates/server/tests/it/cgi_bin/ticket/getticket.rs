//! `GET /cgi-bin/ticket/getticket`: a ticket for each type, the same while it is valid. WeChat manual: "附录：JS-SDK
//! 使用权限签名算法".

use crate::support::*;

fn send(server: &TestServer, query: &str) -> Value {
    let target = format!("/cgi-bin/ticket/getticket?access_token={}{query}", server.token());
    server.send("GET", &target, &[], b"").json()
}

fn ticket(server: &TestServer, query: &str) -> String {
    let reply = send(server, query);
    assert_eq!(shape::keys(&reply), ["errcode", "errmsg", "ticket", "expires_in"], "{reply}");
    assert_eq!((&reply["errcode"], &reply["errmsg"]), (&json!(0), &json!("ok")));
    let life = reply["expires_in"].as_i64().unwrap();
    assert!((1..=7200).contains(&life), "{life}");
    let ticket = reply["ticket"].as_str().unwrap().to_owned();
    let url_safe = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    assert!(ticket.len() == 86 && ticket.chars().all(url_safe), "{ticket}");
    ticket
}

#[test]
fn a_type_has_a_ticket_of_its_own_and_jsapi_is_the_one_that_is_not_named() {
    let server = TestServer::start();
    let (card, page) = (ticket(&server, "&type=wx_card"), ticket(&server, "&type=jsapi"));
    assert_ne!(card, page);
    assert_eq!(ticket(&server, ""), page);
    assert_eq!(ticket(&server, "&type="), page);
}

#[test]
fn the_same_ticket_comes_back_for_a_while_and_another_one_later() {
    let server = TestServer::start();
    let first = ticket(&server, "&type=wx_card");
    server.clock.advance(60);
    assert_eq!(ticket(&server, "&type=wx_card"), first);
    server.clock.advance(7200);
    assert_ne!(ticket(&server, "&type=wx_card"), first);
}

#[test]
fn two_apps_have_different_tickets() {
    let server = TestServer::start();
    let second = server.second_app();
    let target = format!("/cgi-bin/ticket/getticket?type=wx_card&access_token={}", server.token_of(&second));
    let theirs = server.send("GET", &target, &[], b"").json()["ticket"].take();
    assert_ne!(theirs, ticket(&server, "&type=wx_card").as_str());
}

#[test]
fn an_unknown_ticket_type_is_40097() {
    let server = TestServer::start();
    for bad in ["&type=card", "&type=WX_CARD", "&type=%E5%8D%A1"] {
        let reply = send(&server, bad);
        assert_eq!(reply["errcode"], 40097, "{bad}");
        answer::tail(&reply);
    }
}
