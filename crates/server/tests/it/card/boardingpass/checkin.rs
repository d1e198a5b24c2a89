//! `POST /card/boardingpass/checkin`: sets or removes the check-in of a passenger. WeChat manual: "特殊票券" (special
//! tickets).

use crate::support::*;

const PATH: &str = "/card/boardingpass/checkin";

fn ticket(server: &TestServer) -> String {
    let id = server.create(card("BOARDING_PASS"));
    server.claim(&id, "oA")
}

fn body(code: &str) -> Value {
    json!({
        "code": code, "passenger_name": "乘客姓名", "class": "舱等", "seat": "座位号", "etkt_bnr": "电子客票号",
        "qrcode_data": "二维码数据", "is_cancel": false,
    })
}

#[test]
fn a_passenger_checks_in_and_it_can_be_taken_back() {
    let server = TestServer::start();
    let code = ticket(&server);
    assert_eq!(server.post(PATH, body(&code)), json!({"errcode": 0, "errmsg": "ok"}));
    let info = server.ticket_info(&code)["boarding_pass"].take();
    assert_eq!((&info["passenger_name"], &info["seat"]), (&json!("乘客姓名"), &json!("座位号")));
    server.ok(PATH, json!({"code": code, "is_cancel": true}));
    assert_eq!(server.ticket_info(&code), Value::Null);
    server.ok(PATH, json!({"code": code, "is_cancel": "true", "class": ["not read"]}));
}

#[test]
fn every_refusal_has_its_errcode() {
    let server = TestServer::start();
    let code = ticket(&server);
    let coupon = server.create(card("GROUPON"));
    let other = server.claim(&coupon, "oA");
    let with = |key: &str, value: Value| {
        let mut body = body(&code);
        body[key] = value;
        body
    };
    for (body, errcode) in [
        (with("code", json!(null)), ErrCode::CodeMissing),
        (with("passenger_name", json!("")), ErrCode::MissingFields),
        (with("class", json!(null)), ErrCode::MissingFields),
        (with("etkt_bnr", json!(null)), ErrCode::MissingFields),
        (with("code", json!("999999999999")), ErrCode::InvalidSerialCode),
        (with("card_id", json!("pNowhere")), ErrCode::InvalidCardId),
        (with("code", json!(other)), ErrCode::InvalidCardType),
        (with("passenger_name", json!("名".repeat(16))), ErrCode::OutOfLengthLimit),
        (with("class", json!("等".repeat(6))), ErrCode::OutOfLengthLimit),
        (with("is_cancel", json!("perhaps")), ErrCode::DataFormat),
        (json!({"code": other, "is_cancel": true}), ErrCode::InvalidCardType),
    ] {
        server.expect_errcode(PATH, body, errcode);
    }
    server.ok("/card/code/unavailable", json!({"code": code}));
    server.expect_errcode(PATH, body(&code), 40127);
}

#[test]
fn boardingpass_checkin_errors_follow_the_documented_order() {
    let server = TestServer::start();
    let tail = server.expect_errcode(PATH, json!({"code": "999999999999"}), 41011);
    assert!(tail.contains("passenger_name"), "{tail}");
    let mut unknown = body("999999999999");
    unknown["class"] = json!("等".repeat(6));
    server.expect_errcode(PATH, unknown, 40056);
}
