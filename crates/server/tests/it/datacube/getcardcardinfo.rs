//! `POST /datacube/getcardcardinfo`: the coupons, with a row for each day and card.

use super::{assert_numbers, member_card, next_day, report, view};
use crate::support::shape::keys;
use crate::support::*;

const PATH: &str = "/datacube/getcardcardinfo";

fn rows(server: &TestServer, days: (i32, i32), more: Value) -> Vec<Value> {
    report(server, PATH, days, more)
}

#[test]
fn a_row_has_the_fields_of_the_real_reply_in_their_order() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    server.claim(&id, "oA");
    next_day(&server);
    let row = &rows(&server, (-1, -1), json!({}))[0];
    let expected = [
        "ref_date",
        "card_id",
        "card_type",
        "is_pay",
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
        "verify_noself_cnt",
        "verify_noself_user",
        "isfriendscard",
    ];
    assert_eq!(keys(row), expected);
    assert_eq!((&row["ref_date"], &row["card_id"]), (&json!(server.date(-1)), &json!(id)));
    for zero in ["is_pay", "verify_noself_cnt", "verify_noself_user", "isfriendscard"] {
        assert_eq!(row[zero], 0);
    }
}

#[test]
fn only_the_five_kinds_of_coupon_are_listed_with_the_manuals_numbers() {
    let server = TestServer::start();
    let mut expected = Vec::new();
    for card_type in cards::CARD_TYPES {
        let id = server.create(card(card_type));
        server.claim(&id, "oA");
        let number = match *card_type {
            "DISCOUNT" => 0,
            "CASH" => 1,
            "GIFT" => 2,
            "GENERAL_COUPON" => 3,
            "GROUPON" => 4,
            _ => continue,
        };
        expected.push((id, number));
    }
    expected.sort_unstable();
    next_day(&server);
    let got: Vec<(String, i64)> = rows(&server, (-1, -1), json!({}))
        .iter()
        .map(|row| (row["card_id"].as_str().unwrap().to_owned(), row["card_type"].as_i64().unwrap()))
        .collect();
    assert_eq!(got, expected);
}

#[test]
fn rows_come_by_day_and_then_by_card_id_and_users_are_counted_per_card() {
    let server = TestServer::start();
    let mut ids: Vec<String> = (0..3).map(|_| server.create(card("GROUPON"))).collect();
    ids.sort_unstable_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    for day in 0..2 {
        for (n, id) in ids.iter().enumerate() {
            for _ in 0..=n {
                server.claim(id, "oA");
            }
            server.claim(id, &format!("oDay{day}"));
        }
        next_day(&server);
    }
    let rows = rows(&server, (-5, -1), json!({}));
    let places: Vec<_> = rows.iter().map(|row| (row["ref_date"].clone(), row["card_id"].clone())).collect();
    let expected: Vec<_> =
        [-2, -1].iter().flat_map(|day| ids.iter().map(|id| (json!(server.date(*day)), json!(id)))).collect();
    assert_eq!(places, expected);
    for (n, row) in rows.iter().enumerate() {
        assert_numbers(row, &[("receive_cnt", n as i64 % 3 + 2), ("receive_user", 2)]);
    }
}

#[test]
fn one_card_is_selected_by_its_id_and_an_empty_id_selects_all() {
    let server = TestServer::start();
    let ids = [server.create(card("GROUPON")), server.create(card("CASH"))];
    for id in &ids {
        view(&server, id, "oA");
    }
    next_day(&server);
    let of = |card_id: Value| rows(&server, (-1, -1), json!({"card_id": card_id}));
    for id in &ids {
        let rows = of(json!(id));
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0]["card_id"], **id);
        assert_numbers(&rows[0], &[("view_cnt", 1), ("view_user", 1)]);
    }
    for all in [json!(""), Value::Null] {
        assert_eq!(of(all).len(), 2);
    }
    assert_eq!(of(json!("pUnknown")), [json!(null); 0]);
    let console = rows(&server, (-1, -1), json!({"card_id": ids[0], "cond_source": 0}));
    assert_eq!(console, [json!(null); 0]);
}

#[test]
fn a_member_card_has_no_rows_here_even_when_named() {
    let server = TestServer::start();
    let id = member_card(&server);
    server.claim(&id, "oA");
    next_day(&server);
    assert_eq!(rows(&server, (-1, -1), json!({"card_id": id})), [json!(null); 0]);
}

#[test]
fn another_apps_card_has_no_rows() {
    let server = TestServer::start();
    let second = server.second_app();
    let id = server.create(card("GROUPON"));
    server.claim(&id, "oA");
    next_day(&server);
    let body = json!({
        "begin_date": server.date(-1), "end_date": server.date(-1), "cond_source": 1, "card_id": id,
    });
    assert_eq!(server.post_as(&second, PATH, body), json!({"list": []}));
}

#[test]
fn a_deleted_card_keeps_its_rows() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, "oA");
    server.ok("/card/delete", json!({"card_id": id}));
    next_day(&server);
    server.consume(&code);
    next_day(&server);
    let rows = rows(&server, (-2, -1), json!({"card_id": id}));
    assert_eq!(rows.len(), 2);
    assert_numbers(&rows[0], &[("receive_cnt", 1), ("receive_user", 1)]);
    assert_numbers(&rows[1], &[("verify_cnt", 1), ("verify_user", 1)]);
}

#[test]
fn one_of_two_cards_expires() {
    let server = TestServer::start();
    let until = |days: i64| {
        json!({"date_info": {
            "type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": NOON.0, "end_timestamp": NOON.0 + days * 86_400,
        }})
    };
    let (short, long) =
        (server.create(card_with("GIFT", until(1))), server.create(card_with("GIFT", until(9))));
    for id in [&short, &long] {
        server.claim(id, "oA");
    }
    for _ in 0..3 {
        next_day(&server);
    }
    let rows = rows(&server, (-2, -1), json!({}));
    assert_eq!(rows.len(), 1);
    assert_eq!((&rows[0]["card_id"], &rows[0]["ref_date"]), (&json!(short), &json!(server.date(-2))));
    assert_numbers(&rows[0], &[("expire_cnt", 1), ("expire_user", 1)]);
}
