//! Ends the activation of a general card: `POST /card/generalcard/unactivate`. WeChat manual: "礼品卡" (gift cards).

use super::{GeneralCode, HeldCode};
use crate::code::CodeRef;
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::Result;
use crate::event::{Event, EventKind};
use crate::member::Member;
use crate::time::Timestamp;

/// Makes an active general card inactive, even if it is active by itself. The card loses its number. It keeps points,
/// balance and custom fields for the next activation. An inactive card does not change.
///
/// # Errors
///
/// In this order: 40056 and 40073 no such code or card, or a code that was given away; 40071 not a general card; 40127
/// deleted, being given away, expired or unavailable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnactivateGeneralCard {
    pub code: CodeRef,
}

impl Command for UnactivateGeneralCard {
    type Reply = ();

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        HeldCode::keys(&self.code, ws, keys);
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        let HeldCode { code, card, member, general, .. } = HeldCode::find(&self.code, ws, now)?;
        if !general.is_active(card, &member) {
            return Ok(());
        }
        let event = Event::new(EventKind::Unactivate, now, card.no).of(code.seq, &code.openid);
        let seq = code.seq;
        ws.emit(event);
        ws.put_record(GeneralCode::key(seq), &GeneralCode { was_active: true, ..general })?;
        ws.members.put(seq, Member { active_at: None, membership_number: String::new(), ..member });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::{CodeState, GetCode, ShowCode};
    use crate::engine::testing::*;
    use crate::error::ErrCode;
    use crate::general_card::{ActivateGeneralCard, UpdateGeneralCard};
    use crate::member::{Activate, MemberChange};
    use serde_json::json;

    fn unactivate(code: &CodeRef) -> UnactivateGeneralCard {
        UnactivateGeneralCard { code: code.clone() }
    }

    #[test]
    fn a_card_keeps_all_but_its_number_after_unactivate() {
        let (mut world, code) = World::with_code_in(CodeState::Normal, general_card(json!({}), json!({})));
        let mut activate = Activate::of(code.clone(), "no 1");
        activate.custom_field_values[1] = Some("3".to_owned());
        world.run(ActivateGeneralCard(activate)).expect("active");
        let active = world.members[&world.code(&code).seq].clone();
        let before = world.events.len();
        world.run(unactivate(&code)).expect("inactive");
        world.run(unactivate(&code)).expect("still inactive");
        assert_eq!(world.kinds_since(before), [EventKind::Unactivate]);
        let expected = Member { active_at: None, membership_number: String::new(), ..active };
        assert_eq!(world.members[&world.code(&code).seq], expected);
        let shown = world.ask(GetCode { code: code.clone(), check_consume: true }).expect("a code");
        assert_eq!(shown.card.card_number.as_deref(), Some(code.text.as_str()));
    }

    #[test]
    fn unactivate_errors_follow_the_documented_order() {
        let (mut world, coupon) = World::with_code_in(CodeState::Consumed, groupon(json!({})));
        assert_eq!(refusal(world.run(unactivate(&no_code()))), Some(ErrCode::InvalidSerialCode));
        assert_eq!(refusal(world.run(unactivate(&coupon))), Some(ErrCode::InvalidCardType));
        let (mut world, code) = World::with_code_in(CodeState::Delete, general_card(json!({}), json!({})));
        assert_eq!(refusal(world.run(unactivate(&code))), Some(ErrCode::InvalidUserCardStatus));
    }

    #[test]
    fn an_ended_activation_wins_over_a_card_that_is_active_by_itself() {
        let card = general_card(json!({"use_dynamic_code": true}), json!({"auto_activate": true}));
        let (mut world, code) = World::with_code_in(CodeState::Normal, card);
        let change = MemberChange { balance: Some(1), ..MemberChange::default() };
        let update =
            || UpdateGeneralCard { code: code.clone(), change: change.clone(), can_give_friend: None };
        let dynamic = |world: &World| {
            let shown = world.ask(ShowCode { code: code.clone(), openid: "giver".into() }).expect("a code");
            (shown.has_dynamic_code, shown.member.expect("a member").has_active)
        };
        assert_eq!(dynamic(&world), (true, true));
        world.run(UnactivateGeneralCard { code: code.clone() }).expect("inactive");
        assert_eq!(refusal(world.run(update())), Some(ErrCode::InvalidUserCardStatus));
        assert_eq!(dynamic(&world), (false, false));
        world.run(ActivateGeneralCard(Activate::of(code.clone(), "1"))).expect("active");
        world.run(update()).expect("changed");
        assert_eq!(dynamic(&world), (true, true));
    }
}
