//! Creates a pay gift rule: `POST /card/paygiftcard/add`, and the older call `/card/paygiftmembercard/add`. WeChat
//! manual: "支付即会员" (members by payment).

use super::{Mchid, MchidRule, PayGiftRule, RuleType, mchid_key, rule_key};
use crate::card::CodeMode;

use crate::engine::{Command, Keys, WorkingSet, sequence_key};
use crate::error::{ErrCode, Error, Result};
use crate::text;
use crate::time::Timestamp;
use crate::value::check_link;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The largest number of pay merchants in a rule.
pub const MCHIDS_MAX: usize = 100;
/// The longest name of a pay merchant, in bytes.
const MCHID_MAX: usize = 32;
/// The longest text in the gift of a rule, in bytes.
const GIVES_TEXT_MAX: usize = 512;

/// Creates a rule for those of its pay merchants that have no other current rule.
///
/// # Errors
///
/// In this order: 72031 no pay merchant, a window that ends before it begins, or a smallest amount above the largest
/// one; 72005 more than 100 pay merchants; 72032 a window that has ended; 45021, 47001 and 40097 a text that is too
/// long, has control characters, or is a link with another scheme than http and https; 72001 unknown card; 72003 not
/// a member card; 40158 a card with custom codes that are not deposited; 72030 or 72004 no pay merchant is left.
#[derive(Debug, Clone, PartialEq)]
pub struct AddPayGift {
    /// The rule, with the pay merchants whose names are numbers.
    pub rule: PayGiftRule,
    /// Names that cannot be pay merchants.
    pub invalid: Vec<String>,
    /// Whether other apps cannot use the pay merchants.
    pub is_locked: bool,
}

/// The result of adding a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddOutcome {
    pub rule_id: i64,
    /// The pay merchants of the new rule.
    pub succ: Vec<Mchid>,
    /// Pay merchants with another rule, and the number of that rule.
    pub occupied: Vec<(Mchid, i64)>,
    /// Names that cannot be pay merchants.
    pub invalid: Vec<String>,
}

impl Command for AddPayGift {
    type Reply = AddOutcome;

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.extend(self.rule.card_id.clone());
        keys.records.insert(sequence_key::<PayGiftRule>());
        keys.records.extend(self.rule.mchids.iter().take(MCHIDS_MAX).map(|mchid| mchid_key(*mchid)));
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<AddOutcome> {
        self.check(ws, now)?;
        let (mut succ, mut occupied) = (Vec::new(), Vec::new());
        for mchid in &self.rule.mchids {
            match ws.find_record::<MchidRule>(&mchid_key(*mchid), now)? {
                Some(other) if other.end >= now => occupied.push((*mchid, other.rule_id)),
                _ if succ.contains(mchid) => {}
                _ => succ.push(*mchid),
            }
        }
        if succ.is_empty() {
            let code = if occupied.is_empty() { ErrCode::InvalidMchid } else { ErrCode::MchidOccupied };
            return Err(Error::field(code, "mchid_list", "no pay merchant is left for the rule"));
        }
        let rule_id = ws.next_no::<PayGiftRule>()?;
        let rule = PayGiftRule { mchids: succ.clone(), created_at: now, ..self.rule.clone() };
        for mchid in &succ {
            let taken = MchidRule {
                rule_id,
                card_id: rule.card_id.clone(),
                end: rule.end,
                is_locked: self.is_locked,
            };
            ws.put_record(mchid_key(*mchid), &taken)?;
        }
        ws.put_record(rule_key(rule_id), &rule)?;
        Ok(AddOutcome { rule_id, succ, occupied, invalid: self.invalid.clone() })
    }
}

/// Checks the gift of a rule: the length of texts, and that each text named `…url` is a link.
fn check_texts(path: &str, value: &Value) -> Result<()> {
    match value {
        Value::String(text) => {
            text::lines(path, text, GIVES_TEXT_MAX)?;
            if path.ends_with("url") { check_link(path, text) } else { Ok(()) }
        }
        Value::Array(values) => values.iter().try_for_each(|value| check_texts(path, value)),
        Value::Object(object) => {
            object.iter().try_for_each(|(key, value)| check_texts(&format!("{path}.{key}"), value))
        }
        _ => Ok(()),
    }
}

impl AddPayGift {
    fn check(&self, ws: &WorkingSet, now: Timestamp) -> Result<()> {
        let PayGiftRule { mchids, begin, end, least_cost, max_cost, .. } = &self.rule;
        let wrong = |field: &str, reason: &str| Err(Error::field(ErrCode::InvalidParams, field, reason));
        let count = mchids.len() + self.invalid.len();
        if count == 0 {
            return wrong("mchid_list", "is empty");
        }
        if end <= begin || begin.0 < 0 {
            return wrong("end_time", "not later than begin_time");
        }
        if *least_cost < 0 || max_cost < least_cost {
            return wrong("max_cost", "less than least_cost");
        }
        if count > MCHIDS_MAX {
            let reason = format!("{count} pay merchants, at most {MCHIDS_MAX}");
            return Err(Error::field(ErrCode::TooManyMchids, "mchid_list", reason));
        }
        if *end < now {
            return Err(Error::field(ErrCode::PayGiftExpired, "end_time", "must be in the future"));
        }
        check_texts("rule", &Value::Object(self.rule.gives.clone()))?;
        self.invalid.iter().try_for_each(|name| text::line("mchid_list", name, MCHID_MAX))?;
        self.check_card(ws)
    }

