//! `POST /card/code/update`: gives a custom code another text, for example after a gift. WeChat manual: "管理卡券"
//! (manage cards), change code.

use super::HOLDER;
use crate::support::*;

const PATH: &str = "/card/code/update";

fn card_with_code(server: &TestServer, code: &str) -> String {
    let id = server.create_custom();
    server.claim_code(&id, HOLDER, code);
    id
}

#[test]
fn the_new_text_leads_to_the_code_and_the_old_one_nowhere() {
    let server = TestServer::start();
    let id = card_with_code(&server, "old");
    let reply = server.post(PATH, json!({"code": "old", "card_id": id, "new_code": "new"}));
    assert_eq!(reply, json!({"errcode": 0, "errmsg": "ok"}));
    let named = |code: &str| json!({"code": code, "card_id": id});
    assert_eq!(server.ok("/card/code/get", named("new"))["openid"], HOLDER);
    for path in ["/card/code/get", "/card/code/consume", "/card/code/unavailable"] {
        server.expect_errcode(path, named("old"), 40056);
    }
    server.ok("/card/code/consume", named("new"));
}

#[test]
fn a_text_this_card_has_had_is_40111() {
    let server = TestServer::start();
    let id = card_with_code(&server, "one");
    server.claim_code(&id, HOLDER, "two");
    let update = |code: &str, new: &str| json!({"code": code, "card_id": id, "new_code": new});
    server.expect_errcode(PATH, update("one", "two"), 40111);
    server.expect_errcode(PATH, update("one", "one"), 40111);
    server.ok(PATH, update("one", "three"));
    server.expect_errcode(PATH, update("two", "one"), 40111);
    // Another card may have the same text.
    let other = card_with_code(&server, "one");
    server.ok(PATH, json!({"code": "one", "card_id": other, "new_code": "two"}));
}

#[test]
fn a_new_text_has_at_most_twenty_bytes() {
    let server = TestServer::start();
    let id = card_with_code(&server, "one");
    let update = |new: String| json!({"code": "one", "card_id": id, "new_code": new});
    server.expect_errcode(PATH, update(limits::ascii(21)), 45021);
    server.expect_errcode(PATH, update(limits::chinese(21)), 45021);
    server.expect_errcode(PATH, update("a\u{7}".to_owned()), 47001);
    server.ok(PATH, update(limits::chinese(20)));
}

#[test]
fn the_new_text_is_named_new_code_and_nothing_else() {
    let server = TestServer::start();
    let id = card_with_code(&server, "one");
    for body in [
        json!({"code": "one", "card_id": id, "newcode": "two"}),
        json!({"code": "one", "card_id": id}),
        json!({"code": "one", "card_id": id, "new_code": ""}),
        json!({"code": "one", "card_id": id, "new_code": null}),
    ] {
        server.expect_errcode(PATH, body, 41011);
    }
    server.ok("/card/code/get", json!({"code": "one", "card_id": id}));
}

#[test]
fn codes_that_are_not_there_are_refused() {
    let server = TestServer::start();
    let id = card_with_code(&server, "one");
    let other = server.second_app();
    let update = |code: Value, card_id: Value| json!({"code": code, "card_id": card_id, "new_code": "two"});
    server.expect_errcode(PATH, update(json!("nine"), json!(id)), 40056);
    server.expect_errcode(PATH, update(json!("one"), Value::Null), 40056);
    server.expect_errcode(PATH, update(json!("one"), json!("pUnknown")), 40073);
    server.expect_errcode(PATH, update(Value::Null, json!(id)), 41013);
    server.expect_errcode_as(&other, PATH, update(json!("one"), json!(id)), 40073);
}

#[test]
fn imported_codes_can_be_changed_once_they_are_out() {
    let server = TestServer::start();
    let id = server.create_deposit(&["a1", "a2"]);
    server.expect_errcode(PATH, json!({"code": "a1", "card_id": id, "new_code": "b1"}), 40056);
    let code = server.claim(&id, HOLDER);
    server.ok(PATH, json!({"code": code, "card_id": id, "new_code": "b1"}));
    assert_eq!(server.ok("/card/code/get", json!({"code": "b1", "card_id": id}))["openid"], HOLDER);
    assert_eq!(server.stock(&id), (1, 2));
}
