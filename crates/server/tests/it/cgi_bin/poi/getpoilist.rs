//! `POST /cgi-bin/poi/getpoilist`: the stores of an app, page by page.

use super::{add, get};
use crate::support::shape::keys;
use crate::support::*;

const PATH: &str = "/cgi-bin/poi/getpoilist";

/// The numbers of a page, and the count of all.
fn page(server: &TestServer, body: Value) -> (Vec<i64>, String) {
    let reply = server.ok(PATH, body);
    let list = reply["business_list"].as_array().expect("a list").iter();
    let numbers =
        list.map(|store| store["base_info"]["poi_id"].as_str().expect("text").parse().expect("a number"));
    (numbers.collect(), reply["total_count"].as_str().expect("a count as text").to_owned())
}

#[test]
fn a_page_has_whole_stores_and_the_count_as_text() {
    let server = TestServer::start();
    let poi_id = add(&server, json!({}));
    let reply = server.ok(PATH, json!({"begin": 0, "limit": 10}));
    assert_eq!(keys(&reply), ["errcode", "errmsg", "business_list", "total_count"]);
    assert_eq!(
        reply["business_list"],
        json!([{"base_info": merged(get(&server, &poi_id), json!({"poi_id": "1"}))}])
    );
    assert_eq!(reply["total_count"], "1");
}

#[test]
fn pages_follow_each_other_without_the_deleted_ones() {
    let server = TestServer::start();
    for _ in 0..23 {
        add(&server, json!({}));
    }
    server.ok("/cgi-bin/poi/delpoi", json!({"poi_id": "2"}));
    let count = "22".to_owned();
    assert_eq!(page(&server, json!({"begin": 0, "limit": 3})), (vec![1, 3, 4], count.clone()));
    assert_eq!(page(&server, json!({"begin": "3", "limit": "2"})), (vec![5, 6], count.clone()));
    assert_eq!(page(&server, json!({"begin": 21, "limit": 50})), (vec![23], count.clone()));
    assert_eq!(page(&server, json!({"begin": 22, "limit": 50})), (vec![], count.clone()));
    assert_eq!(page(&server, json!({})).0.len(), 20, "twenty by default");
}

#[test]
fn a_page_out_of_bounds_is_refused() {
    let server = TestServer::start();
    assert_eq!(page(&server, json!({"limit": 50})), (vec![], "0".to_owned()));
    for limit in [0, 51, -1] {
        server.expect_errcode(PATH, json!({"begin": 0, "limit": limit}), 40097);
    }
    let tail = server.expect_errcode(PATH, json!({"begin": -1, "limit": 51}), 40097);
    assert!(tail.starts_with("begin: "), "{tail}");
    server.expect_errcode(PATH, json!({"begin": "x"}), 47001);
}

#[test]
fn stores_of_another_app_are_not_listed() {
    let server = TestServer::start();
    add(&server, json!({}));
    let other = server.second_app();
    assert_eq!(server.ok_as(&other, PATH, json!({}))["total_count"], "0");
}
