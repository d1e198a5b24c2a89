//! `/w/{appid}/cards` and `/w/{appid}/codes/{code}`: the codes of a holder.

use super::{claim, holder, press};
use crate::support::*;

#[test]
fn a_code_is_shown_as_its_card_says() {
    let server = TestServer::start();
    let mei = holder(&server, "oMei");
    for (code_type, qr, bars, text) in [
        ("CODE_TYPE_TEXT", false, false, true),
        ("CODE_TYPE_BARCODE", false, true, true),
        ("CODE_TYPE_QRCODE", true, false, true),
        ("CODE_TYPE_ONLY_BARCODE", false, true, false),
        ("CODE_TYPE_ONLY_QRCODE", true, false, false),
        ("CODE_TYPE_NONE", false, false, false),
    ] {
        let card_id = server.create(card_with("GROUPON", json!({"code_type": code_type})));
        let page = claim(&server, &mei, &card_id);
        let code = page.rsplit('/').next().unwrap();
        let shown = mei.page(&page);
        let grouped = format!("{} {} {}", &code[..4], &code[4..8], &code[8..]);
        let found =
            (shown.contains("qr-code\"><svg"), shown.contains("bars\"><svg"), shown.contains(&grouped));
        assert_eq!(found, (qr, bars, text), "{code_type}");
        server.consume(code);
        assert!(!mei.page(&page).contains("<svg"), "a used code is not shown any more");
    }
}

#[test]
fn a_holder_sees_own_cards_only_and_usable_ones_first() {
    let server = TestServer::start();
    let (mei, li) = (holder(&server, "oMei"), holder(&server, "oLi"));
    let (first, second) = (server.create(card("GROUPON")), server.create(card("CASH")));
    let (used, live) = (claim(&server, &mei, &first), claim(&server, &mei, &second));
    server.consume(used.rsplit('/').next().unwrap());
    let page = mei.page(&format!("/w/{}/cards", server.app.appid));
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}: {page}"));
    assert!(at(&live) < at("Used or over") && at("Used or over") < at(&used));
    assert_eq!(li.get(&live).status, 404, "of another holder");
    assert!(li.page(&format!("/w/{}/cards", server.app.appid)).contains("You have no cards here yet."));
    let stranger = server.surfer().get(&live);
    assert!(stranger.header("location").unwrap().contains("/who?next="));
}

#[test]
fn deleting_a_card_from_the_holders_page_needs_a_tick() {
    let server = TestServer::start();
    let mei = holder(&server, "oMei");
    let page = claim(&server, &mei, &server.create(card("GROUPON")));
    let code = page.rsplit('/').next().unwrap().to_owned();
    press(&mei, &page, &[("act", "delete")]);
    assert_eq!(server.state(&code).0, "NORMAL");
    press(&mei, &page, &[("act", "delete"), ("sure", "true")]);
    assert_eq!(server.state(&code).0, "DELETE");
    assert!(!mei.page(&format!("/w/{}/cards", server.app.appid)).contains(&code));
}

#[test]
fn a_member_sees_points_and_balance_where_the_card_shows_them() {
    let server = TestServer::start();
    let mei = holder(&server, "oMei");
    for (shows, expected) in [(true, 1), (false, 0)] {
        let beside = json!({"auto_activate": true, "activate_url": "", "supply_bonus": shows, "supply_balance": shows});
        let page = claim(&server, &mei, &server.create(card_with_both("MEMBER_CARD", json!({}), beside)));
        let code = page.rsplit('/').next().unwrap();
        let change =
            json!({"code": code, "card_id": server.code_card(code), "add_bonus": 1250, "add_balance": 8850});
        server.ok("/card/membercard/updateuser", change);
        let shown = mei.page(&page);
        assert_eq!(shown.matches("<dd>1,250</dd>").count(), expected);
        assert_eq!(shown.matches("<dd>¥88.50</dd>").count(), expected);
    }
}

#[test]
fn a_code_before_its_window_says_from_when_on() {
    let server = TestServer::start();
    let mei = holder(&server, "oMei");
    let later = json!({"date_info": {"type": "DATE_TYPE_FIX_TERM", "fixed_term": 5, "fixed_begin_term": 2}});
    let page = claim(&server, &mei, &server.create(card_with("GROUPON", later)));
    assert!(mei.page(&page).contains(&format!("Can be used from {}", server.date(2))));
}

#[test]
fn a_card_for_ever_says_so() {
    let server = TestServer::start();
    let mei = holder(&server, "oMei");
    let base = json!({"date_info": {"type": "DATE_TYPE_PERMANENT"}});
    let card = card_with_both("MEMBER_CARD", base, json!({"auto_activate": true, "activate_url": ""}));
    let page = mei.page(&claim(&server, &mei, &server.create(card)));
    assert!(page.contains("For ever") && !page.contains("2038"), "{page}");
}

#[test]
fn a_card_named_in_the_address_of_a_code_is_encoded_on_the_way_back() {
    let server = TestServer::start();
    let page = format!("/w/{}/codes/123456789012?card_id=a%26b%23c", server.app.appid);
    let to_who = server.surfer().get(&page).header("location").unwrap().to_owned();
    let next: Vec<_> = form_urlencoded::parse(to_who.split_once('?').unwrap().1.as_bytes()).collect();
    assert_eq!(next, [("next".into(), page.into())]);
}
