//! Ends the activation of a general card: `POST /card/generalcard/unactivate`. WeChat manual: "礼品卡" (gift cards).

use super::{GeneralCode, HeldCode};
use crate::code::CodeRef;
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::Result;
use crate::event::{Event, EventKind};
use crate::member::Member;
use crate::time::Timestamp;

/// Makes an active general card inactive. The card loses its number. It keeps points, balance and custom fields for the
/// next activation. An inactive card does not change.
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
        if member.active_at.is_none() {
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
    use crate::code::{CodeState, GetCode};
    use crate::engine::testing::*;
    use crate::error::ErrCode;
    use crate::general_card::ActivateGeneralCard;
    use crate::member::Activate;
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
}
