//! `/w/q/{ticket}` and `/w/{appid}/card/{card_id}`: the claim page.

use super::{claim, holder, path, press};
use crate::support::page::encoded;
use crate::support::*;

fn qr(server: &TestServer, card: Value, expire_seconds: i64) -> String {
    let info = json!({"card": card});
    let body = json!({"action_name": "QR_CARD", "expire_seconds": expire_seconds, "action_info": info});
    path(server, server.ok("/card/qrcode/create", body)["url"].as_str().unwrap())
}

#[test]
fn an_identified_visitor_claims_the_card_of_a_qr_code() {
    let server = TestServer::start();
    let card_id = server.create(card("GROUPON"));
    let page = qr(&server, json!({"card_id": card_id, "outer_str": "海报"}), 1800);
    let stranger = server.surfer();
    assert!(stranger.page(&page).contains("<button>Claim</button>"), "every visitor sees the page");
    let asked = stranger.send("POST", &page, &encoded(&[("place", "0")]));
    let who = asked.header("location").unwrap().to_owned();
    assert!(who.starts_with(&format!("/w/{}/who?next=", server.app.appid)), "{who}");
    let back = stranger.submit(&who, &who, &[("openid", "oMei"), ("next", &page)]);
    assert_eq!(back.header("location"), Some(page.as_str()));
    let claimed = press(&stranger, &page, &[]);
    let code_page = claimed.header("location").unwrap();
    assert!(stranger.page(code_page).contains("It is yours."));
    let list = server.ok("/card/user/getcardlist", json!({"openid": "oMei"}));
    assert_eq!(list["card_list"][0]["card_id"], card_id);
    let code = list["card_list"][0]["code"].as_str().unwrap();
    assert!(code_page.contains(code));
    let got = server.ok("/card/code/get", json!({"code": code}));
    assert_eq!(got["outer_str"], "海报");
}

#[test]
fn a_channel_beyond_its_limit_is_refused_by_every_page() {
    let server = TestServer::start();
    let mei = holder(&server, "oMei");
    let id = server.create(card("GROUPON"));
    let members = server.create_with_form(json!({}), member_form());
    let page = |outer_str: &str| format!("/w/{}/card/{id}?outer_str={outer_str}", server.app.appid);
    let events = || server.ok("/kaquan/v1/events/list", json!({}))["events"].as_array().map_or(0, Vec::len);
    assert_eq!(mei.get(&page(&limits::ascii(128))).status, 200);
    let before = events();
    for bad in [limits::ascii(129), "x".repeat(7_000), "a%1b%5b31m".to_owned(), "a%0ab".to_owned()] {
        assert!(mei.get(&page(&bad)).status >= 400, "{bad}");
        let csrf = crate::support::page::hidden(&mei.page(&page("ok")), "csrf");
        let claimed =
            mei.send("POST", &page(&bad), &encoded(&[("csrf", &csrf), ("once", "k"), ("place", "0")]));
        assert!(claimed.status >= 400, "{bad}: {}", claimed.status);
        let form = format!("/w/{}/activate/{members}", server.app.appid);
        let csrf = crate::support::page::hidden(&mei.page(&form), "csrf");
        let typed = [("csrf", csrf.as_str()), ("once", "k"), ("common.USER_FORM_INFO_FLAG_MOBILE", "155")];
        let sent = mei.send("POST", &format!("{form}?outer_str={bad}"), &encoded(&typed));
        assert!(sent.status >= 400, "{bad}: {}", sent.status);
    }
    // Four views, each with a channel of valid length, and no other events.
    assert_eq!(events(), before + 4);
}

#[test]
fn each_reason_not_to_get_a_card_is_a_clear_screen() {
    let server = TestServer::manual();
    let mei = holder(&server, "oMei");
    let sees = |card_id: &str, text: &str| {
        let page = mei.page(&format!("/w/{}/card/{card_id}", server.app.appid));
        assert!(page.contains(text) && !page.contains("<button>Claim"), "{text}: {page}");
    };
    let once = server.create(card_with("GROUPON", json!({"get_limit": 1, "sku": {"quantity": 2}})));
    sees(&once, "cannot be claimed yet");
    server.pass(&once);
    claim(&server, &mei, &once);
    sees(&once, "as many of this card as one may have");
    server.claim(&once, "oLi");
    let late = holder(&server, "oLate").page(&format!("/w/{}/card/{once}", server.app.appid));
    assert!(late.contains("All of them are gone."));
    let named = server.create(card_with("GROUPON", json!({"bind_openid": true})));
    server.pass(&named);
    sees(&named, "chosen holders");
    let gone = server.create(card("GROUPON"));
    server.pass(&gone);
    server.ok("/card/delete", json!({"card_id": gone}));
    sees(&gone, "not given out any more");
    assert_eq!(mei.get(&format!("/w/{}/card/pNowhere", server.app.appid)).status, 404);
}

