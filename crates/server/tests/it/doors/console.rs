//! The pages and forms of the console. Each is requested by a visitor, by a person with a lower role, by a person of
//! another app, with an ended session, and by a person with exactly the required role.

use super::World;
use crate::support::page::{Surfer, encoded, fresh_key, hidden};
use crate::support::*;
use axum::http::Method;
use kaquan_server::console_router::{Route, routes};
use kaquan_store::{Grant, Role};

/// The answer of a route without a required role to a visitor who is not signed in.
#[derive(Debug, PartialEq, Eq)]
enum Open {
    /// Redirects to the login.
    Login,
    /// Is open to everyone.
    Everyone,
    /// Is open to everyone with the link.
    Link,
}

/// The routes without an app. A new route needs a line here.
fn open(route: &Route) -> Open {
    match (route.method.as_str(), route.path) {
        ("GET" | "POST", "/console/login") => Open::Everyone,
        ("GET" | "POST", "/console/enter/{token}") => Open::Link,
        ("GET", "/console" | "/console/account") => Open::Login,
        ("POST", "/console/logout" | "/console/account/password" | "/console/account/elsewhere") => {
            Open::Login
        }
        (method, path) => panic!("{method} {path} has no line in doors/console.rs: say who may use it"),
    }
}

/// The path of a route, with objects of the first app.
fn path(world: &World, route: &Route) -> String {
    let event = world.event().to_string();
    let account = world.server.store.account_by_name("doors-clerk").unwrap().unwrap().id.0.to_string();
    let card_id = if route.path.contains("/review/") { &world.waiting } else { &world.coupon };
    let path = route.path.replace("{appid}", &world.server.app.appid).replace("{card_id}", card_id);
    let path = path.replace("{code}", &world.code).replace("{event}", &event).replace("{account}", &account);
    path.replace("{token}", "no-such-link")
}

/// Requests a page, or sends a form with the session's own token and the fields that most forms need. Of a stream,
/// only the head is read.
fn ask(world: &World, surfer: &Surfer<'_>, route: &Route, path: &str) -> http::Response {
    match route.method {
        Method::GET => surfer.head_of(path),
        _ => {
            let account = surfer.get("/console/account");
            let csrf = if account.status == 200 { hidden(account.text(), "csrf") } else { String::new() };
            surfer.send(
                "POST",
                path,
                &encoded(&[("csrf", &csrf), ("once", &fresh_key()), ("code", &world.code), ("scope", "app")]),
            )
        }
    }
}

fn leads_to_login(response: &http::Response) -> bool {
    response.status == 303 && response.header("location").is_some_and(|to| to.starts_with("/console/login"))
}

#[test]
fn every_page_and_form_of_an_app_has_an_answer_for_every_person() {
    let world = World::build();
    let server = &world.server;
    let people: Vec<_> = Role::ALL.iter().map(|role| (*role, server.signed_in(*role))).collect();
    let elsewhere = world.person_elsewhere(Role::Owner);
    for route in routes() {
        let Some(least) = route.least else { continue };
        let (path, method) = (path(&world, &route), &route.method);
        assert!(
            leads_to_login(&ask(&world, &server.surfer(), &route, &path)),
            "{method} {path} as a visitor"
        );
        assert_eq!(
            ask(&world, &elsewhere, &route, &path).status,
            404,
            "{method} {path} as a person of another app"
        );
        let before = server.changes(&server.app);
        for (role, surfer) in people.iter().filter(|(role, _)| !role.covers(least)) {
            assert_eq!(ask(&world, surfer, &route, &path).status, 403, "{method} {path} as {role:?}");
        }
        assert_eq!(server.changes(&server.app), before, "{method} {path} changed something");
        let forged = people.iter().find(|(role, _)| *role == least).expect("each role is there");
        if method == Method::POST {
            assert_eq!(forged.1.send("POST", &path, "").status, 403, "{path} without the form's token");
        }
    }
}

#[test]
fn every_page_and_form_of_an_app_is_there_for_its_role() {
    for route in routes() {
        let Some(least) = route.least else { continue };
        let world = World::build();
        let surfer =
            world.server.signed_in_as("just-enough", Grant { app: Some(world.server.app.id), role: least });
        let path = path(&world, &route);
        let answer = ask(&world, &surfer, &route, &path);
        let refused = [401, 403, 404, 500].contains(&answer.status) || leads_to_login(&answer);
        assert!(!refused, "{} {path} as {least:?} answered {}", route.method, answer.status);
    }
}

#[test]
fn routes_of_no_app_ask_for_a_session_or_a_link() {
    let world = World::build();
    for route in routes().into_iter().filter(|route| route.least.is_none()) {
        let path = path(&world, &route);
        let answer = ask(&world, &world.server.surfer(), &route, &path);
        match open(&route) {
            Open::Login => assert!(leads_to_login(&answer), "{} {path}: {}", route.method, answer.status),
            Open::Link => assert_eq!(answer.status, 404, "{} {path}", route.method),
            Open::Everyone => assert!([200, 403, 422].contains(&answer.status), "{} {path}", route.method),
        }
    }
}

#[test]
fn a_session_that_ended_opens_nothing() {
    let world = World::build();
    let server = &world.server;
    let grant = Grant { app: Some(server.app.id), role: Role::Owner };
    let surfer = server.signed_in_as("leaver", grant);
    let stolen = surfer.clone_cookies();
    assert_eq!(surfer.submit("/console/account", "/console/logout", &[]).status, 303);
    for route in routes().into_iter().filter(|route| route.least.is_some()) {
        let path = path(&world, &route);
        assert!(leads_to_login(&ask(&world, &stolen, &route, &path)), "{} {path}", route.method);
    }
}
