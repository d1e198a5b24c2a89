//! `POST /datacube/getcardmembercarddetail`: one member card, with its payments and new members.

use super::{assert_numbers, member_card, next_day, pay, report, view};
use crate::support::shape::keys;
use crate::support::*;

const PATH: &str = "/datacube/getcardmembercarddetail";

fn rows(server: &TestServer, days: (i32, i32), card_id: &str) -> Vec<Value> {
    report(server, PATH, days, json!({"card_id": card_id, "cond_source": null}))
}

#[test]
fn a_row_has_the_manuals_fields_in_their_order_and_spelling() {
    let server = TestServer::start();
    let beside = json!({"auto_activate": true});
    let merchant = server.sub_merchant();
    let base = json!({"sub_merchant_info": {"merchant_id": merchant.to_string()}});
    let id = server.create(card_with_both("MEMBER_CARD", base, beside));
    server.claim(&id, "oA");
    next_day(&server);
    let row = &rows(&server, (-1, -1), &id)[0];
    let expected = [
        "ref_date",
        "merchanttype",
        "cardid",
        "submerchantid",
        "view_cnt",
        "view_user",
        "receive_cnt",
        "receive_user",
        "verify_cnt",
        "verify_user",
        "active_cnt",
        "active_user",
        "total_user",
        "new_user",
        "payOriginalFee",
        "fee",
        "total_receive_user",
    ];
    assert_eq!(keys(row), expected);
    assert_eq!((&row["merchanttype"], &row["submerchantid"]), (&json!(2), &json!(merchant)));
    assert_eq!((&row["cardid"], &row["ref_date"]), (&json!(id), &json!(server.date(-1))));
}

#[test]
fn a_card_without_a_sub_merchant_says_zero() {
    let server = TestServer::start();
    let id = member_card(&server);
    server.claim(&id, "oA");
    next_day(&server);
    assert_eq!(rows(&server, (-1, -1), &id)[0]["submerchantid"], 0);
}

#[test]
fn a_day_of_claims_and_payments_is_counted() {
    let server = TestServer::start();
    let (id, other) = (member_card(&server), member_card(&server));
    for openid in ["oA", "oA", "oB"] {
        view(&server, &id, openid);
    }
    let codes = [server.claim(&id, "oA"), server.claim(&id, "oB")];
    pay(&server, &codes[0], 900, 1000);
    pay(&server, &codes[0], 50, 60);
    pay(&server, &codes[1], 7, 7);
    server.claim(&other, "oC");
    next_day(&server);
    let rows = rows(&server, (-1, -1), &id);
    assert_eq!(rows.len(), 1);
    assert_numbers(
        &rows[0],
        &[
            ("view_cnt", 3),
            ("view_user", 2),
            ("receive_cnt", 2),
            ("receive_user", 2),
            ("verify_cnt", 3),
            ("verify_user", 2),
            ("active_cnt", 2),
            ("active_user", 2),
            ("total_user", 2),
            ("new_user", 2),
            ("payOriginalFee", 1067),
            ("fee", 957),
            ("total_receive_user", 2),
        ],
    );
}

#[test]
fn a_member_who_comes_back_is_not_a_new_member() {
    let server = TestServer::start();
    let id = member_card(&server);
    let code = server.claim(&id, "oA");
    next_day(&server);
    server.ok("/wallet/v1/delete", json!({"code": code, "openid": "oA"}));
    next_day(&server);
    assert_eq!(server.claim(&id, "oA"), code);
    next_day(&server);
    // A claim by a holder who already has the card counts only as a view.
    assert_eq!(server.claim(&id, "oA"), code);
    next_day(&server);
    let rows = rows(&server, (-4, -1), &id);
    assert_eq!(rows.len(), 4);
    let first = [
        ("receive_cnt", 1),
        ("receive_user", 1),
        ("active_cnt", 1),
        ("active_user", 1),
        ("total_user", 1),
        ("new_user", 1),
        ("total_receive_user", 1),
    ];
    assert_numbers(&rows[0], &first);
    assert_numbers(&rows[1], &[("total_receive_user", 1)]);
    assert_numbers(&rows[2], &[("total_user", 1), ("total_receive_user", 1)]);
    let again = [("view_cnt", 1), ("view_user", 1), ("total_user", 1), ("total_receive_user", 1)];
    assert_numbers(&rows[3], &again);
}

#[test]
fn a_membership_ends_by_withdrawal_deletion_and_expiry() {
    let server = TestServer::start();
    let range = json!({
        "type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": NOON.0, "end_timestamp": NOON.0 + 3 * 86_400,
    });
    let beside = json!({"auto_activate": true});
    let id = server.create(card_with_both("MEMBER_CARD", json!({"date_info": range}), beside));
    let codes: Vec<String> =
        ["oA", "oB", "oC", "oD"].iter().map(|openid| server.claim(&id, openid)).collect();
    next_day(&server);
    server.ok("/card/code/unavailable", json!({"code": codes[0]}));
    next_day(&server);
    server.ok("/wallet/v1/delete", json!({"code": codes[1], "openid": "oB"}));
    next_day(&server);
    next_day(&server);
    next_day(&server);
    let rows = rows(&server, (-5, -1), &id);
    let totals: Vec<i64> = rows.iter().map(|row| row["total_user"].as_i64().unwrap()).collect();
    assert_eq!(totals, [4, 3, 2, 0, 0]);
    assert!(rows.iter().all(|row| row["total_receive_user"] == 4));
}

#[test]
fn a_membership_that_is_given_away_counts_for_the_friend() {
    let server = TestServer::start();
    let id = member_card(&server);
    let code = server.claim(&id, "oA");
    next_day(&server);
    let new = server.give(&code, "oA", "oB");
    next_day(&server);
    server.ok("/card/code/unavailable", json!({"code": new}));
    next_day(&server);
    let rows = rows(&server, (-2, -1), &id);
    let totals: Vec<i64> = rows.iter().map(|row| row["total_user"].as_i64().unwrap()).collect();
    assert_eq!(totals, [1, 0]);
    assert!(rows.iter().all(|row| row["total_receive_user"] == 1 && row["new_user"] == 0));
}

#[test]
fn only_member_cards_of_this_app_have_rows() {
    let server = TestServer::start();
    let coupon = server.create(card("GROUPON"));
    server.claim(&coupon, "oA");
    let id = member_card(&server);
    server.claim(&id, "oA");
    next_day(&server);
    for unknown in [coupon.as_str(), "pUnknown"] {
        assert_eq!(rows(&server, (-1, -1), unknown), [json!(null); 0]);
    }
    let second = server.second_app();
    let body = json!({"begin_date": server.date(-1), "end_date": server.date(-1), "card_id": id});
    assert_eq!(server.post_as(&second, PATH, body), json!({"list": []}));
}

#[test]
fn a_card_is_named() {
    let server = TestServer::start();
    for card_id in [Value::Null, json!("")] {
        let body = json!({"begin_date": server.date(-1), "end_date": server.date(-1), "card_id": card_id});
        server.expect_errcode(PATH, body, 41012);
    }
    // The dates are checked first.
    server.expect_errcode(PATH, json!({"begin_date": "x", "end_date": "x"}), 61500);
}
