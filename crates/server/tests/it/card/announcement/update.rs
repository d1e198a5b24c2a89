//! `POST /card/announcement/update`: changes or ends an announcement without notifying the member.

use super::{announcement, member, sent, shown};
use crate::support::*;

const PATH: &str = "/card/announcement/update";

#[test]
fn an_update_changes_given_members_and_an_end_is_permanent() {
    let server = TestServer::start();
    let (card_id, code) = member(&server);
    let create_time = sent(&server, announcement(&server, &card_id, &code));
    let update =
        |change: Value| merged(json!({"code": code, "card_id": card_id, "create_time": create_time}), change);
    let events = server.ok("/kaquan/v1/events/list", json!({}))["events"].take();
    let end_time = server.now() + 3600;
    for change in
        [json!({"text": "新公告"}), json!({"url": "https://a.example"}), json!({"end_time": end_time})]
    {
        assert_eq!(server.post(PATH, update(change)), json!({"errcode": 0, "errmsg": "ok"}));
    }
    let expected = json!([{
        "create_time": create_time, "end_time": end_time, "text": "新公告", "url": "https://a.example",
        "thumb_url": "", "closed": false, "is_current": true,
    }]);
    assert_eq!(shown(&server, &code), expected);
    server.ok(PATH, update(json!({"close": true})));
    assert_eq!(shown(&server, &code)[0]["is_current"], false);
    server.expect_errcode(PATH, update(json!({"text": "x"})), 40097);
    assert_eq!(server.ok("/kaquan/v1/events/list", json!({}))["events"], events, "no receiver is notified");
}

#[test]
fn the_callers_own_time_is_accepted_if_it_fits_one_announcement() {
    let server = TestServer::start();
    let (card_id, code) = member(&server);
    let create_time = sent(&server, announcement(&server, &card_id, &code));
    let at = |time: i64| json!({"code": code, "card_id": card_id, "create_time": time.to_string()});
    server.ok(PATH, at(create_time + 5));
    server.ok(PATH, at(create_time - 5));
    server.expect_errcode(PATH, at(create_time + 6), 40097);
    let second = sent(&server, announcement(&server, &card_id, &code));
    assert_eq!(second, create_time + 1, "two of one second have times of their own");
    server.ok(PATH, at(second));
    server.expect_errcode(PATH, at(second + 1), 40097);
}

#[test]
fn every_refusal_has_its_errcode_in_the_documented_order() {
    let server = TestServer::start();
    let (card_id, code) = member(&server);
    let coupon = server.create(card("GROUPON"));
    let other = server.claim(&coupon, "oMei");
    let create_time = sent(&server, announcement(&server, &card_id, &code));
    let mut body = json!({"code": code, "card_id": card_id, "create_time": create_time});
    for (change, errcode) in [
        (json!({"end_time": server.now() + 86_401}), ErrCode::InvalidTime),
        (json!({"create_time": 1}), ErrCode::InvalidArgs),
        (json!({"code": other, "card_id": coupon}), ErrCode::InvalidCardType),
        (json!({"code": "999999999999"}), ErrCode::InvalidSerialCode),
        (json!({"card_id": "pNowhere"}), ErrCode::InvalidCardId),
        (json!({"end_time": server.now()}), ErrCode::InvalidTime),
        (json!({"thumb_url": "https://elsewhere.example/a.png"}), ErrCode::PicNotFromCdn),
        (json!({"text": "字".repeat(17)}), ErrCode::OutOfLengthLimit),
        (json!({"create_time": null}), ErrCode::MissingFields),
        (json!({"card_id": null}), ErrCode::CardIdMissing),
        (json!({"code": null}), ErrCode::CodeMissing),
    ] {
        body = merged(body, change);
        server.expect_errcode(PATH, body.clone(), errcode);
    }
    server.ok("/card/code/unavailable", json!({"code": code}));
    let late = json!({"code": code, "card_id": card_id, "create_time": create_time});
    server.expect_errcode(PATH, late, 40127);
}
