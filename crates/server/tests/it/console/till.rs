//! `/console/{appid}/till`: looking up a code, consuming it, undoing the consume, and payments of members.

use crate::support::page::Surfer;
use crate::support::*;
use kaquan_store::Role;

fn act(surfer: &Surfer<'_>, what: &str, code: &str, more: &[(&str, &str)]) -> http::Response {
    let mut fields = vec![("code", code)];
    fields.extend(more);
    surfer.app_submit("till", &format!("till/{what}"), &fields)
}

#[test]
fn a_clerk_looks_a_code_up_consumes_it_and_undoes_it_within_the_window() {
    let server = TestServer::start();
    let clerk = server.signed_in(Role::Clerk);
    let card_id = server.create(card("GROUPON"));
    let code = server.claim(&card_id, "o1");
    assert!(clerk.app_page("till?code=000000000000").contains("There is no such code."));
    let spaced = format!("{} {}", &code[..4], &code[4..]).replace(' ', "%20");
    assert!(
        clerk.app_page(&format!("till?code={spaced}")).contains("till/consume"),
        "blanks are no part of it"
    );
    let once = page::hidden(&clerk.app_page(&format!("till?code={code}")), "once");
    act(&clerk, "consume", &code, &[("once", &once)]);
    let done = act(&clerk, "consume", &code, &[("once", &once)]);
    assert!(done.status == 409 && done.text().contains("This was done before, at"), "{}", done.text());
    assert_eq!(server.state(&code).0, "CONSUMED");
    let page = clerk.app_page(&format!("till?code={code}"));
    assert!(!page.contains("till/consume") && page.contains("till/undo") && page.contains("Consumed"));
    let seen = page::hidden(&page, "seen");
    let twice = act(&clerk, "consume", &code, &[("seen", &seen)]);
    assert!(twice.status == 422 && twice.text().contains("consumed already"), "{}", twice.text());
    assert_eq!(act(&clerk, "undo", &code, &[]).status, 303);
    assert_eq!(server.state(&code), ("NORMAL".to_owned(), true));
    act(&clerk, "consume", &code, &[]);
    let seen = page::hidden(&clerk.app_page(&format!("till?code={code}")), "seen");
    server.clock.advance(600);
    assert!(!clerk.app_page(&format!("till?code={code}")).contains("till/undo"));
    assert_eq!(act(&clerk, "undo", &code, &[("seen", &seen)]).status, 422);
}

#[test]
fn a_consume_at_the_till_is_one_of_the_console_and_names_the_store() {
    let server = TestServer::start();
    let clerk = server.signed_in(Role::Clerk);
    let code = server.claim(&server.create(card("GROUPON")), "o1");
    let remembered = clerk.app_submit("till", "till/store", &[("store", "静安店 & 旗舰")]);
    assert_eq!(remembered.status, 303);
    assert!(clerk.app_page("till").contains("静安店 &#38; 旗舰"));
    act(&clerk, "consume", &code, &[]);
    let list = server.ok("/kaquan/v1/events/list", json!({"kind": "consume"}));
    let event = server.ok("/kaquan/v1/events/get", json!({"event_id": list["events"][0]["event_id"]}));
    let message = event.to_string();
    let log = server.store.events(server.app.id, kaquan_core::id::EventSeq(1), 100).unwrap();
    let consume = log.iter().find(|event| event.kind == kaquan_core::event::EventKind::Consume).unwrap();
    assert_eq!((consume.amount, consume.detail.as_deref()), (1, Some("静安店 & 旗舰")), "{message}");
}

#[test]
fn a_custom_code_is_found_without_naming_its_card() {
    let server = TestServer::start();
    let clerk = server.signed_in(Role::Clerk);
    let card_id = server.create_custom();
    server.claim_code(&card_id, "o1", "ABC-1");
    server.claim_code(&server.create_custom(), "o2", "ABC-1");
    let page = clerk.app_page("till?code=ABC-1");
    assert_eq!(page.matches("till/consume").count(), 2, "two cards have this code");
    assert_eq!(act(&clerk, "consume", "ABC-1", &[("card_id", &card_id)]).status, 303);
    assert_eq!(clerk.app_page("till?code=ABC-1").matches("till/consume").count(), 1);
}

#[test]
fn a_member_pays_at_the_till_and_the_report_has_it() {
    let server = TestServer::start();
    let clerk = server.signed_in(Role::Clerk);
    let beside = json!({"auto_activate": true, "activate_url": ""});
    let card_id = server.create(card_with_both("MEMBER_CARD", json!({}), beside));
    let code = server.claim(&card_id, "o1");
    assert!(clerk.app_page(&format!("till?code={code}")).contains("till/pay"));
    for (fee, due, status) in [("x", "", 422), ("12.505", "", 422), ("20", "10", 422), ("88.50", "100", 303)]
    {
        assert_eq!(act(&clerk, "pay", &code, &[("fee", fee), ("original_fee", due)]).status, status, "{fee}");
    }
    let once = page::hidden(&clerk.app_page(&format!("till?code={code}")), "once");
    for status in [303, 409] {
        let twice = [("fee", "11.50"), ("original_fee", ""), ("once", once.as_str())];
        assert_eq!(act(&clerk, "pay", &code, &twice).status, status, "a button pressed twice");
    }
    server.move_to(1, 0);
    server.ok("/kaquan/v1/stats/close", json!({}));
    let day = server.date(-1);
    let report = server.post(
        "/datacube/getcardmembercarddetail",
        json!({"begin_date": day, "end_date": day, "card_id": card_id}),
    );
    assert_eq!(
        (&report["list"][0]["fee"], &report["list"][0]["payOriginalFee"]),
        (&json!(10000), &json!(11150))
    );
}

