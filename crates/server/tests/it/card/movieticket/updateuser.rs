//! `POST /card/movieticket/updateuser`: time, screening room and seats of one holder's ticket. WeChat manual: "特殊票券"
//! (special tickets).

use crate::support::*;

const PATH: &str = "/card/movieticket/updateuser";

fn ticket(server: &TestServer) -> String {
    let id = server.create(card("MOVIE_TICKET"));
    server.claim(&id, "oA")
}

fn body(code: &str) -> Value {
    json!({
        "code": code, "ticket_class": "4D", "show_time": 1773120000, "duration": 120,
        "screening_room": "5号影厅", "seat_number": ["5排14号", "5排15号"],
    })
}

#[test]
fn seats_come_as_a_list_or_as_one_text() {
    let server = TestServer::start();
    let code = ticket(&server);
    assert_eq!(server.post(PATH, body(&code)), json!({"errcode": 0, "errmsg": "ok"}));
    let info = server.ticket_info(&code)["movie_ticket"].take();
    assert_eq!(info["seat_number"], json!(["5排14号", "5排15号"]), "{info}");
    assert_eq!((&info["duration"], &info["screening_room"]), (&json!(120), &json!("5号影厅")));
    let mut one = body(&code);
    (one["seat_number"], one["duration"]) = (json!("6排1号"), json!("95"));
    server.ok(PATH, one);
    let info = server.ticket_info(&code)["movie_ticket"].take();
    assert_eq!((&info["seat_number"], &info["duration"]), (&json!(["6排1号"]), &json!(95)));
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
        (with("code", json!("")), ErrCode::CodeMissing),
        (with("ticket_class", json!(null)), ErrCode::TicketClassMissing),
        (with("show_time", json!("")), ErrCode::ShowTimeMissing),
        (with("duration", json!(null)), ErrCode::MissingFields),
        (with("code", json!("999999999999")), ErrCode::InvalidSerialCode),
        (with("card_id", json!("pNowhere")), ErrCode::InvalidCardId),
        (with("code", json!(other)), ErrCode::InvalidCardType),
        (with("screening_room", json!("x".repeat(129))), ErrCode::OutOfLengthLimit),
        (with("show_time", json!(-1)), ErrCode::InvalidArgs),
        (with("seat_number", json!(vec!["x"; 51])), ErrCode::InvalidArgs),
        (with("seat_number", json!([[1]])), ErrCode::DataFormat),
        (with("duration", json!("two hours")), ErrCode::DataFormat),
    ] {
        server.expect_errcode(PATH, body, errcode);
    }
    server.ok("/card/code/consume", json!({"code": code}));
    server.expect_errcode(PATH, body(&code), 40099);
}

#[test]
fn movieticket_updateuser_errors_follow_the_documented_order() {
    let server = TestServer::start();
    for (body, errcode) in [
        (json!({}), ErrCode::CodeMissing),
        (json!({"code": "999999999999"}), ErrCode::TicketClassMissing),
        (json!({"code": "999999999999", "ticket_class": "3D"}), ErrCode::ShowTimeMissing),
        (json!({"code": "999999999999", "ticket_class": "3D", "show_time": 1}), ErrCode::MissingFields),
        (
            json!({"code": "999999999999", "ticket_class": "3D", "show_time": 1, "duration": -1}),
            ErrCode::InvalidSerialCode,
        ),
    ] {
        server.expect_errcode(PATH, body, errcode);
    }
}
