//! Activates a member card: `POST /card/membercard/activate`. WeChat manual: "创建会员卡" (member cards), activation by
//! API.

use super::{AMOUNT_MAX, Member};
use crate::card::Window;
use crate::code::{CodeRef, CodeState};
use crate::engine::{Apply, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::time::Timestamp;

/// Makes a claimed member card active, or changes what an earlier activation said. Fields not given stay.
///
/// Errors: 40056 and 40073 no such code or card; 40071 not a member card; 40127 given away, deleted, expired or
/// unavailable; 45021 a text that is too long; 45022 and 45023 points or balance out of range; 40079 a window that
/// ends before it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activate {
    /// The code.
    pub code: CodeRef,
    /// Number shown on the card, at most 20 bytes.
    pub membership_number: String,
    /// First second of the member's own validity.
    pub begin: Option<Timestamp>,
    /// Last second of the member's own validity.
    pub end: Option<Timestamp>,
    /// Points at the start.
    pub init_bonus: Option<i64>,
    /// Balance at the start, fen.
    pub init_balance: Option<i64>,
    /// Why the points were given, at most 32 bytes.
    pub init_bonus_record: Option<String>,
    /// Values of custom fields 1 to 3, at most 12 bytes each.
    pub custom_field_values: [Option<String>; 3],
    /// Background picture of this member, at most 128 bytes.
    pub background_pic_url: Option<String>,
}

impl Apply for Activate {
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
            CodeState::Normal => {}
            state => return Err(state.refusal()),
        }
        self.check()?;
        let window = self.own_window(code.window(card))?;
        let (seq, card_no, openid) = (code.seq, card.no, code.openid.clone());
        let before = ws.members.get(&seq)?.cloned().unwrap_or_else(|| Member::new(seq));
        let first = before.active_at.is_none();
        let after = self.changed(before, now);
        ws.members.put(seq, after);
        if let Some(window) = window {
            ws.codes.get_mut(&seq)?.own_window = Some(window);
        }
        if first {
            let event = Event::new(EventKind::Activate, now, card_no).of(seq, &openid);
            let amount = self.init_bonus.unwrap_or(0);
            ws.record(Event { amount, detail: self.init_bonus_record.clone(), ..event });
        }
        Ok(())
    }
}

impl Activate {
    /// An activation that gives a number and nothing else.
    pub fn of(code: CodeRef, membership_number: &str) -> Activate {
        Activate {
            code,
            membership_number: membership_number.to_owned(),
            begin: None,
            end: None,
            init_bonus: None,
            init_balance: None,
            init_bonus_record: None,
            custom_field_values: Default::default(),
            background_pic_url: None,
        }
    }

    fn check(&self) -> Result<()> {
        let text = |field: &str, text: &str, max: usize| match text.len() > max {
            true => {
                let reason = format!("{} bytes, at most {max}", text.len());
                Err(Error::field(ErrCode::OutOfLengthLimit, field, reason))
            }
            false => Ok(()),
        };
        text("membership_number", &self.membership_number, 20)?;
        text("init_bonus_record", self.init_bonus_record.as_deref().unwrap_or(""), 32)?;
        for (i, value) in self.custom_field_values.iter().enumerate() {
            text(&format!("init_custom_field_value{}", i + 1), value.as_deref().unwrap_or(""), 12)?;
        }
        text("background_pic_url", self.background_pic_url.as_deref().unwrap_or(""), 128)?;
        let amount = |code: ErrCode, field: &str, value: Option<i64>| match value {
            Some(value) if !(0..=AMOUNT_MAX).contains(&value) => {
                Err(Error::field(code, field, format!("{value} is not between 0 and {AMOUNT_MAX}")))
            }
            _ => Ok(()),
        };
        amount(ErrCode::BonusOutOfLimit, "init_bonus", self.init_bonus)?;
        amount(ErrCode::BalanceOutOfLimit, "init_balance", self.init_balance)
    }

    /// The window the request asks for, if it asks for one.
    fn own_window(&self, current: Window) -> Result<Option<Window>> {
        let given = |stamp: Option<Timestamp>| stamp.filter(|stamp| stamp.0 != 0);
        let (begin, end) = (given(self.begin), given(self.end));
        if begin.is_none() && end.is_none() {
            return Ok(None);
        }
        let window = Window { begin: begin.unwrap_or(current.begin), end: end.unwrap_or(current.end) };
        if window.end <= window.begin || window.begin.0 < 0 {
            return Err(Error::field(ErrCode::InvalidTime, "activate_end_time", "not later than the begin"));
        }
        Ok(Some(window))
    }

    fn changed(&self, mut member: Member, now: Timestamp) -> Member {
        member.membership_number = self.membership_number.clone();
        member.active_at = member.active_at.or(Some(now));
        member.bonus = self.init_bonus.unwrap_or(member.bonus);
        member.balance = self.init_balance.unwrap_or(member.balance);
        for (value, given) in member.custom_field_values.iter_mut().zip(&self.custom_field_values) {
            if let Some(given) = given {
                *value = given.clone();
            }
        }
        if let Some(url) = &self.background_pic_url {
            member.background_pic_url = url.clone();
        }
        member
    }
}
