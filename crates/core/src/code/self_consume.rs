//! A holder consumes a code on the phone (自助核销): `POST /wallet/v1/selfconsume`, if the card has this entry. WeChat
//! manual: "管理卡券" (manage cards), self-service consume.

use super::CodeRef;
use super::consume::{ConsumeSource, ConsumedCode, PhoneNote, consume, consume_keys, usable};
use crate::card::Cells;
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::id::OpenId;
use crate::poi::Place;
use crate::text;
use crate::time::Timestamp;

/// The longest verify code in bytes.
pub const VERIFY_CODE_MAX: usize = 32;
/// The longest `remark_amount` in bytes.
pub const REMARK_AMOUNT_MAX: usize = 32;

/// Consumes a code for its holder.
///
/// # Errors
///
/// In this order: 40056 and 40073 no such code or card; 40003 not this holder's code; 45030 the card does not have this
/// entry; the errors of consume; 41011 the card requires a verify code or an amount, and it is missing; 45053 a verify
/// code that is too long; 45055 a verify code with other characters than letters and digits; 45021 an amount that is
/// too long; 47001 an amount with control characters; 40098 no such store; 40003 a staff that cannot be an openid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelfConsume {
    pub code: CodeRef,
    /// The holder.
    pub openid: OpenId,
    /// The verify code that the holder got from the clerk.
    pub verify_code: Option<String>,
    /// The amount that the holder entered.
    pub remark_amount: Option<String>,
    /// The store and the clerk, if they are known.
    pub place: Place,
}

impl SelfConsume {
    /// A consume by this holder, without other values.
    pub fn of(code: CodeRef, openid: OpenId) -> SelfConsume {
        SelfConsume { code, openid, verify_code: None, remark_amount: None, place: Place::default() }
    }
}

