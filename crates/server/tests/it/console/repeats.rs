//! Forms of the console that are sent again: from a page in the browser's history, by a button that is pressed twice,
//! or with the key of another page. No repeat is reported as a new success. A key works only for its sender, page and
//! object.

use crate::support::page::{Surfer, encoded, hidden};
use crate::support::*;
use kaquan_store::Role;

/// The form of a page, with the hidden fields of that page.
fn drawn<'a>(page: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(String, String)> {
    let kept = ["csrf", "once", "seen"].map(|name| (name.to_owned(), hidden(page, name)));
    let more = more.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    kept.into_iter().chain(more).collect()
}

fn send(surfer: &Surfer<'_>, path: &str, form: &[(String, String)]) -> http::Response {
    let fields: Vec<(&str, &str)> = form.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    surfer.send("POST", &surfer.app_path(path), &encoded(&fields))
}

/// The part of a page from the form that is sent to this path.
fn form_of<'a>(page: &'a str, path: &str) -> &'a str {
    page.split("<form ").find(|form| form.contains(path)).unwrap_or_else(|| panic!("no {path} in {page}"))
}

#[test]
fn a_consume_that_was_undone_is_not_reported_again_after_going_back() {
    let server = TestServer::start();
    let mut clerk = server.signed_in(Role::Clerk);
    let code = server.claim(&server.create(card("GROUPON")), "o1");
    let card_id = server.code_card(&code);
    let first_page = clerk.app_page(&format!("till?code={code}"));
    let consume = drawn(form_of(&first_page, "till/consume"), &[("code", &code), ("card_id", &card_id)]);
    // Every form has the token of the session.
    let consume: Vec<_> = consume
        .into_iter()
        .map(|(k, v)| if k == "csrf" { (k, hidden(&first_page, "csrf")) } else { (k, v) })
        .collect();
    let done = send(&clerk, "till/consume", &consume);
    let after = clerk.page(done.header("location").unwrap());
    assert!(after.contains("Consumed.") && after.contains("till/undo"));
    let undo = drawn(form_of(&after, "till/undo"), &[("code", &code), ("card_id", &card_id)]);
    let undone = send(&clerk, "till/undo", &undo);
    assert!(clerk.page(undone.header("location").unwrap()).contains("can be used again"));
    let old = clerk.page(done.header("location").unwrap());
    assert!(!old.contains("Consumed."), "the page does not report an undone success");

    server.clock.advance(60);
    let again = send(&clerk, "till/consume", &consume);
    assert_eq!(again.status, 409);
    let first = format!("{} 12:00:00", server.date(0));
    assert!(again.text().contains(&format!("This was done before, at {first}")), "{}", again.text());
    assert!(again.text().contains("Nothing was changed now.") && !again.text().contains("alert good"));
    assert!(again.text().contains("Can be used") && server.state(&code).1, "the present state");
    clerk.language = "zh";
    let chinese = send(&clerk, "till/consume", &consume);
    assert!(chinese.text().contains("此操作先前已完成") && !chinese.text().contains("核销成功"));

    let fresh = drawn(form_of(again.text(), "till/consume"), &[("code", &code), ("card_id", &card_id)]);
    assert_eq!(send(&clerk, "till/consume", &fresh).status, 303, "asked again with a fresh key");
    assert_eq!(server.state(&code).0, "CONSUMED");
}

#[test]
fn a_page_that_shows_a_past_state_asks_again() {
    let server = TestServer::start();
    let clerk = server.signed_in(Role::Clerk);
    let code = server.claim(&server.create(card("GROUPON")), "o1");
    let card_id = server.code_card(&code);
    let page = clerk.app_page(&format!("till?code={code}"));
    let form = drawn(form_of(&page, "till/consume"), &[("code", &code), ("card_id", &card_id)]);
    server.clock.advance(1);
    server.consume(&code);
    clerk.app_submit("till", "till/undo", &[("code", &code)]);
    let asked = send(&clerk, "till/consume", &form);
    assert_eq!(asked.status, 409);
    assert!(asked.text().contains("The state has changed since this page was opened."), "{}", asked.text());
    assert_eq!(server.state(&code).0, "NORMAL");
}

