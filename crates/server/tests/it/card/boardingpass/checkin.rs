//! `POST /card/boardingpass/checkin`: a passenger has checked in, or has not after all. WeChat manual: "特殊票券"
//! (special tickets).

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
        (with("code", json!(null)), 41013),
        (with("passenger_name", json!("")), 41011),
        (with("class", json!(null)), 41011),
        (with("etkt_bnr", json!(null)), 41011),
        (with("code", json!("999999999999")), 40056),
        (with("card_id", json!("pNowhere")), 40073),
        (with("code", json!(other)), 40071),
        (with("passenger_name", json!("名".repeat(16))), 45021),
        (with("class", json!("等".repeat(6))), 45021),
        (with("is_cancel", json!("perhaps")), 47001),
        (json!({"code": other, "is_cancel": true}), 40071),
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
