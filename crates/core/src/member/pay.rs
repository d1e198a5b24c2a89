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
