//! Changes a member's points, balance and fields: `POST /card/membercard/updateuser`.
//! WeChat manual: "管理会员卡" (manage member cards), update member information.

use super::{AMOUNT_MAX, Member};
use crate::code::{CodeRef, CodeState};
use crate::engine::{Apply, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::OpenId;
use crate::time::Timestamp;

/// Changes a member's data. A total given wins over a change given beside it.
///
/// Errors: 40056 and 40073 no such code or card; 40071 not a member card; 40127 not active, given away, deleted,
/// expired or unavailable; 45021 a text that is too long; 45022 and 45023 points or balance out of range.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MemberChange {
    /// New total of points.
    pub bonus: Option<i64>,
    /// Change of the points.
    pub add_bonus: Option<i64>,
    /// New balance, fen.
    pub balance: Option<i64>,
    /// Change of the balance, fen.
    pub add_balance: Option<i64>,
    /// Why points changed.
    pub record_bonus: Option<String>,
    /// Why the balance changed.
    pub record_balance: Option<String>,
    /// Values of custom fields 1 to 3, at most 12 bytes each.
    pub custom_field_values: [Option<String>; 3],
    /// Number shown on the card, at most 20 bytes.
    pub membership_number: Option<String>,
    /// Background picture of this member, at most 128 bytes.
    pub background_pic_url: Option<String>,
}

/// The operation: which member, and what to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateMember {
    /// The code.
    pub code: CodeRef,
    /// What to change.
    pub change: MemberChange,
}

/// What a member has afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberTotals {
    /// Points.
    pub bonus: i64,
    /// Balance, fen.
    pub balance: i64,
    /// The holder.
    pub openid: OpenId,
}

impl Apply for UpdateMember {
    type Reply = MemberTotals;

    fn keys(&self, ws: &WorkingSet, keys: &mut Keys) {
        self.code.keys(ws, keys);
        if let Some(code) = self.code.loaded(ws) {
            keys.members.insert(code.seq);
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<MemberTotals> {
        let (code, card) = self.code.find(ws)?;
        if !card.card_type.is_member_card() {
            return Err(Error::field(ErrCode::InvalidCardType, "code", "is not of a member card"));
        }
        match code.state_at(&ws.app, card, now) {
            CodeState::Normal => {}
            state => return Err(state.refusal()),
        }
        let before = match ws.members.get(&code.seq)? {
            Some(member) if member.active_at.is_some() => member,
            _ => return Err(Error::field(ErrCode::InvalidUserCardStatus, "code", "is not active")),
        };
        let after = self.change.laid_over(before)?;
        let (seq, openid) = (code.seq, code.openid.clone());
        let event = Event {
            amount: after.bonus - before.bonus,
            amount2: after.balance - before.balance,
            detail: self.change.record_bonus.clone().or_else(|| self.change.record_balance.clone()),
            ..Event::new(EventKind::MemberUpdate, now, card.no).of(seq, &openid)
        };
        let totals = MemberTotals { bonus: after.bonus, balance: after.balance, openid };
        ws.record(event);
        ws.members.put(seq, after);
        Ok(totals)
    }
}

impl MemberChange {
    fn laid_over(&self, member: &Member) -> Result<Member> {
        let text = |field: &str, text: &Option<String>, max: usize| match text {
            Some(text) if text.len() > max => {
                let reason = format!("{} bytes, at most {max}", text.len());
                Err(Error::field(ErrCode::OutOfLengthLimit, field, reason))
            }
            _ => Ok(()),
        };
        text("record_bonus", &self.record_bonus, 64)?;
        text("record_balance", &self.record_balance, 64)?;
        text("membership_number", &self.membership_number, 20)?;
        text("background_pic_url", &self.background_pic_url, 128)?;
        for (i, value) in self.custom_field_values.iter().enumerate() {
            text(&format!("custom_field_value{}", i + 1), value, 12)?;
        }
        let total = |code: ErrCode, field: &str, total: Option<i64>, add: Option<i64>, before: i64| {
            let after = total.unwrap_or_else(|| before.saturating_add(add.unwrap_or(0)));
            match (0..=AMOUNT_MAX).contains(&after) {
                true => Ok(after),
                false => Err(Error::field(code, field, format!("{after} is not between 0 and {AMOUNT_MAX}"))),
            }
        };
        let mut after = member.clone();
        after.bonus = total(ErrCode::BonusOutOfLimit, "bonus", self.bonus, self.add_bonus, member.bonus)?;
        after.balance =
            total(ErrCode::BalanceOutOfLimit, "balance", self.balance, self.add_balance, member.balance)?;
        for (value, given) in after.custom_field_values.iter_mut().zip(&self.custom_field_values) {
            if let Some(given) = given {
                *value = given.clone();
            }
        }
        if let Some(number) = &self.membership_number {
            after.membership_number = number.clone();
        }
        if let Some(url) = &self.background_pic_url {
            after.background_pic_url = url.clone();
        }
        Ok(after)
    }
}
