//! `/console/login`: signing in with name and password, and out again.

use crate::support::page::{PASSWORD, encoded};
use crate::support::*;
use kaquan_store::Role;

fn typed(name: &str, password: &str) -> String {
    encoded(&[("name", name), ("password", password), ("next", "/console/account")])
}

#[test]
fn whoever_is_not_signed_in_is_led_to_the_login_and_from_there_back() {
    let server = TestServer::start();
    server.signed_in(Role::Owner);
    let surfer = server.surfer();
    let away = surfer.get("/console/account?x=1");
    let login = "/console/login?next=%2Fconsole%2Faccount%3Fx%3D1";
    assert_eq!((away.status, away.header("location")), (303, Some(login)));
    assert!(surfer.page(login).contains("value=\"/console/account?x=1\""));
    let signed_in = surfer.send("POST", "/console/login", &typed("OWNER", PASSWORD));
    assert_eq!((signed_in.status, signed_in.header("location")), (303, Some("/console/account")));
    assert!(surfer.page("/console/account").contains("Change the password"));
}

#[test]
fn a_login_never_leads_to_another_site() {
    let server = TestServer::start();
    server.signed_in(Role::Owner);
    for next in ["https://evil.example/", "//evil.example", "/\\evil.example"] {
        let body = encoded(&[("name", "owner"), ("password", PASSWORD), ("next", next)]);
        assert_eq!(server.surfer().send("POST", "/console/login", &body).header("location"), Some("/"));
    }
}

#[test]
fn a_wrong_name_and_a_wrong_password_look_alike() {
    let server = TestServer::start();
    server.signed_in(Role::Owner);
    let wrong = |name: &str| {
        let answer = server.surfer().send("POST", "/console/login", &typed(name, "wrong wrong wrong"));
        assert_eq!(answer.status, 422);
        answer.text().replace(&format!("value=\"{name}\""), "")
    };
    assert_eq!(wrong("owner"), wrong("nobody"));
}

#[test]
fn a_name_that_failed_five_times_waits_a_quarter_of_an_hour() {
    let server = TestServer::start();
    server.signed_in(Role::Owner);
    for _ in 0..5 {
        assert_eq!(server.surfer().send("POST", "/console/login", &typed("owner", "wrong")).status, 422);
    }
    let refused = server.surfer().send("POST", "/console/login", &typed("owner", PASSWORD));
    assert!(refused.status == 422 && refused.text().contains("quarter of an hour"));
    server.clock.advance(900);
    assert_eq!(server.surfer().send("POST", "/console/login", &typed("owner", PASSWORD)).status, 303);
}

#[test]
fn signing_out_ends_the_session_and_so_do_twelve_idle_hours() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Owner);
    assert_eq!(surfer.submit("/console/account", "/console/logout", &[]).status, 303);
    assert_eq!(surfer.get("/console/account").status, 303);
    surfer.send("POST", "/console/login", &typed("owner", PASSWORD));
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
    assert_eq!(clerk.send("POST", "/console/login", &typed("clerk", PASSWORD)).status, 422);
    assert_eq!(owner.get("/console/account").status, 200);
}
