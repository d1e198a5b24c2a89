//! Activates a member card: `POST /card/membercard/activate`. WeChat manual: "创建会员卡" (member cards), activation by
//! API.

use super::{AMOUNT_MAX, FIELD_MAX, Member, NUMBER_MAX, check_background};
use crate::card::{STAMP_MAX, Window};
use crate::code::{CodeRef, expire};
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::text;
use crate::time::{End, Timestamp};

/// Activates a claimed member card. For an active member, it changes the number, the window, the background and the
/// custom fields in the request. Only the first activation sets points and balance, so a repeated request does not
/// reset them. Missing fields are not changed.
///
/// # Errors
///
/// 40056 and 40073 no such code or card; 40071 not a member card; 40127 given away, deleted, expired or unavailable;
/// 45021 a text that is too long; 47001 a text with control characters; 45022 and 45023 points or balance out of
/// range; 40079 a window that ends before it begins, or exceeds the timestamps that clients can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activate {
    pub code: CodeRef,
    /// The number shown on the card, at most 20 bytes.
    pub membership_number: String,
    /// The first second of the member's own validity.
    pub begin: Option<Timestamp>,
    /// The last second of the member's own validity.
    pub end: Option<End>,
    /// The initial points; ignored for an active member.
    pub init_bonus: Option<i64>,
    /// The initial balance in fen; ignored for an active member.
    pub init_balance: Option<i64>,
    /// The reason for the points, at most 32 bytes.
    pub init_bonus_record: Option<String>,
    /// Values of custom fields 1 to 3, at most 12 bytes each.
    pub custom_field_values: [Option<String>; 3],
    /// The background picture of this member, at most 512 bytes.
    pub background_pic_url: Option<String>,
}

impl Command for Activate {
    type Reply = ();

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
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
        code.check_normal(&ws.app, card, now)?;
        self.check_texts("membership_number")?;
        self.check_amounts()?;
        let window = self.own_window(code.window(card), now)?;
        let (seq, card, openid) = (code.seq, card.clone(), code.openid.clone());
        let before = ws.members.get(&seq)?.cloned().unwrap_or_else(|| Member::new(seq));
        let first = before.active_at.is_none();
        let held = (before.bonus, before.balance);
        let after = self.laid_over(before, first, now);
        let gained = (after.bonus - held.0, after.balance - held.1);
        ws.members.put(seq, after);
        if let Some(window) = window {
            expire::catch_up(ws, &card, seq, now)?;
            ws.codes.get_mut(&seq)?.own_window = Some(window);
        }
        if first {
            let event = Event::new(EventKind::Activate, now, card.no).of(seq, &openid);
            let (amount, amount2) = gained;
            ws.emit(Event { amount, amount2, detail: self.init_bonus_record.clone(), ..event });
        }
        Ok(())
    }
}

impl Activate {
    /// An activation with a number and no other values.
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

    /// Checks the texts. `number` is the name of the membership number in the request.
    pub(crate) fn check_texts(&self, number: &str) -> Result<()> {
        text::line(number, &self.membership_number, NUMBER_MAX)?;
        text::optional_lines("init_bonus_record", self.init_bonus_record.as_deref(), 32)?;
        for (i, value) in self.custom_field_values.iter().enumerate() {
            text::optional_line(&format!("init_custom_field_value{}", i + 1), value.as_deref(), FIELD_MAX)?;
        }
        check_background(self.background_pic_url.as_deref())
    }

