//! `date_info` on update: a FIX_TIME_RANGE only widens, and every other change of a window is 40100.

use super::{base_patch, refused};
use crate::support::*;

const DAY: i64 = 86_400;
const BEGIN: i64 = NOON.0 - DAY;
const END: i64 = NOON.0 + 30 * DAY;
const RANGE: &str = "DATE_TYPE_FIX_TIME_RANGE";

fn widened(date_info: Value) -> (i64, i64) {
    let server = TestServer::manual();
    let id = server.create(card("GROUPON"));
    server.pass(&id);
    assert!(!server.update_base(&id, "GROUPON", json!({"date_info": date_info})));
    let base = server.base_info(&id);
    assert_eq!(base["status"], "CARD_STATUS_VERIFY_OK");
    assert_eq!(shape::keys(&base["date_info"]), ["type", "begin_timestamp", "end_timestamp"]);
    assert_eq!(base["date_info"]["type"], RANGE);
    let stamp = |key: &str| base["date_info"][key].as_i64().expect("a number");
    (stamp("begin_timestamp"), stamp("end_timestamp"))
}

#[test]
fn a_range_moves_its_begin_earlier_and_its_end_later() {
    let both = json!({"type": RANGE, "begin_timestamp": BEGIN - 5, "end_timestamp": END + 7});
    assert_eq!(widened(both), (BEGIN - 5, END + 7));
    assert_eq!(widened(json!({"type": 1, "begin_timestamp": BEGIN, "end_timestamp": END})), (BEGIN, END));
}

#[test]
fn the_type_and_either_stamp_may_be_left_out() {
    assert_eq!(widened(json!({"end_timestamp": END + 1})), (BEGIN, END + 1));
    assert_eq!(widened(json!({"type": RANGE, "begin_timestamp": BEGIN - 1})), (BEGIN - 1, END));
    assert_eq!(widened(json!({"type": RANGE})), (BEGIN, END));
    assert_eq!(widened(json!({})), (BEGIN, END));
}

#[test]
fn stamps_may_be_text_and_members_of_other_types_are_passed_over() {
    let sent = json!({
        "type": "1", "begin_timestamp": BEGIN.to_string(), "end_timestamp": (END + 1).to_string(),
        "fixed_term": 0, "fixed_begin_term": 0,
    });
    assert_eq!(widened(sent), (BEGIN, END + 1));
}

#[test]
fn a_range_that_narrows_is_40100_with_wechats_whole_text() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    for date_info in [
        json!({"type": RANGE, "begin_timestamp": BEGIN, "end_timestamp": END - 1}),
        json!({"type": RANGE, "begin_timestamp": BEGIN + 1, "end_timestamp": END}),
        json!({"end_timestamp": END - 1}),
        json!({"begin_timestamp": BEGIN + 1}),
        json!({"begin_timestamp": BEGIN - 1, "end_timestamp": END - 1}),
        json!({"begin_timestamp": BEGIN + 1, "end_timestamp": END + 1}),
        json!({"begin_timestamp": -1}),
        json!({"end_timestamp": 4_294_967_296_i64}),
    ] {
        refused(&server, &id, base_patch(&id, json!({"date_info": date_info})), 40100);
    }
    let reply = server.post("/card/update", base_patch(&id, json!({"date_info": {"end_timestamp": 5}})));
    let text = "invalid DateInfo, Make Sure OldDateInfoType==NewDateInfoType && NewBeginTime<=OldBeginTime && \
                OldEndTime<= NewEndTime hint: [";
    assert!(reply["errmsg"].as_str().unwrap().starts_with(text), "{reply}");
}

#[test]
fn the_type_of_a_window_never_changes() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    for date_type in
        [json!("DATE_TYPE_FIX_TERM"), json!(2), json!("2"), json!("DATE_TYPE_PERMANENT"), json!("x")]
    {
        let date_info = json!({"type": date_type, "fixed_term": 30, "end_timestamp": END + 1});
        refused(&server, &id, base_patch(&id, json!({"date_info": date_info})), 40100);
    }
}

#[test]
fn a_card_without_a_range_has_no_window_to_change() {
    let server = TestServer::start();
    for (card_type, own) in [
        ("GROUPON", json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": 30, "fixed_begin_term": 0})),
        ("MEMBER_CARD", json!({"type": "DATE_TYPE_PERMANENT"})),
    ] {
        let id = server.create(card_with(card_type, json!({"date_info": own.clone()})));
        let range = json!({"type": RANGE, "begin_timestamp": BEGIN, "end_timestamp": END});
        let same = super::patch(&id, card_type, json!({"base_info": {"date_info": own}}));
        assert_eq!(server.ok("/card/update", same)["send_check"], false);
        for date_info in [range, json!({"end_timestamp": END}), json!({"fixed_term": 60})] {
            let body = super::patch(&id, card_type, json!({"base_info": {"date_info": date_info}}));
            refused(&server, &id, body, 40100);
        }
    }
}

#[test]
fn a_window_that_is_no_window_is_47001() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    for date_info in
        [json!("x"), json!([1]), json!({"end_timestamp": "tomorrow"}), json!({"end_timestamp": 1.5})]
    {
        refused(&server, &id, base_patch(&id, json!({"date_info": date_info})), 47001);
    }
}

#[test]
fn widening_brings_expired_codes_back() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, "oA");
    server.clock.advance(31 * DAY);
    assert_eq!(server.state(&code), ("EXPIRE".to_owned(), false));
    server.update_base(&id, "GROUPON", json!({"date_info": {"end_timestamp": server.now() + DAY}}));
    assert_eq!(server.state(&code), ("NORMAL".to_owned(), true));
    server.consume(&code);
}
