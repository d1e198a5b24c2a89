//! `POST /card/code/mark`: marks a code for the holder who will use it. WeChat manual: "朋友的券" (friends' coupons).

use crate::support::*;

const PATH: &str = "/card/code/mark";

fn mark(id: &str, code: &str, openid: &str, is_mark: Value) -> Value {
    json!({"card_id": id, "code": code, "openid": openid, "is_mark": is_mark})
}

#[test]
fn a_code_kept_for_another_is_not_consumed_before_it_is_let_go() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, "oA");
    let reply = server.post(PATH, mark(&id, &code, "oB", json!(true)));
    assert_eq!(reply, json!({"errcode": 0, "errmsg": "ok"}));
    server.expect_errcode("/card/code/consume", json!({"code": code}), 40146);
    server.expect_errcode(PATH, mark(&id, &code, "oA", json!("true")), 40146);
    server.expect_errcode(PATH, mark(&id, &code, "oA", json!(false)), 40146);
    server.ok(PATH, mark(&id, &code, "oB", json!("false")));
    server.ok(PATH, mark(&id, &code, "oA", json!("true")));
    server.ok("/card/code/consume", json!({"code": code}));
}

#[test]
fn every_refusal_has_its_errcode() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, "oA");
    for (body, errcode) in [
        (mark(&id, "", "oB", json!(true)), ErrCode::CodeMissing),
        (mark("", &code, "oB", json!(true)), ErrCode::CardIdMissing),
        (mark(&id, &code, "", json!(true)), ErrCode::OpenidMissing),
        (mark(&id, &code, "o B", json!(true)), ErrCode::InvalidOpenid),
        (mark(&id, &code, "oB", json!(null)), ErrCode::MissingFields),
        (mark(&id, &code, "oB", json!("perhaps")), ErrCode::DataFormat),
        (mark(&id, "999999999999", "oB", json!(true)), ErrCode::InvalidSerialCode),
        (mark("pNowhere", &code, "oB", json!(true)), ErrCode::InvalidCardId),
    ] {
        server.expect_errcode(PATH, body, errcode);
    }
}

#[test]
fn code_mark_errors_follow_the_documented_order() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, "oA");
    server.ok(PATH, mark(&id, &code, "oB", json!(true)));
    server.ok("/card/code/unavailable", json!({"code": code}));
    server.expect_errcode(PATH, mark(&id, &code, "oC", json!(true)), 40127);
    server.expect_errcode(PATH, mark("", "", "", json!(null)), 41013);
    // A code that is marked for another openid and has expired is reported as expired.
    let code = server.claim(&id, "oA");
    server.ok(PATH, mark(&id, &code, "oB", json!(true)));
    server.clock.advance(31 * 86_400);
    server.expect_errcode("/card/code/consume", json!({"code": code}), 40079);
}
