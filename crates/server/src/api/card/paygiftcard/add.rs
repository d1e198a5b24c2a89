//! `POST /card/paygiftcard/add`. WeChat manual: "支付即会员" (members by payment).

use super::{FailedMchid, MchidName, mchids};
use crate::http::params::Params;
use crate::http::{Answer, Call};
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::pay_gift::{AddPayGift, PayGiftRule, RuleType};
use kaquan_core::time::Timestamp;
use serde::Serialize;

/// The largest payment if a rule sets no limit, in fen.
pub const COST_MAX: i64 = i32::MAX as i64;

/// `{"rule_info": {"type", "base_info", "member_rule" | "single_pay"}}` answers an [`AddPayGiftReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let added = call.submit(read(call.params())?).await?;
    Answer::with(&AddPayGiftReply {
        rule_id: added.rule_id,
        fail_mchid_list: FailedMchid::list(&added, &call.app()?.row.appid),
        succ_mchid_list: added.succ.into_iter().map(MchidName).collect(),
    })
}

/// The reply of `/card/paygiftcard/add`.
#[derive(Debug, Serialize)]
struct AddPayGiftReply {
    /// The number of the rule.
    rule_id: i64,
    /// Pay merchants that could not be added to the rule, with the reasons.
    fail_mchid_list: Vec<FailedMchid>,
    /// Pay merchants that were added to the rule.
    succ_mchid_list: Vec<MchidName>,
}

fn read(params: Params<'_>) -> Result<AddPayGift> {
    let info = Params(params.object("rule_info")?);
    let base = Params(info.object("base_info")?);
    let kind = info.text("type")?.ok_or_else(|| Error::missing("m_data.rule_info().type"))?;
    let kind = RuleType::from_wire(&kind)
        .ok_or_else(|| Error::field(ErrCode::InvalidParams, "rule_info.type", "is no type of rule"))?;
    let gives = info.object(kind.key())?;
    let stamp = |key: &str| match base.int(key)? {
        Some(secs) => Ok(Timestamp(secs)),
        None => Err(Error::missing(format!("m_data.rule_info().base_info().{key}"))),
    };
    let (mchids, invalid) = mchids(base)?;
    let rule = PayGiftRule {
        kind,
        mchids,
        begin: stamp("begin_time")?,
        end: stamp("end_time")?,
        card_id: match kind {
            RuleType::PayMemberCard => Some(Params(gives).card_id()?),
            RuleType::SinglePay => None,
        },
        least_cost: Params(gives).int("least_cost")?.unwrap_or(0),
        max_cost: Params(gives).int("max_cost")?.unwrap_or(COST_MAX),
        gives: gives.clone(),
        created_at: Timestamp(0),
    };
    Ok(AddPayGift { rule, invalid, is_locked: true })
}
