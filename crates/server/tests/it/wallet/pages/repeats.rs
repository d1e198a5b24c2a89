//! Forms of the wallet that are sent again: claims, gifts, activations. The answer to a repeat says that it was done
//! before. A key works only for one holder and one page.

use super::{claim, holder, path, press};
use crate::support::page::{encoded, hidden};
use crate::support::*;

#[test]
fn a_claim_sent_again_leads_to_the_code_of_before_and_says_so() {
    let server = TestServer::start();
    let mei = holder(&server, "oMei");
    let card_id = server.create(card_with("GROUPON", json!({"get_limit": 5})));
    let page = format!("/w/{}/card/{card_id}", server.app.appid);
    let before = server.stock(&card_id).0;
    let first = press(&mei, &page, &[("once", "k")]);
    let shown = mei.page(first.header("location").unwrap());
    assert!(shown.contains("It is yours."), "{shown}");
    let again = press(&mei, &page, &[("once", "k")]);
    let shown = mei.page(again.header("location").unwrap());
    assert!(shown.contains("This was done before, at") && !shown.contains("It is yours."), "{shown}");
    assert_eq!(server.stock(&card_id).0, before - 1);
    let fresh = press(&mei, &page, &[("once", "k2")]);
    assert!(mei.page(fresh.header("location").unwrap()).contains("It is yours."));
}

#[test]
fn one_key_of_two_holders_and_of_two_cards_stands_for_each() {
    let server = TestServer::start();
    let cards = ["GROUPON", "CASH"].map(|kind| server.create(card(kind)));
    for openid in ["oMei", "oLi"] {
        let holder = holder(&server, openid);
        for card_id in &cards {
            let page = format!("/w/{}/card/{card_id}", server.app.appid);
            let claimed = press(&holder, &page, &[("once", "k")]);
            let shown = holder.page(claimed.header("location").unwrap());
            assert!(shown.contains("It is yours."), "{openid} {card_id}");
        }
    }
}

#[test]
fn a_gift_accepted_again_leads_to_the_code_and_says_so() {
    let server = TestServer::start();
    let (mei, li) = (holder(&server, "oMei"), holder(&server, "oLi"));
    let page = claim(&server, &mei, &server.create(card_with("GROUPON", json!({"can_give_friend": true}))));
    assert_eq!(press(&mei, &page, &[("act", "give"), ("once", "k")]).status, 303);
    let shown = mei.page(&page);
    let link = shown.split("id=\"gift\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let link = path(&server, link);
    let again = press(&mei, &page, &[("act", "give"), ("once", "k")]);
    assert!(again.status == 409 && again.text().contains("This was done before, at"));
    let [csrf, seen] = ["csrf", "seen"].map(|name| hidden(&li.page(&link), name));
    let accept = || li.send("POST", &link, &encoded(&[("csrf", &csrf), ("once", "k"), ("seen", &seen)]));
    assert!(accept().header("location").is_some_and(|to| to.contains("done=accept")));
    let again = accept();
    let shown = li.page(again.header("location").unwrap());
    assert!(shown.contains("This was done before, at") && !shown.contains("gift is yours"), "{shown}");
}

#[test]
fn an_activation_sent_again_leads_to_the_membership_and_says_so() {
    let server = TestServer::start();
    let form = json!({"required_form": {"common_field_id_list": ["USER_FORM_INFO_FLAG_MOBILE"]}});
    let card_id = server.create_with_form(json!({}), form);
    let mei = holder(&server, "oMei");
    let page = format!("/w/{}/activate/{card_id}", server.app.appid);
    let typed = |mobile| [("common.USER_FORM_INFO_FLAG_MOBILE", mobile), ("once", "k")];
    let done = press(&mei, &page, &typed("13800138000"));
    assert!(mei.page(done.header("location").unwrap()).contains("Done."));
    let again = press(&mei, &page, &typed("13800138000"));
    let shown = mei.page(again.header("location").unwrap());
    assert!(shown.contains("This was done before, at") && !shown.contains("Done."), "{shown}");
    let other = press(&mei, &page, &typed("13900139000"));
    assert!(other.status == 409 && other.text().contains("value=\"13900139000\""), "{}", other.text());
}

#[test]
fn the_merchants_reason_is_on_the_page_of_an_unavailable_code() {
    let server = TestServer::start();
    let mut mei = holder(&server, "oMei");
    let page = claim(&server, &mei, &server.create(card("GROUPON")));
    let code = page.rsplit('/').next().unwrap();
    server.ok("/card/code/unavailable", json!({"code": code, "reason": "误发，<已>补发新券"}));
    let shown = mei.page(&page);
    assert!(shown.contains("The merchant&#39;s reason: 误发，&#60;已&#62;补发新券"), "{shown}");
    mei.language = "zh";
    assert!(mei.page(&page).contains("商家说明："));
}
