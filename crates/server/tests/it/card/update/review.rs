//! Which updates send a card back to review, what holders can do meanwhile, and how the review ends. A reviewed
//! field in the request sends the card to review even if its value is the same.

use super::base_patch;
use crate::support::*;

#[test]
fn the_same_value_again_is_sent_to_review_all_the_same() {
    let server = TestServer::manual();
    let id = server.create(card("GROUPON"));
    server.pass(&id);
    assert!(server.update_base(&id, "GROUPON", json!({"color": "Color010"})));
    assert_eq!(server.status(&id), "CARD_STATUS_NOT_VERIFY");
}

#[test]
fn one_reviewed_field_among_others_is_enough() {
    let server = TestServer::manual();
    let id = server.create(card("GROUPON"));
    server.pass(&id);
    let base = json!({"service_phone": "020", "notice": "新", "can_share": true});
    assert!(server.update_base(&id, "GROUPON", base));
    assert_eq!(server.status(&id), "CARD_STATUS_NOT_VERIFY");
}

#[test]
fn new_values_show_at_once_while_the_card_waits() {
    let server = TestServer::manual();
    let id = server.create(card("GROUPON"));
    server.pass(&id);
    server.update_base(&id, "GROUPON", json!({"notice": "新提醒"}));
    let base = server.base_info(&id);
    assert_eq!((&base["notice"], &base["status"]), (&json!("新提醒"), &json!("CARD_STATUS_NOT_VERIFY")));
}

#[test]
fn a_card_in_review_is_not_claimed_and_codes_that_are_out_stay_good() {
    let server = TestServer::manual();
    let id = server.create(card("GROUPON"));
    server.pass(&id);
    let code = server.claim(&id, "oA");
    server.update_base(&id, "GROUPON", json!({"notice": "新"}));
    server.expect_errcode("/wallet/v1/claim", json!({"card_id": id, "openid": "oB"}), 40078);
    server.consume(&code);
    server.pass(&id);
    server.claim(&id, "oB");
}

#[test]
fn an_app_that_passes_its_cards_answers_send_check_and_stays_open() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    assert!(server.update_base(&id, "GROUPON", json!({"notice": "新"})));
    assert_eq!(server.status(&id), "CARD_STATUS_VERIFY_OK");
    server.claim(&id, "oA");
}

#[test]
fn a_change_without_review_leaves_every_status_as_it_is() {
    let server = TestServer::manual();
    let id = server.create(card("GROUPON"));
    let base = || json!({"service_phone": "020"});
    assert!(!server.update_base(&id, "GROUPON", base()));
    assert_eq!(server.status(&id), "CARD_STATUS_NOT_VERIFY");
    server.ok("/kaquan/v1/review", json!({"card_id": id, "pass": false, "reason": "图片不清晰"}));
    assert!(!server.update_base(&id, "GROUPON", base()));
    assert_eq!(server.status(&id), "CARD_STATUS_VERIFY_FAIL");
}

#[test]
fn a_refused_card_is_corrected_and_waits_again() {
    let server = TestServer::manual();
    let id = server.create(card("GROUPON"));
    server.ok("/kaquan/v1/review", json!({"card_id": id, "pass": false}));
    assert!(server.update_base(&id, "GROUPON", json!({"logo_url": "http://mmbiz.qpic.cn/new/0"})));
    assert_eq!(server.status(&id), "CARD_STATUS_NOT_VERIFY");
    server.pass(&id);
    assert_eq!(server.status(&id), "CARD_STATUS_VERIFY_OK");
}

#[test]
fn a_refused_request_sends_nothing_to_review() {
    let server = TestServer::manual();
    let id = server.create(card("GROUPON"));
    server.pass(&id);
    super::refused(&server, &id, base_patch(&id, json!({"notice": "新", "brand_name": "新"})), 47001);
    assert_eq!(server.status(&id), "CARD_STATUS_VERIFY_OK");
}

#[test]
fn update_time_moves_and_create_time_stays() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    for (after, base) in [(10, json!({"notice": "x"})), (20, json!({"service_phone": "x"}))] {
        server.clock.set(NOON.plus(after));
        server.update_base(&id, "GROUPON", base);
        let base = server.base_info(&id);
        assert_eq!((&base["create_time"], &base["update_time"]), (&json!(NOON.0), &json!(NOON.0 + after)));
    }
}
