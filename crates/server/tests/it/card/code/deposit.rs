//! `POST /card/code/deposit`: custom codes are imported before they are claimed. WeChat manual: "投放卡券" (distribute
//! cards), import codes.

use super::HOLDER;
use crate::support::*;

const PATH: &str = "/card/code/deposit";

fn deposit(id: &str, codes: &[&str]) -> Value {
    json!({"card_id": id, "code": codes})
}

#[test]
fn the_reply_lists_accepted_duplicate_and_failed_codes() {
    let server = TestServer::start();
    let id = server.create_deposit(&[]);
    let long = "123456789012345678901";
    let reply = server.post(PATH, deposit(&id, &["11111", "22222", long]));
    let expected = json!({
        "errcode": 0, "errmsg": "ok", "succ_code": ["11111", "22222"], "duplicate_code": [], "fail_code": [long],
    });
    assert_eq!(reply.to_string(), expected.to_string());
}

#[test]
fn importing_again_is_harmless() {
    let server = TestServer::start();
    let id = server.create_deposit(&["a1", "a2"]);
    let reply = server.ok(PATH, deposit(&id, &["a1", "a2"]));
    assert_eq!((&reply["succ_code"], &reply["duplicate_code"]), (&json!([]), &json!(["a1", "a2"])));
    let reply = server.ok(PATH, deposit(&id, &["a2", "a3"]));
    assert_eq!((&reply["succ_code"], &reply["duplicate_code"]), (&json!(["a3"]), &json!(["a2"])));
    // Three codes were imported, so the stock can be three but not four.
    server.ok("/card/modifystock", json!({"card_id": id, "increase_stock_value": 1}));
    server.expect_errcode("/card/modifystock", json!({"card_id": id, "increase_stock_value": 1}), 40136);
}

#[test]
fn a_code_that_is_out_stays_a_duplicate() {
    let server = TestServer::start();
    let id = server.create_deposit(&["a1"]);
    assert_eq!(server.claim(&id, HOLDER), "a1");
    assert_eq!(server.ok(PATH, deposit(&id, &["a1"]))["duplicate_code"], json!(["a1"]));
}

#[test]
fn a_hundred_codes_are_taken_and_a_hundred_and_one_are_40109() {
    let server = TestServer::start();
    let id = server.create_deposit(&[]);
    let codes: Vec<String> = (0..101).map(|n| format!("code-{n}")).collect();
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    server.expect_errcode(PATH, deposit(&id, &codes), 40109);
    let reply = server.ok(PATH, deposit(&id, &codes[..100]));
    assert_eq!(reply["succ_code"].as_array().unwrap().len(), 100);
}

#[test]
fn empty_and_repeated_codes_are_refused_whole() {
    let server = TestServer::start();
    let id = server.create_deposit(&[]);
    server.expect_errcode(PATH, deposit(&id, &["a1", "", "a2"]), 40110);
    server.expect_errcode(PATH, deposit(&id, &[]), 40110);
    server.expect_errcode(PATH, json!({"card_id": id}), 40110);
    server.expect_errcode(PATH, deposit(&id, &["a1", "a2", "a1"]), 40111);
    assert_eq!(server.ok(PATH, deposit(&id, &["a1"]))["succ_code"], json!(["a1"]));
}

#[test]
fn codes_that_are_no_texts_are_47001() {
    let server = TestServer::start();
    let id = server.create_deposit(&[]);
    for codes in [json!("a1"), json!({"0": "a1"}), json!([null]), json!([["a1"]]), json!([true]), json!(5)] {
        server.expect_errcode(PATH, json!({"card_id": id, "code": codes}), 47001);
    }
    for control in ["a\u{0}", "a\nb", "\u{1b}"] {
        server.expect_errcode(PATH, deposit(&id, &["a1", control]), 47001);
    }
}

#[test]
fn codes_may_be_written_as_numbers() {
    let server = TestServer::start();
    let id = server.create_deposit(&[]);
    let reply = server.ok(PATH, json!({"card_id": id, "code": [111_111, "222222"]}));
    assert_eq!(reply["succ_code"], json!(["111111", "222222"]));
}

#[test]
fn codes_of_twenty_bytes_are_taken_whatever_they_are_made_of() {
    let server = TestServer::start();
    let id = server.create_deposit(&[]);
    for code in [limits::ascii(20), limits::chinese(20), "'\"\\; DROP TABLE--".to_owned()] {
        assert_eq!(server.ok(PATH, deposit(&id, &[&code]))["succ_code"], json!([code]));
        server.ok("/card/modifystock", json!({"card_id": id, "increase_stock_value": 1}));
        let claimed = server.claim(&id, HOLDER);
        assert_eq!(claimed, code);
        server.ok("/card/code/consume", json!({"card_id": id, "code": code}));
    }
}

#[test]
fn codes_are_only_imported_for_reviewed_cards_with_imported_codes() {
    let server = TestServer::start();
    for card in [server.create(card("GROUPON")), server.create_custom()] {
        server.expect_errcode(PATH, deposit(&card, &["a1"]), 40078);
    }
    server.expect_errcode(PATH, deposit("pUnknown", &["a1"]), 40073);
    server.expect_errcode(PATH, json!({"code": ["a1"]}), 41012);
    let id = server.create_deposit(&[]);
    let other = server.second_app();
    server.expect_errcode_as(&other, PATH, deposit(&id, &["a1"]), 40073);
    server.ok("/card/delete", json!({"card_id": id}));
    server.expect_errcode(PATH, deposit(&id, &["a1"]), 40078);
    let server = TestServer::manual();
    let id = server.create_deposit(&[]);
    server.expect_errcode(PATH, deposit(&id, &["a1"]), 40078);
}

#[test]
fn imported_codes_are_given_out_in_their_order_and_are_no_codes_before() {
    let server = TestServer::start();
    let id = server.create_deposit(&["c", "a", "b"]);
    for path in ["/card/code/get", "/card/code/consume", "/card/code/unavailable"] {
        server.expect_errcode(path, json!({"code": "a", "card_id": id}), 40056);
    }
    let codes: Vec<String> = (0..3).map(|_| server.claim(&id, HOLDER)).collect();
    assert_eq!(codes, ["c", "a", "b"]);
    server.expect_errcode("/wallet/v1/claim", json!({"card_id": id, "openid": HOLDER}), 45031);
    server.ok("/card/code/consume", json!({"code": "a", "card_id": id}));
}
