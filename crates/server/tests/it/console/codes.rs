//! `/console/{appid}/codes` and `/console/{appid}/members`: finding codes, their history, and their actions.

use crate::support::*;
use kaquan_store::Role;

#[test]
fn a_code_is_found_by_itself_by_its_holder_and_by_a_members_phone() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Operator);
    let code = server.claim(&server.create(card("GROUPON")), "oHolder");
    let card_id = server.create_with_form(json!({}), member_form());
    let member = server.claim(&card_id, "oMember");
    let mut answers = member_answers();
    answers["openid"] = json!("oMember");
    answers["code"] = json!(member);
    server.ok("/wallet/v1/activate/submit", answers.clone());
    let phone = answers["common_field_list"]
        .as_array()
        .unwrap()
        .iter()
        .find(|answer| answer["name"] == "USER_FORM_INFO_FLAG_MOBILE")
        .unwrap()["value"]
        .as_str()
        .unwrap()
        .to_owned();
    for (words, expected) in [(code.as_str(), &code), ("oHolder", &code), (phone.as_str(), &member)] {
        assert!(
            surfer.app_page(&format!("codes?q={words}")).contains(&format!("codes/{expected}")),
            "{words}"
        );
    }
    assert!(surfer.app_page("codes?q=nothing").contains("Nothing was found."));
    let members = surfer.app_page("members");
    assert!(members.contains(&member) && !members.contains(&code));
}

#[test]
fn the_history_of_a_code_is_shown_in_the_language_of_the_page() {
    let server = TestServer::start();
    let mut surfer = server.signed_in(Role::Operator);
    let card_id = server.create(card("GROUPON"));
    let code = server.claim(&card_id, "o1");
    server.consume(&code);
    let page = surfer.app_page(&format!("codes/{code}"));
    let (claimed, consumed) = (page.find("<strong>Claimed").unwrap(), page.find("<strong>Consumed").unwrap());
    assert!(consumed < claimed, "the newest first");
    assert!(page.contains("by the API"));
    surfer.language = "zh";
    assert!(surfer.app_page(&format!("codes/{code}")).contains("<strong>领取"));
    assert_eq!(surfer.get(&surfer.app_path("codes/000000000000")).status, 404);
}

#[test]
fn making_a_code_unavailable_needs_a_tick_and_undoing_a_consume_none() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Operator);
    let card_id = server.create(card("GROUPON"));
    let (code, consumed) = (server.claim(&card_id, "o1"), server.claim(&card_id, "o2"));
    let path = format!("codes/{code}");
    surfer.app_submit(&path, &path, &[("act", "unavailable"), ("reason", "r")]);
    assert_eq!(server.state(&code).0, "NORMAL", "the box was not ticked");
    surfer.app_submit(&path, &path, &[("act", "unavailable"), ("reason", "投诉"), ("sure", "true")]);
    assert_eq!(server.state(&code).0, "UNAVAILABLE");
    assert!(surfer.app_page(&path).contains("投诉"));
    server.consume(&consumed);
    let path = format!("codes/{consumed}");
    assert_eq!(surfer.app_submit(&path, &path, &[("act", "return")]).status, 303);
    assert_eq!(server.state(&consumed).0, "NORMAL");
}

#[test]
fn a_member_is_adjusted_with_a_reason() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Operator);
    let beside = json!({"auto_activate": true, "activate_url": "", "supply_balance": true});
    let code = server.claim(&server.create(card_with_both("MEMBER_CARD", json!({}), beside)), "o1");
    let path = format!("codes/{code}");
    let adjust = |bonus: &str, balance: &str, why: &str| {
        let fields = [("act", "adjust"), ("add_bonus", bonus), ("add_balance", balance), ("why", why)];
        surfer.app_submit(&path, &path, &fields).status
    };
    assert_eq!(adjust("120", "88.50", "补登"), 303);
    assert_eq!(adjust("-20", "", "退货"), 303);
    assert_eq!((adjust("x", "", "r"), adjust("1", "", ""), adjust("", "", "r")), (422, 422, 422));
    let got =
        server.ok("/card/membercard/userinfo/get", json!({"card_id": server.code_card(&code), "code": code}));
    assert_eq!((&got["bonus"], &got["balance"]), (&json!(100), &json!(8850)));
    let page = surfer.app_page(&path);
    assert!(page.contains("points -20 · 退货") && page.contains("points +120"), "{page}");
}
