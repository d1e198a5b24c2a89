//! Changes a member's points, balance and fields: `POST /card/membercard/updateuser`. WeChat manual: "管理会员卡" (manage
//! member cards), update member information.

use super::{AMOUNT_MAX, FIELD_MAX, Member, NUMBER_MAX, check_background};
use crate::code::{Code, CodeRef};
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::{CardNo, OpenId};
use crate::text;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The longest reason for a change of points, in bytes.
pub const RECORD_BONUS_MAX: usize = 42;
/// The longest reason for a change of the balance, in bytes. The manual says 42, but its own sample is longer.
pub const RECORD_BALANCE_MAX: usize = 64;

/// Changes a member's data. If a request has a total and a difference, the total is used.
///
/// # Errors
///
/// 40056 and 40073 no such code or card; 40071 not a member card; 40127 not active, given away, deleted, expired or
/// unavailable; 45021 a text that is too long; 47001 a text with control characters; 45022 and 45023 points or
/// balance out of range.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MemberChange {
    /// The new total of points.
    pub bonus: Option<i64>,
    /// The difference of the points.
    pub add_bonus: Option<i64>,
    /// The new balance in fen.
    pub balance: Option<i64>,
    /// The difference of the balance in fen.
    pub add_balance: Option<i64>,
    /// The reason for the change of points, at most 42 bytes.
    pub record_bonus: Option<String>,
    /// The reason for the change of the balance, at most 64 bytes.
    pub record_balance: Option<String>,
    /// Of which changes the member is notified.
    pub notify: Notify,
    /// Values of custom fields 1 to 3, at most 12 bytes each.
    pub custom_field_values: [Option<String>; 3],
    /// The number shown on the card, at most 20 bytes.
    pub membership_number: Option<String>,
    /// The background picture of this member, at most 512 bytes.
    pub background_pic_url: Option<String>,
}

/// Of which changes the merchant wants to notify the member. kaquan sends no messages; a program that reads the log
/// can send them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Notify {
    /// Points; true if it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_notify_bonus: Option<bool>,
    /// Balance; true if it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_notify_balance: Option<bool>,
    /// Custom field 1; false if it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_notify_custom_field1: Option<bool>,
    /// Custom field 2; false if it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_notify_custom_field2: Option<bool>,
    /// Custom field 3; false if it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_notify_custom_field3: Option<bool>,
}

/// The `detail` of a [`EventKind::MemberUpdate`]: the merchant's texts and notification flags, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MemberNote {
    /// The reason for the change of points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record_bonus: Option<String>,
    /// The reason for the change of the balance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record_balance: Option<String>,
    /// Of which changes the member is notified.
    #[serde(flatten)]
    pub notify: Notify,
}

/// Changes the data of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateMember {
    pub code: CodeRef,
    /// The changes.
    pub change: MemberChange,
}

/// The member's totals after the change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberTotals {
    /// Points.
    pub bonus: i64,
    /// The balance in fen.
    pub balance: i64,
    /// The holder.
    pub openid: OpenId,
}

impl Command for UpdateMember {
    type Reply = MemberTotals;

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
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
        code.check_normal(&ws.app, card, now)?;
        let before = match ws.members.get(&code.seq)? {
            Some(member) if member.active_at.is_some() => member,
            _ => return Err(Error::field(ErrCode::InvalidUserCardStatus, "code", "is not active")),
        };
        self.change.check_texts()?;
        let (after, code, no) = (self.change.laid_over(before)?, code.clone(), card.no);
        let before = before.clone();
        self.change.put(ws, &code, no, (before, after), now)
    }
}

impl MemberChange {
    /// Writes the member `after` the change and emits the event, which has the differences from `before`.
    pub(crate) fn put(
        &self,
        ws: &mut WorkingSet,
        code: &Code,
        card: CardNo,
        (before, after): (Member, Member),
        now: Timestamp,
    ) -> Result<MemberTotals> {
        let event = Event {
            amount: after.bonus - before.bonus,
            amount2: after.balance - before.balance,
            detail: self.note()?,
            ..Event::new(EventKind::MemberUpdate, now, card).of(code.seq, &code.openid)
        };
        let totals = MemberTotals { bonus: after.bonus, balance: after.balance, openid: code.openid.clone() };
        ws.emit(event);
        ws.members.put(code.seq, after);
        Ok(totals)
    }

    /// The detail of the event; `None` if the change has no texts and no flags.
    fn note(&self) -> Result<Option<String>> {
        let note = MemberNote {
            record_bonus: self.record_bonus.clone(),
            record_balance: self.record_balance.clone(),
            notify: self.notify,
        };
        if note == MemberNote::default() {
            return Ok(None);
        }
        let text = serde_json::to_string(&note);
        text.map(Some).map_err(|error| Error::internal(format!("a note cannot be written: {error}")))
    }

    /// Checks the texts.
    pub(crate) fn check_texts(&self) -> Result<()> {
        text::optional_lines("record_bonus", self.record_bonus.as_deref(), RECORD_BONUS_MAX)?;
        text::optional_lines("record_balance", self.record_balance.as_deref(), RECORD_BALANCE_MAX)?;
        text::optional_line("membership_number", self.membership_number.as_deref(), NUMBER_MAX)?;
        check_background(self.background_pic_url.as_deref())?;
        for (i, value) in self.custom_field_values.iter().enumerate() {
            text::optional_line(&format!("custom_field_value{}", i + 1), value.as_deref(), FIELD_MAX)?;
        }
        Ok(())
    }

    /// The member with the changes; 45022 and 45023 if points or balance come out of range.
    pub(crate) fn laid_over(&self, member: &Member) -> Result<Member> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::CodeState;
    use crate::engine::testing::*;
    use crate::member::Activate;
    use serde_json::json;

