//! The wallet's pages. Each is requested by an unknown visitor, by another holder, by the same openid in another app,
//! by a holder whose identity provider was replaced, and by the right holder.

use super::{HOLDER, STRANGER, World, calls};
use crate::support::page::{Surfer, encoded, fresh_key, hidden};
use crate::support::*;
use axum::http::Method;
use kaquan_core::identity::{Identity, SetIdentity};
use kaquan_server::wallet_router::{Route, routes};

/// The visitors that may use a page or form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    /// Everyone with the link. The page shows the same to every holder.
    Everyone,
    /// Every identified holder; each sees and changes only own data.
    AnyHolder,
    /// Only the holder of the code in the path.
    ThisHolder,
    /// The page identifies the visitor itself.
    Identity,
}

/// The visitors for each route. A new route needs a line here.
fn door(route: &Route) -> Door {
    match (route.method.as_str(), route.path) {
        ("GET", "/w/q/{ticket}" | "/w/l/{appid}/{page_id}" | "/bizmall/appmsgcard") => Door::Everyone,
        ("GET", "/w/{appid}" | "/w/{appid}/card/{card_id}" | "/w/{appid}/card/{card_id}/stores") => {
            Door::Everyone
        }
        ("GET", "/bizmall/activatemembercard" | "/w/{appid}/gift/{gift}") => Door::Everyone,
        ("GET", "/w/{appid}/cards" | "/w/{appid}/activate/{card_id}") => Door::AnyHolder,
        ("POST", "/w/q/{ticket}" | "/w/{appid}/card/{card_id}" | "/w/{appid}/gift/{gift}") => Door::AnyHolder,
        ("POST", "/w/{appid}/activate/{card_id}") => Door::AnyHolder,
        ("GET" | "POST", "/w/{appid}/codes/{code}") => Door::ThisHolder,
        ("GET" | "POST", "/w/{appid}/who") | ("GET", "/w/{appid}/in" | "/w/{appid}/oauth") => Door::Identity,
        ("GET" | "POST", "/w/{appid}/leave") => Door::Identity,
        (method, path) => panic!("{method} {path} has no line in doors/wallet.rs: say for whom it is there"),
    }
}

/// The path of a route, with objects of the first app.
fn path(world: &World, route: &Route) -> String {
    let server = &world.server;
    let card_id = if route.path.contains("activate") { &world.member_card } else { &world.coupon };
    let path = route.path.replace("{appid}", &server.app.appid).replace("{code}", &world.code);
    let path = path.replace("{card_id}", card_id).replace("{ticket}", &calls::ticket(world));
    let path = path.replace("{page_id}", "1").replace("{gift}", &gift(world));
    match route.path {
        "/bizmall/activatemembercard" => {
            let url = server.ok("/card/membercard/activate/geturl", json!({"card_id": world.member_card}));
            local(server, url["url"].as_str().unwrap())
        }
        "/bizmall/appmsgcard" => {
            let html = server.ok("/card/mpnews/gethtml", json!({"card_id": world.coupon}));
            let html = html["content"].as_str().unwrap();
            local(server, &html.split("data-src=\"").nth(1).unwrap().replace("&amp;", "&"))
        }
        _ => path,
    }
}

/// The path and query of a URL of this server.
fn local(server: &TestServer, url: &str) -> String {
    let path = url.strip_prefix(&format!("http://{}", server.address())).expect("an address of this server");
    path.split('#').next().unwrap().to_owned()
}

/// The last part of the world's gift link, as it is on the giver's page.
pub(super) fn gift(world: &World) -> String {
    let giver = world.holder_of(&world.server.app, HOLDER);
    let page = giver.page(&format!("/w/{}/codes/{}", world.server.app.appid, world.gifting));
    let link = page.split("id=\"gift\" value=\"").nth(1).expect("a link").split('"').next().unwrap();
    link.rsplit('/').next().unwrap().to_owned()
}

/// Requests a page, or sends a form with the token of this browser's pages.
fn ask(world: &World, surfer: &Surfer<'_>, route: &Route, path: &str) -> http::Response {
    match route.method {
        Method::GET => surfer.get(path),
        _ => {
            let page = surfer.get(&format!("/w/{}/card/{}", world.server.app.appid, world.coupon));
            let known = page.status == 200 && page.text().contains("name=\"csrf\"");
            let csrf = if known { hidden(page.text(), "csrf") } else { String::new() };
            let (once, page) = (fresh_key(), surfer.get(path));
            let shows = page.status == 200 && page.text().contains("name=\"seen\"");
            let seen = if shows { hidden(page.text(), "seen") } else { String::new() };
            surfer.send("POST", path, &encoded(&[("csrf", &csrf), ("once", &once), ("seen", &seen)]))
        }
    }
}