impl Command for SelfConsume {
    type Reply = ConsumedCode;

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        consume_keys(&self.code, &self.place, ws, keys);
        keys.records.extend(self.code.named_card(ws).map(|card| Cells::key(card.no)));
        if let Some(code) = self.code.loaded(ws) {
            keys.records.insert(Cells::key(code.card));
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<ConsumedCode> {
        let (code, card) = self.code.find(ws)?;
        if code.openid != self.openid {
            return Err(Error::field(ErrCode::InvalidOpenid, "openid", "does not hold this code"));
        }
        let cells: Cells = ws.find_record_of_new(&Cells::key(card.no), now)?.unwrap_or_default();
        if !cells.self_consume {
            return Err(Error::field(ErrCode::NotSupported, "code", "this card has no self-service consume"));
        }
        let usable = usable(ws, &self.code, now)?;
        entered("verify_code", &self.verify_code, cells.need_verify_cod)?;
        entered("remark_amount", &self.remark_amount, cells.need_remark_amount)?;
        if let Some(code) = self.verify_code.as_ref().filter(|code| code.len() > VERIFY_CODE_MAX) {
            let reason = format!("{} bytes, at most {VERIFY_CODE_MAX}", code.len());
            return Err(Error::field(ErrCode::VerifyCodeTooLong, "verify_code", reason));
        }
        if self
            .verify_code
            .as_ref()
            .is_some_and(|code| !code.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        {
            let reason = "has other characters than letters and digits";
            return Err(Error::field(ErrCode::VerifyCodeCharset, "verify_code", reason));
        }
        text::optional_line("remark_amount", self.remark_amount.as_deref(), REMARK_AMOUNT_MAX)?;
        self.place.check(ws, now)?;
        let (verify_code, remark_amount) = (self.verify_code.clone(), self.remark_amount.clone());
        let note = PhoneNote { verify_code, remark_amount, ..PhoneNote::default() };
        consume(ws, usable, now, ConsumeSource::MobileHelper, Some(note.text()?), &self.place)
    }
}

fn entered(field: &str, text: &Option<String>, needed: bool) -> Result<()> {
    match text {
        None if needed => Err(Error::missing(field)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::SetSelfConsumeCell;
    use crate::code::CodeState;
    use crate::code::claim::{Claim, Via};
    use crate::engine::testing::*;
    use crate::event::EventKind;
    use crate::id::CardId;
    use crate::operation::Operation;
    use serde_json::json;

    fn by_holder(code: &CodeRef) -> SelfConsume {
        SelfConsume::of(code.clone(), "o1".into())
    }

    fn world(need_verify_cod: bool) -> (World, CardId, CodeRef) {
        let mut world = World::new();
        let card = world.create(groupon(json!({})));
        let code = world.claim(&card, "o1");
        let set = SetSelfConsumeCell {
            card_id: card.clone(),
            is_open: true,
            need_verify_cod,
            need_remark_amount: false,
        };
        world.run(set).expect("open");
        (world, card, code)
    }

    #[test]
    fn the_event_has_the_verify_code_and_the_amount() {
        let (mut world, _, code) = world(true);
        assert_eq!(refusal(world.run(by_holder(&code))), Some(ErrCode::MissingFields));
        let op = SelfConsume {
            verify_code: Some("8812".into()),
            remark_amount: Some("12.50".into()),
            ..by_holder(&code)
        };
        world.run(op).expect("consumed");
        assert_eq!(world.state(&code), CodeState::Consumed);
        let event = world.events.last().expect("an event");
        assert_eq!(
            (event.kind, event.amount),
            (EventKind::Consume, ConsumeSource::MobileHelper.number().into())
        );
        let detail = r#"{"verify_code":"8812","remark_amount":"12.50"}"#;
        assert_eq!(event.detail.as_deref(), Some(detail));
    }

    #[test]
    fn a_code_claimed_in_the_same_batch_finds_the_entries_of_its_card() {
        let mut world = World::new();
        let card_id = world.create(groupon(json!({"use_custom_code": true})));
        let (need_verify_cod, need_remark_amount) = (false, false);
        let set = SetSelfConsumeCell { card_id, is_open: true, need_verify_cod, need_remark_amount };
        world.run(set.clone()).expect("open");
        let code =
            CodeRef { text: "c1".into(), seq: None, card_id: Some(set.card_id.clone()), dynamic_after: None };
        let claim = Claim { code: Some("c1".into()), ..Claim::of(set.card_id, "o1".into(), Via::Server) };
        let batch = [Operation::from(claim), Operation::from(by_holder(&code))];
        let refusals: Vec<_> = world.batch(&batch).into_iter().map(refusal).collect();
        assert_eq!(refusals, [None, None]);
    }

    #[test]
    fn self_consume_errors_follow_the_documented_order() {
        let (mut world, card, code) = world(true);
        let long = SelfConsume { verify_code: Some("x".repeat(33)), ..by_holder(&code) };
        let unknown = SelfConsume { openid: "o9".into(), ..by_holder(&no_code()) };
        assert_eq!(refusal(world.run(unknown)), Some(ErrCode::InvalidSerialCode));
        let other = SelfConsume { openid: "o9".into(), ..long.clone() };
        assert_eq!(refusal(world.run(other)), Some(ErrCode::InvalidOpenid));
        assert_eq!(refusal(world.run(long.clone())), Some(ErrCode::VerifyCodeTooLong));
        let dashed = SelfConsume {
            verify_code: Some("8-8".into()),
            remark_amount: Some("1".repeat(33)),
            ..by_holder(&code)
        };
        assert_eq!(refusal(world.run(dashed.clone())), Some(ErrCode::VerifyCodeCharset));
        let amount = SelfConsume { verify_code: Some("88".into()), ..dashed };
        assert_eq!(refusal(world.run(amount)), Some(ErrCode::OutOfLengthLimit));
        let close = SetSelfConsumeCell {
            card_id: card,
            is_open: false,
            need_verify_cod: false,
            need_remark_amount: false,
        };
        let mut closed = world.clone();
        closed.run(close).expect("closed");
        assert_eq!(refusal(closed.run(long.clone())), Some(ErrCode::NotSupported));
        world.pass(crate::time::DAY_SECS + 1);
        assert_eq!(refusal(world.run(long)), Some(ErrCode::InvalidTime));
    }
}
