//! `POST /card/announcement/send`: shows an announcement to a member. A member gets at most four in a month.

use super::{announcement, member, sent, shown};
use crate::support::*;
use crate::wallet::pages::holder;

const PATH: &str = "/card/announcement/send";

#[test]
fn an_announcement_moves_from_the_page_to_a_history_when_it_ends() {
    let server = TestServer::start();
    let (card_id, code) = member(&server);
    let picture = "http://mmbiz.qpic.cn/mmbiz/a/0";
    let mut body = announcement(&server, &card_id, &code);
    (body["url"], body["thumb_url"]) = (json!("https://shop.example/sale"), json!(picture));
    let reply = server.post(PATH, body);
    assert_eq!(reply, json!({"errcode": 0, "errmsg": "ok", "create_time": server.now()}));
    let (mei, path) = (holder(&server, "oMei"), format!("/w/{}/codes/{code}", server.app.appid));
    let page = mei.page(&path);
    assert!(page.contains("店庆双倍积分") && page.contains("https://shop.example/sale"), "{page}");
    assert!(!page.contains(picture) && !page.contains("Earlier announcements"), "{page}");
    let expected = json!([{
        "create_time": server.now(), "end_time": server.now() + 86_400, "text": "店庆双倍积分",
        "url": "https://shop.example/sale", "thumb_url": picture, "closed": false, "is_current": true,
    }]);
    assert_eq!(shown(&server, &code), expected);
    server.clock.advance(86_401);
    let page = mei.page(&path);
    let (history, text) = (page.find("Earlier announcements"), page.find("店庆双倍积分"));
    assert!(history.is_some() && history < text && page.contains(picture), "{page}");
    assert_eq!(shown(&server, &code)[0]["is_current"], false);
}

#[test]
fn of_parallel_announcements_a_holder_gets_four_in_a_month() {
    let server = TestServer::start();
    let (card_id, code) = member(&server);
    let target = format!("{PATH}?access_token={}", server.token());
    let body = announcement(&server, &card_id, &code).to_string();
    let replies: Vec<Value> = std::thread::scope(|scope| {
        let send = || {
            let (mut client, target, body) = (server.connect(), target.clone(), body.clone());
            scope.spawn(move || client.send("POST", &target, &[], body.as_bytes()).json())
        };
        let senders: Vec<_> = (0..12).map(|_| send()).collect();
        senders.into_iter().map(|sender| sender.join().expect("a reply")).collect()
    });
    let times: std::collections::BTreeSet<i64> = replies
        .iter()
        .filter(|reply| reply["errcode"] == 0)
        .filter_map(|it| it["create_time"].as_i64())
        .collect();
    assert_eq!(times.len(), 4, "{replies:?}");
    assert!(replies.iter().all(|reply| [json!(0), json!(45009)].contains(&reply["errcode"])), "{replies:?}");
    let again = announcement(&server, &card_id, &code);
    server.expect_errcode(PATH, again, ErrCode::ApiDailyQuota);
    // It is noon of 10 March: the month ends 21 days and 12 hours later.
    server.clock.advance(21 * 86_400 + 43_199);
    server.expect_errcode(PATH, announcement(&server, &card_id, &code), 45009);
    server.clock.advance(1);
    sent(&server, announcement(&server, &card_id, &code));
    assert_eq!(shown(&server, &code).as_array().map(Vec::len), Some(5));
}

#[test]
fn an_announcement_may_name_the_code_by_a_former_text() {
    let server = TestServer::start();
    let base = json!({"use_custom_code": true});
    let card_id = server.create(card_with("MEMBER_CARD", base));
    server.claim_code(&card_id, "oMei", "FIRST");
    let named = |code: &str| json!({"card_id": card_id, "code": code});
    let number = json!({"membership_number": "1"});
    server.ok("/card/membercard/activate", merged(named("FIRST"), number));
    server.ok("/card/code/update", merged(named("FIRST"), json!({"new_code": "SECOND"})));
    for code in ["FIRST", "SECOND"] {
        sent(&server, announcement(&server, &card_id, code));
    }
    server.expect_errcode(PATH, announcement(&server, &card_id, "THIRD"), 40056);
}

#[test]
fn every_refusal_has_its_errcode_in_the_documented_order() {
    let server = TestServer::start();
    let (card_id, code) = member(&server);
    let (coupon, inactive) = (server.create(card("GROUPON")), server.create(card("MEMBER_CARD")));
    let (other, idle) = (server.claim(&coupon, "oMei"), server.claim(&inactive, "oMei"));
    // The faults of one request, from the last check to the first. Each fault hides the faults above it.
    let mut body = announcement(&server, &card_id, &code);
    let week = server.now() + 7 * 86_400;
    server.ok("/card/code/unavailable", json!({"code": idle}));
    for (change, errcode) in [
        (json!({"code": idle, "card_id": inactive}), ErrCode::InvalidUserCardStatus),
        (json!({"code": other, "card_id": coupon}), ErrCode::InvalidCardType),
        (json!({"code": "999999999999"}), ErrCode::InvalidSerialCode),
        (json!({"card_id": "pNowhere"}), ErrCode::InvalidCardId),
        (json!({"end_time": week + 1}), ErrCode::InvalidTime),
        (json!({"end_time": server.now()}), ErrCode::InvalidTime),
        (json!({"thumb_url": "https://elsewhere.example/a.png"}), ErrCode::PicNotFromCdn),
        (json!({"url": "javascript:1"}), ErrCode::InvalidArgs),
        (json!({"thumb_url": format!("http://mmbiz.{}", "x".repeat(500))}), ErrCode::OutOfLengthLimit),
        (json!({"url": "x".repeat(257)}), ErrCode::OutOfLengthLimit),
        (json!({"text": "字".repeat(17)}), ErrCode::OutOfLengthLimit),
        (json!({"text": ""}), ErrCode::MissingFields),
        (json!({"end_time": null}), ErrCode::MissingFields),
        (json!({"card_id": null}), ErrCode::CardIdMissing),
        (json!({"code": null}), ErrCode::CodeMissing),
    ] {
        body = merged(body, change);
        server.expect_errcode(PATH, body.clone(), errcode);
    }
    let idle = server.claim(&inactive, "oLi");
    server.expect_errcode(PATH, announcement(&server, &inactive, &idle), 40127);
    let last = merged(announcement(&server, &card_id, &code), json!({"end_time": week.to_string()}));
    server.ok(PATH, merged(last, json!({"text": "字".repeat(16), "url": "x".repeat(256)})));
}