#[test]
fn one_key_on_two_codes_two_pages_and_two_accounts_stands_for_each() {
    let server = TestServer::start();
    let (clerk, other) = (server.signed_in(Role::Clerk), server.signed_in(Role::Operator));
    let card_id = server.create(card("GROUPON"));
    let codes = ["o1", "o2"].map(|openid| server.claim(&card_id, openid));
    for code in &codes {
        let sent = clerk.app_submit("till", "till/consume", &[("code", code), ("once", "k")]);
        assert_eq!(sent.status, 303, "{}", sent.text());
        assert_eq!(server.state(code).0, "CONSUMED");
    }
    let undone = clerk.app_submit("till", "till/undo", &[("code", &codes[0]), ("once", "k")]);
    assert_eq!((undone.status, server.state(&codes[0]).0.as_str()), (303, "NORMAL"), "another page");
    let again = other.app_submit("till", "till/consume", &[("code", &codes[0]), ("once", "k")]);
    assert_eq!((again.status, server.state(&codes[0]).0.as_str()), (303, "CONSUMED"), "another account");
}

#[test]
fn one_key_on_two_cards_changes_the_stock_of_both() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Operator);
    let cards = ["GROUPON", "CASH"].map(|kind| server.create(card(kind)));
    for id in &cards {
        let before = server.stock(id).0;
        let page = format!("cards/{id}");
        let fields = [("change", "5"), ("once", "k")];
        assert_eq!(surfer.app_submit(&page, &format!("{page}/stock"), &fields).status, 303);
        assert_eq!(server.stock(id).0, before + 5, "{id}");
    }
}

#[test]
fn a_repeated_stock_form_is_reported_and_keeps_other_input() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Operator);
    let id = server.create(card("GROUPON"));
    let page = format!("cards/{id}");
    let text = surfer.app_page(&page);
    let csrf = hidden(&text, "csrf");
    let form = form_of(&text, &format!("{page}/stock"));
    let (once, seen) = (hidden(form, "once"), hidden(form, "seen"));
    let stock = |change: &str| {
        let fields = [("csrf", csrf.as_str()), ("once", &once), ("seen", &seen), ("change", change)];
        surfer.send("POST", &surfer.app_path(&format!("{page}/stock")), &encoded(&fields))
    };
    let before = server.stock(&id).0;
    assert_eq!((stock("5").status, server.stock(&id).0), (303, before + 5));
    let repeated = stock("5");
    assert!(repeated.status == 409 && repeated.text().contains("This was done before, at"));
    let other = stock("6");
    assert!(other.status == 409 && other.text().contains("This page was sent before with other input, at"));
    assert!(other.text().contains("name=\"change\" value=\"6\""), "the form keeps its input");
    assert!(!other.text().contains("40097") && !other.text().contains("Idempotency"));
    assert_eq!(server.stock(&id).0, before + 5);
    let form = form_of(other.text(), &format!("{page}/stock"));
    let (fresh, seen) = (hidden(form, "once"), hidden(form, "seen"));
    assert_ne!(fresh, once);
    let fields = [("csrf", csrf.as_str()), ("once", &fresh), ("seen", &seen), ("change", "6")];
    surfer.send("POST", &surfer.app_path(&format!("{page}/stock")), &encoded(&fields));
    assert_eq!(server.stock(&id).0, before + 11);
}

fn member(server: &TestServer, openid: &str) -> String {
    let beside = json!({"auto_activate": true, "activate_url": "", "supply_balance": true});
    server.claim(&server.create(card_with_both("MEMBER_CARD", json!({}), beside)), openid)
}

fn points(server: &TestServer, code: &str) -> i64 {
    let asked = json!({"card_id": server.code_card(code), "code": code});
    server.ok("/card/membercard/userinfo/get", asked)["bonus"].as_i64().unwrap()
}

#[test]
fn points_added_again_from_an_old_page_are_not_reported_as_added() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Operator);
    let codes = ["o1", "o2"].map(|openid| member(&server, openid));
    let adjust = |code: &str, key: &[(&str, &str)], bonus: &str| {
        let path = format!("codes/{code}");
        let fields = [&[("act", "adjust"), ("add_bonus", bonus), ("why", "补登")], key].concat();
        surfer.app_submit(&path, &path, &fields)
    };
    for code in &codes {
        assert_eq!((adjust(code, &[("once", "k")], "10").status, points(&server, code)), (303, 10));
    }
    let repeated = adjust(&codes[0], &[("once", "k")], "10");
    assert!(repeated.status == 409 && repeated.text().contains("This was done before, at"));
    assert!(repeated.text().contains("name=\"why\" value=\"补登\""), "the form keeps its input");
    let other = adjust(&codes[0], &[("once", "k")], "11");
    assert!(other.status == 409 && other.text().contains("sent before with other input"));
    let moved = adjust(&codes[0], &[("once", "k2"), ("seen", "0123456789abcdef")], "11");
    assert!(moved.status == 409 && moved.text().contains("The state has changed"));
    assert_eq!(points(&server, &codes[0]), 10);
}

