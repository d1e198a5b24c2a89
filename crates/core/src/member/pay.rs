//! A member pays with the card at the till (快速买单): `POST /wallet/v1/pay`. kaquan moves no money; it records what
//! the till reports. WeChat manual: "卡券数据接口" (card statistics), `fee` and `payOriginalFee`.

use crate::code::{CodeRef, CodeState};
use crate::engine::{Apply, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::time::Timestamp;

/// Fen one payment may have at most.
pub const FEE_MAX: i64 = 1_000_000_000_000;

/// Records a payment with a member card.
///
/// Errors: 40056 and 40073 no such code or card; 40071 not a member card; 40079 outside its validity; 40127 not
/// active, given away, deleted or unavailable; 40097 an amount out of range, or more paid than was due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pay {
    /// The member's code.
    pub code: CodeRef,
    /// What was paid, fen.
    pub fee: i64,
    /// What was due before reductions, fen.
    pub original_fee: i64,
}

impl Apply for Pay {
    type Reply = ();

    fn keys(&self, ws: &WorkingSet, keys: &mut Keys) {
        self.code.keys(ws, keys);
        if let Some(code) = self.code.loaded(ws) {
            keys.members.insert(code.seq);
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        let (code, card) = self.code.find(ws)?;
        if !card.card_type.is_member_card() {
            return Err(Error::field(ErrCode::InvalidCardType, "code", "is not of a member card"));
        }
        match code.state_at(&ws.app, card, now) {
            CodeState::Normal if code.window(card).begin > now => {
                return Err(Error::field(ErrCode::InvalidTime, "code", "its validity has not begun"));
            }
            CodeState::Normal => {}
            CodeState::Expire => {
                return Err(Error::field(ErrCode::InvalidTime, "code", "its validity is over"));
            }
            state => return Err(state.refusal()),
        }
        if ws.members.get(&code.seq)?.is_none_or(|member| member.active_at.is_none()) {
            return Err(Error::field(ErrCode::InvalidUserCardStatus, "code", "is not active"));
        }
        for (field, value) in [("fee", self.fee), ("original_fee", self.original_fee)] {
            if !(0..=FEE_MAX).contains(&value) {
                return Err(Error::field(ErrCode::InvalidArgs, field, format!("must be 0 to {FEE_MAX} fen")));
            }
        }
        if self.fee > self.original_fee {
            return Err(Error::field(ErrCode::InvalidArgs, "fee", "is more than original_fee"));
        }
        let event = Event::new(EventKind::Pay, now, card.no).of(code.seq, &code.openid);
        ws.record(Event { amount: self.fee, amount2: self.original_fee, ..event });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::delete::DeleteCode;
    use crate::engine::testing::*;
    use crate::member::activate::Activate;
    use serde_json::json;

    fn member() -> (World, CodeRef) {
        let card = member_card(json!({"date_info": range(0, 90_000)}), json!({}));
        let (mut world, code) = World::with_code_in(CodeState::Normal, card);
        world.run(Activate::of(code.clone(), "no 1")).expect("active");
        (world, code)
    }

    fn pay(code: &CodeRef, fee: i64, original_fee: i64) -> Pay {
        Pay { code: code.clone(), fee, original_fee }
    }

    #[test]
    fn a_payment_is_an_event_with_what_was_paid_and_what_was_due() {
        let (mut world, code) = member();
        world.run(pay(&code, 80, 100)).expect("paid");
        let event = world.events.last().expect("an event");
        assert_eq!((event.kind, event.amount, event.amount2), (EventKind::Pay, 80, 100));
        for (fee, original_fee, expected) in [
            (0, 0, None),
            (100, 100, None),
            (101, 100, Some(ErrCode::InvalidArgs)),
            (-1, 100, Some(ErrCode::InvalidArgs)),
            (1, FEE_MAX + 1, Some(ErrCode::InvalidArgs)),
        ] {
            assert_eq!(
                refusal(world.run(pay(&code, fee, original_fee))),
                expected,
                "{fee} of {original_fee}"
            );
        }
    }

    #[test]
    fn of_two_faults_the_first_in_the_documented_order_is_answered() {
        let (mut world, coupon) = World::with_code_in(CodeState::Consumed, groupon(json!({})));
        assert_eq!(refusal(world.run(pay(&no_code(), -1, 0))), Some(ErrCode::InvalidSerialCode));
        assert_eq!(refusal(world.run(pay(&coupon, -1, 0))), Some(ErrCode::InvalidCardType));
        let (world, code) = member();
        let mut deleted = world.clone();
        deleted.run(DeleteCode { code: code.clone(), openid: "giver".into() }).expect("deleted");
        assert_eq!(refusal(deleted.run(pay(&code, -1, 0))), Some(ErrCode::InvalidUserCardStatus));
        let mut over = world.clone();
        over.pass(90_000);
        assert_eq!(refusal(over.run(pay(&code, -1, 0))), Some(ErrCode::InvalidTime));
        let mut inactive = world;
        inactive.members.values_mut().for_each(|member| member.active_at = None);
        assert_eq!(refusal(inactive.run(pay(&code, -1, 0))), Some(ErrCode::InvalidUserCardStatus));
    }
}
