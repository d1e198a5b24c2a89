//! Returns a gift to its giver: `POST /wallet/v1/gift/cancel` before it is accepted, and `POST
//! /wallet/v1/gift/return` after it expired. WeChat manual: "卡券事件推送" (card events), transfer.

use super::{CodeRef, CodeState};
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::OpenId;
use crate::time::Timestamp;

/// Returns a gift to its giver.
///
/// # Errors
///
/// In this order: 40056 and 40073 no such code or card; 40003 not this holder's code; 40099 and 40127 the gift does
/// not have the state `from`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnGift {
    pub code: CodeRef,
    /// The giver.
    pub openid: OpenId,
    /// The state that the gift must have.
    pub from: GiftState,
}

/// The states from which a gift can return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GiftState {
    /// The gift waits for a friend.
    Gifting,
    /// The gift was not accepted in time.
    TimedOut,
}

impl Command for ReturnGift {
    type Reply = ();

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        self.code.keys(ws, keys);
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        let (code, card) = self.code.find(ws)?;
        if code.openid != self.openid {
            return Err(Error::field(ErrCode::InvalidOpenid, "openid", "does not hold this code"));
        }
        match (self.from, code.state_at(&ws.app, card, now)) {
            (GiftState::Gifting, CodeState::Gifting) | (GiftState::TimedOut, CodeState::GiftTimeout) => {}
            (_, state) => return Err(state.refusal()),
        }
        let (seq, card_no) = (code.seq, card.no);
        let code = ws.codes.get_mut(&seq)?;
        code.state = CodeState::Normal;
        code.changed_at = now;
        let friend = code.gift_to.take();
        let event = Event::new(EventKind::GiftReturn, now, card_no).of(seq, &self.openid);
        ws.emit(Event { friend, ..event });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Gift;
    use crate::code::consume::Consume;
    use crate::engine::testing::*;
    use serde_json::json;

    fn back(code: &CodeRef, openid: &str, from: GiftState) -> ReturnGift {
        ReturnGift { code: code.clone(), openid: openid.into(), from }
    }

    #[test]
    fn a_gift_is_taken_back_from_its_own_state_only() {
        for from in [GiftState::Gifting, GiftState::TimedOut] {
            for state in STATES {
                let (mut world, code) = World::with_code_in(state, groupon(json!({})));
                let expected = match (from, state) {
                    (GiftState::Gifting, CodeState::Gifting) => None,
                    (GiftState::TimedOut, CodeState::GiftTimeout) => None,
                    (_, CodeState::Consumed) => Some(ErrCode::CodeConsumed),
                    (_, CodeState::GiftSucc) => Some(ErrCode::InvalidSerialCode),
                    _ => Some(ErrCode::InvalidUserCardStatus),
                };
                assert_eq!(
                    refusal(world.run(back(&code, "giver", from))),
                    expected,
                    "{from:?} {}",
                    state.wire()
                );
            }
        }
    }

    #[test]
    fn a_returned_gift_is_usable_and_its_event_names_the_friend() {
        let (mut world, code) = World::with_code_in(CodeState::Normal, groupon(json!({})));
        let gift = Gift { to: Some("friend".into()), ..Gift::of(code.clone(), "giver".into()) };
        world.run(gift.clone()).expect("a gift");
        world.run(back(&code, "giver", GiftState::Gifting)).expect("back");
        let event = world.events.last().expect("an event");
        assert_eq!((event.kind, event.friend.clone()), (EventKind::GiftReturn, Some("friend".into())));
        assert_eq!(world.code(&code).gift_to, None);
        world.run(gift).expect("a gift again");
        world.run(back(&code, "giver", GiftState::Gifting)).expect("back");
        world.run(Consume::of(code)).expect("consumed");
    }

    #[test]
    fn gift_return_errors_follow_the_documented_order() {
        let (mut world, code) = World::with_code_in(CodeState::Consumed, groupon(json!({})));
        let unknown = back(&no_code(), "o9", GiftState::Gifting);
        assert_eq!(refusal(world.run(unknown)), Some(ErrCode::InvalidSerialCode));
        assert_eq!(refusal(world.run(back(&code, "o9", GiftState::Gifting))), Some(ErrCode::InvalidOpenid));
    }
}
