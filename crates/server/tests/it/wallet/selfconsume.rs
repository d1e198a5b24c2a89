//! `POST /wallet/v1/selfconsume`: a holder consumes a code on the phone, without a clerk.

use crate::support::*;

const PATH: &str = "/wallet/v1/selfconsume";

fn open(server: &TestServer, needs: bool) -> (String, String) {
    let id = server.create(card("GROUPON"));
    let body = json!({"card_id": id, "is_open": true, "need_verify_cod": needs, "need_remark_amount": needs});
    server.ok("/card/selfconsumecell/set", body);
    let code = server.claim(&id, "oA");
    (id, code)
}

#[test]
fn a_holder_consumes_with_the_verify_code_and_the_amount() {
    let server = TestServer::start();
    let (id, code) = open(&server, true);
    let body = json!({"openid": "oA", "code": code, "verify_code": "8812", "remark_amount": "12.50"});
    let expected = json!({"errcode": 0, "errmsg": "ok", "card": {"card_id": id}, "openid": "oA"});
    assert_eq!(server.post(PATH, body.clone()), expected);
    assert_eq!(server.state(&code).0, "CONSUMED");
    server.expect_errcode(PATH, body, 40099);
}

#[test]
fn every_refusal_has_its_errcode() {
    let server = TestServer::start();
    let (_, code) = open(&server, true);
    let closed = server.create(card("GROUPON"));
    let other = server.claim(&closed, "oA");
    for (body, errcode) in [
        (json!({"openid": "oA"}), ErrCode::CodeMissing),
        (json!({"code": code}), ErrCode::OpenidMissing),
        (json!({"openid": "oA", "code": "999999999999"}), ErrCode::InvalidSerialCode),
        (json!({"openid": "oB", "code": code}), ErrCode::InvalidOpenid),
        (json!({"openid": "oA", "code": other}), ErrCode::NotSupported),
        (json!({"openid": "oA", "code": code, "remark_amount": "1"}), ErrCode::MissingFields),
        (json!({"openid": "oA", "code": code, "verify_code": "1"}), ErrCode::MissingFields),
        (
            json!({"openid": "oA", "code": code, "verify_code": "1".repeat(33), "remark_amount": "1"}),
            ErrCode::VerifyCodeTooLong,
        ),
        (
            json!({"openid": "oA", "code": code, "verify_code": "八", "remark_amount": "1"}),
            ErrCode::VerifyCodeCharset,
        ),
        (
            json!({"openid": "oA", "code": code, "verify_code": "1", "remark_amount": "1".repeat(33)}),
            ErrCode::OutOfLengthLimit,
        ),
    ] {
        server.expect_errcode(PATH, body, errcode);
    }
    server.ok("/card/code/unavailable", json!({"code": code}));
    server.expect_errcode(PATH, json!({"openid": "oA", "code": code}), 40127);
}

#[test]
fn selfconsume_errors_follow_the_documented_order() {
    let server = TestServer::start();
    let closed = server.create(card("GROUPON"));
    let code = server.claim(&closed, "oA");
    server.consume(&code);
    server.expect_errcode(PATH, json!({"openid": "oB", "code": "999999999999"}), 40056);
    server.expect_errcode(PATH, json!({"openid": "oB", "code": code}), 40003);
    server.expect_errcode(PATH, json!({"openid": "oA", "code": code}), 45030);
}
