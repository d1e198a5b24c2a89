//! `/console/enter/{token}`: the link with which a person signs in once.

use crate::support::page::{PASSWORD, Surfer, encoded};
use crate::support::*;
use kaquan_core::time::Timestamp;
use kaquan_server::login_link;

fn first(server: &TestServer) -> String {
    login_link::first(&*server.store, Timestamp(server.now())).unwrap().unwrap()
}

fn choose(surfer: &Surfer<'_>, path: &str, password: &str, again: &str) -> http::Response {
    surfer.submit(path, path, &[("password", password), ("again", again)])
}

#[test]
fn the_first_link_lets_its_user_choose_a_password_and_works_once() {
    let server = TestServer::start();
    let path = first(&server);
    let surfer = server.surfer();
    assert!(surfer.page(&path).contains("value=\"owner\""));
    let entered = choose(&surfer, &path, PASSWORD, PASSWORD);
    assert_eq!((entered.status, entered.header("location")), (303, Some("/console")));
    let cookie = entered.header("set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let start = surfer.get("/console");
    assert_eq!(start.header("location"), Some(format!("/console/{}", server.app.appid).as_str()));
    let other = server.surfer();
    assert_eq!(other.get(&path).status, 404);
    let form = encoded(&[("password", PASSWORD), ("again", PASSWORD)]);
    assert_eq!(other.send("POST", &path, &form).status, 404);
    assert_eq!(login_link::first(&*server.store, Timestamp(server.now())).unwrap(), None);
}

#[test]
fn a_password_that_is_unfit_or_typed_differently_leaves_the_link_as_it_is() {
    let server = TestServer::start();
    let path = first(&server);
    let surfer = server.surfer();
    for (password, again) in
        [("short", "short"), (PASSWORD, "another long one"), ("my-owner-password", "my-owner-password")]
    {
        let refused = choose(&surfer, &path, password, again);
        assert_eq!(refused.status, 422, "{password}");
        assert!(refused.text().contains("role=\"alert\""));
    }
    assert_eq!(choose(&surfer, &path, PASSWORD, PASSWORD).status, 303);
}

#[test]
fn a_link_expires_after_seven_days() {
    let server = TestServer::start();
    let path = first(&server);
    server.pass_days(7);
    assert_eq!(server.surfer().get(&path).status, 404);
    assert_eq!(server.surfer().get("/console/enter/nothing").status, 404);
}

#[test]
fn a_form_that_was_not_shown_to_this_browser_leaves_the_link_as_it_is() {
    let server = TestServer::start();
    let path = first(&server);
    let form = encoded(&[("password", PASSWORD), ("again", PASSWORD)]);
    assert_eq!(server.surfer().send("POST", &path, &form).status, 403);
    assert_eq!(choose(&server.surfer(), &path, PASSWORD, PASSWORD).status, 303);
}
