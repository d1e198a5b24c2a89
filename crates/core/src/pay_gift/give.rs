//! Gives a member card to a holder who paid: `POST /wallet/v1/pay_gift`. The merchant's till makes this call;
//! WeChat's payment system reports payments itself. WeChat manual: "支付即会员" (members by payment).

use super::{Mchid, MchidRule, PayGiftRule, mchid_key, rule_key};
use crate::code::claim::{Claim, ClaimOutcome, Via};
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::id::{CardId, OpenId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Claims the card of the pay merchant's rule for the payer, if the rule is current and matches the amount.
///
/// # Errors
///
/// 40097 an amount below 0; the errors of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivePayGift {
    /// The holder who paid.
    pub openid: OpenId,
    /// The pay merchant that got the payment.
    pub mchid: Mchid,
    /// The paid amount in fen.
    pub fee: i64,
}

/// The card that the payer got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenCard {
    /// The number of the rule.
    pub rule_id: i64,
    pub card_id: CardId,
    pub claimed: ClaimOutcome,
    /// The next page of the payer according to the rule; empty if there is none.
    pub jump_url: String,
}

impl GivePayGift {
    /// The matching rule, as far as the loaded rows show it.
    fn rule(&self, ws: &WorkingSet, now: Option<Timestamp>) -> Result<Option<(i64, PayGiftRule)>> {
        let load = |key| match ws.records.is_loaded(&key) {
            true => ws.records.get(&key).map(Option::<&_>::cloned),
            false => Ok(None),
        };
        let Some(taken) = load(mchid_key(self.mchid))? else { return Ok(None) };
        let rule_id = taken.value::<MchidRule>()?.rule_id;
        let Some(rule) = load(rule_key(rule_id))? else { return Ok(None) };
        let rule: PayGiftRule = rule.value()?;
        let fits = (rule.least_cost..=rule.max_cost).contains(&self.fee)
            && now.is_none_or(|now| rule.is_effective(now));
        Ok(fits.then_some((rule_id, rule)))
    }

    fn claim(&self, card_id: &CardId) -> Claim {
        Claim {
            outer_str: Some("pay_gift".to_owned()),
            ..Claim::of(card_id.clone(), self.openid.clone(), Via::Payment)
        }
    }
}

impl Command for GivePayGift {
    type Reply = Option<GivenCard>;

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        let key = mchid_key(self.mchid);
        if ws.records.is_loaded(&key)
            && let Ok(Some(taken)) = ws.records.get(&key)
            && let Ok(taken) = taken.value::<MchidRule>()
        {
            keys.records.insert(rule_key(taken.rule_id));
        }
        keys.records.insert(key);
        if let Ok(Some((_, PayGiftRule { card_id: Some(card_id), .. }))) = self.rule(ws, None) {
            self.claim(&card_id).reads(ws, keys);
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<Option<GivenCard>> {
        if self.fee < 0 {
            return Err(Error::field(ErrCode::InvalidArgs, "fee", "is below 0"));
        }
        let Some((rule_id, rule)) = self.rule(ws, Some(now))? else { return Ok(None) };
        let Some(card_id) = rule.card_id else { return Ok(None) };
        let claimed = self.claim(&card_id).apply(ws, now)?;
        let jump_url = rule.gives.get("jump_url").and_then(|url| url.as_str()).unwrap_or_default();
        Ok(Some(GivenCard { rule_id, card_id, claimed, jump_url: jump_url.to_owned() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::*;
    use crate::pay_gift::{AddPayGift, ReleaseMchids, RuleType};
    use serde_json::json;

    #[test]
    fn a_sufficient_payment_in_time_gives_the_card() {
        let mut world = World::new();
        let card = world.create(member_card(json!({}), json!({})));
        let rule = PayGiftRule {
            kind: RuleType::PayMemberCard,
            mchids: vec![Mchid(7)],
            begin: START.plus(10),
            end: START.plus(20),
            card_id: Some(card.clone()),
            least_cost: 100,
            max_cost: 200,
            gives: object(json!({"jump_url": "http://a"})),
            created_at: START,
        };
        world.run(AddPayGift { rule, invalid: Vec::new(), is_locked: false }).expect("a rule");
        let paid = |mchid, fee| GivePayGift { openid: "o1".into(), mchid: Mchid(mchid), fee };
        assert_eq!(world.run(paid(7, 100)), Ok(None), "before its begin");
        world.pass(10);
        for (mchid, fee) in [(8, 100), (7, 99), (7, 201)] {
            assert_eq!(world.run(paid(mchid, fee)), Ok(None), "{mchid} {fee}");
        }
        assert_eq!(refusal(world.run(paid(7, -1))), Some(ErrCode::InvalidArgs));
        let given = world.run(paid(7, 200)).expect("an answer").expect("a card");
        assert_eq!((given.card_id, given.jump_url.as_str()), (card.clone(), "http://a"));
        assert_eq!(world.codes[&given.claimed.seq].openid, "o1".into());
        let release = ReleaseMchids { card_id: card, mchids: vec![Mchid(7), Mchid(8)] };
        assert_eq!(world.run(release), Ok(vec![Mchid(8)]));
        assert_eq!(world.run(paid(7, 200)), Ok(None), "after the pay merchant was taken out");
    }
}
