//! The reports do not depend on when days are closed: one by one or many at once, once or twice. While a day of the
//! range is not closed, the report returns an error instead of incomplete numbers.

use super::{member_card, next_day, pay, report, view};
use crate::support::*;

const BIZUIN: &str = "/datacube/getcardbizuininfo";
const CARDS: &str = "/datacube/getcardcardinfo";
const MEMBERS: &str = "/datacube/getcardmembercardinfo";
const DETAIL: &str = "/datacube/getcardmembercarddetail";
const REPORTS: [&str; 3] = [BIZUIN, CARDS, MEMBERS];

/// Ten days with events of all kinds. `each_next_morning` is called after each day, at 9 o'clock of the next day.
fn ten_days(server: &TestServer, each_next_morning: impl Fn(&TestServer)) -> Vec<String> {
    let until = json!({
        "type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": NOON.0, "end_timestamp": NOON.0 + 6 * 86_400,
    });
    let term = json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": 3, "fixed_begin_term": 1});
    let ids = vec![
        server.create(card_with("GROUPON", json!({"date_info": until}))),
        server.create(card_with("CASH", json!({"date_info": term}))),
        member_card(server),
    ];
    for day in 0..10_usize {
        let openid = |n: usize| format!("o{}", (day * 3 + n) % 7);
        for n in 0..=day % 4 {
            let holder = openid(n);
            for id in &ids {
                view(server, id, &holder);
            }
            if day < 6 {
                let code = server.claim(&ids[0], &holder);
                match n {
                    0 => server.consume(&code),
                    1 => drop(server.give(&code, &holder, "oFriend")),
                    _ => {}
                }
            }
            server.claim(&ids[1], &holder);
            let code = server.claim(&ids[2], &holder);
            pay(server, &code, 10 + day as i64, 20);
            if n == 2 {
                server.ok("/wallet/v1/delete", json!({"code": code, "openid": holder}));
            }
        }
        server.move_to(1, 9 * 3600);
        each_next_morning(server);
    }
    ids
}

/// The content of every report of these days, with card ids replaced by their positions.
fn everything(server: &TestServer, ids: &[String]) -> String {
    let mut text = String::new();
    for path in REPORTS {
        let mut rows: Vec<String> =
            report(server, path, (-12, -1), json!({})).iter().map(Value::to_string).collect();
        for (n, id) in ids.iter().enumerate() {
            rows.iter_mut().for_each(|row| *row = row.replace(id, &format!("card {n}")));
        }
        // Card ids are random, and so is the order of the rows within a day.
        rows.sort_unstable();
        text.push_str(&rows.join("\n"));
    }
    let detail = report(server, DETAIL, (-12, -1), json!({"card_id": ids[2]}));
    let detail: Vec<String> = detail.iter().map(|row| row.to_string().replace(&ids[2], "card 2")).collect();
    text + &detail.join("\n")
}

#[test]
fn ten_days_closed_at_once_equal_ten_days_closed_one_by_one() {
    let (daily, late) = (TestServer::start(), TestServer::start());
    let daily_ids = ten_days(&daily, |server| assert_eq!(server.close_days(), 1));
    let late_ids = ten_days(&late, |_| {});
    assert_eq!(late.close_days(), 10);
    let shown = everything(&daily, &daily_ids);
    assert!(shown.contains("\"expire_cnt\":2") && shown.contains("\"given_cnt\":1"), "{shown}");
    assert_eq!(shown, everything(&late, &late_ids));
}

#[test]
fn closing_again_changes_nothing() {
    let server = TestServer::start();
    let ids = ten_days(&server, |_| {});
    server.close_days();
    let shown = everything(&server, &ids);
    for _ in 0..3 {
        assert_eq!(server.close_days(), 0);
        assert_eq!(everything(&server, &ids), shown);
    }
}

#[test]
fn past_days_stay_as_they_were_whatever_happens_later() {
    let server = TestServer::start();
    let ids = ten_days(&server, |server| assert_eq!(server.close_days(), 1));
    let range = json!({"begin_date": server.date(-10), "end_date": server.date(-1), "cond_source": 1});
    let shown = || REPORTS.map(|path| server.post(path, range.clone()).to_string());
    let before = shown();
    server.claim(&ids[1], "oLate");
    server.ok("/card/delete", json!({"card_id": ids[1]}));
    next_day(&server);
    assert_eq!(shown(), before);
}

#[test]
fn a_day_that_is_not_closed_is_61503_and_days_before_it_are_answered() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    server.claim(&id, "oA");
    next_day(&server);
    server.claim(&id, "oA");
    server.move_to(1, 60);
    for path in REPORTS {
        let body = |from: i32, to: i32| json!({"begin_date": server.date(from), "end_date": server.date(to), "cond_source": 1});
        server.expect_errcode(path, body(-2, -1), 61503);
        server.expect_errcode(path, body(-1, -1), 61503);
        assert!(server.post(path, body(-2, -2))["list"].is_array());
    }
    server.close_days();
    assert_eq!(report(&server, BIZUIN, (-2, -1), json!({})).len(), 2);
}

#[test]
fn a_widened_window_revives_codes_and_keeps_the_past_expiry() {
    let server = TestServer::start();
    let until = |days: i64| json!({"end_timestamp": NOON.0 + days * 86_400});
    let mut date_info = until(1);
    date_info["type"] = "DATE_TYPE_FIX_TIME_RANGE".into();
    date_info["begin_timestamp"] = NOON.0.into();
    let id = server.create(card_with("GROUPON", json!({"date_info": date_info})));
    let codes = [server.claim(&id, "oA"), server.claim(&id, "oB")];
    for _ in 0..3 {
        next_day(&server);
    }
    server.update_base(&id, "GROUPON", json!({"date_info": until(5)}));
    server.consume(&codes[0]);
    for _ in 0..4 {
        next_day(&server);
    }
    let rows = report(&server, CARDS, (-7, -1), json!({"card_id": id}));
    let got: Vec<_> = rows
        .iter()
        .map(|row| {
            let number = |key: &str| row[key].as_i64().unwrap();
            (
                row["ref_date"].as_str().unwrap(),
                number("receive_cnt"),
                number("verify_cnt"),
                number("expire_cnt"),
            )
        })
        .collect();
    let date = |days: i32| server.date(days);
    let (claimed, first, consumed, second) = (date(-7), date(-6), date(-4), date(-2));
    let expected = [(claimed.as_str(), 2, 0, 0), (&first, 0, 0, 2), (&consumed, 0, 1, 0), (&second, 0, 0, 1)];
    assert_eq!(got, expected);
}
