//! A member pays with the card at the till (快速买单): `POST /wallet/v1/pay`. kaquan transfers no money: it records the
//! payment that the till reports. WeChat manual: "卡券数据接口" (card statistics), `fee` and `payOriginalFee`.

use crate::card::Cells;
use crate::code::CodeRef;
use crate::code::consume::{ConsumeSource, PhoneNote, consume, consume_keys, usable};
use crate::engine::{Command, Keys, Record, RecordKey, RecordKind, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::CodeSeq;
use crate::poi::Place;
use crate::text;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The largest payment in fen.
pub const FEE_MAX: i64 = 1_000_000_000_000;

/// Records a payment with a member card, or with a coupon whose card has pay at the till switched on. A coupon is
/// also consumed.
///
/// # Errors
///
/// In this order: 40056 and 40073 no such code or card; 45030 not a member card and no pay at the till; for member
/// cards 40079 outside its validity and 40127 not active, given away, deleted or unavailable; for coupons the errors of
/// consume; 40097 an amount out of range, or a paid amount above the due amount; 45021 and 47001 a payment number that
/// is too long or has control characters; 40098 no such store; 40003 a staff that cannot be an openid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pay {
    /// The code of the member card or coupon.
    pub code: CodeRef,
    /// The paid amount in fen.
    pub fee: i64,
    /// The due amount before reductions, in fen.
    pub original_fee: i64,
    /// The number of the payment at the payment platform, at most 64 bytes.
    pub trans_id: Option<String>,
    /// The merchant's number of the payment, at most 64 bytes. For a coupon, it is in the consume event.
    pub out_trade_no: Option<String>,
    /// The store and the clerk.
    pub place: Place,
}

/// The number of a membership's payments. A payment changes no other row of a membership, so this number shows the
/// change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Payments(i64);

impl Record for Payments {
    const KIND: RecordKind = RecordKind::Payments;
}

impl Payments {
    /// The record key for this code.
    pub fn key(code: CodeSeq) -> RecordKey {
        RecordKey::numbered::<Payments>(code.0)
    }
}

/// The longest number of a payment, in bytes.
pub const TRANS_ID_MAX: usize = 64;

impl Command for Pay {
    type Reply = ();

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        consume_keys(&self.code, &self.place, ws, keys);
        keys.records.extend(self.code.named_card(ws).map(|card| Cells::key(card.no)));
        if let Some(code) = self.code.loaded(ws) {
            keys.members.insert(code.seq);
            keys.records.extend([Cells::key(code.card), Payments::key(code.seq)]);
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        let (code, card) = self.code.find(ws)?;
        if !card.card_type.is_member_card() {
            return self.quick_pay(ws, now);
        }
        code.check_usable(&ws.app, card, now)?;
        if ws.members.get(&code.seq)?.is_none_or(|member| member.active_at.is_none()) {
            return Err(Error::field(ErrCode::InvalidUserCardStatus, "code", "is not active"));
        }
        self.check_amounts()?;
        self.place.check(ws, now)?;
        let event = Event::new(EventKind::Pay, now, card.no).of(code.seq, &code.openid);
        let key = Payments::key(code.seq);
        let Payments(count) = ws.find_record_of_new(&key, now)?.unwrap_or_default();
        ws.put_record(key, &Payments(count + 1))?;
        ws.emit(self.fill(event));
        Ok(())
    }
}

impl Pay {
    /// A payment without numbers.
    pub fn of(code: CodeRef, fee: i64, original_fee: i64) -> Pay {
        Pay { code, fee, original_fee, trans_id: None, out_trade_no: None, place: Place::default() }
    }

