//! `/console/{appid}/review`: the page for reviews.

use crate::support::*;
use kaquan_store::Role;

#[test]
fn a_waiting_card_is_shown_with_its_changes_and_passed_or_refused() {
    let server = TestServer::manual();
    let surfer = server.signed_in(Role::Operator);
    assert!(surfer.app_page("review").contains("No card waits for review."));
    let card_id = server.create(card("GROUPON"));
    assert!(surfer.app_page("review").contains("A new card"));
    let verdict = |verdict: &str, reason: &str| {
        let fields = [("verdict", verdict), ("reason", reason)];
        surfer.app_submit("review", &format!("review/{card_id}"), &fields)
    };
    assert_eq!(verdict("pass", "").header("location"), Some(surfer.app_path("review?done=pass").as_str()));
    assert_eq!(server.status(&card_id), "CARD_STATUS_VERIFY_OK");
    let before = server.base_info(&card_id)["notice"].as_str().unwrap().to_owned();
    server.update_base(&card_id, "GROUPON", json!({"notice": "改过的提醒"}));
    let page = surfer.app_page("review");
    assert!(page.contains("<code>base_info.notice</code>"), "{page}");
    assert!(
        page.contains(&format!("<del>{before}</del>")) && page.contains("<ins>改过的提醒</ins>"),
        "{page}"
    );
    assert_eq!(verdict("refuse", "图片模糊").status, 303);
    assert_eq!(server.status(&card_id), "CARD_STATUS_VERIFY_FAIL");
    assert!(surfer.app_page(&format!("cards/{card_id}")).contains("图片模糊"));
    assert_eq!(verdict("pass", "").status, 303);
    assert_eq!(server.status(&card_id), "CARD_STATUS_VERIFY_FAIL", "it does not wait any more");
}
