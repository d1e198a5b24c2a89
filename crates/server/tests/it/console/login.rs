//! `/console/login`: signing in with name and password, and out again.

use crate::support::page::{PASSWORD, Surfer, encoded, hidden};
use crate::support::*;
use kaquan_server::HashCaller;
use kaquan_store::Role;
use std::sync::Mutex;

#[test]
fn a_visitor_without_a_session_goes_to_the_login_and_back() {
    let server = TestServer::start();
    server.signed_in(Role::Owner);
    let surfer = server.surfer();
    let away = surfer.get("/console/account?x=1");
    let login = "/console/login?next=%2Fconsole%2Faccount%3Fx%3D1";
    assert_eq!((away.status, away.header("location")), (303, Some(login)));
    assert!(surfer.page(login).contains("value=\"/console/account?x=1\""));
    let signed_in = surfer.log_in("OWNER", PASSWORD);
    assert_eq!((signed_in.status, signed_in.header("location")), (303, Some("/console/account")));
    assert!(surfer.page("/console/account").contains("Change the password"));
}

#[test]
fn a_login_never_leads_to_another_site() {
    let server = TestServer::start();
    server.signed_in(Role::Owner);
    for next in ["https://evil.example/", "//evil.example", "/\\evil.example"] {
        let fields = [("name", "owner"), ("password", PASSWORD), ("next", next)];
        let led = server.surfer().submit("/console/login", "/console/login", &fields);
        assert_eq!(led.header("location"), Some("/"));
    }
}

#[test]
fn a_wrong_name_and_a_wrong_password_look_alike() {
    let server = TestServer::start();
    server.signed_in(Role::Owner);
    let surfer = server.surfer();
    let wrong = |name: &str| {
        let answer = surfer.log_in(name, "wrong wrong wrong");
        assert_eq!(answer.status, 422);
        answer.text().replace(&format!("value=\"{name}\""), "")
    };
    assert_eq!(wrong("owner"), wrong("unknown"));
}

#[test]
fn a_name_that_failed_five_times_waits_longer_after_each_failure() {
    let server = TestServer::start();
    server.signed_in(Role::Owner);
    let fail = || server.surfer().log_in("Owner", "wrong wrong");
    for _ in 0..5 {
        assert_eq!(fail().status, 422);
    }
    for wait in ["15", "30", "60", "120", "240", "480", "900", "900"] {
        let refused = server.surfer().log_in("owner", PASSWORD);
        assert_eq!((refused.status, refused.header("retry-after")), (429, Some(wait)));
        assert!(refused.text().contains("Too many attempts") && refused.text().contains("value=\"owner\""));
        server.clock.advance(wait.parse().unwrap());
        assert_eq!(fail().status, 422);
    }
    server.clock.advance(900);
    assert_eq!(server.surfer().log_in("owner", PASSWORD).status, 303);
    for _ in 0..5 {
        assert_eq!(fail().status, 422, "a success begins the count again");
    }
    server.clock.advance(86_400);
    assert_eq!(fail().status, 422, "and so does a day");
    assert_eq!(server.surfer().log_in("owner", PASSWORD).status, 303);
}

#[test]
fn attempts_of_strangers_do_not_lock_an_account() {
    let server = Start { behind_proxy: true, ..Start::default() }.start();
    let session = server.signed_in(Role::Owner);
    let from = |address: &str| server.surfer_from(address);
    let known = from("198.51.100.1");
    assert_eq!(known.log_in("owner", PASSWORD).status, 303);
    // The guesses come from the address of the known browser, so this address has to wait.
    for name in ["owner"; 5].into_iter().chain(["a", "b", "c", "d", "e"].into_iter().cycle().take(25)) {
        assert_eq!(from("198.51.100.1").log_in(name, "wrong wrong").status, 422, "{name}");
    }
    let waits = |surfer: &Surfer<'_>, name: &str| surfer.log_in(name, PASSWORD).status == 429;
    assert!(waits(&from("198.51.100.1"), "owner"));
    assert!(waits(&from("198.51.100.1"), "another name"), "the address waits over all names");
    assert!(!waits(&from("192.0.2.66, 198.51.100.2"), "owner"), "another address does not");
    assert_eq!(session.get("/console/account").status, 200, "a session goes on");
    let cookies = ["kaquan_known_1", "kaquan_form"].map(|name| (name, known.cookie(name)));
    let again = from("198.51.100.1");
    cookies.iter().for_each(|(name, value)| again.set_cookie(name, value));
    assert_eq!(again.log_in("owner", PASSWORD).status, 303, "a known browser is let through");
    again.set_cookie("kaquan_console", "");
    for _ in 0..5 {
        assert_eq!(again.log_in("owner", "wrong wrong").status, 422);
    }
    assert!(waits(&again, "owner"), "with a limit of its own");
}