    /// Pays with a coupon (自助买单), which also consumes the coupon.
    fn quick_pay(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        let (_, card) = self.code.find(ws)?;
        let cells: Cells = ws.find_record_of_new(&Cells::key(card.no), now)?.unwrap_or_default();
        if !cells.pay {
            let reason = "is not of a member card, and its card has no pay at the till";
            return Err(Error::field(ErrCode::NotSupported, "code", reason));
        }
        let usable = usable(ws, &self.code, now)?;
        self.check_amounts()?;
        self.place.check(ws, now)?;
        ws.emit(self.fill(usable.event(EventKind::Pay, now)));
        let (trans_id, out_trade_no) = (self.trans_id.clone(), self.out_trade_no.clone());
        let note = PhoneNote { trans_id, out_trade_no, ..PhoneNote::default() };
        consume(ws, usable, now, ConsumeSource::MobileHelper, Some(note.text()?), &self.place).map(drop)
    }

    fn fill(&self, event: Event) -> Event {
        let detail = self.trans_id.clone();
        self.place.fill(Event { amount: self.fee, amount2: self.original_fee, detail, ..event })
    }

    fn check_amounts(&self) -> Result<()> {
        for (field, value) in [("fee", self.fee), ("original_fee", self.original_fee)] {
            if !(0..=FEE_MAX).contains(&value) {
                return Err(Error::field(ErrCode::InvalidArgs, field, format!("must be 0 to {FEE_MAX} fen")));
            }
        }
        if self.fee > self.original_fee {
            return Err(Error::field(ErrCode::InvalidArgs, "fee", "is more than original_fee"));
        }
        for (field, id) in [("trans_id", &self.trans_id), ("out_trade_no", &self.out_trade_no)] {
            text::optional_line(field, id.as_deref(), TRANS_ID_MAX)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::{CodeState, DeleteCode};
    use crate::engine::testing::*;
    use crate::member::Activate;
    use serde_json::json;

    fn member() -> (World, CodeRef) {
        let card = member_card(json!({"date_info": range(0, 90_000)}), json!({}));
        let (mut world, code) = World::with_code_in(CodeState::Normal, card);
        world.run(Activate::of(code.clone(), "no 1")).expect("active");
        (world, code)
    }

    fn pay(code: &CodeRef, fee: i64, original_fee: i64) -> Pay {
        Pay::of(code.clone(), fee, original_fee)
    }

    #[test]
    fn a_payment_is_an_event_with_the_paid_and_the_original_amount() {
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
    fn a_coupon_is_paid_with_and_consumed_where_its_card_has_pay_at_the_till() {
        let mut world = World::new();
        let card = world.create(groupon(json!({"location_id_list": [1]})));
        let code = world.claim(&card, "o1");
        assert_eq!(refusal(world.run(pay(&code, 1, 1))), Some(ErrCode::NotSupported));
        let open = crate::card::SetPayCell { card_id: card, is_open: true };
        world.run(open).expect("open");
        assert_eq!(refusal(world.run(pay(&code, 2, 1))), Some(ErrCode::InvalidArgs));
        let before = world.events.len();
        let (trans_id, out_trade_no) = (Some("10022".to_owned()), Some("T7".to_owned()));
        let long = Pay { out_trade_no: Some("x".repeat(65)), ..pay(&code, 80, 100) };
        assert_eq!(refusal(world.run(long)), Some(ErrCode::OutOfLengthLimit));
        world.run(Pay { trans_id, out_trade_no, ..pay(&code, 80, 100) }).expect("paid");
        assert_eq!(world.kinds_since(before), [EventKind::Pay, EventKind::Consume]);
        assert_eq!(world.events[before].detail.as_deref(), Some("10022"));
        assert_eq!(world.events[before].at, world.events[before + 1].at);
        let note = r#"{"trans_id":"10022","out_trade_no":"T7"}"#;
        assert_eq!(world.events[before + 1].detail.as_deref(), Some(note));
        assert_eq!(refusal(world.run(pay(&code, 1, 1))), Some(ErrCode::CodeConsumed));
    }

    #[test]
    fn pay_errors_follow_the_documented_order() {
        let (mut world, coupon) = World::with_code_in(CodeState::Consumed, groupon(json!({})));
        assert_eq!(refusal(world.run(pay(&no_code(), -1, 0))), Some(ErrCode::InvalidSerialCode));
        assert_eq!(refusal(world.run(pay(&coupon, -1, 0))), Some(ErrCode::NotSupported));
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
