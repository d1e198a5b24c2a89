//! Changes points, balance and fields of a general card: `POST /card/generalcard/updateuser`. WeChat manual: "礼品卡"
//! (gift cards), update the holder's information.

use super::{GeneralCode, HeldCode};
use crate::card::GeneralTerms;
use crate::code::CodeRef;
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::member::{Member, MemberChange, MemberTotals};
use crate::time::Timestamp;

/// Changes points, balance and custom fields of a general card's code. A total takes precedence over a change in the
/// same request. Points of a card without points are ignored, because a client library sends 0 with every request.
///
/// # Errors
///
/// In this order: 45021 a text that is too long, 47001 one with control characters; 40056 and 40073 no such code or
/// card, or a code that was given away; 40071 not a general card; 40127 not active, deleted, being given away, expired
/// or unavailable; 40097 a balance for a card without one; 45022 and 45023 points or balance out of range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateGeneralCard {
    pub code: CodeRef,
    /// The changes.
    pub change: MemberChange,
    /// Whether the holder can give the code away from now on; `None` leaves it as it is.
    pub can_give_friend: Option<bool>,
}

impl Command for UpdateGeneralCard {
    type Reply = MemberTotals;

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        HeldCode::keys(&self.code, ws, keys);
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<MemberTotals> {
        self.change.check_texts()?;
        let HeldCode { code, card, terms, member: before, general } = HeldCode::find(&self.code, ws, now)?;
        if !general.is_active(card, &before) {
            return Err(Error::field(ErrCode::InvalidUserCardStatus, "code", "is not active"));
        }
        let change = self.change_for(terms)?;
        // The first change makes the code itself active. So the code stays active when the card is later no longer
        // active by itself.
        let after = Member { active_at: before.active_at.or(Some(now)), ..change.laid_over(&before)? };
        let (code, no) = (code.clone(), card.no);
        if let Some(can_give_friend) = self.can_give_friend.filter(|can| *can != general.can_give_friend) {
            ws.put_record(GeneralCode::key(code.seq), &GeneralCode { can_give_friend, ..general })?;
        }
        change.put(ws, &code, no, (before, after), now)
    }
}

