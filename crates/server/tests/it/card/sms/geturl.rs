//! `POST /card/sms/geturl`: a short claim link for text messages. WeChat manual: "投放卡券" (distribute cards).

use crate::support::*;
use crate::wallet::pages::{holder, path, press};
use kaquan_core::event::EventKind;

const PATH: &str = "/card/sms/geturl";

fn link(server: &TestServer, body: Value) -> String {
    let reply = server.post(PATH, body);
    assert_eq!(shape::keys(&reply), ["errcode", "errmsg", "url"], "{reply}");
    path(server, reply["url"].as_str().expect("an address"))
}

#[test]
fn a_claim_by_the_link_counts_for_its_channel() {
    let server = TestServer::start();
    let receiver = Receiver::start();
    server.push_to(&receiver);
    let id = server.create(card("MEMBER_CARD"));
    let page = link(&server, json!({"card_id": id, "outer_id": 7, "outer_str": "短信"}));
    assert!(page.starts_with("/w/s/") && page.len() == 17, "{page}");
    assert!(server.surfer().page(&page).contains("<button>Claim</button>"));
    let mei = holder(&server, "oMei");
    mei.page(&page);
    assert_eq!(server.last_event(EventKind::View).detail.as_deref(), Some("短信"));
    assert_eq!(press(&mei, &page, &[]).status, 303);
    let events = receiver.wait_until("the claim", |events| {
        events.iter().any(|event| event.element("Event") == Some("user_get_card"))
    });
    let event = events.iter().find(|event| event.element("Event") == Some("user_get_card")).unwrap();
    for (name, value) in [("OuterStr", "短信"), ("OuterId", "7"), ("SourceScene", "SOURCE_SCENE_UNKNOW")] {
        assert_eq!(event.element(name), Some(value), "{name}");
    }
    let code = event.element("UserCardCode").expect("a code");
    assert_eq!(server.ok("/card/code/get", json!({"code": code}))["outer_str"], "短信");
}

#[test]
fn the_same_request_has_the_same_link_and_another_channel_another() {
    let server = TestServer::start();
    let id = server.create(card("GENERAL_CARD"));
    let body = json!({"card_id": id, "outer_id": 1});
    let first = link(&server, body.clone());
    assert_eq!(first, link(&server, body.clone()));
    assert_eq!(first, link(&server, merged(body.clone(), json!({"outer_id": "1"}))));
    assert_ne!(first, link(&server, merged(body, json!({"outer_str": "b"}))));
    let other = format!("{}A", &first[..first.len() - 1]);
    for unknown in [other.as_str(), "/w/s/x", "/w/s/AAAAAAAAAAAA"] {
        assert!(unknown == first || server.surfer().get(unknown).status == 404, "{unknown}");
    }
}

#[test]
fn a_link_with_a_code_is_claimed_once() {
    let server = TestServer::start();
    let id = server.create(card_with("MEMBER_CARD", json!({"use_custom_code": true})));
    let page = link(&server, json!({"card_id": id, "code": " SMS-1 "}));
    let (mei, li) = (holder(&server, "oMei"), holder(&server, "oLi"));
    assert_eq!(press(&mei, &page, &[]).status, 303);
    assert_eq!(server.ok("/card/code/get", json!({"card_id": id, "code": "SMS-1"}))["openid"], "oMei");
    assert_eq!(press(&li, &page, &[]).status, 422);
    server.expect_errcode(PATH, json!({"card_id": id, "code": "SMS-1"}), 40056);
    let deposit = json!({"use_custom_code": true, "get_custom_code_mode": "GET_CUSTOM_CODE_MODE_DEPOSIT",
        "sku": {"quantity": 0}});
    let deposited = server.create(card_with("MEMBER_CARD", deposit));
    server.ok("/card/code/deposit", json!({"card_id": deposited, "code": ["D-1"]}));
    server.ok("/card/modifystock", json!({"card_id": deposited, "increase_stock_value": 1}));
    let page = link(&server, json!({"card_id": deposited}));
    assert_eq!(press(&li, &page, &[]).status, 303);
}

#[test]
fn a_link_ends_with_its_card() {
    let server = TestServer::start();
    let window = json!({
        "type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": server.now(), "end_timestamp": server.now() + 60,
    });
    let id = server.create(card_with("MEMBER_CARD", json!({"date_info": window})));
    let page = link(&server, json!({"card_id": id}));
    let mei = holder(&server, "oMei");
    server.clock.advance(61);
    assert!(mei.page(&page).contains("This card has expired."));
}

#[test]
fn every_refusal_has_its_errcode_in_the_documented_order() {
    let server = TestServer::start();
    let coupon = server.create(card("GROUPON"));
    let custom = server.create(card_with("MEMBER_CARD", json!({"use_custom_code": true})));
    let bound = server.create(card_with("MEMBER_CARD", json!({"bind_openid": true})));
    let deleted = server.create(card("MEMBER_CARD"));
    server.ok("/card/delete", json!({"card_id": deleted}));
    for (body, errcode) in [
        (json!({"code": "x"}), ErrCode::CardIdMissing),
        (json!({"card_id": "pNowhere", "outer_str": "x".repeat(129)}), ErrCode::OutOfLengthLimit),
        (json!({"card_id": "pNowhere", "code": "x".repeat(21)}), ErrCode::OutOfLengthLimit),
        (json!({"card_id": "pNowhere", "outer_id": 1_i64 << 31}), ErrCode::InvalidArgs),
        (json!({"card_id": "pNowhere"}), ErrCode::InvalidCardId),
        (json!({"card_id": coupon}), ErrCode::InvalidCardType),
        (json!({"card_id": deleted}), ErrCode::InvalidCardStatus),
        (json!({"card_id": custom}), ErrCode::CodeMissing),
        (json!({"card_id": custom, "code": "  "}), ErrCode::HaveEmptyCode),
        (json!({"card_id": bound}), ErrCode::OpenidMissing),
    ] {
        server.expect_errcode(PATH, body, errcode);
    }
    let other = server.second_app();
    server.expect_errcode_as(&other, PATH, json!({"card_id": custom, "code": "x"}), 40073);
}
