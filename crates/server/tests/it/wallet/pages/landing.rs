//! `/w/l/{appid}/{page_id}`, `/bizmall/appmsgcard`, and the stores of a card.

use super::{holder, path};
use crate::support::*;

#[test]
fn a_landing_page_shows_its_cards_and_each_leads_to_its_claim_page() {
    let server = TestServer::start();
    let cards = ["GROUPON", "CASH"].map(|kind| server.create(card(kind)));
    let list: Vec<Value> =
        cards.iter().map(|id| json!({"card_id": id, "thumb_url": "http://a/b.png"})).collect();
    let body = json!({"banner": "http://a/banner.png", "page_title": "秋日茶券", "can_share": true, "scene": "SCENE_H5", "card_list": list});
    let url = server.ok("/card/landingpage/create", body)["url"].as_str().unwrap().to_owned();
    let page = server.surfer().page(&path(&server, &url));
    assert!(page.contains("秋日茶券") && page.contains("http://a/banner.png"), "{page}");
    for card_id in &cards {
        let link = format!("/w/{}/card/{card_id}?outer_str=SCENE_H5", server.app.appid);
        assert!(page.contains(&link), "{page}");
        server.surfer().page(&link);
    }
    assert_eq!(server.surfer().get(&format!("/w/l/{}/999", server.app.appid)).status, 404);
}

#[test]
fn a_card_in_an_article_leads_to_its_claim_page() {
    let server = TestServer::start();
    let card_id = server.create(card("GROUPON"));
    let html = server.ok("/card/mpnews/gethtml", json!({"card_id": card_id}))["content"]
        .as_str()
        .unwrap()
        .to_owned();
    let link = html.split("data-src=\"").nth(1).unwrap().split('#').next().unwrap().replace("&amp;", "&");
    let to = server.surfer().get(&path(&server, &link));
    assert_eq!(to.header("location"), Some(format!("/w/{}/card/{card_id}", server.app.appid).as_str()));
}

#[test]
fn the_stores_of_a_card_are_the_named_ones() {
    let server = TestServer::start();
    let mei = holder(&server, "oMei");
    let everywhere = server.create(card_with("GROUPON", json!({"use_all_locations": true})));
    let stores = |card_id: &str| mei.page(&format!("/w/{}/card/{card_id}/stores", server.app.appid));
    assert!(stores(&everywhere).contains("every store"));
    let nowhere =
        server.create(card_with("GROUPON", json!({"location_id_list": [77], "use_all_locations": false})));
    assert!(stores(&nowhere).contains("has listed no stores"));
}

/// The name of the first app in links of earlier versions: its number.
fn former_biz() -> String {
    use base64::Engine as _;
    let name = base64::engine::general_purpose::STANDARD.encode("3000000001");
    name.replace('=', "%3D")
}

#[test]
fn the_name_of_an_app_in_links_does_not_list_apps() {
    let server = TestServer::start();
    let surfer = server.surfer();
    let id = server.create(card("GROUPON"));
    let content =
        server.ok("/card/mpnews/gethtml", json!({"card_id": id}))["content"].as_str().unwrap().to_owned();
    let link = content.split("data-src=\"").nth(1).unwrap().split('#').next().unwrap().replace("&amp;", "&");
    let link = super::path(&server, &link);
    assert_eq!(surfer.get(&link).status, 303);
    assert!(!link.contains(&former_biz()), "{link}");
    let claim = format!("/w/{}/card/{id}", server.app.appid);
    let of = |biz: &str, card: &str| {
        surfer.get(&format!("/bizmall/appmsgcard?action=show&biz={biz}&cardid={card}"))
    };
    assert_eq!(
        of(&former_biz(), &id).header("location"),
        Some(claim.as_str()),
        "links that are out stay good"
    );
    let stranger = |response: http::Response| (response.status, response.text().len());
    let nowhere = stranger(of("AAAAAAAAAAAAAA%3D%3D", "pNowhere"));
    assert_eq!(nowhere.0, 404);
    assert_eq!(stranger(of(&former_biz(), "pNowhere")), nowhere, "a guessed number says nothing");
    let form = |biz: &str| {
        surfer.get(&format!("/bizmall/activatemembercard?encrypt_card_id=x&outer_str=&biz={biz}"))
    };
    assert_eq!(stranger(form(&former_biz())), stranger(form("AAAAAAAAAAAAAA%3D%3D")));
}
