//! `POST /card/meetingticket/updateuser`: zone, entrance and seat of one holder's ticket. WeChat manual: "特殊票券"
//! (special tickets).

use crate::support::*;

const PATH: &str = "/card/meetingticket/updateuser";

#[test]
fn a_seat_is_written_on_the_ticket_and_can_be_changed() {
    let server = TestServer::start();
    let id = server.create(card("MEETING_TICKET"));
    let code = server.claim(&id, "oA");
    for seat in ["2排15号", "3排1号"] {
        let body = json!({
            "code": code, "card_id": id, "zone": "C区", "entrance": "东北门", "seat_number": seat,
            "begin_time": 1773120000, "end_time": "1773130000",
        });
        assert_eq!(server.post(PATH, body), json!({"errcode": 0, "errmsg": "ok"}));
        let info = server.ticket_info(&code);
        assert_eq!(info["meeting_ticket"]["seat_number"], seat, "{info}");
        assert_eq!(info["meeting_ticket"]["end_time"], 1773130000, "{info}");
    }
    server.ok(PATH, json!({"code": code}));
}

#[test]
fn a_ticket_with_a_custom_code_needs_its_card() {
    let server = TestServer::start();
    let id = server.create(card_with("MEETING_TICKET", json!({"use_custom_code": true})));
    server.ok("/wallet/v1/claim", json!({"card_id": id, "openid": "oA", "code": "T-1"}));
    server.ok(PATH, json!({"code": "T-1", "card_id": id, "zone": "A"}));
    server.expect_errcode(PATH, json!({"code": "T-1", "zone": "A"}), 40056);
}

#[test]
fn every_refusal_has_its_errcode() {
    let server = TestServer::start();
    let id = server.create(card("MEETING_TICKET"));
    let code = server.claim(&id, "oA");
    let coupon = server.create(card("GROUPON"));
    let other = server.claim(&coupon, "oA");
    let deleted = server.claim(&id, "oA");
    server.ok("/wallet/v1/delete", json!({"code": deleted, "openid": "oA"}));
    for (body, errcode) in [
        (json!({"zone": "C区"}), ErrCode::CodeMissing),
        (json!({"code": "999999999999", "zone": "C区"}), ErrCode::InvalidSerialCode),
        (json!({"code": code, "card_id": "pNowhere"}), ErrCode::InvalidCardId),
        (json!({"code": code, "card_id": coupon}), ErrCode::InvalidSerialCode),
        (json!({"code": other, "zone": "C区"}), ErrCode::InvalidCardType),
        (json!({"code": deleted, "zone": "C区"}), ErrCode::InvalidUserCardStatus),
        (json!({"code": code, "zone": "x".repeat(129)}), ErrCode::OutOfLengthLimit),
        (json!({"code": code, "begin_time": -1}), ErrCode::InvalidArgs),
        (json!({"code": code, "zone": ["C区"]}), ErrCode::DataFormat),
    ] {
        server.expect_errcode(PATH, body, errcode);
    }
}

#[test]
fn meetingticket_updateuser_errors_follow_the_documented_order() {
    let server = TestServer::start();
    let long = "x".repeat(129);
    let coupon = server.create(card("GROUPON"));
    let other = server.claim(&coupon, "oA");
    server.ok("/wallet/v1/delete", json!({"code": other, "openid": "oA"}));
    server.expect_errcode(PATH, json!({"code": "999999999999", "zone": long}), 40056);
    server.expect_errcode(PATH, json!({"code": other, "zone": long}), 40071);
    let id = server.create(card("MEETING_TICKET"));
    let code = server.claim(&id, "oA");
    server.ok("/card/code/unavailable", json!({"code": code}));
    server.expect_errcode(PATH, json!({"code": code, "zone": long}), 40127);
}