#[test]
fn a_claim_that_fails_at_the_last_moment_says_why() {
    let server = TestServer::start();
    let card_id = server.create(card_with("GROUPON", json!({"sku": {"quantity": 1}})));
    let page = format!("/w/{}/card/{card_id}", server.app.appid);
    let mei = holder(&server, "oMei");
    let csrf = page::hidden(&mei.page(&page), "csrf");
    server.claim(&card_id, "oQuicker");
    let refused = mei.send("POST", &page, &encoded(&[("csrf", &csrf), ("once", "k")]));
    assert!(refused.status == 422 && refused.text().contains("None is left (45031"), "{}", refused.text());
    assert_eq!(mei.send("POST", &page, &encoded(&[("csrf", "wrong")])).status, 403);
}

#[test]
fn the_page_of_an_expired_or_used_qr_code_says_so() {
    let server = TestServer::start();
    let card_id = server.create(card("GROUPON"));
    let page = qr(&server, json!({"card_id": card_id, "is_unique_code": true}), 60);
    assert_eq!(press(&holder(&server, "oMei"), &page, &[]).status, 303);
    let second = press(&holder(&server, "oLi"), &page, &[]);
    assert_eq!(second.status, 422, "it names one code");
    server.clock.advance(60);
    assert!(holder(&server, "oLi").page(&page).contains("This link has expired."));
    assert_eq!(server.surfer().get("/w/q/nonsense").status, 404);
}

#[test]
fn views_of_identified_holders_only_are_counted() {
    let server = TestServer::start();
    let card_id = server.create(card("GROUPON"));
    let page = format!("/w/{}/card/{card_id}", server.app.appid);
    server.surfer().page(&page);
    let mei = holder(&server, "oMei");
    mei.page(&page);
    mei.page(&page);
    let day = server.date(0);
    server.move_to(1, 0);
    server.close_days();
    let body = json!({"begin_date": day, "end_date": day, "cond_source": 1});
    let row = server.post("/datacube/getcardbizuininfo", body)["list"][0].clone();
    assert_eq!((&row["view_cnt"], &row["view_user"]), (&json!(2), &json!(1)));
}

#[test]
fn a_code_for_several_cards_offers_each_of_them() {
    let server = TestServer::start();
    let cards = ["GROUPON", "CASH"].map(|kind| server.create(card(kind)));
    let list: Vec<Value> = cards.iter().map(|id| json!({"card_id": id})).collect();
    let body =
        json!({"action_name": "QR_MULTIPLE_CARD", "action_info": {"multiple_card": {"card_list": list}}});
    let page = path(&server, server.ok("/card/qrcode/create", body)["url"].as_str().unwrap());
    let mei = holder(&server, "oMei");
    assert_eq!(mei.page(&page).matches("<button>Claim").count(), 2);
    assert_eq!(press(&mei, &page, &[("place", "1")]).status, 303);
    let list = server.ok("/card/user/getcardlist", json!({"openid": "oMei"}));
    assert_eq!(list["card_list"][0]["card_id"], cards[1]);
}

#[test]
fn a_form_with_a_place_that_is_none_claims_nothing() {
    let server = TestServer::start();
    let card_id = server.create(card("GROUPON"));
    let page = format!("/w/{}/card/{card_id}", server.app.appid);
    let mei = holder(&server, "oMei");
    for place in ["-1", "1", "x", "0x0", "1e0", "18446744073709551616"] {
        assert_eq!(press(&mei, &page, &[("place", place)]).status, 404, "{place}");
    }
    assert_eq!(server.stock(&card_id).0, server.stock(&card_id).1, "nothing was claimed");
}

#[test]
fn a_button_pressed_twice_claims_once() {
    let server = TestServer::start();
    let card_id = server.create(card_with("GROUPON", json!({"get_limit": 5})));
    let page = format!("/w/{}/card/{card_id}", server.app.appid);
    let mei = holder(&server, "oMei");
    let shown = mei.page(&page);
    let once = page::hidden(&shown, "once");
    let form = encoded(&[("csrf", &page::hidden(&shown, "csrf")), ("once", &once), ("place", "0")]);
    let first = mei.send("POST", &page, &form).header("location").unwrap().to_owned();
    let second = mei.send("POST", &page, &form).header("location").unwrap().to_owned();
    assert_eq!(second.split('?').next(), first.split('?').next(), "the same code");
    assert_eq!(server.stock(&card_id).0, server.stock(&card_id).1 - 1);
    assert_ne!(page::hidden(&mei.page(&page), "once"), once, "the next claim is another");
}

#[test]
fn a_test_user_claims_a_card_before_it_has_passed_review() {
    let server = TestServer::manual();
    let card_id = server.create(card("GROUPON"));
    server.ok("/card/testwhitelist/set", json!({"openid": ["oTester"]}));
    claim(&server, &holder(&server, "oTester"), &card_id);
    let page = holder(&server, "oMei").page(&format!("/w/{}/card/{card_id}", server.app.appid));
    assert!(page.contains("cannot be claimed yet"));
}
