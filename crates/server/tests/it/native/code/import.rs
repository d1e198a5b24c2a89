//! `POST /kaquan/v1/code/import`: imports a file of codes chunk by chunk, each chunk only once.

use crate::support::*;
use kaquan_core::code::CODES_PER_CHUNK;

const PATH: &str = "/kaquan/v1/code/import";

#[test]
fn a_file_is_imported_by_chunks_and_each_chunk_reply_is_repeated() {
    let mut server = TestServer::start();
    let id = server.create_deposit(&["b"]);
    let chunk =
        |from: usize, codes: &[&str]| json!({"card_id": id, "file": "f", "from": from, "code": codes});
    let long = "x".repeat(21);
    let first = json!({
        "errcode": 0, "errmsg": "ok", "done": 3, "next": 3, "succ_count": 1, "duplicate": [1], "fail": [2],
    });
    assert_eq!(server.post(PATH, chunk(0, &["a", "b", &long])).to_string(), first.to_string());
    let second = server.ok(PATH, json!({"card_id": id, "file": "f", "from": "3", "code": [123456]}));
    assert_eq!((&second["done"], &second["succ_count"]), (&json!(4), &json!(1)));
    server.restart();
    for body in [chunk(0, &["a", "b", &long]), chunk(0, &[]), json!({"card_id": id, "file": "f"})] {
        let reply = server.ok(PATH, body);
        assert_eq!((&reply["done"], &reply["next"]), (&json!(4), &json!(3)));
        assert_eq!((&reply["duplicate"], &reply["fail"]), (&json!([1]), &json!([2])));
    }
    let count = server.ok("/card/code/getdepositcount", json!({"card_id": id}))["count"].take();
    assert_eq!(count, 3);
    let check = json!({"card_id": id, "code": ["123456", "a", "c"]});
    assert_eq!(server.ok("/card/code/checkcode", check)["exist_code"], json!(["123456", "a"]));
}

#[test]
fn a_chunk_has_at_most_two_thousand_codes_and_may_raise_the_stock() {
    let server = TestServer::start();
    let id = server.create_deposit(&[]);
    let codes: Vec<String> = (0..=CODES_PER_CHUNK).map(|n| format!("code-{n}")).collect();
    let chunk = |codes: &[String]| json!({"card_id": id, "file": "f", "code": codes, "stock": true});
    server.expect_errcode(PATH, chunk(&codes), 40109);
    assert_eq!(server.ok(PATH, chunk(&codes[1..]))["succ_count"], CODES_PER_CHUNK);
    assert_eq!(server.stock(&id), (CODES_PER_CHUNK as i64, CODES_PER_CHUNK as i64));
    assert_eq!(server.claim(&id, "oA"), "code-1");
}

#[test]
fn every_refusal_has_its_errcode_in_the_documented_order() {
    let server = TestServer::start();
    let id = server.create_deposit(&[]);
    let (system, other) = (server.create(card("GROUPON")), server.second_app());
    server.ok(PATH, json!({"card_id": id, "file": "f", "code": ["a", "b"]}));
    let with = |from: i64, codes: Value| json!({"card_id": id, "file": "f", "from": from, "code": codes});
    server.expect_errcode(PATH, json!({"file": "f", "code": ["a"]}), 41012);
    assert_eq!(server.expect_errcode(PATH, json!({"card_id": id, "code": ["a"]}), 41011), "file");
    server.expect_errcode(PATH, json!({"card_id": id, "file": "f".repeat(65), "code": ["a"]}), 45021);
    server.expect_errcode(PATH, with(-1, json!(["a"])), 40097);
    server.expect_errcode(PATH, with(2, json!("a")), 47001);
    server.expect_errcode(PATH, with(2, json!(["a\u{7}"])), 47001);
    server.expect_errcode(PATH, json!({"card_id": "pNowhere", "file": "f", "from": 9}), 40073);
    server.expect_errcode(PATH, json!({"card_id": system, "file": "f", "from": 9}), 40078);
    server.expect_errcode_as(&other, PATH, json!({"card_id": id, "file": "f"}), 40073);
    server.expect_errcode(PATH, with(3, json!(["c", ""])), 40097);
    server.expect_errcode(PATH, with(1, json!([])), 40097);
    server.expect_errcode(PATH, json!({"card_id": id, "file": "f", "from": 9, "stock": true}), 40097);
    server.expect_errcode(PATH, with(2, json!(["c", "c", ""])), 40110);
    server.expect_errcode(PATH, with(2, json!(["c", "c"])), 40111);
}

#[test]
fn a_chunk_begins_only_where_one_began_before() {
    let server = TestServer::start();
    let id = server.create_deposit(&[]);
    let codes = |from: usize, name: &str| -> Vec<String> {
        (from..from + 250).map(|n| format!("{name}{n}")).collect()
    };
    let chunk =
        |from: usize, codes: &[String]| json!({"card_id": id, "file": "f", "from": from, "code": codes});
    assert_eq!(server.ok(PATH, chunk(0, &codes(0, "a")))["succ_count"], 250);
    server.expect_errcode(PATH, chunk(100, &codes(100, "b")), 40097);
    server.expect_errcode(PATH, chunk(200, &[]), 40097);
    let count = server.ok("/card/code/getdepositcount", json!({"card_id": id}))["count"].take();
    assert_eq!(count, 250);
    assert_eq!(server.ok(PATH, chunk(0, &[]))["next"], 250);
    assert_eq!(server.ok(PATH, chunk(250, &codes(250, "a")))["done"], 500);
}
