//! `POST /card/storewxa/set`: sets or removes the card of a store.

use super::{card_of, store};
use crate::support::*;

const PATH: &str = "/card/storewxa/set";

#[test]
fn a_new_card_replaces_the_one_of_a_store_and_an_empty_one_removes_it() {
    let server = TestServer::start();
    let poi_id = store(&server);
    let cards = [0; 2].map(|_| server.create(card("MEMBER_CARD")));
    for id in &cards {
        let reply = server.post(PATH, json!({"poi_id": poi_id, "card_id": id}));
        assert_eq!(reply, json!({"errcode": 0, "errmsg": "ok"}));
        assert_eq!(card_of(&server, &poi_id), json!(id));
    }
    let number: i64 = poi_id.parse().expect("a number");
    server.ok(PATH, json!({"poi_id": number, "card_id": ""}));
    assert_eq!(card_of(&server, &poi_id), json!(""));
}

#[test]
fn member_cards_and_cards_to_pay_with_are_allowed() {
    let server = TestServer::start();
    let poi_id = store(&server);
    let coupon = server.create(card_with("GROUPON", json!({"location_id_list": [poi_id]})));
    let set = |id: &str| json!({"poi_id": poi_id, "card_id": id});
    server.expect_errcode(PATH, set(&coupon), 40071);
    server.ok("/card/paycell/set", json!({"card_id": coupon, "is_open": true}));
    server.ok(PATH, set(&coupon));
    let swipe = json!({"pay_info": {"swipe_card": {"is_swipe_card": true}}});
    server.ok(PATH, set(&server.create(card_with("GENERAL_CARD", swipe))));
    server.expect_errcode(PATH, set(&server.create(card("GENERAL_CARD"))), 40071);
}

#[test]
fn the_page_of_stores_shows_the_card_with_its_claim_page() {
    let server = TestServer::start();
    let poi_id = store(&server);
    let coupon = server.create(card_with("GROUPON", json!({"location_id_list": [poi_id]})));
    let everywhere = server.create(card_with("GROUPON", json!({"use_all_locations": true})));
    let member_card = server.create(card_with("MEMBER_CARD", json!({"title": "茶友卡"})));
    let appid = &server.app.appid;
    let pages = [&coupon, &everywhere].map(|id| format!("/w/{appid}/card/{id}/stores"));
    let link = format!("/w/{appid}/card/{member_card}\"");
    for page in &pages {
        assert!(!server.surfer().page(page).contains(&link));
    }
    server.ok(PATH, json!({"poi_id": poi_id, "card_id": member_card}));
    for page in &pages {
        let text = server.surfer().page(page);
        assert!(text.contains(&link) && text.contains("茶友卡"), "{text}");
    }
    server.ok("/card/delete", json!({"card_id": member_card}));
    for page in &pages {
        assert!(!server.surfer().page(page).contains(&link));
    }
}

#[test]
fn every_refusal_has_its_errcode_in_the_documented_order() {
    let server = TestServer::manual();
    let (poi_id, closed) = (store(&server), store(&server));
    let waiting = server.create(card_with("GROUPON", json!({"use_custom_code": true})));
    server.ok("/cgi-bin/poi/delpoi", json!({"poi_id": closed}));
    for (body, errcode) in [
        (json!({"card_id": waiting}), ErrCode::MissingFields),
        (json!({"poi_id": "none"}), ErrCode::InvalidPoiid),
        (json!({"poi_id": 999}), ErrCode::MissingFields),
        (json!({"poi_id": 999, "card_id": null}), ErrCode::MissingFields),
        (json!({"poi_id": 999, "card_id": "p".repeat(33)}), ErrCode::InvalidCardId),
        (json!({"poi_id": 999, "card_id": "pNowhere"}), ErrCode::PoiIdNotExist),
        (json!({"poi_id": closed, "card_id": "pNowhere"}), ErrCode::StoreStatusInvalid),
        (json!({"poi_id": poi_id, "card_id": "pNowhere"}), ErrCode::InvalidCardId),
        (json!({"poi_id": poi_id, "card_id": waiting}), ErrCode::InvalidCardStatus),
    ] {
        server.expect_errcode(PATH, body, errcode);
    }
    server.pass(&waiting);
    server.expect_errcode(PATH, json!({"poi_id": poi_id, "card_id": waiting}), 40158);
}
