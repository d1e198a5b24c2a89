//! `POST /card/submerchant/batchget`: the sub-merchants of an app, page by page.

use super::submitted;
use crate::support::*;

const PATH: &str = "/card/submerchant/batchget";

fn page(server: &TestServer, body: Value) -> (Vec<i64>, i64) {
    let reply = server.ok(PATH, body);
    let list = reply["info_list"].as_array().expect("a list").iter();
    let ids = list.map(|info| info["merchant_id"].as_i64().expect("a number")).collect();
    (ids, reply["next_begin_id"].as_i64().expect("a number"))
}

#[test]
fn pages_go_on_behind_the_last_of_the_page_before() {
    let server = TestServer::manual();
    assert_eq!(page(&server, json!({})), (vec![], 0));
    for id in 1..=5 {
        assert_eq!(submitted(&server), id);
    }
    assert_eq!(page(&server, json!({"begin_id": "", "limit": 2})), (vec![1, 2], 2));
    assert_eq!(page(&server, json!({"begin_id": "2", "limit": 2, "status": ""})), (vec![3, 4], 4));
    assert_eq!(page(&server, json!({"begin_id": 4, "limit": 100})), (vec![5], 5));
    assert_eq!(page(&server, json!({"begin_id": 5})), (vec![], 5));
    server.ok("/kaquan/v1/submerchant/review", json!({"merchant_id": 3, "pass": true}));
    assert_eq!(page(&server, json!({"begin_id": "0", "status": "APPROVED"})), (vec![3], 3));
    assert_eq!(page(&server, json!({"status": "CHECKING"})).0, [1, 2, 4, 5]);
}

#[test]
fn every_refusal_has_its_errcode() {
    let server = TestServer::start();
    for (body, errcode) in [
        (json!({"limit": 0}), ErrCode::InvalidArgs),
        (json!({"limit": 101}), ErrCode::InvalidArgs),
        (json!({"status": "PERHAPS"}), ErrCode::InvalidArgs),
        (json!({"begin_id": "x"}), ErrCode::DataFormat),
    ] {
        server.expect_errcode(PATH, body, errcode);
    }
}