fn asks_who(response: &http::Response) -> bool {
    response.status == 303 && response.header("location").is_some_and(|to| to.contains("/who?next="))
}

/// Whether a page shows data that only the world's holder may see.
fn shows_holder(world: &World, response: &http::Response) -> bool {
    [&world.code, &world.consumed, &world.member].iter().any(|code| {
        let grouped = format!("{} {} {}", &code[..4], &code[4..8], &code[8..]);
        response.text().contains(code.as_str()) || response.text().contains(&grouped)
    })
}

/// The world with a landing page, whose number is 1.
fn world() -> World {
    let world = World::build();
    let page = calls::call(&world, "/card/landingpage/create").expect("a line").body;
    world.server.ok("/card/landingpage/create", page);
    world
}

#[test]
fn visitors_and_holders_of_another_app_must_identify_themselves() {
    for route in routes() {
        let world = world();
        let (server, path) = (&world.server, path(&world, &route));
        let before = server.changes(&server.app);
        let elsewhere = world.holder_of(&world.other, HOLDER);
        for (surfer, who) in [(server.surfer(), "a visitor"), (elsewhere, "a holder of another app")] {
            let answer = ask(&world, &surfer, &route, &path);
            let what = format!("{} {path} as {who}: {}", route.method, answer.status);
            match door(&route) {
                Door::Everyone => assert!(answer.status == 200 || answer.status == 303, "{what}"),
                Door::AnyHolder | Door::ThisHolder => assert!(asks_who(&answer), "{what}"),
                Door::Identity => assert!([200, 303, 403, 422].contains(&answer.status), "{what}"),
            }
            assert!(!shows_holder(&world, &answer), "{what} shows a holder's code");
        }
        assert_eq!(server.changes(&server.app), before, "{} {path} changed something", route.method);
    }
}

#[test]
fn another_holder_neither_sees_nor_changes_the_code_of_a_holder() {
    for route in routes() {
        let world = world();
        let (server, path) = (&world.server, path(&world, &route));
        let of_holder = || {
            let body = json!({"code": world.code, "openid": HOLDER});
            server.ok("/wallet/v1/get", body)["user_card_status"].take()
        };
        let stranger = world.holder_of(&server.app, STRANGER);
        let answer = ask(&world, &stranger, &route, &path);
        let what = format!("{} {path} as another holder: {}", route.method, answer.status);
        if door(&route) == Door::ThisHolder {
            assert_eq!(answer.status, 404, "{what}");
        }
        assert!(!shows_holder(&world, &answer), "{what} shows a holder's code");
        assert_eq!(of_holder(), "NORMAL", "{what}");
    }
}

#[test]
fn a_holder_is_let_in_and_a_form_needs_its_own_token() {
    for route in routes() {
        let world = world();
        let path = path(&world, &route);
        let holder = world.holder_of(&world.server.app, HOLDER);
        let before = world.server.changes(&world.server.app);
        if route.method == Method::POST && door(&route) != Door::Identity {
            assert_eq!(holder.send("POST", &path, "").status, 403, "{path} without the form's token");
            assert_eq!(world.server.changes(&world.server.app), before, "{path} changed something");
        }
        if matches!(door(&route), Door::AnyHolder | Door::ThisHolder) {
            let answer = ask(&world, &holder, &route, &path);
            // 409: the page of the holder's own gift has no form, so there is no state to act on.
            let let_in = [200, 303, 409, 422].contains(&answer.status) && !asks_who(&answer);
            assert!(let_in, "{} {path}: {}", route.method, answer.status);
        }
    }
}

#[test]
fn a_holder_of_the_provider_before_is_asked_again() {
    for route in routes() {
        let world = world();
        let (server, path) = (&world.server, path(&world, &route));
        let holder = world.holder_of(&server.app, HOLDER);
        let links = Identity::SignedLink {
            secret: "0123456789abcdef0123".into(),
            entry_url: "https://shop.example/in".into(),
        };
        server.submit(SetIdentity(links)).expect("chosen");
        let before = server.changes(&server.app);
        let answer = ask(&world, &holder, &route, &path);
        if matches!(door(&route), Door::AnyHolder | Door::ThisHolder) {
            assert!(asks_who(&answer), "{} {path}: {}", route.method, answer.status);
        }
        assert!(!shows_holder(&world, &answer), "{} {path} shows a holder's code", route.method);
        assert_eq!(server.changes(&server.app), before, "{} {path} changed something", route.method);
    }
}
