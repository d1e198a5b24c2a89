//! `POST /card/boardingpass/checkin`: sets or removes the check-in of a passenger. WeChat manual: "特殊票券" (special
//! tickets).

use crate::support::*;
use crate::wallet::pages::holder;

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
fn gate_and_boarding_time_are_kept_and_win_over_those_of_the_card() {
    let server = TestServer::start();
    let flight = json!({"gate": "C1", "boarding_time": NOON.0 + 3600});
    let id = server.create(card_with_both("BOARDING_PASS", json!({}), flight));
    let code = server.claim(&id, "oA");
    let (holder, page) = (holder(&server, "oA"), format!("/w/{}/codes/{code}", server.app.appid));
    let shown = |gate: &str, time: &str| {
        let page = holder.page(&page);
        assert!(page.contains(&format!("<dd>{gate}</dd>")), "{gate}: {page}");
        assert!(page.contains(&format!("<dd>{time}</dd>")), "{time}: {page}");
    };
    let with = |gate: Value, boarding_time: Value| {
        let mut body = body(&code);
        (body["gate"], body["boarding_time"]) = (gate, boarding_time);
        server.ok(PATH, body);
        let info = server.ticket_info(&code)["boarding_pass"].take();
        (info["gate"].clone(), info["boarding_time"].clone())
    };
    shown("C1", "13:00");
    assert_eq!(with(json!("A12"), json!(NOON.0 + 1800)), (json!("A12"), json!(NOON.0 + 1800)));
    shown("A12", "12:30");
    assert_eq!(with(json!(null), json!(null)).0, "A12", "what is not given stays");
    server.ok(PATH, merged(body(&code), json!({"seat": "1A"})));
    shown("A12", "12:30");
    let held = server.ok("/wallet/v1/get", json!({"code": code, "openid": "oA"}));
    assert_eq!(held["ticket"]["boarding_pass"]["gate"], "A12");
    assert_eq!(with(json!(""), json!("0")), (json!(""), json!(0)));
    shown("C1", "13:00");
    with(json!("B2"), json!(0));
    let got = server.ok("/card/code/get", json!({"code": code})).to_string();
    assert!(!got.contains("B2"), "{got}");
    server.ok(PATH, json!({"code": code, "is_cancel ": true}));
    assert_eq!(server.ticket_info(&code), Value::Null, "the manual's key with a blank");
    shown("C1", "13:00");
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
        (with("gate", json!("门".repeat(5))), ErrCode::OutOfLengthLimit),
        (with("boarding_time", json!(-1)), ErrCode::InvalidTime),
        (with("boarding_time", json!(1_i64 << 32)), ErrCode::InvalidTime),
        (with("boarding_time", json!("soon")), ErrCode::DataFormat),
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
