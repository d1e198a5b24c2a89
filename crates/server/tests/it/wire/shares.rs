//! Fair shares on the wire: expensive calls and pages for strangers use the share of their app, and bodies of
//! strangers have their own budget. A caller whose share is used up is refused, and all others are served.

use crate::support::page::{encoded, hidden};
use crate::support::*;
use kaquan_core::id::AppId;
use kaquan_server::router::routes;
use kaquan_server::{Access, BudgetPermit, Caller, Verb, WorkKind, biz, wallet_router};
use kaquan_store::Role;
use std::any::Any;
use std::task::{Context, Poll, Waker};

/// Uses up the whole share of an app, with every place in its queue.
fn take_share(server: &TestServer, app: AppId, work: WorkKind) -> Vec<Box<dyn Any>> {
    let shares = server.inner().shares.clone();
    let mut held: Vec<Box<dyn Any>> = Vec::new();
    loop {
        let shares = shares.clone();
        let mut turn = Box::pin(async move { shares.enter(app, work).await });
        match turn.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(permit)) => held.push(Box::new(permit)),
            Poll::Pending => held.push(Box::new(turn)),
            Poll::Ready(Err(_)) => return held,
        }
        assert!(held.len() < 10_000, "the queue has no end");
    }
}

#[test]
fn each_expensive_call_takes_a_share_of_its_app() {
    let server = TestServer::start();
    let other = server.second_app();
    let card_id = server.create(card("GROUPON"));
    let range = json!({"begin_date": server.date(-2), "end_date": server.date(-1), "cond_source": 1});
    let calls = [
        ("/kaquan/v1/events/list", json!({})),
        ("/kaquan/v1/events/get", json!({"event_id": 1})),
        ("/kaquan/v1/events/resend", json!({"event_id": 1})),
        ("/kaquan/v1/sign/check", json!({"type": "card_ext", "signature": "x", "timestamp": "1"})),
        ("/kaquan/v1/stats/close", json!({})),
        ("/datacube/getcardbizuininfo", range.clone()),
        ("/datacube/getcardcardinfo", range.clone()),
        ("/datacube/getcardmembercardinfo", range.clone()),
        ("/datacube/getcardmembercarddetail", merged(range, json!({"card_id": card_id}))),
    ];
    let held = take_share(&server, server.app.id, WorkKind::Heavy);
    for (path, body) in &calls {
        let refused = server.post(path, body.clone());
        assert_eq!(refused["errcode"], -1, "{path}: {refused}");
        assert!(refused["errmsg"].as_str().unwrap().contains("busy"), "{path}: {refused}");
        assert_ne!(server.post_as(&other, path, body.clone())["errcode"], -1, "{path}: another app");
    }
    server.claim(&card_id, "o1");
    drop(held);
    for (path, body) in calls {
        assert_ne!(server.post(path, body)["errcode"], -1, "{path}");
    }
}

#[test]
fn each_page_of_the_wallet_takes_a_share_of_its_app() {
    let server = TestServer::start();
    let other = server.second_app();
    let card_id = server.create(card("GROUPON"));
    let qr = json!({"action_name": "QR_CARD", "action_info": {"card": {"card_id": card_id}}});
    let url = server.ok("/card/qrcode/create", qr)["url"].take();
    let ticket = url.as_str().expect("an address").rsplit('/').next().expect("a ticket").to_owned();
    let paths_of = |app: &TestApp| -> Vec<String> {
        let row = server.store.app_by_appid(&app.appid).unwrap().unwrap();
        let query = encoded(&[("biz", &biz(&row.token_key)), ("cardid", &card_id), ("encrypt_card_id", "x")]);
        let pages = wallet_router::routes().into_iter().filter(|route| route.method == "GET");
        let paths = pages.filter(|route| route.path != "/w/q/{ticket}").map(|route| {
            let path = route.path.replace("{appid}", &app.appid).replace("{card_id}", &card_id);
            let path = path.replace(['{', '}'], "");
            if path.starts_with("/bizmall") { format!("{path}?{query}") } else { path }
        });
        paths.collect()
    };
    let own = [paths_of(&server.app), vec![format!("/w/q/{ticket}")]].concat();
    assert!(own.len() > 10);
    let held = take_share(&server, server.app.id, WorkKind::Page);
    for path in &own {
        assert_eq!(server.surfer().get(path).status, 503, "{path}");
    }
    for path in paths_of(&other) {
        assert_ne!(server.surfer().get(&path).status, 503, "{path}: another app");
    }
    drop(held);
    for path in &own {
        assert_ne!(server.surfer().get(path).status, 503, "{path}");
    }
}

/// The budget for the bodies of all strangers, in bytes.
const OF_STRANGERS: usize = 16 * 1024 * 1024;

#[test]
fn strangers_with_a_full_body_budget_do_not_delay_known_callers() {
    let server = TestServer::start();
    let clerk = server.signed_in(Role::Clerk);
    let card_id = server.create(card("GROUPON"));
    let page = clerk.app_page("till");
    let time = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let mut held = BudgetPermit::new(&server.inner().bodies, Caller::Unknown);
    time.block_on(held.take(OF_STRANGERS)).expect("all of it");
    let open = routes().into_iter().filter(|route| (route.verb, route.access) == (Verb::Post, Access::Open));
    let calls: Vec<(String, bool)> = open.map(|route| (route.path.to_owned(), true)).collect();
    let who = format!("/w/{}/who", server.app.appid);
    let pages = ["/console/login", "/console/enter/x", "/w/q/x", &who].map(|path| (path.to_owned(), false));
    let address = server.address();
    std::thread::scope(|scope| {
        for (path, is_call) in calls.into_iter().chain(pages) {
            scope.spawn(move || {
                let form = [("content-type", "application/x-www-form-urlencoded")];
                let refused = http::Client::connect(address).send("POST", &path, &form, b"{}");
                match is_call {
                    true => assert_eq!(refused.json()["errcode"], -1, "{path}"),
                    false => assert_eq!(refused.status, 503, "{path}"),
                }
            });
        }
    });
    server.claim(&card_id, "o1");
    let form = encoded(&[("csrf", &hidden(&page, "csrf")), ("store", "")]);
    assert_ne!(clerk.send("POST", &clerk.app_path("till/store"), &form).status, 503);
    drop(held);
    assert_ne!(server.surfer().log_in("clerk", "wrong wrong").status, 503);
}
