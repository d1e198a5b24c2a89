//! `POST /card/paygiftcard/getbyid`. WeChat manual: "支付即会员" (members by payment).

use super::delete::rule_id;
use crate::http::{Answer, Call};
use crate::state::records_at;
use kaquan_core::error::Result;
use kaquan_core::pay_gift::delete::no_rule;
use kaquan_core::pay_gift::{PayGiftRule, rule_key};
use serde_json::json;

/// `{"rule_id"}` answers `{"rule_info"}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let rule_id = rule_id(call.params())?;
    let key = rule_key(rule_id);
    let found = records_at::<PayGiftRule>(&call.state, call.app_id()?, vec![key]).await?.pop();
    let rule = found.ok_or_else(|| no_rule(rule_id))?;
    Ok(Answer::with(json!({"rule_info": rule.to_json(rule_id)})))
}
