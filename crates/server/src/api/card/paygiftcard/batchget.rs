//! `POST /card/paygiftcard/batchget`. WeChat manual: "支付即会员" (members by payment).

use super::getbyid::RuleInfo;
use crate::http::{Answer, Call};
use crate::state::records;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::pay_gift::{PayGiftRule, RuleType};
use serde::Serialize;

/// The largest `count`, and its default.
const COUNT_MAX: i64 = 100;

/// `{"type"?, "effective"?, "offset"?, "count"?}` answers a [`RulesReply`]. With `effective`, it contains only rules
/// that apply now.
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
    let wanted: Vec<_> = rules
        .into_iter()
        .filter(|(_, rule)| kind.is_none_or(|kind| rule.kind == kind))
        .filter(|(_, rule)| !effective || rule.is_effective(now))
        .collect();
    let total_count = wanted.len();
    let page = wanted.into_iter().skip(offset).take(count);
    let rule_list = page.map(|(key, rule)| RuleInfo::of(key.no, rule)).collect();
    Answer::with(&RulesReply { total_count, rule_list })
}

/// The reply of `/card/paygiftcard/batchget`.
#[derive(Debug, Serialize)]
struct RulesReply {
    /// The number of matching rules on all pages.
    total_count: usize,
    /// The rules of this page, oldest first.
    rule_list: Vec<RuleInfo>,
}

fn within(number: i64, min: i64, max: i64, key: &str) -> Result<usize> {
    let valid = usize::try_from(number).ok().filter(|_| (min..=max).contains(&number));
    valid.ok_or_else(|| Error::field(ErrCode::InvalidParams, key, format!("{number} is out of range")))
}
