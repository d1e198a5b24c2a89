//! `/w/{appid}/gift/{gift}`: giving a card to a friend with a link.

use super::{claim, holder, path, press};
use crate::support::*;

fn put_up(server: &TestServer, giver: &page::Surfer<'_>, code_page: &str) -> String {
    assert_eq!(press(giver, code_page, &[("act", "give")]).status, 303);
    let shown = giver.page(code_page);
    let link = shown.split("id=\"gift\" value=\"").nth(1).expect("a link").split('"').next().unwrap();
    path(server, link)
}

#[test]
fn the_first_friend_on_the_link_gets_the_gift() {
    let server = TestServer::start();
    let (mei, li) = (holder(&server, "oMei"), holder(&server, "oLi"));
    let page = claim(&server, &mei, &server.create(card_with("GROUPON", json!({"can_give_friend": true}))));
    let link = put_up(&server, &mei, &page);
    assert!(mei.page(&link).contains("your own gift"));
    let taken = press(&li, &link, &[]);
    let new_page = taken.header("location").unwrap();
    assert!(li.page(new_page).contains("Your friend&#39;s gift is yours."));
    let given = json!({"code": page.rsplit('/').next().unwrap(), "check_consume": false});
    assert!(server.expect_errcode("/card/code/get", given, 40056).contains("was given to a friend"));
    assert!(holder(&server, "oLate").page(&link).contains("was taken, or taken back"));
}

#[test]
fn a_gift_that_is_taken_back_leaves_its_link_without_use() {
    let server = TestServer::start();
    let (mei, li) = (holder(&server, "oMei"), holder(&server, "oLi"));
    let page = claim(&server, &mei, &server.create(card_with("GROUPON", json!({"can_give_friend": true}))));
    let link = put_up(&server, &mei, &page);
    press(&mei, &page, &[("act", "cancel")]);
    assert!(li.page(&link).contains("was taken, or taken back"));
    server.clock.advance(5);
    let again = put_up(&server, &mei, &page);
    assert_ne!(link, again);
    assert!(li.page(&link).contains("was taken, or taken back"), "the old link is not of the new gift");
    assert_eq!(press(&li, &again, &[]).status, 303);
    assert_eq!(li.get(&format!("/w/{}/gift/nonsense", server.app.appid)).status, 404);
}

#[test]
fn gifts_of_one_second_have_links_of_their_own() {
    let server = TestServer::start();
    let (mei, li) = (holder(&server, "oMei"), holder(&server, "oLi"));
    let page = claim(&server, &mei, &server.create(card_with("GROUPON", json!({"can_give_friend": true}))));
    let mut links = Vec::new();
    for _ in 0..3 {
        let link = put_up(&server, &mei, &page);
        assert!(!links.contains(&link), "{links:?}");
        for old in &links {
            assert!(li.page(old).contains("was taken, or taken back"));
            assert_eq!(press(&mei, old, &[]).status, 200, "an old link gives nothing");
        }
        links.push(link);
        assert_eq!(press(&mei, &page, &[("act", "cancel")]).status, 303);
    }
}

#[test]
fn a_card_that_cannot_be_given_has_no_button_for_it() {
    let server = TestServer::start();
    let mei = holder(&server, "oMei");
    let page = claim(&server, &mei, &server.create(card_with("GROUPON", json!({"can_give_friend": false}))));
    assert!(!mei.page(&page).contains("value=\"give\""));
    assert_eq!(press(&mei, &page, &[("act", "give")]).status, 422);
}
