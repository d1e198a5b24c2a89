//! `GET /cgi-bin/poi/getwxcategory`: the categories of stores.

use super::add;
use crate::support::shape::keys;
use crate::support::*;

const PATH: &str = "/cgi-bin/poi/getwxcategory";

#[test]
fn every_category_of_the_list_is_one_a_store_can_have() {
    let server = TestServer::start();
    let target = format!("{PATH}?access_token={}", server.token());
    let reply = server.send("GET", &target, &[], b"").json();
    assert_eq!(keys(&reply), ["errcode", "errmsg", "category_list"]);
    let list = reply["category_list"].as_array().expect("a list");
    assert!(list.contains(&json!("美食,快餐小吃")));
    for category in list {
        add(&server, json!({"categories": [category]}));
    }
    assert_eq!(server.post(PATH, json!({})), reply, "some clients call it with POST");
}

#[test]
fn a_token_is_needed() {
    let server = TestServer::start();
    assert_eq!(server.send("GET", PATH, &[], b"").json()["errcode"], 41001);
}