impl UpdateGeneralCard {
    /// The part of the change that applies to a card with these terms.
    fn change_for(&self, terms: GeneralTerms) -> Result<MemberChange> {
        let mut change = self.change.clone();
        if !terms.supply_bonus {
            (change.bonus, change.add_bonus) = (None, None);
        }
        if !terms.supply_balance {
            for (field, value) in [("balance", change.balance), ("add_balance", change.add_balance)] {
                if value.is_some() {
                    return Err(Error::field(ErrCode::InvalidArgs, field, "this card has no balance"));
                }
            }
        }
        Ok(change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::{CodeState, DeleteCode, Gift};
    use crate::engine::testing::*;
    use crate::event::EventKind;
    use crate::general_card::ActivateGeneralCard;
    use crate::member::Activate;
    use serde_json::{Value, json};

    fn update(code: &CodeRef, change: MemberChange) -> UpdateGeneralCard {
        UpdateGeneralCard { code: code.clone(), change, can_give_friend: None }
    }

    fn active(section: Value) -> (World, CodeRef) {
        let section = merged(json!({"auto_activate": true}), section);
        World::with_code_in(CodeState::Normal, general_card(json!({}), section))
    }

    #[test]
    fn totals_are_set_and_the_event_has_the_differences() {
        for (change, bonus, balance) in [
            (MemberChange { balance: Some(700), ..MemberChange::default() }, 5, 700),
            (MemberChange { bonus: Some(0), add_bonus: Some(9), ..MemberChange::default() }, 0, 1000),
            (MemberChange { add_bonus: Some(1), add_balance: Some(-1000), ..MemberChange::default() }, 6, 0),
            (MemberChange::default(), 5, 1000),
        ] {
            let (mut world, code) = active(json!({}));
            let reply = world.run(update(&code, change));
            assert_eq!(reply, Ok(MemberTotals { bonus, balance, openid: "giver".into() }));
            let event = world.events.last().expect("an event");
            assert_eq!(
                (event.kind, event.amount, event.amount2),
                (EventKind::MemberUpdate, bonus - 5, balance - 1000)
            );
        }
    }

    #[test]
    fn a_card_takes_only_the_values_it_has() {
        let none = MemberChange::default;
        for (section, change, expected) in [
            (json!({"supply_bonus": false}), MemberChange { bonus: Some(0), ..none() }, Ok((0, 1000))),
            (json!({"supply_bonus": false}), MemberChange { add_bonus: Some(9), ..none() }, Ok((0, 1000))),
            (
                json!({"supply_balance": false}),
                MemberChange { balance: Some(1), ..none() },
                Err(ErrCode::InvalidArgs),
            ),
            (
                json!({"sub_card_type": "VOUCHER", "supply_balance": false, "init_balance": 0}),
                MemberChange { add_balance: Some(1), ..none() },
                Err(ErrCode::InvalidArgs),
            ),
            (
                json!({"sub_card_type": "CAMPUS_CARD", "supply_balance": false, "init_balance": 0}),
                MemberChange { bonus: Some(3), ..none() },
                Ok((3, 0)),
            ),
        ] {
            let (mut world, code) = active(section.clone());
            let totals = world.run(update(&code, change)).map(|totals| (totals.bonus, totals.balance));
            assert_eq!(totals.map_err(|error| error.code), expected, "{section}");
        }
    }

    #[test]
    fn the_merchant_decides_for_each_code_whether_it_can_be_given() {
        let (mut world, code) = active(json!({}));
        let can = |can| UpdateGeneralCard { can_give_friend: can, ..update(&code, MemberChange::default()) };
        let gift = Gift::of(code.clone(), "giver".into());
        let refused = |world: &World| refusal(world.clone().run(gift.clone()));
        world.run(can(Some(false))).expect("changed");
        assert_eq!(refused(&world), Some(ErrCode::InvalidUserCardStatus));
        world.run(can(None)).expect("changed");
        assert_eq!(refused(&world), Some(ErrCode::InvalidUserCardStatus));
        world.run(can(Some(true))).expect("changed");
        assert_eq!(refused(&world), None);
    }

    #[test]
    fn a_code_of_a_former_version_has_nothing_and_can_be_activated() {
        let (mut world, code) = World::with_code_in(CodeState::Normal, general_card(json!({}), json!({})));
        world.members.clear();
        let refused = refusal(world.run(update(&code, MemberChange::default())));
        assert_eq!(refused, Some(ErrCode::InvalidUserCardStatus));
        world.run(ActivateGeneralCard(Activate::of(code.clone(), "1"))).expect("active");
        let change = MemberChange { balance: Some(7), ..MemberChange::default() };
        let totals = world.run(update(&code, change)).expect("changed");
        assert_eq!((totals.bonus, totals.balance), (0, 7));
    }

    #[test]
    fn update_user_errors_follow_the_documented_order() {
        let mut change = MemberChange {
            record_bonus: Some("x".repeat(43)),
            bonus: Some(-1),
            balance: Some(-1),
            ..MemberChange::default()
        };
        let (mut world, code) = active(json!({"supply_balance": false, "auto_activate": false}));
        let (with_balance, other) = active(json!({}));
        let card = world.create(groupon(json!({})));
        let coupon = world.claim(&card, "giver");
        let delete = DeleteCode { code: coupon.clone(), openid: "giver".into() };
        world.run(delete).expect("deleted");
        let refused = |world: &World, code: &CodeRef, change: &MemberChange| {
            refusal(world.clone().run(update(code, change.clone())))
        };
        assert_eq!(refused(&world, &no_code(), &change), Some(ErrCode::OutOfLengthLimit));
        change.record_bonus = None;
        assert_eq!(refused(&world, &no_code(), &change), Some(ErrCode::InvalidSerialCode));
        assert_eq!(refused(&world, &coupon, &change), Some(ErrCode::InvalidCardType));
        assert_eq!(refused(&world, &code, &change), Some(ErrCode::InvalidUserCardStatus));
        world.run(ActivateGeneralCard(Activate::of(code.clone(), "1"))).expect("active");
        assert_eq!(refused(&world, &code, &change), Some(ErrCode::InvalidArgs));
        assert_eq!(refused(&with_balance, &other, &change), Some(ErrCode::BonusOutOfLimit));
        change.bonus = None;
        assert_eq!(refused(&with_balance, &other, &change), Some(ErrCode::BalanceOutOfLimit));
    }
}