    fn member() -> (World, CodeRef) {
        let (mut world, code) = World::with_code_in(CodeState::Normal, member_card(json!({}), json!({})));
        let activate =
            Activate { init_bonus: Some(100), init_balance: Some(50), ..Activate::of(code.clone(), "no 1") };
        world.run(activate).expect("active");
        (world, code)
    }

    fn update(code: &CodeRef, change: MemberChange) -> UpdateMember {
        UpdateMember { code: code.clone(), change }
    }

    #[test]
    fn totals_win_over_changes_and_the_event_has_the_differences() {
        let none = MemberChange::default;
        for (change, bonus, balance) in [
            (MemberChange { add_bonus: Some(-30), ..none() }, 70, 50),
            (MemberChange { bonus: Some(7), add_bonus: Some(1), ..none() }, 7, 50),
            (MemberChange { balance: Some(0), add_balance: Some(9), ..none() }, 100, 0),
            (MemberChange { add_bonus: Some(-100), add_balance: Some(1), ..none() }, 0, 51),
            (none(), 100, 50),
        ] {
            let (mut world, code) = member();
            let reply = world.run(update(&code, change.clone()));
            assert_eq!(reply, Ok(MemberTotals { bonus, balance, openid: "giver".into() }), "{change:?}");
            let event = world.events.last().expect("an event");
            assert_eq!(
                (event.kind, event.amount, event.amount2),
                (EventKind::MemberUpdate, bonus - 100, balance - 50)
            );
        }
    }

    #[test]
    fn the_event_has_the_merchants_notes_on_the_change() {
        let (mut world, code) = member();
        world
            .run(update(&code, MemberChange { add_bonus: Some(1), ..MemberChange::default() }))
            .expect("changed");
        assert_eq!(world.events.last().expect("an event").detail, None);
        let change = MemberChange {
            record_bonus: Some("消费30元".into()),
            record_balance: Some("咖啡".into()),
            notify: Notify { is_notify_bonus: Some(false), ..Notify::default() },
            ..MemberChange::default()
        };
        world.run(update(&code, change)).expect("changed");
        let detail = world.events.last().expect("an event").detail.clone().expect("a note");
        assert_eq!(detail, r#"{"record_bonus":"消费30元","record_balance":"咖啡","is_notify_bonus":false}"#);
        let note: MemberNote = serde_json::from_str(&detail).expect("a note");
        assert_eq!(note.notify.is_notify_bonus, Some(false));
    }

    #[test]
    fn points_and_balance_stay_between_zero_and_the_32_bit_maximum() {
        let none = MemberChange::default;
        for (change, expected) in [
            (MemberChange { add_bonus: Some(-101), ..none() }, Some(ErrCode::BonusOutOfLimit)),
            (MemberChange { add_bonus: Some(i64::MAX), ..none() }, Some(ErrCode::BonusOutOfLimit)),
            (MemberChange { bonus: Some(AMOUNT_MAX), ..none() }, None),
            (MemberChange { bonus: Some(-1), ..none() }, Some(ErrCode::BonusOutOfLimit)),
            (MemberChange { add_balance: Some(i64::MIN), ..none() }, Some(ErrCode::BalanceOutOfLimit)),
            (MemberChange { balance: Some(AMOUNT_MAX + 1), ..none() }, Some(ErrCode::BalanceOutOfLimit)),
        ] {
            let (mut world, code) = member();
            assert_eq!(refusal(world.run(update(&code, change.clone()))), expected, "{change:?}");
        }
    }

    #[test]
    fn fields_not_named_stay_as_they_were() {
        let (mut world, code) = member();
        let custom_field_values = [None, Some("gold".to_owned()), None];
        let change = MemberChange { custom_field_values, ..MemberChange::default() };
        world.run(update(&code, change)).expect("changed");
        let blank = MemberChange {
            custom_field_values: [Some("a".into()), None, None],
            background_pic_url: Some("http://b".into()),
            ..MemberChange::default()
        };
        world.run(update(&code, blank)).expect("changed");
        let member = &world.members[&world.code(&code).seq];
        assert_eq!(member.custom_field_values, ["a", "gold", ""]);
        assert_eq!(
            (member.membership_number.as_str(), member.background_pic_url.as_str()),
            ("no 1", "http://b")
        );
    }

    #[test]
    fn update_user_errors_follow_the_documented_order() {
        let wrong = MemberChange {
            record_bonus: Some("x".repeat(65)),
            bonus: Some(-1),
            balance: Some(-1),
            ..MemberChange::default()
        };
        let (mut world, coupon) = World::with_code_in(CodeState::Consumed, groupon(json!({})));
        assert_eq!(refusal(world.run(update(&no_code(), wrong.clone()))), Some(ErrCode::InvalidSerialCode));
        assert_eq!(refusal(world.run(update(&coupon, wrong.clone()))), Some(ErrCode::InvalidCardType));
        let (mut world, inactive) = World::with_code_in(CodeState::Normal, member_card(json!({}), json!({})));
        let expected = Some(ErrCode::InvalidUserCardStatus);
        assert_eq!(refusal(world.run(update(&inactive, wrong.clone()))), expected, "not active");
        let (mut world, code) = member();
        let long = refusal(world.run(update(&code, wrong.clone())));
        assert_eq!(long, Some(ErrCode::OutOfLengthLimit));
        let short = MemberChange { record_bonus: None, ..wrong };
        assert_eq!(refusal(world.run(update(&code, short.clone()))), Some(ErrCode::BonusOutOfLimit));
        let balance = MemberChange { bonus: None, ..short };
        assert_eq!(refusal(world.run(update(&code, balance))), Some(ErrCode::BalanceOutOfLimit));
    }
}