    fn check_card(&self, ws: &WorkingSet) -> Result<()> {
        let Some(card_id) = &self.rule.card_id else {
            return match self.rule.kind {
                RuleType::SinglePay => Ok(()),
                RuleType::PayMemberCard => Err(Error::field(ErrCode::NoMatchCard, "card_id", "is missing")),
            };
        };
        let Some(card) = ws.card_by_id(card_id)? else {
            return Err(Error::field(ErrCode::NoMatchCard, "card_id", format!("no card {card_id}")));
        };
        if !card.card_type.is_member_card() {
            return Err(Error::field(ErrCode::NeedMemberCard, "card_id", "is not a member card"));
        }
        if card.terms.code_mode == CodeMode::Custom {
            return Err(Error::field(ErrCode::NeedNoCustomCode, "card_id", "needs a code for each claim"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::*;
    use crate::id::CardId;
    use crate::operation::Operation;
    use crate::pay_gift::DeletePayGift;
    use serde_json::json;

    fn add(card: &CardId, mchids: &[i64]) -> AddPayGift {
        let rule = PayGiftRule {
            kind: RuleType::PayMemberCard,
            mchids: mchids.iter().map(|no| Mchid(*no)).collect(),
            begin: START,
            end: START.plus(1000),
            card_id: Some(card.clone()),
            least_cost: 0,
            max_cost: 100,
            gives: object(json!({"card_id": card.as_str()})),
            created_at: Timestamp(0),
        };
        AddPayGift { rule, invalid: Vec::new(), is_locked: true }
    }

    #[test]
    fn a_pay_merchant_has_one_rule_until_it_ends_or_is_deleted() {
        let mut world = World::new();
        let card = world.create(member_card(json!({}), json!({})));
        let first = world.run(add(&card, &[1, 2, 1])).expect("a rule");
        assert_eq!((first.rule_id, first.succ), (1, vec![Mchid(1), Mchid(2)]));
        let second = world.run(add(&card, &[2, 3])).expect("a rule");
        assert_eq!((second.succ, second.occupied), (vec![Mchid(3)], vec![(Mchid(2), 1)]));
        assert_eq!(refusal(world.run(add(&card, &[1, 3]))), Some(ErrCode::MchidOccupied));
        world.run(DeletePayGift { rule_id: 1 }).expect("deleted");
        assert_eq!(world.run(add(&card, &[1])).map(|added| added.rule_id), Ok(3));
        world.pass(1001);
        let mut later = add(&card, &[3]);
        (later.rule.begin, later.rule.end) = (world.now, world.now.plus(1));
        assert_eq!(world.run(later).map(|added| added.rule_id), Ok(4));
    }

    #[test]
    fn a_pay_merchant_is_free_after_its_rules_end_in_the_same_batch() {
        let mut world = World::new();
        let card = world.create(member_card(json!({}), json!({})));
        world.run(add(&card, &[1])).expect("a rule");
        let delete = |rule_id| Operation::from(DeletePayGift { rule_id });
        let batch = [delete(1), add(&card, &[1]).into(), delete(2)];
        world.batch(&batch).into_iter().for_each(|done| drop(done.expect("done")));
        assert!(!world.records.contains_key(&mchid_key(Mchid(1))), "{:?}", world.records);
        assert_eq!(refusal(world.run(add(&card, &[1]))), None);
    }

    #[test]
    fn pay_gift_add_errors_follow_the_documented_order() {
        let mut world = World::new();
        let (coupon, member) =
            (world.create(groupon(json!({}))), world.create(member_card(json!({}), json!({}))));
        let custom = world.create(member_card(json!({"use_custom_code": true}), json!({})));
        let nowhere = CardId::from("pNowhere");
        let mut op = add(&nowhere, &(1..=101).collect::<Vec<_>>());
        (op.rule.begin, op.rule.end, op.rule.least_cost) = (START.plus(-5), START.plus(-9), 200);
        for (expected, mend) in [
            (ErrCode::InvalidParams, (|op| op.rule.end = START.plus(-1)) as fn(&mut AddPayGift)),
            (ErrCode::InvalidParams, |op| op.rule.least_cost = 100),
            (ErrCode::TooManyMchids, |op| op.rule.mchids.truncate(0)),
            (ErrCode::InvalidParams, |op| op.invalid = vec!["x".to_owned()]),
            (ErrCode::PayGiftExpired, |op| op.rule.end = START),
        ] {
            assert_eq!(refusal(world.clone().run(op.clone())), Some(expected));
            mend(&mut op);
        }
        for (card, expected) in [
            (&nowhere, ErrCode::NoMatchCard),
            (&coupon, ErrCode::NeedMemberCard),
            (&custom, ErrCode::NeedNoCustomCode),
            (&member, ErrCode::InvalidMchid),
        ] {
            op.rule.card_id = Some(card.clone());
            assert_eq!(refusal(world.clone().run(op.clone())), Some(expected), "{card}");
        }
    }
}
