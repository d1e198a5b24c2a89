//! The server writes the report of all coupons while the caller reads it. The bytes are the same as those of an answer
//! that is written at once.

use crate::support::http::Response;
use crate::support::*;
use kaquan_core::card::Source;
use kaquan_core::stats::report::{self, Report, TypeNumbering};
use kaquan_core::stats::{CardFacts, Counts, DayRow, Scope};
use kaquan_core::time::Day;
use kaquan_store::Role;
use std::io::{Read, Write};

const PATH: &str = "/datacube/getcardcardinfo";
/// The number of cards. One read of rows then spans several days.
const CARDS: usize = 150;

/// Creates the cards, and closes this many days up to yesterday with rows of them. Returns cards and rows.
fn fill(server: &TestServer, days: i32) -> (Vec<CardFacts>, Vec<DayRow>) {
    let (store, app) = (&server.store, server.app.id);
    for n in 0..CARDS {
        server.create(card(["GROUPON", "CASH", "MEMBER_CARD", "GIFT"][n % 4]));
    }
    let cards: Vec<CardFacts> = store.cards(app).unwrap().iter().map(CardFacts::from).collect();
    let today = Day::parse(&server.date(0)).unwrap();
    let mut rows = Vec::new();
    for day in (1..=days).rev().map(|back| today.plus(-back)) {
        let of_day: Vec<DayRow> = cards
            .iter()
            // Some cards have no row on some days, some rows have only zeros, and some days have no rows.
            .filter(|card| day.0 % 7 != 0 && (card.no.0 + i64::from(day.0)) % 11 != 0)
            .map(|card| {
                let seed = card.no.0 * 7 + i64::from(day.0);
                let mut values = [0; Counts::NAMES.len()];
                if card.no.0 % 13 != 0 {
                    values.iter_mut().zip(seed..).for_each(|(value, number)| *value = number % 5);
                }
                let counts = Counts::from_values(values);
                DayRow { day, scope: Scope::Card(card.no), counts }
            })
            .collect();
        store.save_day(app, day, 0, &of_day).unwrap();
        rows.extend(of_day);
    }
    (cards, rows)
}

fn body(server: &TestServer, from: i32, to: i32) -> Value {
    json!({"begin_date": server.date(from), "end_date": server.date(to), "cond_source": 1})
}

fn target(server: &TestServer) -> String {
    format!("{PATH}?access_token={}", server.token())
}

fn post(server: &TestServer, body: &Value) -> Response {
    let response = server.send("POST", &target(server), &[], body.to_string().as_bytes());
    assert_eq!(response.status, 200);
    response
}

/// Begins to read an answer, and disconnects.
fn post_and_leave(server: &TestServer, body: &Value) {
    let (target, body) = (target(server), body.to_string());
    let mut stream = std::net::TcpStream::connect(server.address()).unwrap();
    let head = format!("POST {target} HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(head.as_bytes()).unwrap();
    stream.read_exact(&mut [0; 100]).unwrap();
}

#[test]
fn a_report_of_many_cards_is_the_same_bytes_as_written_at_once() {
    let server = TestServer::start();
    let (cards, rows) = fill(&server, 62);
    let at_once = |from: i32| {
        let first = Day::parse(&server.date(from)).unwrap();
        let rows: Vec<DayRow> = rows.iter().filter(|row| row.day >= first).copied().collect();
        let list = report::card_info(&rows, &cards, Source::Api, None, TypeNumbering::Documented);
        serde_json::to_string(&Report { list }).unwrap()
    };
    for days in [62, 10, 1] {
        let response = post(&server, &body(&server, -days, -1));
        assert_eq!(response.text(), at_once(-days), "{days} days");
        // An answer that fits into one chunk has a length.
        assert_eq!(response.header("content-length").is_some(), days == 1);
        assert_eq!(response.header("content-type"), Some("application/json; encoding=utf-8"));
    }
    let console = json!({"cond_source": 0});
    let response = post(&server, &merged(body(&server, -62, -1), console));
    assert_eq!((response.text(), response.header("content-length")), (r#"{"list":[]}"#, Some("11")));
}

#[test]
fn a_report_reads_some_rows_at_once_however_many_it_has() {
    let (server, counted) = TestServer::counted();
    let (_, rows) = fill(&server, 62);
    counted.take();
    post(&server, &body(&server, -62, -1));
    let (read, most) = counted.take();
    assert!(read >= rows.len() / 2);
    // The longest read is the list of cards: one row for each card.
    assert_eq!(most, CARDS);
}

#[test]
fn a_report_whose_caller_goes_away_leaves_the_next_one_its_place() {
    let server = TestServer::start();
    fill(&server, 62);
    let whole = post(&server, &body(&server, -62, -1)).text().len();
    for _ in 0..16 {
        post_and_leave(&server, &body(&server, -62, -1));
    }
    assert_eq!(post(&server, &body(&server, -62, -1)).text().len(), whole);
}

#[test]
fn the_csv_has_every_row_and_the_page_the_first_thousand() {
    let server = TestServer::start();
    let (cards, rows) = fill(&server, 20);
    let list = report::card_info(&rows, &cards, Source::Api, None, TypeNumbering::Documented);
    let surfer = server.signed_in(Role::Operator);
    let query =
        format!("report=getcardcardinfo&begin_date={}&end_date={}", server.date(-20), server.date(-1));
    let file = surfer.get(&surfer.app_path(&format!("data.csv?{query}")));
    let lines: Vec<&str> = file.text().lines().collect();
    assert_eq!(lines.len(), list.len() + 1);
    assert!(lines[0].starts_with("\u{feff}ref_date,card_id,card_type,is_pay,view_cnt"));
    for (line, row) in lines[1..].iter().zip(&list) {
        let begin = format!("{},{},{},0,{},", row.ref_date, row.card_id, row.card_type, row.view_cnt);
        assert!(line.starts_with(&begin), "{line}");
    }
    let page = surfer.app_page(&format!("data?{query}"));
    assert_eq!(page.matches("<td class=\"number\">20").count(), 1000);
    assert!(page.contains("the first 1,000 rows"));
}
