//! `POST /card/paygiftcard/batchget`. WeChat manual: "支付即会员" (members by payment).

use super::getbyid::RuleInfo;
use crate::http::{Answer, Call};
use crate::state::each_record;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::pay_gift::{PayGiftRule, RuleType};
use serde::Serialize;
use std::ops::ControlFlow;

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
    // All rules are read for the count; only the rules of the page stay in memory.
    let (mut total_count, mut rule_list) = (0, Vec::new());
    each_record(&call.state, call.app_id()?, i64::MIN, |key, rule: PayGiftRule| {
        if kind.is_none_or(|kind| rule.kind == kind) && (!effective || rule.is_effective(now)) {
            if total_count >= offset && rule_list.len() < count {
                rule_list.push(RuleInfo::of(key.no, rule));
            }
            total_count += 1;
        }
        ControlFlow::Continue(())
    })
    .await?;
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
