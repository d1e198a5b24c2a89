//! Activates a general card: `POST /card/generalcard/activate`. WeChat manual: "礼品卡" (gift cards).

use super::HeldCode;
use crate::code::expire;
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::Result;
use crate::event::{Event, EventKind};
use crate::member::Activate;
use crate::time::Timestamp;

/// Makes a claimed general card active. For an active one it changes the number, the window, the background and the
/// custom fields that are given. Only the first activation of a code may set points and balance, and only if the code
/// is not active by itself.
///
/// # Errors
///
/// In this order: 45021 a text that is too long, 47001 one with control characters; 40056 and 40073 no such code or
/// card, or a code that was given away; 40071 not a general card; 40127 deleted, being given away, expired or
/// unavailable; 45022 and 45023 points or balance out of range; 40079 a window that ends before it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivateGeneralCard(pub Activate);

impl Command for ActivateGeneralCard {
    type Reply = ();

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        HeldCode::keys(&self.0.code, ws, keys);
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        self.0.check_texts("card_number")?;
        let HeldCode { code, card, member: before, general, .. } = HeldCode::find(&self.0.code, ws, now)?;
        self.0.check_amounts()?;
        let window = self.0.own_window(code.window(card), now)?;
        let activates = !general.is_active(card, &before);
        let (seq, card, openid) = (code.seq, card.clone(), code.openid.clone());
        let held = (before.bonus, before.balance);
        let begins = activates && !general.was_active;
        let after = self.0.laid_over(before, begins, now);
        let (amount, amount2) = (after.bonus - held.0, after.balance - held.1);
        ws.members.put(seq, after);
        if let Some(window) = window {
            expire::catch_up(ws, &card, seq, now)?;
            ws.codes.get_mut(&seq)?.own_window = Some(window);
        }
        if activates {
            let event = Event::new(EventKind::Activate, now, card.no).of(seq, &openid);
            ws.emit(Event { amount, amount2, ..event });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::UpdateCard;
    use crate::code::{CodeRef, CodeState, DeleteCode};
    use crate::engine::testing::*;
    use crate::error::ErrCode;
    use crate::general_card::{UnactivateGeneralCard, UpdateGeneralCard};
    use crate::member::MemberChange;
    use serde_json::json;

    fn activate(code: &CodeRef, number: &str) -> ActivateGeneralCard {
        ActivateGeneralCard(Activate::of(code.clone(), number))
    }

    #[test]
    fn an_activation_sets_the_number_and_keeps_points_and_balance() {
        let (mut world, code) = World::with_code_in(CodeState::Normal, general_card(json!({}), json!({})));
        let before = world.events.len();
        world.run(activate(&code, "no 1")).expect("active");
        let member = &world.members[&world.code(&code).seq];
        assert_eq!((member.membership_number.as_str(), member.active_at), ("no 1", Some(world.now)));
        assert_eq!((member.bonus, member.balance), (5, 1000));
        assert_eq!(world.kinds_since(before), [EventKind::Activate]);
        world.run(activate(&code, "no 2")).expect("active");
        assert_eq!(world.members[&world.code(&code).seq].membership_number, "no 2");
        assert_eq!(world.events.len(), before + 1);
    }

    #[test]
    fn only_the_first_activation_sets_points_and_balance() {
        let (mut world, code) = World::with_code_in(CodeState::Normal, general_card(json!({}), json!({})));
        let with = |bonus, balance| {
            let activate = Activate::of(code.clone(), "no 1");
            ActivateGeneralCard(Activate { init_bonus: Some(bonus), init_balance: Some(balance), ..activate })
        };
        let held = |world: &World| {
            let member = &world.members[&world.code(&code).seq];
            (member.bonus, member.balance)
        };
        world.run(with(7, 8)).expect("active");
        assert_eq!(held(&world), (7, 8));
        let event = world.events.last().expect("an event");
        assert_eq!((event.amount, event.amount2), (2, -992));
        world.run(with(1, 1)).expect("active");
        assert_eq!(held(&world), (7, 8), "while active");
        world.run(UnactivateGeneralCard { code: code.clone() }).expect("inactive");
        world.run(with(1, 1)).expect("active");
        assert_eq!(held(&world), (7, 8), "once more");
    }

    #[test]
    fn activate_errors_follow_the_documented_order() {
        let wrong = |code: &CodeRef| {
            let begin = Some(Timestamp(-1));
            let activate = Activate { begin, ..Activate::of(code.clone(), &"x".repeat(21)) };
            Activate { init_bonus: Some(-1), init_balance: Some(-1), ..activate }
        };
        let refused =
            |world: &World, op: &Activate| refusal(world.clone().run(ActivateGeneralCard(op.clone())));
        let (mut world, code) = World::with_code_in(CodeState::Normal, general_card(json!({}), json!({})));
        let mut op = wrong(&no_code());
        assert_eq!(refused(&world, &op), Some(ErrCode::OutOfLengthLimit));
        op.membership_number = "1".to_owned();
        assert_eq!(refused(&world, &op), Some(ErrCode::InvalidSerialCode));
        let card = world.create(groupon(json!({})));
        op.code = world.claim(&card, "giver");
        let delete = |code: &CodeRef| DeleteCode { code: code.clone(), openid: "giver".into() };
        world.run(delete(&op.code)).expect("deleted");
        assert_eq!(refused(&world, &op), Some(ErrCode::InvalidCardType));
        op.code = code.clone();
        let mut deleted = world.clone();
        deleted.run(delete(&code)).expect("deleted");
        assert_eq!(refused(&deleted, &op), Some(ErrCode::InvalidUserCardStatus));
        for (expected, mend) in [
            (Some(ErrCode::BonusOutOfLimit), (|op| op.init_bonus = None) as fn(&mut Activate)),
            (Some(ErrCode::BalanceOutOfLimit), |op| op.init_balance = None),
            (Some(ErrCode::InvalidTime), |op| op.begin = None),
            (None, |_| ()),
        ] {
            assert_eq!(refused(&world, &op), expected);
            mend(&mut op);
        }
    }

    #[test]
    fn only_a_code_in_its_holders_hands_is_activated() {
        for state in STATES {
            let (mut world, code) = World::with_code_in(state, general_card(json!({}), json!({})));
            let expected = match state {
                CodeState::Normal => None,
                CodeState::GiftSucc => Some(ErrCode::InvalidSerialCode),
                CodeState::Consumed => Some(ErrCode::CodeConsumed),
                _ => Some(ErrCode::InvalidUserCardStatus),
            };
            assert_eq!(refusal(world.run(activate(&code, "1"))), expected, "{}", state.wire());
        }
    }

    #[test]
    fn points_and_balance_begin_once_whatever_the_card_says_meanwhile() {
        let spend = MemberChange { bonus: Some(1), balance: Some(300), ..MemberChange::default() };
        // Whether the card is active by itself for a while before the spending, and whether its activation ends after.
        for (by_itself, ends) in [(true, false), (true, true), (false, true)] {
            let (mut world, code) =
                World::with_code_in(CodeState::Normal, general_card(json!({}), json!({})));
            match by_itself {
                true => switch(&mut world, &code, true),
                false => drop(world.run(activate(&code, "no 1"))),
            }
            let update =
                UpdateGeneralCard { code: code.clone(), change: spend.clone(), can_give_friend: None };
            world.run(update).expect("spent");
            if ends {
                world.run(UnactivateGeneralCard { code: code.clone() }).expect("inactive");
            }
            switch(&mut world, &code, false);
            let again =
                Activate { init_bonus: Some(5), init_balance: Some(1000), ..Activate::of(code.clone(), "n") };
            world.run(ActivateGeneralCard(again)).expect("active");
            let member = &world.members[&world.code(&code).seq];
            assert_eq!((member.bonus, member.balance), (1, 300), "{by_itself}, {ends}");
        }
    }

    #[test]
    fn a_card_that_is_active_by_itself_is_not_activated_first() {
        let (mut world, code) = World::with_code_in(CodeState::Normal, general_card(json!({}), json!({})));
        switch(&mut world, &code, true);
        let with = Activate { init_bonus: Some(9), init_balance: Some(9), ..Activate::of(code.clone(), "n") };
        world.run(ActivateGeneralCard(with)).expect("a repeat");
        let member = &world.members[&world.code(&code).seq];
        assert_eq!((member.bonus, member.balance, member.membership_number.as_str()), (5, 1000, "n"));
    }

    /// Updates the card of a code to be active by itself, or not.
    fn switch(world: &mut World, code: &CodeRef, on: bool) {
        let card_id = world.cards[&world.code(code).card].id.clone();
        let patch = object(json!({"general_card": {"auto_activate": on}}));
        world.run(UpdateCard { card_id, patch }).expect("an update");
    }
}
