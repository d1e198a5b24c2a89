//! `/card/paygiftcard`: rules that give a member card to people who pay. WeChat manual: "支付即会员" (members by payment).

mod add;
mod batchget;
mod delete;
mod getbyid;

use crate::support::*;

/// A rule that applies for one day, for this card and these pay merchants.
fn rule(server: &TestServer, card_id: &str, mchids: &[&str]) -> Value {
    json!({"rule_info": {
        "type": "RULE_TYPE_PAY_MEMBER_CARD",
        "base_info": {"mchid_list": mchids, "begin_time": server.now(), "end_time": server.now() + 86_400},
        "member_rule": {
            "card_id": card_id, "least_cost": 100, "max_cost": 10_000, "jump_url": "https://shop.example/joined",
        },
    }})
}

/// Creates a rule and returns its number.
fn added(server: &TestServer, card_id: &str, mchids: &[&str]) -> i64 {
    let reply = server.ok("/card/paygiftcard/add", rule(server, card_id, mchids));
    reply["rule_id"].as_i64().expect("a number")
}
