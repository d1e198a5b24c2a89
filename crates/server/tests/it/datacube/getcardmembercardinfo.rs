//! `POST /datacube/getcardmembercardinfo`: all member cards of an app, with a row for every day since the first
//! member.

use super::{assert_numbers, member_card, next_day, pay, report, view};
use crate::support::shape::keys;
use crate::support::*;

const PATH: &str = "/datacube/getcardmembercardinfo";

fn rows(server: &TestServer, days: (i32, i32)) -> Vec<Value> {
    report(server, PATH, days, json!({}))
}

#[test]
fn a_row_has_the_manuals_fields_in_their_order() {
    let server = TestServer::start();
    let id = member_card(&server);
    server.claim(&id, "oA");
    next_day(&server);
    let expected = [
        "ref_date",
        "view_cnt",
        "view_user",
        "receive_cnt",
        "receive_user",
        "active_user",
        "verify_cnt",
        "verify_user",
        "total_user",
        "total_receive_user",
    ];
    assert_eq!(keys(&rows(&server, (-1, -1))[0]), expected);
}

#[test]
fn holders_are_counted_once_over_all_member_cards() {
    let server = TestServer::start();
    let (a, b) = (member_card(&server), member_card(&server));
    view(&server, &a, "oA");
    view(&server, &b, "oA");
    let codes = [server.claim(&a, "oA"), server.claim(&b, "oA"), server.claim(&b, "oB")];
    pay(&server, &codes[0], 90, 100);
    pay(&server, &codes[1], 90, 100);
    server.claim(&server.create(card("GROUPON")), "oC");
    next_day(&server);
    let rows = rows(&server, (-1, -1));
    assert_eq!(rows.len(), 1);
    assert_numbers(
        &rows[0],
        &[
            ("view_cnt", 2),
            ("view_user", 1),
            ("receive_cnt", 3),
            ("receive_user", 2),
            ("active_user", 2),
            ("verify_cnt", 2),
            ("verify_user", 1),
            ("total_user", 2),
            ("total_receive_user", 2),
        ],
    );
}

#[test]
fn days_without_anything_show_the_members_there_are() {
    let server = TestServer::start();
    let id = member_card(&server);
    next_day(&server);
    let code = server.claim(&id, "oA");
    server.claim(&id, "oB");
    for _ in 0..2 {
        next_day(&server);
    }
    server.ok("/wallet/v1/delete", json!({"code": code, "openid": "oA"}));
    next_day(&server);
    let rows = rows(&server, (-10, -1));
    // Before the first member there is no row.
    let dates: Vec<&Value> = rows.iter().map(|row| &row["ref_date"]).collect();
    assert_eq!(dates, [&json!(server.date(-3)), &json!(server.date(-2)), &json!(server.date(-1))]);
    assert_numbers(&rows[1], &[("total_user", 2), ("total_receive_user", 2)]);
    assert_numbers(&rows[2], &[("total_user", 1), ("total_receive_user", 2)]);
}

#[test]
fn changing_a_members_points_is_a_use_of_the_card() {
    let server = TestServer::start();
    let id = member_card(&server);
    let code = server.claim(&id, "oA");
    next_day(&server);
    for _ in 0..2 {
        server.ok("/card/membercard/updateuser", json!({"code": code, "add_bonus": 5}));
    }
    pay(&server, &code, 5, 5);
    next_day(&server);
    let expected = [("verify_cnt", 3), ("verify_user", 1), ("total_user", 1), ("total_receive_user", 1)];
    assert_numbers(&rows(&server, (-1, -1))[0], &expected);
}

#[test]
fn a_card_that_is_claimed_and_not_activated_is_no_membership() {
    let server = TestServer::start();
    let id = server.create(card("MEMBER_CARD"));
    let code = server.claim(&id, "oA");
    next_day(&server);
    server.ok("/card/membercard/activate", json!({"code": code, "membership_number": "1"}));
    server.ok("/card/membercard/activate", json!({"code": code, "membership_number": "2"}));
    next_day(&server);
    let rows = rows(&server, (-2, -1));
    assert_numbers(&rows[0], &[("receive_cnt", 1), ("receive_user", 1), ("total_receive_user", 1)]);
    assert_numbers(&rows[1], &[("active_user", 1), ("total_user", 1), ("total_receive_user", 1)]);
}

#[test]
fn coupons_have_no_part_in_it() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, "oA");
    server.consume(&code);
    next_day(&server);
    assert_eq!(rows(&server, (-1, -1)), [json!(null); 0]);
}