#[test]
fn a_coupon_with_pay_at_the_till_is_paid_with_and_consumed() {
    let server = TestServer::start();
    let clerk = server.signed_in(Role::Clerk);
    let card_id = server.create(card_with("CASH", json!({"location_id_list": [1]})));
    let code = server.claim(&card_id, "o1");
    assert!(!clerk.app_page(&format!("till?code={code}")).contains("till/pay"));
    server.ok("/card/paycell/set", json!({"card_id": card_id, "is_open": true}));
    assert!(clerk.app_page(&format!("till?code={code}")).contains("till/pay"));
    assert_eq!(act(&clerk, "pay", &code, &[("fee", "90"), ("original_fee", "100")]).status, 303);
    assert_eq!(server.state(&code).0, "CONSUMED");
}

/// The number of the clerk's account.
fn clerk_no(server: &TestServer) -> i64 {
    server.store.account_by_name(Role::Clerk.name()).unwrap().unwrap().id.0
}

fn give_store(server: &TestServer, owner: &Surfer<'_>, location_id: &str) -> http::Response {
    let path = format!("settings/accounts/{}", clerk_no(server));
    owner.app_submit("settings", &path, &[("act", "store"), ("location_id", location_id)])
}

#[test]
fn the_console_gives_a_till_its_store_and_takes_it_away() {
    let server = TestServer::start();
    let owner = server.signed_in(Role::Owner);
    let mut clerk = server.signed_in(Role::Clerk);
    let [first, second] = ["一店", "二店"].map(|branch| server.add_store(branch).to_string());
    assert!(clerk.app_page("till").contains("No store"));
    assert_eq!(give_store(&server, &owner, &first).status, 303);
    assert!(owner.app_page("settings").contains("麦当劳(一店)"));
    let page = clerk.app_page("till");
    assert!(page.contains("Store of this till: <strong>麦当劳(一店)</strong>"), "{page}");
    assert!(!page.contains("till/store"), "a clerk cannot choose another store");
    // The store in the clerk's cookie does not count.
    clerk.set_cookie("kaquan_till", &format!("location_id={second}"));
    assert!(clerk.app_page("till").contains("<strong>麦当劳(一店)</strong>"));
    clerk.language = "zh";
    assert!(clerk.app_page("till").contains("本核销台所在门店: <strong>麦当劳(一店)</strong>"));
    for (wrong, why) in [("77", "no store 77"), ("here", "must be the number of a store")] {
        let refused = give_store(&server, &owner, wrong);
        assert!(refused.status == 422 && refused.text().contains(why), "{}", refused.text());
    }
    server.ok("/cgi-bin/poi/delpoi", json!({"poi_id": first}));
    clerk.language = "en";
    assert!(clerk.app_page("till").contains("The store of this till was deleted."));
    assert!(owner.app_page("settings").contains("麦当劳(一店) (deleted)"));
    let code = server.claim(&server.create(card("GROUPON")), "o1");
    act(&clerk, "consume", &code, &[]);
    let event =
        server.ok("/kaquan/v1/events/list", json!({"code": code, "kind": "consume"}))["events"][0].clone();
    assert_eq!((event.get("location_id"), &event["staff_openid"]), (None, &json!("clerk")));
    assert_eq!(give_store(&server, &owner, "").status, 303);
    assert!(clerk.app_page("till").contains("till/store"), "without a given store, the choice counts");
    let audit = owner.app_page("settings/audit");
    assert!(audit.contains("account_store"), "{audit}");
}

#[test]
fn a_clerk_without_a_given_store_chooses_one_by_its_number() {
    let server = TestServer::start();
    let clerk = server.signed_in(Role::Clerk);
    // A typed name of the time before the merchant had stores.
    clerk.app_submit("till", "till/store", &[("store", "旧店")]);
    assert!(clerk.app_page("till").contains("旧店"));
    let [first, second] = ["一店", "一店"].map(|branch| server.add_store(branch));
    let page = clerk.app_page("till");
    assert!(!page.contains("旧店") && page.contains(&format!("麦当劳(一店) · {second}")), "{page}");
    let chosen = second.to_string();
    assert_eq!(clerk.app_submit("till", "till/store", &[("location_id", &chosen)]).status, 303);
    assert!(clerk.app_page("till").contains(&format!("<option value=\"{second}\" selected>")));
    let code = server.claim(&server.create(card("GROUPON")), "o1");
    act(&clerk, "consume", &code, &[]);
    let event =
        server.ok("/kaquan/v1/events/list", json!({"code": code, "kind": "consume"}))["events"][0].clone();
    assert_has(&event, &json!({"location_id": second, "staff_openid": "clerk"}), "event");
    assert_ne!(first, second);
    clerk.app_submit("till", "till/store", &[("location_id", "")]);
    assert!(clerk.app_page("till").contains("No store"));
}
