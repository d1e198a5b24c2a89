//! `/card/paygiftmembercard`: the older calls for the rules of `/card/paygiftcard`. WeChat manual: "支付即会员" (members
//! by payment).

mod add;
mod delete;
mod get;

use crate::support::*;

/// A rule that applies for one day, in the form of the older call.
fn rule(server: &TestServer, card_id: &str, mchids: &[&str]) -> Value {
    json!({
        "card_id": card_id, "jump_url": "https://shop.example/joined", "mchid_list": mchids,
        "begin_time": server.now(), "end_time": server.now() + 86_400, "min_cost": 1, "max_cost": 100_000,
        "is_locked": false,
    })
}
