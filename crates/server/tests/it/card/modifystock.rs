//! `POST /card/modifystock`: increases and reduces the stock, which cannot become negative. WeChat manual: "管理卡券"
//! (manage cards), stock.

use crate::support::*;

const PATH: &str = "/card/modifystock";

fn card_of(server: &TestServer, quantity: i64) -> String {
    server.create(card_with("GROUPON", json!({"sku": {"quantity": quantity}})))
}

#[test]
fn stock_left_and_stock_put_up_move_together() {
    let server = TestServer::start();
    let id = card_of(&server, 10);
    server.claim(&id, "oA");
    for (body, stock) in [
        (json!({"increase_stock_value": 5}), (14, 15)),
        (json!({"reduce_stock_value": 4}), (10, 11)),
        (json!({"increase_stock_value": 7, "reduce_stock_value": 0}), (17, 18)),
        (json!({"increase_stock_value": 0, "reduce_stock_value": 2}), (15, 16)),
        (json!({"increase_stock_value": 3, "reduce_stock_value": 5}), (13, 14)),
        (json!({"increase_stock_value": "1"}), (14, 15)),
        (json!({"increase_stock_value": 9, "reduce_stock_value": 9}), (14, 15)),
        (json!({"increase_stock_value": 0}), (14, 15)),
        (json!({"increase_stock_value": null, "reduce_stock_value": ""}), (14, 15)),
        (json!({}), (14, 15)),
        (json!({"reduce_stock_value": 14}), (0, 1)),
    ] {
        let mut body = body;
        body["card_id"] = id.clone().into();
        assert_eq!(server.post(PATH, body.clone()), json!({"errcode": 0, "errmsg": "ok"}));
        assert_eq!(server.stock(&id), stock, "{body}");
    }
}

#[test]
fn taking_more_stock_than_is_left_is_40122() {
    let server = TestServer::start();
    let id = card_of(&server, 10);
    server.claim(&id, "oA");
    let tail = server.expect_errcode(PATH, json!({"card_id": id, "reduce_stock_value": 10}), 40122);
    assert_eq!(tail, "reduce_stock_value: only 9 are left");
    assert_eq!(server.stock(&id), (9, 10));
}

#[test]
fn a_negative_value_is_40122() {
    let server = TestServer::start();
    let id = card_of(&server, 10);
    for key in ["increase_stock_value", "reduce_stock_value"] {
        for value in [json!(-1), json!("-5"), json!(i64::MIN)] {
            server.expect_errcode(PATH, json!({"card_id": id, key: value}), 40122);
        }
    }
}

#[test]
fn more_than_a_thousand_million_in_all_is_45041() {
    let server = TestServer::start();
    let id = card_of(&server, 999_999_999);
    server.ok(PATH, json!({"card_id": id, "increase_stock_value": 1}));
    for more in [1, i64::MAX] {
        server.expect_errcode(PATH, json!({"card_id": id, "increase_stock_value": more}), 45041);
    }
    assert_eq!(server.stock(&id), (1_000_000_000, 1_000_000_000));
}

#[test]
fn a_value_that_is_no_whole_number_is_47001() {
    let server = TestServer::start();
    let id = card_of(&server, 10);
    for value in [json!("many"), json!(1.5), json!([1]), json!(true), json!(u64::MAX)] {
        let tail = server.expect_errcode(PATH, json!({"card_id": id, "increase_stock_value": value}), 47001);
        assert_eq!(tail, "increase_stock_value: must be a whole number");
    }
}

#[test]
fn a_card_has_no_more_stock_than_imported_codes() {
    let server = TestServer::start();
    let id = server.create_deposit(&["a1", "a2", "a3"]);
    server.expect_errcode(PATH, json!({"card_id": id, "increase_stock_value": 1}), 40136);
    server.ok(PATH, json!({"card_id": id, "reduce_stock_value": 1}));
    server.ok(PATH, json!({"card_id": id, "increase_stock_value": 1}));
    assert_eq!(server.stock(&id), (3, 3));
}

#[test]
fn stock_is_no_matter_for_review() {
    let server = TestServer::manual();
    let id = card_of(&server, 10);
    server.ok(PATH, json!({"card_id": id, "increase_stock_value": 1}));
    assert_eq!(server.status(&id), "CARD_STATUS_NOT_VERIFY");
    server.pass(&id);
    server.ok(PATH, json!({"card_id": id, "increase_stock_value": 1}));
    assert_eq!(server.status(&id), "CARD_STATUS_VERIFY_OK");
}

#[test]
fn a_card_that_is_unknown_deleted_or_not_named_is_refused() {
    let server = TestServer::start();
    let id = card_of(&server, 10);
    let other = server.second_app();
    let body = json!({"card_id": id, "increase_stock_value": 1});
    server.expect_errcode_as(&other, PATH, body.clone(), 40073);
    server.expect_errcode(PATH, json!({"card_id": "pUnknown", "increase_stock_value": 1}), 40073);
    server.expect_errcode(PATH, json!({"increase_stock_value": 1}), 41012);
    server.ok("/card/delete", json!({"card_id": id}));
    server.expect_errcode(PATH, body, 40078);
}
