//! `POST /card/paygiftcard/batchget`. WeChat manual: "支付即会员" (members by payment).

use crate::http::{Answer, Call};
use crate::state::records;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::pay_gift::{PayGiftRule, RuleType};
use serde_json::{Value, json};

/// Rules one page may have, and has if the request does not say.
const COUNT_MAX: i64 = 100;

/// `{"type"?, "effective"?, "offset"?, "count"?}` answers `{"total_count", "rule_list"}`, the oldest rule first; with
/// `effective` only rules that are in force now.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let kind = match params.text("type")? {
        None => None,
        Some(name) => Some(
            RuleType::from_wire(&name)
                .ok_or_else(|| Error::field(ErrCode::InvalidParams, "type", "is no type of rule"))?,
        ),
    };
    let effective = params.flag("effective")?.unwrap_or(false);
    let offset = within(params.int("offset")?.unwrap_or(0), 0, i64::MAX, "offset")?;
    let count = within(params.int("count")?.unwrap_or(COUNT_MAX), 1, COUNT_MAX, "count")?;
    let now = call.state.clock.now();
    let rules = records::<PayGiftRule>(&call.state, call.app_id()?).await?;
    let wanted: Vec<Value> = rules
        .iter()
        .filter(|(_, rule)| kind.is_none_or(|kind| rule.kind == kind))
        .filter(|(_, rule)| !effective || rule.is_effective(now))
        .map(|(key, rule)| rule.to_json(key.no))
        .collect();
    let page: Vec<&Value> = wanted.iter().skip(offset).take(count).collect();
    Ok(Answer::with(json!({"total_count": wanted.len(), "rule_list": page})))
}

fn within(number: i64, min: i64, max: i64, key: &str) -> Result<usize> {
    let valid = usize::try_from(number).ok().filter(|_| (min..=max).contains(&number));
    valid.ok_or_else(|| Error::field(ErrCode::InvalidParams, key, format!("{number} is out of range")))
}
