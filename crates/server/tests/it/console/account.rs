//! `/console/account`: the user's own password and sessions, and the language of the pages.

use crate::support::page::{PASSWORD, Surfer, hidden};
use crate::support::*;
use kaquan_store::Role;

#[test]
fn a_new_password_takes_the_old_one_and_ends_every_other_session() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Owner);
    let elsewhere = server.surfer();
    elsewhere.log_in("owner", PASSWORD);
    let change = |old: &str| {
        let fields = [("old", old), ("password", "quite another one"), ("again", "quite another one")];
        surfer.submit("/console/account", "/console/account/password", &fields).status
    };
    assert_eq!(change("wrong"), 422);
    assert_eq!(change(PASSWORD), 303);
    assert_eq!(surfer.get("/console/account?done=password").status, 200);
    assert_eq!(elsewhere.get("/console/account").status, 303);
    assert_eq!(server.surfer().log_in("owner", PASSWORD).status, 422);
    assert_eq!(server.surfer().log_in("owner", "quite another one").status, 303);
}

#[test]
fn the_old_password_is_guessed_five_times_and_then_waits() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Owner);
    let change = |old: &str| {
        let fields = [("old", old), ("password", "quite another one"), ("again", "quite another one")];
        surfer.submit("/console/account", "/console/account/password", &fields)
    };
    for _ in 0..5 {
        assert_eq!(change("wrong wrong").status, 422);
    }
    let refused = change(PASSWORD);
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("15")));
    assert_eq!(surfer.get("/console/account").status, 200, "the session goes on");
    assert_eq!(server.surfer().log_in("owner", PASSWORD).status, 303, "and so do logins");
    server.clock.advance(15);
    assert_eq!(change(PASSWORD).status, 303);
}

#[test]
fn wrong_old_passwords_of_one_account_do_not_delay_another() {
    let server = TestServer::start();
    let (owner, clerk) = (server.signed_in(Role::Owner), server.signed_in(Role::Clerk));
    let change = |surfer: &Surfer<'_>, old: &str| {
        let fields = [("old", old), ("password", "quite another one"), ("again", "quite another one")];
        surfer.submit("/console/account", "/console/account/password", &fields).status
    };
    for _ in 0..5 {
        assert_eq!(change(&clerk, "wrong wrong"), 422);
    }
    assert_eq!((change(&clerk, PASSWORD), change(&owner, PASSWORD)), (429, 303));
}

#[test]
fn a_common_password_is_refused_at_every_door() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Owner);
    let fields = [("old", PASSWORD), ("password", "password1234"), ("again", "password1234")];
    let changed = surfer.submit("/console/account", "/console/account/password", &fields);
    assert!(changed.status == 422 && changed.text().contains("easy to guess"), "{}", changed.text());
    let now = kaquan_core::time::Timestamp(server.now());
    let clerk = server.store.create_account("mei", &[], now).unwrap().unwrap();
    let path = kaquan_server::login_link::fresh(&*server.store, clerk.id, now).unwrap();
    let entered = server.surfer().submit(&path, &path, &fields[1..]);
    assert!(entered.status == 422 && entered.text().contains("easy to guess"), "{}", entered.text());
}

#[test]
fn other_devices_can_be_signed_out() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Owner);
    let elsewhere = server.surfer();
    elsewhere.log_in("owner", PASSWORD);
    surfer.submit("/console/account", "/console/account/elsewhere", &[]);
    assert_eq!(elsewhere.get("/console/account").status, 303);
    assert_eq!(surfer.get("/console/account").status, 200);
}

#[test]
fn forms_of_the_account_sent_again_from_an_old_page_change_nothing() {
    let server = TestServer::start();
    let mut surfer = server.signed_in(Role::Owner);
    let new = "another long enough one";
    let password = [("old", PASSWORD), ("password", new), ("again", new)];
    for (form, fields) in [("elsewhere", &[][..]), ("password", &password[..])] {
        let csrf = hidden(&surfer.page("/console/account"), "csrf");
        let fields = [&[("csrf", csrf.as_str())], fields].concat();
        let send = |surfer: &page::Surfer<'_>| {
            surfer.send("POST", &format!("/console/account/{form}"), &page::encoded(&fields))
        };
        server.clock.advance(60);
        assert_eq!(send(&surfer).status, 303, "{form}");
        let elsewhere = server.surfer();
        elsewhere.log_in("owner", if form == "password" { new } else { PASSWORD });
        let again = send(&surfer);
        let since = if form == "elsewhere" { "12:01:00" } else { "12:02:00" };
        assert!(again.status == 403 && again.text().contains("Nothing was changed"), "{}", again.text());
        assert!(again.text().contains(&format!("Present sign-in: {} {since}", server.date(0))));
        surfer.language = "zh";
        assert!(send(&surfer).text().contains("没有任何改动"), "{form}");
        surfer.language = "en";
        assert_eq!(elsewhere.get("/console/account").status, 200, "{form} ended a later session");
    }
}

#[test]
fn a_form_without_the_sessions_token_or_from_another_site_does_nothing() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Owner);
    for csrf in ["", "csrf=wrong"] {
        assert_eq!(surfer.send("POST", "/console/logout", csrf).status, 403);
    }
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "cross-site")];
    assert_eq!(server.send("POST", "/console/login", &headers, b"name=owner").status, 403);
    // Everything else in the request is right.
    let csrf = format!("csrf={}", hidden(&surfer.page("/console/account"), "csrf"));
    let cookie = format!("kaquan_console={}", surfer.cookie("kaquan_console"));
    let with_cookie = [&headers[..], &[("cookie", cookie.as_str())]].concat();
    assert_eq!(server.send("POST", "/console/logout", &with_cookie, csrf.as_bytes()).status, 403);
    assert_eq!(surfer.get("/console/account").status, 200);
}

#[test]
fn pages_are_in_the_browsers_language_until_another_is_chosen() {
    let server = TestServer::start();
    let mut surfer = server.signed_in(Role::Owner);
    assert!(surfer.page("/console/account").contains("<html lang=\"en\">"));
    surfer.language = "zh-CN,zh;q=0.9";
    assert!(surfer.page("/console/account").contains("<html lang=\"zh-CN\">"));
    let switched = surfer.get("/console/account?done=x&lang=en");
    assert_eq!((switched.status, switched.header("location")), (303, Some("/console/account?done=x")));
    assert!(surfer.page("/console/account").contains("<html lang=\"en\">"));
}

#[test]
fn pages_may_load_nothing_from_elsewhere_and_run_no_script_of_their_own() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Owner);
    let page = surfer.get("/console/account");
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let text = page.text();
    assert!(!text.contains(" style=") && !text.contains("<style") && !text.contains(" onclick"), "{text}");
    let css = text.split("href=\"").find(|part| part.starts_with("/static/base.css")).unwrap();
    let style = surfer.get(css.split('"').next().unwrap());
    assert_eq!((style.status, style.header("content-type")), (200, Some("text/css; charset=utf-8")));
    assert_eq!(surfer.get("/static/nothing.css").status, 404);
}