#[test]
fn a_payment_from_a_page_of_before_another_payment_asks_again() {
    let server = TestServer::start();
    let clerk = server.signed_in(Role::Clerk);
    let code = member(&server, "o1");
    let card_id = server.code_card(&code);
    let pages = [(); 2].map(|()| clerk.app_page(&format!("till?code={code}")));
    let pay = |page: &str, fee: &str| {
        let more = [("code", code.as_str()), ("card_id", card_id.as_str()), ("fee", fee)];
        send(&clerk, "till/pay", &drawn(form_of(page, "till/pay"), &more))
    };
    let first = pay(&pages[0], "50");
    assert_eq!(first.status, 303);
    let second = pay(&pages[1], "50");
    assert!(second.status == 409 && second.text().contains("The state has changed"), "{}", second.text());
    assert_eq!(pay(second.text(), "50").status, 303, "asked again with the present state");
    let old = clerk.page(first.header("location").unwrap());
    assert!(!old.contains("The payment was recorded."), "the notice of the first is not repeated");
    let log = server.store.events(server.app.id, kaquan_core::id::EventSeq(1), 100).unwrap();
    let paid = log.iter().filter(|event| event.kind == kaquan_core::event::EventKind::Pay).count();
    assert_eq!(paid, 2);
}

#[test]
fn a_form_without_a_key_changes_nothing_and_says_so() {
    let server = TestServer::start();
    let mut clerk = server.signed_in(Role::Clerk);
    let code = server.claim(&server.create(card("GROUPON")), "o1");
    let csrf = hidden(&clerk.app_page("till"), "csrf");
    for key in [None, Some("x".repeat(65))] {
        let mut fields = vec![("csrf", csrf.as_str()), ("code", &code)];
        fields.extend(key.as_deref().map(|key| ("once", key)));
        let refused = clerk.send("POST", &clerk.app_path("till/consume"), &encoded(&fields));
        assert!(refused.status == 409 && refused.text().contains("The form arrived incomplete."));
    }
    clerk.language = "zh";
    let refused =
        clerk.send("POST", &clerk.app_path("till/consume"), &encoded(&[("csrf", &csrf), ("code", &code)]));
    assert!(refused.text().contains("提交的表单不完整"), "{}", refused.text());
    assert_eq!(server.state(&code).0, "NORMAL");
}

