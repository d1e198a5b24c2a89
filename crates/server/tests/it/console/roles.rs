//! What each role may see, for every page and form of the console.

use crate::support::*;
use kaquan_server::console_router::routes;
use kaquan_store::Role;

#[test]
fn a_page_is_open_to_its_role_and_to_higher_roles() {
    let server = TestServer::start();
    let people = Role::ALL.iter().map(|role| (*role, server.signed_in(*role))).collect::<Vec<_>>();
    for route in routes() {
        let Some(least) = route.least else { continue };
        // This answer never ends. The test of the overview reads it.
        if route.path.ends_with("/live") {
            continue;
        }
        let path = route.path.replace("{appid}", &server.app.appid);
        for (role, surfer) in &people {
            // A form without its token is refused for all roles, so only pages show the difference here.
            let status = surfer.send(route.method.as_str(), &path, "").status;
            match role.covers(least) && route.method == "GET" {
                true => assert_ne!(status, 403, "{role:?} {path}"),
                false => assert_eq!(status, 403, "{role:?} {} {path}", route.method),
            }
        }
        let stranger = server.surfer().send(route.method.as_str(), &path, "");
        assert_eq!(stranger.status, 303, "{path}");
        assert!(stranger.header("location").unwrap().starts_with("/console/login"), "{path}");
    }
}

#[test]
fn an_app_is_reached_only_with_a_role_in_it() {
    let server = TestServer::start();
    let other = server.second_app();
    let operator = server.signed_in(Role::Operator);
    let owner = server.signed_in(Role::Owner);
    for (surfer, expected) in [(&operator, 404), (&owner, 303)] {
        assert_eq!(surfer.get(&format!("/console/{}", other.appid)).status, expected);
        assert_eq!(surfer.get(&format!("/console/{}", server.app.appid)).status, 303);
    }
    assert_eq!(owner.get("/console/wx0000000000000000").status, 404);
}
