//! Pages and calls read a bounded part of what an app has: no statement returns as many rows as there are cards or
//! stores.

use crate::support::*;
use kaquan_store::Role;

/// Cards and stores of the app: more than any request may read at once.
const MANY: usize = 540;
/// Rows that one statement may return.
const ROWS_MAX: usize = 520;

fn store(n: usize) -> Value {
    json!({"business": {"base_info": {
        "business_name": format!("店{n}"), "branch_name": "", "province": "广东省", "city": "广州市",
        "district": "天河区", "address": "体育西路 1 号", "telephone": "020-12345678", "categories": ["美食,小吃"],
        "offset_type": 1, "longitude": 113.3, "latitude": 23.1,
    }}})
}

#[test]
fn no_statement_of_a_page_or_a_list_returns_a_row_of_every_card() {
    let (server, counted) = TestServer::counted();
    for n in 0..MANY {
        server.create(card_with("MEMBER_CARD", json!({"title": format!("card {n}")})));
        server.ok("/cgi-bin/poi/addpoi", store(n));
    }
    let surfer = server.signed_in(Role::Operator);
    counted.take();
    for page in [
        "cards",
        "cards?q=nothing",
        "cards?q=card+3",
        "cards?type=CASH",
        "members",
        "review",
        "data",
        "data?report=getcardmembercarddetail",
        "till",
        "till?code=123456",
        "codes?q=13800138000",
        "codes?q=oNobody",
    ] {
        surfer.app_page(page);
        let (rows, most) = counted.take();
        assert!(rows > 0 && most <= ROWS_MAX, "{page} reads {most} rows at once, {rows} in all");
    }
    for (path, body) in [
        ("/cgi-bin/poi/getpoilist", json!({"begin": 530, "limit": 50})),
        ("/card/submerchant/batchget", json!({})),
        ("/card/paygiftcard/batchget", json!({})),
    ] {
        server.ok(path, body);
        let (_, most) = counted.take();
        assert!(most <= ROWS_MAX, "{path} reads {most} rows at once");
    }
}

#[test]
fn every_card_is_on_one_page_of_the_list() {
    let server = TestServer::start();
    for n in 0..50 {
        server.create(card_with("CASH", json!({"title": format!("card {n:02}")})));
    }
    let surfer = server.signed_in(Role::Operator);
    let (mut titles, mut query) = (Vec::new(), String::from("?"));
    for _ in 0..5 {
        let page = surfer.app_page(&format!("cards{query}"));
        titles.extend(page.match_indices(">card ").map(|(at, _)| page[at + 6..at + 8].to_owned()));
        if !page.contains("Older ones") {
            break;
        }
        // The last link leads to the older cards. The links before it keep the present query.
        let at = page.rfind("before=").unwrap();
        let number: String = page[at + 7..].chars().take_while(char::is_ascii_digit).collect();
        query = format!("?before={number}");
    }
    let expected: Vec<String> = (0..50).rev().map(|n| format!("{n:02}")).collect();
    assert_eq!(titles, expected);
    assert!(surfer.app_page("cards?q=card+07").contains("card 07"));
    assert!(surfer.app_page("cards?before=3").contains("The newest ones"));
}
