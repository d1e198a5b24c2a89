//! `POST /card/paygiftcard/getbyid`. WeChat manual: "支付即会员" (members by payment).

use super::MchidName;
use super::delete::rule_id;
use crate::http::{Answer, Call};
use crate::state::records_at;
use kaquan_core::card::Object;
use kaquan_core::error::Result;
use kaquan_core::pay_gift::{PayGiftRule, RuleType, no_rule, rule_key};
use kaquan_core::time::Timestamp;
use serde::Serialize;

/// `{"rule_id"}` answers a [`RuleReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let rule_id = rule_id(call.params())?;
    let key = rule_key(rule_id);
    let found = records_at::<PayGiftRule>(&call.state, call.app_id()?, vec![key]).await?.pop();
    let rule = found.ok_or_else(|| no_rule(rule_id))?;
    Answer::with(&RuleReply { rule_info: RuleInfo::of(rule_id, rule) })
}

/// The reply of `/card/paygiftcard/getbyid`.
#[derive(Debug, Serialize)]
struct RuleReply {
    /// The rule.
    rule_info: RuleInfo,
}

/// A rule in a reply.
#[derive(Debug, Serialize)]
pub struct RuleInfo {
    /// The number of the rule.
    rule_id: i64,
    /// The kind of rule.
    #[serde(rename = "type")]
    kind: RuleType,
    /// The time and the pay merchants of the rule.
    base_info: RuleBase,
    /// The gift of a rule for members, as the merchant sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    member_rule: Option<Object>,
    /// The gift of a rule for single payments, as the merchant sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    single_pay: Option<Object>,
}

/// The time in which a rule applies, and its pay merchants.
#[derive(Debug, Serialize)]
struct RuleBase {
    /// Pay merchants.
    mchid_list: Vec<MchidName>,
    /// When the rule begins to apply, in Unix seconds.
    begin_time: Timestamp,
    /// The last second in which the rule applies, in Unix seconds.
    end_time: Timestamp,
    /// The status, the same for all existing rules.
    status: &'static str,
    /// When the rule was created, in Unix seconds.
    create_time: Timestamp,
    /// The same as `create_time`, because rules cannot be changed.
    update_time: Timestamp,
}

impl RuleInfo {
    /// The rule with this number.
    pub fn of(rule_id: i64, rule: PayGiftRule) -> RuleInfo {
        let (member_rule, single_pay) = match rule.kind {
            RuleType::PayMemberCard => (Some(rule.gives), None),
            RuleType::SinglePay => (None, Some(rule.gives)),
        };
        let base_info = RuleBase {
            mchid_list: rule.mchids.into_iter().map(MchidName).collect(),
            begin_time: rule.begin,
            end_time: rule.end,
            status: "RULE_STATUS_OK",
            create_time: rule.created_at,
            update_time: rule.created_at,
        };
        RuleInfo { rule_id, kind: rule.kind, base_info, member_rule, single_pay }
    }
}
