//! The benefit of a card, on every page that shows the card: to the holder, the friend, the clerk and the merchant.

use super::{claim, holder, path, press};
use crate::support::*;
use kaquan_store::Role;

const FACE: [&str; 2] = ["¥20", "On purchases of ¥100 or more"];
const DETAILS: [&str; 3] =
    ["Not for: 茶具", "Cannot be used together with other offers", "href=\"tel:020-88886666\""];

/// A voucher of ¥20 from ¥100 on, with a condition and the telephone of the merchant.
fn voucher(server: &TestServer) -> String {
    let condition = json!({"reject_category": "茶具", "can_use_with_other_discount": false});
    let base = json!({"can_give_friend": true, "service_phone": "020-8888 6666"});
    let beside =
        json!({"reduce_cost": 2000, "least_cost": 10_000, "advanced_info": {"use_condition": condition}});
    server.create(card_with_both("CASH", base, beside))
}

#[track_caller]
fn check_has(page: &str, texts: &[&str]) {
    for text in texts {
        assert!(page.contains(text), "{text} is missing in {page}");
    }
}

#[test]
fn holder_and_friend_see_what_a_card_gives() {
    let server = TestServer::start();
    let (mei, li) = (holder(&server, "oMei"), holder(&server, "oLi"));
    let card_id = voucher(&server);
    let offer = mei.page(&format!("/w/{}/card/{card_id}", server.app.appid));
    check_has(&offer, &FACE);
    check_has(&offer, &DETAILS);
    let code_page = claim(&server, &mei, &card_id);
    check_has(&mei.page(&code_page), &DETAILS);
    check_has(&mei.page(&format!("/w/{}/cards", server.app.appid)), &FACE);
    press(&mei, &code_page, &[("act", "give")]);
    let shown = mei.page(&code_page);
    let link = shown.split("id=\"gift\" value=\"").nth(1).expect("a link").split('"').next().unwrap();
    let gift = li.page(&path(&server, link));
    check_has(&gift, &FACE);
    check_has(&gift, &DETAILS);
}

#[test]
fn the_page_of_a_boarding_pass_has_the_flight_and_the_gate_once() {
    let server = TestServer::start();
    let mei = holder(&server, "oMei");
    let beside = json!({"departure_time": 1_798_761_600, "gate": "A12"});
    let page = claim(&server, &mei, &server.create(card_with_both("BOARDING_PASS", json!({}), beside)));
    let page = mei.page(&page);
    check_has(&page, &["<dt>Departure</dt><dd>2027-01-01 08:00</dd>", "<dt>Gate</dt><dd>A12</dd>"]);
    assert_eq!(page.matches("<dt>Gate</dt>").count(), 1);
}

#[test]
fn clerk_and_merchant_see_what_a_card_gives() {
    let server = TestServer::start();
    let card_id = voucher(&server);
    let code = server.claim(&card_id, "oMei");
    let (clerk, owner) = (server.signed_in(Role::Clerk), server.signed_in(Role::Owner));
    let till = clerk.app_page(&format!("till?code={code}"));
    for page in [till, owner.app_page(&format!("cards/{card_id}")), owner.app_page(&format!("codes/{code}"))]
    {
        check_has(&page, &FACE);
        check_has(&page, &DETAILS);
    }
}

#[test]
fn a_reviewer_sees_what_a_card_gives() {
    let server = TestServer::manual();
    voucher(&server);
    let page = server.signed_in(Role::Owner).app_page("review");
    check_has(&page, &FACE);
    check_has(&page, &DETAILS);
}

#[test]
fn an_error_page_of_the_wallet_does_not_lead_to_the_console() {
    let server = TestServer::start();
    let mei = holder(&server, "oMei");
    for path in ["codes/999", "card/pNothing", "gift/x"] {
        let page = mei.get(&format!("/w/{}/{path}", server.app.appid));
        assert_eq!(page.status, 404, "{path}");
        assert!(!page.text().contains("/console"), "{path}: {}", page.text());
        assert!(page.text().contains(&format!("href=\"/w/{}/cards\"", server.app.appid)), "{path}");
    }
    for path in ["/w/q/nothing", "/w/l/x/1"] {
        let page = mei.get(path);
        assert!(page.status == 404 && !page.text().contains("/console"), "{path}: {}", page.text());
    }
}
