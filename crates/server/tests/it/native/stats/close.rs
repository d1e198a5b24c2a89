//! `POST /kaquan/v1/stats/close`: closes the days that have ended. The reports are tested under `datacube`.

use crate::support::*;

const PATH: &str = "/kaquan/v1/stats/close";

#[test]
fn a_day_is_closed_after_it_ends() {
    let server = TestServer::start();
    assert_eq!(server.post(PATH, json!({})), json!({"errcode": 0, "errmsg": "ok", "days_closed": 0}));
    server.create(card("GROUPON"));
    assert_eq!(server.close_days(), 0);
    server.move_to(0, 86_399);
    assert_eq!(server.close_days(), 0);
    server.clock.advance(1);
    assert_eq!(server.close_days(), 1);
    assert_eq!(server.close_days(), 0);
}

#[test]
fn days_without_anything_are_closed_as_well() {
    let server = TestServer::start();
    server.create(card("GROUPON"));
    server.pass_days(40);
    assert_eq!(server.close_days(), 40);
    server.pass_days(1);
    assert_eq!(server.close_days(), 1);
}

#[test]
fn an_app_closes_its_own_days() {
    let server = TestServer::start();
    let other = server.second_app();
    server.create(card("GROUPON"));
    server.ok_as(&other, "/card/create", json!({"card": card("GROUPON")}));
    server.pass_days(2);
    assert_eq!(server.ok_as(&other, PATH, json!({}))["days_closed"], 2);
    assert_eq!(server.close_days(), 2);
}

#[test]
fn an_app_without_cards_has_nothing_to_close() {
    let server = TestServer::start();
    server.pass_days(100);
    assert_eq!(server.close_days(), 0);
}
