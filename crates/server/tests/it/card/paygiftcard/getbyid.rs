//! `POST /card/paygiftcard/getbyid`: one rule as it was sent, and its state.

use super::added;
use crate::support::*;

const PATH: &str = "/card/paygiftcard/getbyid";

#[test]
fn a_rule_comes_back_as_it_was_sent_with_its_state_and_times() {
    let server = TestServer::start();
    let id = server.create(card("MEMBER_CARD"));
    let rule_id = added(&server, &id, &["1230000109"]);
    let now = server.now();
    let expected = json!({"errcode": 0, "errmsg": "ok", "rule_info": {
        "rule_id": rule_id,
        "type": "RULE_TYPE_PAY_MEMBER_CARD",
        "base_info": {
            "mchid_list": ["1230000109"], "begin_time": now, "end_time": now + 86_400,
            "status": "RULE_STATUS_OK", "create_time": now, "update_time": now,
        },
        "member_rule": {
            "card_id": id, "least_cost": 100, "max_cost": 10_000, "jump_url": "https://shop.example/joined",
        },
    }});
    assert_eq!(server.post(PATH, json!({"rule_id": rule_id})), expected);
    assert_eq!(server.post(PATH, json!({"rule_id": rule_id.to_string()})), expected);
}

#[test]
fn a_rule_that_is_not_there_is_refused() {
    let server = TestServer::start();
    server.expect_errcode(PATH, json!({"rule_id": 1}), 72034);
    server.expect_errcode(PATH, json!({}), 41011);
}
