//! `sku.quantity` in `card/create`: its limits. The stock begins with 0 if codes are imported.

use crate::support::*;

fn with_sku(sku: Value) -> Value {
    card_with("GROUPON", json!({"sku": sku}))
}

fn refused(server: &TestServer, card: Value, errcode: i32) -> String {
    server.expect_errcode("/card/create", json!({"card": card}), errcode)
}

#[test]
fn stock_is_one_to_a_thousand_million_and_may_be_written_as_text() {
    let server = TestServer::start();
    for (sent, stored) in [(json!(1), 1), (json!(1_000_000_000), 1_000_000_000), (json!("500000"), 500_000)] {
        let id = server.create(with_sku(json!({"quantity": sent})));
        assert_eq!(server.stock(&id), (stored, stored));
    }
}

#[test]
fn stock_out_of_bounds_is_40122() {
    let server = TestServer::start();
    for quantity in [json!(0), json!(-1), json!(1_000_000_001), json!(u64::MAX), json!(1.5)] {
        let tail = refused(&server, with_sku(json!({"quantity": quantity})), 40122);
        assert!(tail.starts_with("base_info.sku.quantity: "), "{tail}");
    }
}

#[test]
fn a_sku_without_quantity_is_41011_and_one_that_is_no_object_40070() {
    let server = TestServer::start();
    assert_eq!(refused(&server, with_sku(json!({})), 41011), "m_data.base_info().sku().quantity");
    refused(&server, with_sku(json!(5)), 40070);
    refused(&server, with_sku(json!({"quantity": "many"})), 47001);
}

#[test]
fn a_card_whose_codes_are_imported_begins_without_stock() {
    let server = TestServer::start();
    let deposit = |quantity: i64| {
        let mode = "GET_CUSTOM_CODE_MODE_DEPOSIT";
        let sku = json!({"quantity": quantity});
        card_with("GROUPON", json!({"use_custom_code": true, "get_custom_code_mode": mode, "sku": sku}))
    };
    let id = server.create(deposit(0));
    assert_eq!(server.stock(&id), (0, 0));
    refused(&server, deposit(1), 40136);
}

#[test]
fn the_mode_of_import_means_nothing_without_custom_codes() {
    let server = TestServer::start();
    let mode = "GET_CUSTOM_CODE_MODE_DEPOSIT";
    refused(
        &server,
        card_with("GROUPON", json!({"get_custom_code_mode": mode, "sku": {"quantity": 0}})),
        40122,
    );
    let id = server.create(card_with("GROUPON", json!({"get_custom_code_mode": mode})));
    assert_eq!(server.claim(&id, "oA").len(), 12);
}
