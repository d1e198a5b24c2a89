//! `POST /card/batchget`: ids of cards, page by page and by status. WeChat manual: "管理卡券" (manage cards), list cards.

use crate::support::shape::keys;
use crate::support::*;

const PATH: &str = "/card/batchget";

/// Creates this many cards, one each second.
fn make(server: &TestServer, cards: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for _ in 0..cards {
        server.clock.advance(1);
        ids.push(server.create(card("GROUPON")));
    }
    ids
}

fn page(server: &TestServer, body: Value) -> (Vec<String>, i64) {
    let reply = server.ok(PATH, body);
    let ids = reply["card_id_list"].as_array().expect("a list").iter();
    let ids = ids.map(|id| id.as_str().expect("text").to_owned()).collect();
    (ids, reply["total_num"].as_i64().expect("a number"))
}

#[test]
fn the_reply_has_the_fields_of_the_real_one() {
    let server = TestServer::start();
    let ids = make(&server, 1);
    let reply = server.post(PATH, json!({"offset": 0, "count": 10}));
    assert_eq!(keys(&reply), ["errcode", "errmsg", "card_id_list", "total_num", "card_list"]);
    assert_eq!(reply["card_id_list"], json!(ids));
    assert_eq!((&reply["total_num"], &reply["card_list"]), (&json!(1), &json!([])));
}

#[test]
fn the_oldest_card_comes_first_and_an_offset_of_five_begins_at_the_sixth() {
    let server = TestServer::start();
    let ids = make(&server, 12);
    assert_eq!(page(&server, json!({"offset": 0, "count": 50})), (ids.clone(), 12));
    assert_eq!(page(&server, json!({"offset": 5, "count": 3})), (ids[5..8].to_vec(), 12));
    assert_eq!(page(&server, json!({"offset": 10, "count": 5})), (ids[10..].to_vec(), 12));
    assert_eq!(page(&server, json!({"offset": 12, "count": 5})), (Vec::new(), 12));
    assert_eq!(page(&server, json!({"offset": i64::MAX, "count": 5})), (Vec::new(), 12));
}

#[test]
fn cards_of_the_same_second_come_in_the_order_of_creation() {
    let server = TestServer::start();
    let ids: Vec<String> = (0..8).map(|_| server.create(card("GROUPON"))).collect();
    assert_eq!(page(&server, json!({"offset": 0, "count": 50})), (ids, 8));
}

#[test]
fn cards_made_between_two_pages_repeat_none() {
    let server = TestServer::start();
    let mut ids = make(&server, 6);
    let mut seen = Vec::new();
    for n in 0.. {
        let (page, total) = page(&server, json!({"offset": seen.len(), "count": 5}));
        assert_eq!(total, ids.len() as i64);
        if page.is_empty() {
            break;
        }
        seen.extend(page);
        if n < 4 {
            // This card is created in the same second as the last call. A later page must have it.
            ids.push(server.create(card("CASH")));
            ids.extend(make(&server, 2));
        }
    }
    assert_eq!(seen, ids);
    // A claim does not change the pages. After a card is deleted, the following cards move up.
    server.claim(&ids[0], "oA");
    assert_eq!(page(&server, json!({"offset": 5, "count": 5})).0, ids[5..10]);
    server.ok("/card/delete", json!({"card_id": ids[0]}));
    assert_eq!(page(&server, json!({"offset": 5, "count": 5})).0, ids[6..11]);
}

#[test]
fn pages_cover_every_card_once() {
    let server = TestServer::start();
    let ids = make(&server, 23);
    let pages: Vec<String> =
        (0..5).flat_map(|n| page(&server, json!({"offset": n * 5, "count": 5})).0).collect();
    assert_eq!(pages, ids);
}

#[test]
fn statuses_select_cards_and_total_num_counts_them() {
    let server = TestServer::manual();
    let ids = make(&server, 5);
    server.pass(&ids[0]);
    server.pass(&ids[1]);
    server.ok("/kaquan/v1/review", json!({"card_id": ids[2], "pass": false}));
    server.ok("/card/delete", json!({"card_id": ids[3]}));
    let of = |statuses: Value| page(&server, json!({"offset": 0, "count": 50, "status_list": statuses}));
    let some = |range: std::ops::Range<usize>| (ids[range.clone()].to_vec(), range.len() as i64);
    assert_eq!(of(json!(["CARD_STATUS_VERIFY_OK"])), some(0..2));
    assert_eq!(of(json!("CARD_STATUS_VERIFY_OK")), some(0..2));
    assert_eq!(of(json!(["CARD_STATUS_VERIFY_FAIL"])), some(2..3));
    assert_eq!(of(json!(["CARD_STATUS_VERIFY_FALL", "CARD_STATUS_VERIFY_OK"])), some(0..3));
    assert_eq!(of(json!(["CARD_STATUS_DELETE"])), some(3..4));
    assert_eq!(of(json!("CARD_STATUS_USER_DELETE")), some(3..4));
    assert_eq!(of(json!(["CARD_STATUS_NOT_VERIFY"])), some(4..5));
    for none in ["CARD_STATUS_DISPATCH", "CARD_STATUS_USER_DISPATCH", "CARD_STATUS_NO_SUCH", ""] {
        assert_eq!(of(json!([none])), (Vec::new(), 0), "{none}");
    }
}

#[test]
fn without_statuses_every_card_is_listed_but_deleted_ones() {
    let server = TestServer::manual();
    let ids = make(&server, 3);
    server.pass(&ids[0]);
    server.ok("/card/delete", json!({"card_id": ids[1]}));
    let expected = (vec![ids[0].clone(), ids[2].clone()], 2);
    assert_eq!(page(&server, json!({"offset": 0, "count": 50})), expected);
    for none in [json!(null), json!([]), json!("")] {
        let body = json!({"offset": 0, "count": 50, "status_list": none});
        assert_eq!(page(&server, body), expected);
    }
}

#[test]
fn numbers_may_be_text() {
    let server = TestServer::start();
    let ids = make(&server, 3);
    assert_eq!(page(&server, json!({"offset": "1", "count": "1"})), (ids[1..2].to_vec(), 3));
}

#[test]
fn a_count_is_one_to_fifty_and_an_offset_not_negative() {
    let server = TestServer::start();
    for (offset, count) in [(0, 0), (0, 51), (0, -1), (-1, 10), (0, i64::MAX)] {
        server.expect_errcode(PATH, json!({"offset": offset, "count": count}), 40097);
    }
    server.expect_errcode(PATH, json!({"offset": 0}), 41011);
    for (offset, count) in [(json!("x"), json!(1)), (json!(0), json!([1])), (json!(0.5), json!(1))] {
        server.expect_errcode(PATH, json!({"offset": offset, "count": count}), 47001);
    }
    server.expect_errcode(PATH, json!({"offset": 0, "count": 1, "status_list": [1]}), 47001);
}

#[test]
fn an_app_lists_its_own_cards_only() {
    let server = TestServer::start();
    make(&server, 2);
    let other = server.second_app();
    let reply = server.ok_as(&other, PATH, json!({"offset": 0, "count": 50}));
    assert_eq!((&reply["card_id_list"], &reply["total_num"]), (&json!([]), &json!(0)));
}