#[test]
fn a_form_without_its_key_or_its_seen_state_changes_nothing() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Owner);
    let (card_id, member) = (server.create(card("GROUPON")), member(&server, "o1"));
    let code = server.claim(&card_id, "o1");
    let csrf = hidden(&surfer.app_page("till"), "csrf");
    let forms: [(String, Vec<(&str, &str)>); 7] = [
        ("till/consume".into(), vec![("code", &code)]),
        ("till/pay".into(), vec![("code", &member), ("fee", "50")]),
        (format!("codes/{code}"), vec![("act", "unavailable"), ("sure", "1")]),
        (format!("codes/{member}"), vec![("act", "adjust"), ("add_bonus", "5"), ("why", "w")]),
        (format!("cards/{card_id}/stock"), vec![("change", "5")]),
        (format!("cards/{card_id}/save"), vec![("patch", r#"{"groupon":{"base_info":{"notice":"n"}}}"#)]),
        ("till/undo".into(), vec![("code", &code)]),
    ];
    let events = || server.ok("/kaquan/v1/events/list", json!({"count": 1}))["events"][0]["event_id"].take();
    for (n, (path, fields)) in forms.iter().enumerate() {
        if path == "till/undo" {
            server.consume(&code);
        }
        let before = events();
        let key = format!("k{n}");
        for (once, seen) in [(Some(&key), None), (None, Some("x")), (None, None)] {
            let mut all = vec![("csrf", csrf.as_str())];
            all.extend(fields);
            all.extend(once.map(|once| ("once", once.as_str())));
            all.extend(seen.map(|seen| ("seen", seen)));
            let refused = surfer.send("POST", &surfer.app_path(path), &encoded(&all));
            assert_eq!(refused.status, 409, "{path} {once:?} {seen:?}: {}", refused.text());
            assert!(refused.text().contains("The form arrived incomplete."), "{path} {once:?} {seen:?}");
        }
        assert_eq!(events(), before, "{path}");
    }
}

/// Every form is checked before any other has changed the state, so the transaction must check again.
#[test]
fn of_forms_sent_at_once_from_one_state_one_is_done() {
    let server = TestServer::start();
    let clerk = server.signed_in(Role::Clerk);
    let code = member(&server, "o1");
    let page = clerk.app_page(&format!("till?code={code}"));
    let seen = hidden(form_of(&page, "till/pay"), "seen");
    let (csrf, path) = (hidden(&page, "csrf"), clerk.app_path("till/pay"));
    let cookie = format!("kaquan_console={}", clerk.cookie("kaquan_console"));
    let (address, barrier) = (server.address(), std::sync::Barrier::new(8));
    let pay = |n: usize| {
        let key = format!("k{n}");
        let fields =
            [("csrf", csrf.as_str()), ("once", &key), ("seen", &seen), ("code", &code), ("fee", "50")];
        let form = encoded(&fields);
        let headers = [("cookie", cookie.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        let mut client = http::Client::connect(address);
        barrier.wait();
        client.send("POST", &path, &headers, form.as_bytes()).status
    };
    let mut statuses: Vec<u16> = std::thread::scope(|scope| {
        let sent: Vec<_> = (0..8)
            .map(|n| {
                scope.spawn({
                    let pay = &pay;
                    move || pay(n)
                })
            })
            .collect();
        sent.into_iter().map(|sent| sent.join().unwrap()).collect()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409, 409, 409, 409, 409, 409, 409]);
}

#[test]
fn a_repeated_payment_is_recorded_once_and_reported_as_a_repeat() {
    let server = TestServer::start();
    let clerk = server.signed_in(Role::Clerk);
    let code = member(&server, "o1");
    let pay = |fee: &str| {
        clerk.app_submit("till", "till/pay", &[("code", code.as_str()), ("once", "k"), ("fee", fee)])
    };
    assert_eq!(pay("50").status, 303);
    let repeated = pay("50");
    assert!(repeated.status == 409 && repeated.text().contains("This was done before, at"));
    let other = pay("51.20");
    assert!(other.status == 409 && other.text().contains("value=\"51.20\""), "{}", other.text());
    let log = server.store.events(server.app.id, kaquan_core::id::EventSeq(1), 100).unwrap();
    let paid = log.iter().filter(|event| event.kind == kaquan_core::event::EventKind::Pay).count();
    assert_eq!(paid, 1);
}

#[test]
fn a_card_made_before_from_the_same_page_is_shown_and_not_made_again() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Operator);
    let base = [
        ("type", "GIFT"),
        ("base_info.logo_url", "http://a/b"),
        ("base_info.brand_name", "茶"),
        ("base_info.color", "Color030"),
        ("base_info.notice", "出示"),
        ("base_info.description", "通用"),
        ("base_info.code_type", "CODE_TYPE_QRCODE"),
        ("base_info.date_info.type", "DATE_TYPE_FIX_TERM"),
        ("base_info.date_info.fixed_term", "30"),
        ("base_info.sku", "9"),
        ("gift", "茶"),
        ("once", "k"),
    ];
    let make = |title: &str| {
        let fields = [&base[..], &[("base_info.title", title)]].concat();
        surfer.app_submit("cards/new?type=GIFT", "cards/new", &fields)
    };
    assert!(make("一").header("location").unwrap().ends_with("?done=create"));
    let repeated = surfer.page(make("一").header("location").unwrap());
    assert!(repeated.contains("This was done before, at") && !repeated.contains("The card was created."));
    let other = make("二");
    assert!(other.status == 409 && other.text().contains("value=\"二\""), "{}", other.text());
    assert_eq!(server.store.cards(server.app.id).unwrap().len(), 1);
}

#[test]
fn older_entries_of_a_list_are_not_taken_for_a_repeated_form() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Owner);
    let code = server.claim(&server.create(card("GROUPON")), "o1");
    for page in ["events".to_owned(), "settings/audit".to_owned(), format!("codes/{code}")] {
        let text = surfer.app_page(&format!("{page}?before=2"));
        assert!(!text.contains("This was done before"), "{page}: {text}");
    }
}

#[test]
fn pages_with_such_forms_are_kept_by_no_browser() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Operator);
    let code = server.claim(&server.create(card("GROUPON")), "o1");
    let pages = [format!("till?code={code}"), format!("codes/{code}"), "cards/new?type=GIFT".to_owned()];
    for page in pages {
        let response = surfer.get(&surfer.app_path(&page));
        assert_eq!(response.header("cache-control"), Some("no-store"), "{page}");
        assert!(response.text().contains("/static/once.js"), "{page}");
        assert!(hidden(response.text(), "once") != hidden(&surfer.app_page(&page), "once"), "{page}");
    }
}