#[test]
fn addresses_of_one_ipv6_network_count_together() {
    let server = Start { behind_proxy: true, ..Start::default() }.start();
    server.signed_in(Role::Owner);
    for n in 1..=5 {
        let there = server.surfer_from(&format!("2001:db8:1:2::{n}"));
        assert_eq!(there.log_in("owner", "wrong wrong").status, 422);
    }
    assert_eq!(server.surfer_from("2001:db8:1:2:ffff::").log_in("owner", PASSWORD).status, 429);
    assert_eq!(server.surfer_from("2001:db8:1:3::1").log_in("owner", PASSWORD).status, 303);
}

#[test]
fn over_https_no_other_host_of_the_domain_can_set_the_forms_cookie() {
    let server = Start { public_url: Some("https://cards.example"), ..Start::default() }.start();
    server.signed_in(Role::Owner);
    let page = server.surfer().get("/console/login");
    let cookie = page.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-kaquan_form=") && cookie.contains("Path=/;"), "{cookie}");
    assert!(cookie.ends_with("; Secure") && !cookie.contains("Domain"), "{cookie}");
    assert_eq!(server.surfer().log_in("owner", PASSWORD).status, 303);
}

#[test]
fn a_browser_is_known_to_its_own_account_until_the_password_changes() {
    let server = TestServer::start();
    let owner = server.signed_in(Role::Owner);
    let clerk = server.signed_in(Role::Clerk);
    let token = clerk.cookie("kaquan_known_2");
    for _ in 0..5 {
        assert_eq!(server.surfer().log_in("clerk", "wrong wrong").status, 422);
        assert_eq!(server.surfer().log_in("owner", "wrong wrong").status, 422);
    }
    let with_token = |name: &str| {
        let surfer = server.surfer();
        surfer.set_cookie("kaquan_known_2", &token);
        surfer.log_in(name, PASSWORD).status
    };
    assert_eq!((with_token("clerk"), with_token("owner")), (303, 429));
    let account = server.store.account_by_name("clerk").unwrap().unwrap();
    server.store.set_password(account.id, &account.password.unwrap()).unwrap();
    for _ in 0..5 {
        server.surfer().log_in("clerk", "wrong wrong");
    }
    assert_eq!(with_token("clerk"), 429);
    assert_eq!(owner.get("/console/account").status, 200);
}

#[test]
fn a_login_form_of_another_browser_is_refused() {
    let server = TestServer::start();
    server.signed_in(Role::Owner);
    let form = encoded(&[("name", "owner"), ("password", PASSWORD), ("csrf", "x")]);
    let refused = server.surfer().send("POST", "/console/login", &form);
    assert!(refused.status == 403 && refused.text().contains("value=\"owner\""), "{}", refused.text());
    let foreign = hidden(&server.surfer().page("/console/login"), "csrf");
    let form = encoded(&[("name", "owner"), ("password", PASSWORD), ("csrf", &foreign)]);
    let surfer = server.surfer();
    surfer.page("/console/login");
    assert_eq!(surfer.send("POST", "/console/login", &form).status, 403, "the token of another browser");
    assert_eq!(surfer.log_in("owner", PASSWORD).status, 303);
}

#[test]
fn a_full_queue_answers_busy_and_keeps_the_name() {
    let server = TestServer::start();
    server.signed_in(Role::Owner);
    let passwords = &server.inner().passwords;
    let here = HashCaller::Stranger("127.0.0.1".to_owned());
    let places: Vec<_> = std::iter::from_fn(|| passwords.enter(&here)).collect();
    for (language, text) in [("en", "checking other passwords"), ("zh-CN", "服务器正在校验其他登录")]
    {
        let mut surfer = server.surfer();
        surfer.language = language;
        let busy = surfer.log_in("owner", PASSWORD);
        assert_eq!((busy.status, busy.header("retry-after")), (503, Some("2")));
        assert!(busy.text().contains(text) && busy.text().contains("value=\"owner\""), "{}", busy.text());
    }
    drop(places);
    assert_eq!(server.surfer().log_in("owner", PASSWORD).status, 303, "busy answers did not count");
}

