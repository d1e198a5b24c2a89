//! `POST /datacube/getcardbizuininfo`: all coupons and tickets of an app, with a row for each day with events.

use super::{assert_numbers, member_card, next_day, pay, view};
use crate::support::shape::keys;
use crate::support::*;

const PATH: &str = "/datacube/getcardbizuininfo";

fn rows(server: &TestServer, days: (i32, i32)) -> Vec<Value> {
    super::report(server, PATH, days, json!({}))
}

#[test]
fn a_row_has_the_fields_of_the_real_reply_in_their_order() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    view(&server, &id, "oA");
    next_day(&server);
    let row = &rows(&server, (-1, -1))[0];
    let expected = [
        "ref_date",
        "view_cnt",
        "view_user",
        "receive_cnt",
        "receive_user",
        "verify_cnt",
        "verify_user",
        "given_cnt",
        "given_user",
        "expire_cnt",
        "expire_user",
        "view_friends_cnt",
        "view_friends_user",
        "receive_friends_cnt",
        "receive_friends_user",
        "verify_friends_cnt",
        "verify_friends_user",
    ];
    assert_eq!(keys(row), expected);
    assert_eq!(row["ref_date"], server.date(-1));
}

#[test]
fn events_are_counted_and_holders_once_over_all_cards() {
    let server = TestServer::start();
    let (a, b) = (server.create(card("GROUPON")), server.create(card("CASH")));
    for openid in ["oA", "oA", "oB"] {
        view(&server, &a, openid);
    }
    view(&server, &b, "oA");
    let codes =
        [server.claim(&a, "oA"), server.claim(&a, "oA"), server.claim(&b, "oA"), server.claim(&b, "oB")];
    server.consume(&codes[0]);
    server.consume(&codes[2]);
    server.consume(&codes[3]);
    server.give(&codes[1], "oA", "oC");
    next_day(&server);
    let rows = rows(&server, (-1, -1));
    assert_eq!(rows.len(), 1);
    assert_numbers(
        &rows[0],
        &[
            ("view_cnt", 4),
            ("view_user", 2),
            ("receive_cnt", 4),
            ("receive_user", 2),
            ("verify_cnt", 3),
            ("verify_user", 2),
            ("given_cnt", 1),
            ("given_user", 1),
        ],
    );
}

#[test]
fn each_day_counts_its_own_and_days_without_anything_are_left_out() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, "oA");
    next_day(&server);
    next_day(&server);
    server.claim(&id, "oA");
    server.claim(&id, "oB");
    server.consume(&code);
    next_day(&server);
    let rows = rows(&server, (-10, -1));
    let dates: Vec<&Value> = rows.iter().map(|row| &row["ref_date"]).collect();
    assert_eq!(dates, [&json!(server.date(-3)), &json!(server.date(-1))]);
    assert_numbers(&rows[0], &[("receive_cnt", 1), ("receive_user", 1)]);
    let second = [("receive_cnt", 2), ("receive_user", 2), ("verify_cnt", 1), ("verify_user", 1)];
    assert_numbers(&rows[1], &second);
}

#[test]
fn the_seconds_around_midnight_in_china_belong_to_different_days() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    server.move_to(0, 86_399);
    server.claim(&id, "oA");
    server.clock.advance(1);
    server.claim(&id, "oA");
    next_day(&server);
    let rows = rows(&server, (-2, -1));
    assert_eq!(rows.len(), 2);
    for row in rows {
        assert_numbers(&row, &[("receive_cnt", 1), ("receive_user", 1)]);
    }
}

#[test]
fn a_gift_counts_for_the_giver_on_the_day_of_acceptance() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, "oA");
    next_day(&server);
    server.move_to(0, 86_000);
    server.ok("/wallet/v1/gift", json!({"code": code, "openid": "oA"}));
    server.clock.advance(1000);
    server.ok("/wallet/v1/gift/accept", json!({"code": code, "openid": "oB"}));
    next_day(&server);
    let rows = rows(&server, (-3, -1));
    assert_eq!(rows.len(), 2);
    assert_numbers(&rows[0], &[("receive_cnt", 1), ("receive_user", 1)]);
    assert_eq!(rows[1]["ref_date"], server.date(-1));
    assert_numbers(&rows[1], &[("given_cnt", 1), ("given_user", 1)]);
}

