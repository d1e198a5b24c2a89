//! Deletes a pay gift rule: `POST /card/paygiftcard/delete`. WeChat manual: "支付即会员" (members by payment).

use super::{PayGiftRule, mchid_key, rule_key};
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::time::Timestamp;

/// Deletes a rule. Its pay merchants can then get another rule.
///
/// # Errors
///
/// 72034 no such rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletePayGift {
    pub rule_id: i64,
}

impl Command for DeletePayGift {
    type Reply = ();

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        let key = rule_key(self.rule_id);
        if ws.records.is_loaded(&key)
            && let Ok(Some(rule)) = ws.records.get(&key)
            && let Ok(rule) = rule.value::<PayGiftRule>()
        {
            keys.records.extend(rule.mchids.into_iter().map(mchid_key));
        }
        keys.records.insert(key);
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        let key = rule_key(self.rule_id);
        let rule: PayGiftRule = ws.find_record(&key, now)?.ok_or_else(|| no_rule(self.rule_id))?;
        for mchid in rule.mchids {
            release(ws, self.rule_id, mchid, now)?;
        }
        ws.records.remove(&key)
    }
}

/// The error for a rule that does not exist.
pub fn no_rule(rule_id: i64) -> Error {
    Error::field(ErrCode::InvalidRuleId, "rule_id", format!("no rule {rule_id}"))
}

/// Releases a pay merchant, unless it has another rule now.
pub(super) fn release(ws: &mut WorkingSet, rule_id: i64, mchid: super::Mchid, now: Timestamp) -> Result<()> {
    let key = mchid_key(mchid);
    match ws.find_record::<super::MchidRule>(&key, now)? {
        Some(taken) if taken.rule_id == rule_id => ws.records.remove(&key),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::*;

    #[test]
    fn a_rule_that_is_not_there_cannot_be_deleted() {
        assert_eq!(refusal(World::new().run(DeletePayGift { rule_id: 1 })), Some(ErrCode::InvalidRuleId));
    }
}
