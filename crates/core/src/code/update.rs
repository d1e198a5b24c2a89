//! Replaces the text of a custom code: `POST /card/code/update`. WeChat manual: "管理卡券" (manage cards), change code.

use super::consume::ConsumedAt;
use super::gift::{GiftNo, GiveTimes};
use super::{CodeRef, CodeState};
use crate::announcement::{Announcements, FormerCode, MonthlyCount};
use crate::card::Cells;
use crate::engine::{Command, CustomCode, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::general_card::GeneralCode;
use crate::id::CodeText;
use crate::member::Payments;
use crate::ticket::ticket_key;
use crate::time::Timestamp;

/// Gives a custom code another text. The old text is then no longer a code.
///
/// # Errors
///
/// 40056 and 40073 no such code or card, or a card without custom codes; 40110, 47001, 45021 and 40116 a new code that
/// is blank, has control characters, is longer than 20 bytes, or has the form of dynamic codes; 40099 and 40127 by
/// state; 40111 the card already has the new code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateCode {
    pub code: CodeRef,
    pub new_code: CodeText,
}

impl Command for UpdateCode {
    type Reply = ();

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        self.code.keys(ws, keys);
        if let Some(card) = self.code.named_card(ws) {
            keys.custom_codes.insert((card.no, self.new_code.clone()));
        }
        // Later operations of the batch may name the code by its new text, which cannot be found yet. So this
        // operation loads the rows that they need.
        if let Some(code) = self.code.loaded(ws) {
            keys.holders.insert((code.card, code.openid.clone()));
            keys.members.insert(code.seq);
            keys.records.extend([
                GiftNo::key(code.seq),
                GeneralCode::key(code.seq),
                ConsumedAt::key(code.seq),
                Payments::key(code.seq),
            ]);
            keys.records.extend([GiveTimes::key(code.seq), ticket_key(code.seq), Cells::key(code.card)]);
            keys.records.extend([Announcements::key(code.seq), MonthlyCount::key(&code.openid)]);
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        let (code, card) = self.code.find(ws)?;
        let Some(old_text) = code.custom.clone() else {
            return Err(Error::field(ErrCode::InvalidSerialCode, "code", "this card has no custom codes"));
        };
        self.new_code.check("new_code")?;
        match code.state_at(&ws.app, card, now) {
            CodeState::Normal | CodeState::GiftTimeout => {}
            state => return Err(state.refusal()),
        }
        if ws.custom_codes.get(&(card.no, self.new_code.clone()))?.is_some() {
            return Err(Error::field(ErrCode::HaveSameCode, "new_code", "this card has it already"));
        }
        let (seq, no, openid) = (code.seq, card.no, code.openid.clone());
        if card.card_type.is_member_card() {
            ws.put_record(FormerCode::key(no, &old_text), &FormerCode(seq.0))?;
        }
        ws.codes.get_mut(&seq)?.custom = Some(self.new_code.clone());
        ws.custom_codes.put((no, old_text.clone()), CustomCode::Retired);
        ws.custom_codes.put((no, self.new_code.clone()), CustomCode::Issued(seq));
        let event = Event::new(EventKind::CodeUpdate, now, no).of(seq, &openid);
        ws.emit(Event { detail: Some(old_text.to_string()), ..event });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::consume::Consume;
    use crate::engine::testing::*;
    use crate::member::{Activate, Pay};
    use crate::operation::Operation;
    use serde_json::{Value, json};

    fn update(code: &CodeRef, new_code: &str) -> UpdateCode {
        UpdateCode { code: code.clone(), new_code: new_code.into() }
    }

    fn custom() -> Value {
        groupon(json!({"use_custom_code": true}))
    }

    #[test]
    fn the_new_text_leads_to_the_code_and_the_old_one_nowhere() {
        let (mut world, old) = World::with_code_in(CodeState::Normal, custom());
        let seq = world.code(&old).seq;
        world.run(update(&old, "new")).expect("another text");
        let new = world.code_ref(seq);
        assert_eq!((new.text.as_str(), world.code(&new).seq), ("new", seq));
        assert_eq!(refusal(world.run(update(&old, "third"))), Some(ErrCode::InvalidSerialCode));
        let event = world.events.last().expect("an event");
        assert_eq!((event.kind, event.detail.as_deref()), (EventKind::CodeUpdate, Some("custom")));
        assert_eq!(
            refusal(world.run(update(&new, "custom"))),
            Some(ErrCode::HaveSameCode),
            "not given out again"
        );
    }

    #[test]
    fn texts_can_change_hands_one_after_another_within_one_batch() {
        let (mut world, first) = World::with_code_in(CodeState::Normal, custom());
        let second = CodeRef { text: "second".into(), ..first.clone() };
        let replies = world.batch(&[update(&first, "second"), update(&second, "third")]);
        assert_eq!(replies, [Ok(()), Ok(())]);
    }

    #[test]
    fn a_code_can_be_used_by_its_new_text_within_the_same_batch() {
        let new = |old: &CodeRef| CodeRef { text: "new".into(), ..old.clone() };
        let (mut world, old) = World::with_code_in(CodeState::Normal, custom());
        let consume = Consume::of(new(&old));
        let replies = world.batch::<Operation>(&[update(&old, "new").into(), consume.into()]);
        assert!(replies.iter().all(|reply| reply.is_ok()), "{replies:?}");
        let member = member_card(json!({"use_custom_code": true}), json!({}));
        let (mut world, old) = World::with_code_in(CodeState::Normal, member);
        let activate = Activate::of(new(&old), "no 1");
        let replies = world.batch::<Operation>(&[update(&old, "new").into(), activate.into()]);
        assert!(replies.iter().all(|reply| reply.is_ok()), "{replies:?}");
    }

    #[test]
    fn payments_are_counted_on_under_a_new_text_within_the_same_batch() {
        let member = member_card(json!({"use_custom_code": true}), json!({}));
        let (mut world, old) = World::with_code_in(CodeState::Normal, member);
        world.run(Activate::of(old.clone(), "no 1")).expect("active");
        world.run(Pay::of(old.clone(), 1, 1)).expect("paid");
        let new = CodeRef { text: "new".into(), ..old.clone() };
        let ops = [update(&old, "new").into(), Pay::of(new.clone(), 1, 1).into()];
        assert!(world.batch::<Operation>(&ops).iter().all(|reply| reply.is_ok()));
        let payments = &world.records[&Payments::key(world.code(&new).seq)];
        assert_eq!(&*payments.body, "2");
    }

    #[test]
    fn each_state_has_its_own_answer() {
        for state in STATES {
            let (mut world, code) = World::with_code_in(state, custom());
            let expected = match state {
                // The text of a custom code that was given away finds the friend's code, which has the state NORMAL.
                CodeState::Normal | CodeState::GiftTimeout | CodeState::GiftSucc => None,
                CodeState::Consumed => Some(ErrCode::CodeConsumed),
                _ => Some(ErrCode::InvalidUserCardStatus),
            };
            assert_eq!(refusal(world.run(update(&code, "new"))), expected, "{}", state.wire());
        }
    }

    #[test]
    fn code_update_errors_follow_the_documented_order() {
        let long = "x".repeat(21);
        let (mut world, code) = World::with_code_in(CodeState::Normal, groupon(json!({})));
        assert_eq!(refusal(world.run(update(&code, &long))), Some(ErrCode::InvalidSerialCode), "system code");
        let (mut world, code) = World::with_code_in(CodeState::Consumed, custom());
        for (case, given, new, expected) in [
            ("unknown, too long", &no_code(), long.as_str(), ErrCode::InvalidSerialCode),
            ("too long, consumed", &code, long.as_str(), ErrCode::OutOfLengthLimit),
            ("consumed, the same", &code, "custom", ErrCode::CodeConsumed),
        ] {
            assert_eq!(refusal(world.run(update(given, new))), Some(expected), "{case}");
        }
    }
}
