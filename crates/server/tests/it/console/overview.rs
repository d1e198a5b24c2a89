//! `/console/{appid}/overview`: today's figures, live, and the closed days.

use crate::support::page::{PASSWORD, Surfer};
use crate::support::*;
use kaquan_store::Role;
use std::io::{BufRead, BufReader, Write};

fn figure(page: &str, name: &str) -> String {
    let start = format!("data-figure=\"{name}\">");
    page.split(&start).nth(1).unwrap_or_else(|| panic!("{page}")).split('<').next().unwrap().to_owned()
}

#[test]
fn todays_figures_equal_the_report_after_the_day_ends() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Operator);
    assert_eq!(figure(&surfer.app_page("overview"), "receive_cnt"), "0");
    let card_id = server.create(card_with("GROUPON", json!({"get_limit": 5})));
    for openid in ["o1", "o2", "o1"] {
        server.ok("/wallet/v1/view", json!({"card_id": card_id, "openid": openid}));
    }
    let codes = ["o1", "o1", "o2"].map(|openid| server.claim(&card_id, openid));
    let half = surfer.app_page("overview");
    assert_eq!((figure(&half, "view_cnt"), figure(&half, "verify_cnt")), ("3".to_owned(), "0".to_owned()));
    server.consume(&codes[0]);
    let page = surfer.app_page("overview");
    let names = ["view_cnt", "view_user", "receive_cnt", "receive_user", "verify_cnt", "verify_user"];
    let live = names.map(|name| figure(&page, name).parse::<i64>().unwrap());
    assert_eq!(live, [3, 2, 3, 2, 1, 1]);
    let day = server.date(0);
    server.move_to(1, 10);
    server.close_days();
    let body = json!({"begin_date": day, "end_date": day, "cond_source": 1});
    let row = server.post("/datacube/getcardbizuininfo", body)["list"][0].clone();
    assert_eq!(names.map(|name| row[name].as_i64().unwrap()), live);
    let page = server.signed_in(Role::Owner).app_page("overview");
    assert_eq!(figure(&page, "receive_cnt"), "0", "a new day has begun");
    assert!(page.contains("aria-label=\"Claims, consumes and views by day\""));
    assert!(page.contains("aria-label=\"Cards with the most claims\""));
}

#[test]
fn a_claim_reaches_a_page_that_is_open() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Operator);
    let card_id = server.create(card("GROUPON"));
    let mut stream = std::net::TcpStream::connect(server.address()).unwrap();
    let cookie = surfer.cookie("kaquan_console");
    let path = surfer.app_path("overview/live");
    write!(stream, "GET {path} HTTP/1.1\r\nhost: kaquan\r\ncookie: kaquan_console={cookie}\r\n\r\n").unwrap();
    let mut lines = BufReader::new(stream).lines().map(|line| line.unwrap());
    let mut next = |wanted: &str| lines.find(|line| line.contains(wanted)).unwrap();
    next("content-type: text/event-stream");
    next("\"receive_cnt\":\"0\"");
    server.claim(&card_id, "o1");
    next("\"receive_cnt\":\"1\"");
}

/// Removes a signed-in person's right to see a page.
type End<'a> = &'a dyn Fn(&Surfer<'_>);

#[test]
fn an_open_page_ends_with_the_right_to_see_it() {
    let server = TestServer::start();
    // An installation without an owner refuses to change accounts.
    server.signed_in(Role::Owner);
    let surfer = server.signed_in(Role::Operator);
    let card_id = server.create(card_with("GROUPON", json!({"get_limit": 50})));
    let account = server.store.account_by_name(Role::Operator.name()).unwrap().unwrap();
    let (account, password) = (account.id, account.password.unwrap());
    let store = server.store.clone();
    let grant = |role| kaquan_store::Grant { app: Some(server.app.id), role };
    let now = kaquan_core::time::Timestamp(server.now());
    let sign_out = |surfer: &Surfer<'_>| {
        assert_eq!(surfer.submit("/console/account", "/console/logout", &[]).status, 303);
    };
    let ends: [(&str, End<'_>); 5] = [
        ("a role that is not enough", &|_| {
            assert!(store.set_grants(account, &[grant(Role::Clerk)]).unwrap())
        }),
        ("a disabled account", &|_| assert!(store.set_disabled(account, Some(now)).unwrap())),
        ("signing out", &sign_out),
        ("another password", &|_| store.set_password(account, "no hash").unwrap()),
        // The last case, because it may begin another day.
        ("twelve idle hours", &|_| server.clock.advance(12 * 3600)),
    ];
    let path = surfer.app_path("overview/live");
    for (n, (end, takes)) in ends.iter().enumerate() {
        assert!(store.set_grants(account, &[grant(Role::Operator)]).unwrap());
        assert!(store.set_disabled(account, None).unwrap());
        store.set_password(account, &password).unwrap();
        let surfer = server.surfer();
        assert_eq!(surfer.log_in(Role::Operator.name(), PASSWORD).status, 303);
        let cookie = surfer.cookie("kaquan_console");
        let mut stream = std::net::TcpStream::connect(server.address()).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: kaquan\r\ncookie: kaquan_console={cookie}\r\n\r\n")
            .unwrap();
        let mut lines = BufReader::new(stream).lines().map(|line| line.unwrap());
        lines.find(|line| line.contains(&format!("\"receive_cnt\":\"{n}\""))).unwrap();
        takes(&surfer);
        server.claim(&card_id, "o1");
        for line in lines.take_while(|line| line != "0") {
            assert!(!line.starts_with("data:"), "{end}: {line}");
        }
    }
}

#[test]
fn ranges_are_compared_with_the_days_before_them() {
    let server = TestServer::start();
    let card_id = server.create(card_with("GROUPON", json!({"get_limit": 50})));
    for claims in [1, 3] {
        (0..claims).for_each(|_| drop(server.claim(&card_id, "o1")));
        server.pass_days(7);
    }
    server.close_days();
    let surfer = server.signed_in(Role::Operator);
    let page = surfer.app_page("overview?range=7");
    assert!(
        page.contains(
            "<td class=\"number\">3</td><td class=\"number\">1</td><td class=\"number up\">+200.0%</td>"
        ),
        "{page}"
    );
    assert!(surfer.app_page("overview?range=30").contains("<td class=\"number\">4</td>"));
}