#[test]
fn refused_calls_are_not_counted() {
    let server = TestServer::start();
    let id = server.create(card_with("GROUPON", json!({"get_limit": 1})));
    let code = server.claim(&id, "oA");
    server.expect_errcode("/wallet/v1/claim", json!({"card_id": id, "openid": "oA"}), 45033);
    server.consume(&code);
    server.expect_errcode("/card/code/consume", json!({"code": code}), 40099);
    server.expect_errcode("/wallet/v1/view", json!({"card_id": id}), 41009);
    next_day(&server);
    let expected = [("receive_cnt", 1), ("receive_user", 1), ("verify_cnt", 1), ("verify_user", 1)];
    assert_numbers(&rows(&server, (-1, -1))[0], &expected);
}

#[test]
fn tickets_are_counted_here_and_member_cards_are_not() {
    let server = TestServer::start();
    let member = member_card(&server);
    let code = server.claim(&member, "oA");
    pay(&server, &code, 5, 5);
    next_day(&server);
    assert_eq!(rows(&server, (-1, -1)), [json!(null); 0]);
    for card_type in ["MOVIE_TICKET", "SCENIC_TICKET", "BOARDING_PASS", "MEETING_TICKET", "BUS_TICKET"] {
        let id = server.create(card(card_type));
        server.claim(&id, "oA");
    }
    next_day(&server);
    assert_numbers(&rows(&server, (-1, -1))[0], &[("receive_cnt", 5), ("receive_user", 1)]);
}

#[test]
fn an_expiry_is_counted_on_the_day_the_window_ends() {
    let server = TestServer::start();
    let range = json!({
        "type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": NOON.0, "end_timestamp": NOON.0 + 2 * 86_400,
    });
    let id = server.create(card_with("GROUPON", json!({"date_info": range})));
    let codes: Vec<String> =
        ["oA", "oA", "oB", "oC", "oD"].iter().map(|openid| server.claim(&id, openid)).collect();
    server.consume(&codes[2]);
    server.ok("/wallet/v1/delete", json!({"code": codes[3], "openid": "oC"}));
    server.ok("/card/code/unavailable", json!({"code": codes[4]}));
    next_day(&server);
    next_day(&server);
    // It is noon, the last second of the window: the code is still valid.
    assert_eq!(server.state(&codes[0]).0, "NORMAL");
    next_day(&server);
    let rows = rows(&server, (-3, -1));
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[1]["ref_date"], server.date(-1));
    assert_numbers(&rows[1], &[("expire_cnt", 2), ("expire_user", 1)]);
}

#[test]
fn a_term_that_ends_at_midnight_expires_on_its_last_day() {
    let server = TestServer::start();
    let term = json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": 2});
    let id = server.create(card_with("GROUPON", json!({"date_info": term})));
    server.claim(&id, "oA");
    next_day(&server);
    server.claim(&id, "oB");
    next_day(&server);
    next_day(&server);
    next_day(&server);
    let rows = rows(&server, (-4, -1));
    let numbers: Vec<_> =
        rows.iter().map(|row| (&row["ref_date"], &row["receive_cnt"], &row["expire_cnt"])).collect();
    let (first, second, third) = (json!(server.date(-4)), json!(server.date(-3)), json!(server.date(-2)));
    let (none, one) = (json!(0), json!(1));
    assert_eq!(numbers, [(&first, &one, &none), (&second, &one, &one), (&third, &none, &one)]);
}

#[test]
fn codes_on_their_way_to_a_friend_expire_with_their_holder() {
    let server = TestServer::start();
    let range = json!({
        "type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": NOON.0, "end_timestamp": NOON.0 + 2 * 86_400 - 1,
    });
    let id = server.create(card_with("GROUPON", json!({"date_info": range})));
    let code = server.claim(&id, "oA");
    server.ok("/wallet/v1/gift", json!({"code": code, "openid": "oA"}));
    next_day(&server);
    next_day(&server);
    next_day(&server);
    assert_numbers(&rows(&server, (-1, -1))[0], &[("expire_cnt", 1), ("expire_user", 1)]);
}

#[test]
fn an_app_counts_its_own_only() {
    let server = TestServer::start();
    let second = server.second_app();
    let id = server.create(card("GROUPON"));
    let theirs = server.ok_as(&second, "/card/create", json!({"card": card("GROUPON")}))["card_id"].take();
    server.claim(&id, "oA");
    for openid in ["oA", "oB"] {
        server.ok_as(&second, "/wallet/v1/claim", json!({"card_id": theirs, "openid": openid}));
    }
    next_day(&server);
    server.ok_as(&second, "/kaquan/v1/stats/close", json!({}));
    assert_numbers(&rows(&server, (-1, -1))[0], &[("receive_cnt", 1), ("receive_user", 1)]);
    let body = json!({"begin_date": server.date(-1), "end_date": server.date(-1), "cond_source": 1});
    let row = server.post_as(&second, PATH, body)["list"][0].take();
    assert_numbers(&row, &[("receive_cnt", 2), ("receive_user", 2)]);
}