#[test]
fn of_a_thousand_guesses_at_once_five_are_checked_and_others_sign_in() {
    let server = Start { behind_proxy: true, ..Start::default() }.start();
    server.signed_in(Role::Owner);
    let surfer = server.surfer();
    let csrf = hidden(&surfer.page("/console/login"), "csrf");
    let cookie = format!("kaquan_form={}", surfer.cookie("kaquan_form"));
    // The statuses of guesses from one address: 50 callers make 20 guesses each, on one connection each.
    let guess = |password: &str| {
        let form = encoded(&[("name", "owner"), ("password", password), ("csrf", &csrf)]);
        let (address, statuses) = (server.address(), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for _ in 0..50 {
                scope.spawn(|| {
                    let mut client = http::Client::connect(address);
                    let headers = [
                        ("cookie", cookie.as_str()),
                        ("content-type", "application/x-www-form-urlencoded"),
                        ("x-forwarded-for", "192.0.2.66"),
                    ];
                    let sent = (0..20)
                        .map(|_| client.send("POST", "/console/login", &headers, form.as_bytes()).status);
                    let sent: Vec<u16> = sent.collect();
                    statuses.lock().unwrap().extend(sent);
                });
            }
            // During the guesses, a neighbour's first attempt is checked.
            let neighbour = server.surfer_from("198.51.100.1");
            assert_eq!(neighbour.log_in("owner", PASSWORD).status, 303);
        });
        statuses.into_inner().unwrap()
    };
    let count = |statuses: &[u16], of: u16| statuses.iter().filter(|status| **status == of).count();
    let wrong = guess("wrong wrong");
    assert_eq!((wrong.len(), count(&wrong, 422)), (1000, 5), "the clock stands still");
    assert_eq!(count(&wrong, 429) + count(&wrong, 503), 995);
    let right = guess(PASSWORD);
    assert_eq!((right.len(), count(&right, 303)), (1000, 0));
}

#[test]
fn an_impossible_name_or_password_costs_no_hash_and_is_not_counted() {
    let server = TestServer::start();
    server.signed_in(Role::Owner);
    let long = "n".repeat(10_000);
    for (name, password) in [(long.as_str(), PASSWORD), ("owner", "short"), ("owner", long.as_str())] {
        for _ in 0..6 {
            let wrong = server.surfer().log_in(name, password);
            assert_eq!(wrong.status, 422);
            assert!(wrong.text().len() < 10_000, "the page repeats the beginning of a name only");
        }
    }
    assert_eq!(server.surfer().log_in("owner", PASSWORD).status, 303);
}

#[test]
fn signing_out_ends_the_session_and_so_do_twelve_idle_hours() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Owner);
    assert_eq!(surfer.submit("/console/account", "/console/logout", &[]).status, 303);
    assert_eq!(surfer.get("/console/account").status, 303);
    surfer.log_in("owner", PASSWORD);
    for _ in 0..3 {
        server.clock.advance(11 * 3600);
        assert_eq!(surfer.get("/console/account").status, 200, "it is in use");
    }
    server.clock.advance(12 * 3600);
    assert_eq!(surfer.get("/console/account").status, 303);
}

#[test]
fn a_disabled_account_is_out_at_once() {
    let server = TestServer::start();
    let owner = server.signed_in(Role::Owner);
    let clerk = server.signed_in(Role::Clerk);
    assert_eq!(clerk.get("/console/account").status, 200);
    let account = server.store.account_by_name("clerk").unwrap().unwrap();
    let now = kaquan_core::time::Timestamp(server.now());
    assert!(server.store.set_disabled(account.id, Some(now)).unwrap());
    assert_eq!(clerk.get("/console/account").status, 303);
    assert_eq!(clerk.log_in("clerk", PASSWORD).status, 422);
    assert_eq!(owner.get("/console/account").status, 200);
}
