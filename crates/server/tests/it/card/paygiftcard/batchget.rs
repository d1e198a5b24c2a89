//! `POST /card/paygiftcard/batchget`: the rules of an app, page by page.

use super::{added, rule};
use crate::support::*;

const PATH: &str = "/card/paygiftcard/batchget";

fn listed(server: &TestServer, body: Value) -> (i64, Vec<i64>) {
    let reply = server.ok(PATH, body);
    let rules = reply["rule_list"].as_array().expect("a list").iter();
    (
        reply["total_count"].as_i64().expect("a number"),
        rules.map(|rule| rule["rule_id"].as_i64().expect("an id")).collect(),
    )
}

#[test]
fn rules_come_by_pages_of_one_type_and_on_request_in_force_only() {
    let server = TestServer::start();
    assert_eq!(
        server.post(PATH, json!({})),
        json!({"errcode": 0, "errmsg": "ok", "total_count": 0, "rule_list": []})
    );
    let id = server.create(card("MEMBER_CARD"));
    for mchid in ["1", "2", "3"] {
        added(&server, &id, &[mchid]);
    }
    let mut later = rule(&server, &id, &["4"]);
    later["rule_info"]["base_info"]["begin_time"] = json!(server.now() + 10);
    server.ok("/card/paygiftcard/add", later);
    let single = json!({"rule_info": {
        "type": "RULE_TYPE_SINGLE_PAY",
        "base_info": {"mchid_list": [5], "begin_time": server.now(), "end_time": server.now() + 9},
        "single_pay": {"coupons": []},
    }});
    server.ok("/card/paygiftcard/add", single);
    assert_eq!(listed(&server, json!({})), (5, vec![1, 2, 3, 4, 5]));
    assert_eq!(listed(&server, json!({"offset": 1, "count": 2})), (5, vec![2, 3]));
    assert_eq!(listed(&server, json!({"type": "RULE_TYPE_SINGLE_PAY"})), (1, vec![5]));
    let effective = json!({"type": "RULE_TYPE_PAY_MEMBER_CARD", "effective": true, "offset": 0, "count": 10});
    assert_eq!(listed(&server, effective), (3, vec![1, 2, 3]));
}

#[test]
fn every_refusal_has_its_errcode() {
    let server = TestServer::start();
    for (body, errcode) in [
        (json!({"type": "RULE_TYPE_OTHER"}), ErrCode::InvalidParams),
        (json!({"offset": -1}), ErrCode::InvalidParams),
        (json!({"count": 0}), ErrCode::InvalidParams),
        (json!({"count": 101}), ErrCode::InvalidParams),
        (json!({"effective": "perhaps"}), ErrCode::DataFormat),
    ] {
        server.expect_errcode(PATH, body, errcode);
    }
}