    /// Checks points and balance.
    pub(crate) fn check_amounts(&self) -> Result<()> {
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
    pub(crate) fn own_window(&self, current: Window, now: Timestamp) -> Result<Option<Window>> {
        let begin = self.begin.filter(|begin| begin.0 != 0);
        let end = self.end.filter(|end| *end != End::At(Timestamp(0)));
        if begin.is_none() && end.is_none() {
            return Ok(None);
        }
        let window = Window { begin: begin.unwrap_or(current.begin), end: end.unwrap_or(current.end) };
        if window.end <= End::At(window.begin) || window.begin.0 < 0 {
            return Err(Error::field(ErrCode::InvalidTime, "activate_end_time", "must be after the begin"));
        }
        if window.end.is_before(now) {
            return Err(Error::field(ErrCode::InvalidTime, "activate_end_time", "must be in the future"));
        }
        if window.end.moment().is_some_and(|end| end > STAMP_MAX) {
            return Err(Error::field(ErrCode::InvalidTime, "activate_end_time", "out of range"));
        }
        Ok(Some(window))
    }

    /// The member with the values of the request. Points and balance are set only if `begins`.
    pub(crate) fn laid_over(&self, mut member: Member, begins: bool, now: Timestamp) -> Member {
        member.membership_number = self.membership_number.clone();
        member.active_at = member.active_at.or(Some(now));
        if begins {
            member.bonus = self.init_bonus.unwrap_or(member.bonus);
            member.balance = self.init_balance.unwrap_or(member.balance);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::PICTURE_MAX;
    use crate::code::{CodeState, DeleteCode};
    use crate::engine::testing::*;
    use serde_json::{Value, json};

    fn card() -> Value {
        member_card(json!({}), json!({}))
    }

    #[test]
    fn an_activation_fills_the_member_and_is_one_event() {
        let (mut world, code) = World::with_code_in(CodeState::Normal, card());
        let before = world.events.len();
        let activate = Activate {
            init_bonus: Some(10),
            init_balance: Some(500),
            init_bonus_record: Some("welcome".into()),
            custom_field_values: [Some("gold".into()), None, None],
            ..Activate::of(code.clone(), "no 1")
        };
        world.run(activate).expect("active");
        let member = &world.members[&world.code(&code).seq];
        assert_eq!((member.bonus, member.balance, member.active_at), (10, 500, Some(world.now)));
        assert_eq!(member.custom_field_values, ["gold", "", ""]);
        let event = world.events.last().expect("an event");
        assert_eq!(
            (event.kind, event.amount, event.detail.as_deref()),
            (EventKind::Activate, 10, Some("welcome"))
        );
        assert_eq!(event.amount2, 500);
        assert_eq!(world.events.len(), before + 1);
    }

    #[test]
    fn a_second_activation_changes_the_number_and_emits_no_event() {
        let (mut world, code) = World::with_code_in(CodeState::Normal, card());
        let first = Activate { init_bonus: Some(10), ..Activate::of(code.clone(), "no 1") };
        world.run(first).expect("active");
        let (before, active_at) = (world.events.len(), world.now);
        world.pass(60);
        let again =
            Activate { init_bonus: Some(3), init_balance: Some(7), ..Activate::of(code.clone(), "no 2") };
        world.run(again).expect("active");
        let member = &world.members[&world.code(&code).seq];
        assert_eq!((member.bonus, member.balance, member.active_at), (10, 0, Some(active_at)));
        assert_eq!((member.membership_number.as_str(), world.events.len()), ("no 2", before));
    }

    #[test]
    fn a_window_of_the_members_own_takes_the_place_of_the_cards() {
        for (begin, end, expected) in [
            (None, Some(90_000), Ok(Window::of(Timestamp(0), START.plus(90_000)))),
            (Some(50), Some(4000), Ok(Window::of(START.plus(50), START.plus(4000)))),
            (Some(50), None, Ok(Window { begin: START.plus(50), end: End::Never })),
            (
                Some(50),
                Some(i64::from(u32::MAX) - START.0),
                Ok(Window { begin: START.plus(50), end: End::Never }),
            ),
            (
                Some(50),
                Some(i64::from(i32::MAX) - START.0),
                Ok(Window { begin: START.plus(50), end: End::Never }),
            ),
            (Some(60), Some(60), Err(ErrCode::InvalidTime)),
            (Some(-90_000), Some(-60), Err(ErrCode::InvalidTime)),
            (Some(-START.0 - 1), None, Err(ErrCode::InvalidTime)),
            (None, Some(i64::from(u32::MAX)), Err(ErrCode::InvalidTime)),
        ] {
            let (mut world, code) = World::with_code_in(CodeState::Normal, card());
            let at = |secs: Option<i64>| secs.map(|secs| START.plus(secs));
            let end_at = at(end).map(|end| End::from_secs(end.0));
            let activate = Activate { begin: at(begin), end: end_at, ..Activate::of(code.clone(), "no 1") };
            let window =
                world.run(activate).map(|()| world.code(&code).window(&world.cards[&world.code(&code).card]));
            assert_eq!(window.map_err(|error| error.code), expected, "{begin:?} to {end:?}");
        }
    }

    #[test]
    fn stamps_of_zero_mean_the_cards_own_window() {
        let (mut world, code) = World::with_code_in(CodeState::Normal, card());
        let (begin, end) = (Some(Timestamp(0)), Some(End::from_secs(0)));
        world.run(Activate { begin, end, ..Activate::of(code.clone(), "no 1") }).expect("active");
        assert_eq!(world.code(&code).own_window, None);
    }

    #[test]
    fn only_a_normal_code_can_be_activated() {
        for state in
            STATES.into_iter().filter(|state| !matches!(state, CodeState::Consumed | CodeState::Expire))
        {
            let (mut world, code) = World::with_code_in(state, card());
            let expected = match state {
                CodeState::Normal => None,
                CodeState::GiftSucc => Some(ErrCode::InvalidSerialCode),
                _ => Some(ErrCode::InvalidUserCardStatus),
            };
            assert_eq!(refusal(world.run(Activate::of(code, "no 1"))), expected, "{}", state.wire());
        }
    }

    #[test]
    fn activate_errors_follow_the_documented_order() {
        let long = "x".repeat(PICTURE_MAX + 1);
        let wrong = |code: &CodeRef| Activate {
            begin: Some(Timestamp(-1)),
            init_bonus: Some(-1),
            init_balance: Some(-1),
            background_pic_url: Some(long.clone()),
            ..Activate::of(code.clone(), "no 1")
        };
        let (mut world, coupon) = World::with_code_in(CodeState::Consumed, groupon(json!({})));
        assert_eq!(refusal(world.run(wrong(&no_code()))), Some(ErrCode::InvalidSerialCode));
        assert_eq!(refusal(world.run(wrong(&coupon))), Some(ErrCode::InvalidCardType));
        let (world, code) = World::with_code_in(CodeState::Normal, card());
        let mut deleted = world.clone();
        deleted.run(DeleteCode { code: code.clone(), openid: "giver".into() }).expect("deleted");
        assert_eq!(refusal(deleted.run(wrong(&code))), Some(ErrCode::InvalidUserCardStatus));
        let mut op = wrong(&code);
        for (expected, mend) in [
            (ErrCode::OutOfLengthLimit, (|op| op.background_pic_url = None) as fn(&mut Activate)),
            (ErrCode::BonusOutOfLimit, |op| op.init_bonus = None),
            (ErrCode::BalanceOutOfLimit, |op| op.init_balance = None),
            (ErrCode::InvalidTime, |op| op.begin = None),
        ] {
            assert_eq!(refusal(world.clone().run(op.clone())), Some(expected));
            mend(&mut op);
        }
        assert_eq!(refusal(world.clone().run(op)), None);
    }
}
