//! `POST /card/generalcard/unactivate`: the activation of a general card ends.

use super::{active, claimed, is_active, refused_codes, shown};
use crate::support::*;

const PATH: &str = "/card/generalcard/unactivate";

#[test]
fn a_card_keeps_all_but_its_number_until_it_is_activated_again() {
    let server = TestServer::start();
    let (id, code) = active(&server);
    server.ok("/card/generalcard/updateuser", json!({"code": code, "balance": 700}));
    for _ in 0..2 {
        let reply = server.post(PATH, json!({"card_id": id, "code": code}));
        assert_eq!(reply, json!({"errcode": 0, "errmsg": "ok"}));
        assert_eq!((shown(&server, &code), is_active(&server, &code)), ((code.clone(), 5, 700), false));
    }
    assert_eq!(server.state(&code).0, "NORMAL");
    server.expect_errcode("/card/generalcard/updateuser", json!({"code": code, "balance": 1}), 40127);
    let again = json!({"code": code, "card_number": "G002", "init_balance": 9});
    server.ok("/card/generalcard/activate", again);
    assert_eq!(shown(&server, &code), ("G002".to_owned(), 5, 700));
}

#[test]
fn unactivate_errors_follow_the_documented_order() {
    let server = TestServer::start();
    server.expect_errcode(PATH, json!({}), 41013);
    for (code, errcode) in refused_codes(&server) {
        server.expect_errcode(PATH, json!({"code": code}), errcode);
    }
}

#[test]
fn an_ended_activation_wins_over_auto_activate() {
    let server = TestServer::start();
    let (_, code) = claimed(&server, json!({}), json!({"auto_activate": true}));
    let update = |balance: i64| json!({"code": code, "balance": balance});
    server.ok("/card/generalcard/updateuser", update(700));
    server.ok(PATH, json!({"code": code}));
    assert!(!is_active(&server, &code));
    server.expect_errcode("/card/generalcard/updateuser", update(1), 40127);
    server.ok("/card/generalcard/activate", json!({"code": code, "card_number": "G1", "init_balance": 9}));
    assert_eq!(shown(&server, &code), ("G1".to_owned(), 5, 700));
    server.ok("/card/generalcard/updateuser", update(1));
}
