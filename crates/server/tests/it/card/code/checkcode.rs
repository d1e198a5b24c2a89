//! `POST /card/code/checkcode`: which codes were imported. WeChat manual: "投放卡券" (distribute cards).

use crate::support::*;

const PATH: &str = "/card/code/checkcode";

#[test]
fn the_reply_splits_the_codes_in_the_order_of_the_request() {
    let server = TestServer::start();
    let id = server.create_deposit(&["a1", "a2", "a3"]);
    assert_eq!(server.claim(&id, "oA"), "a1");
    let body = json!({"card_id": id, "code": ["x", "a3", "a1", 44444]});
    let expected = json!({
        "errcode": 0, "errmsg": "ok", "exist_code": ["a3", "a1"], "not_exist_code": ["x", "44444"],
    });
    assert_eq!(server.post(PATH, body), expected);
    let none = server.ok(PATH, json!({"card_id": id, "code": ["x"]}));
    assert_eq!((&none["exist_code"], &none["not_exist_code"]), (&json!([]), &json!(["x"])));
}

#[test]
fn codes_of_another_card_were_not_imported_for_this_one() {
    let server = TestServer::start();
    server.create_deposit(&["a1"]);
    let system = server.create(card("GROUPON"));
    let code = server.claim(&system, "oA");
    for id in [server.create_deposit(&["b1"]), system] {
        let reply = server.ok(PATH, json!({"card_id": id, "code": ["a1", code]}));
        assert_eq!(reply["not_exist_code"], json!(["a1", code]), "{reply}");
    }
}

#[test]
fn every_refusal_has_its_errcode_in_the_documented_order() {
    let server = TestServer::start();
    let id = server.create_deposit(&["a1"]);
    let many = vec![""; 101];
    server.expect_errcode(PATH, json!({"code": ["a1"]}), 41012);
    server.expect_errcode(PATH, json!({"card_id": "pNowhere", "code": many}), 40073);
    server.expect_errcode(PATH, json!({"card_id": id, "code": many}), 40109);
    server.expect_errcode(PATH, json!({"card_id": id, "code": ["a1", ""]}), 40110);
    server.expect_errcode(PATH, json!({"card_id": id, "code": []}), 40110);
    server.expect_errcode(PATH, json!({"card_id": id}), 40110);
    server.expect_errcode(PATH, json!({"card_id": id, "code": "a1"}), 47001);
}
