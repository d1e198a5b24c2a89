//! Consumes a code (核销): `POST /card/code/consume`. WeChat manual: "核销卡券" (consume cards).

use super::{CodeRef, CodeState, expire};
use crate::engine::{Apply, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::{CardId, OpenId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Consumes a code, once and for good.
///
/// Errors, in this order: 40056 and 40073 no such code or card; 40071 a member card; 40099 consumed before; 40127
/// given away, deleted or unavailable; 40079 before or after its window; 72020 the holder has consumed `use_limit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consume {
    /// The code.
    pub code: CodeRef,
    /// What the till wants to find in the event.
    pub outer_str: Option<String>,
}

/// Whose code of which card was consumed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consumed {
    /// The card.
    pub card_id: CardId,
    /// The holder.
    pub openid: OpenId,
}

impl Apply for Consume {
    type Reply = Consumed;

    fn keys(&self, ws: &WorkingSet, keys: &mut Keys) {
        self.code.keys(ws, keys);
        if let Some(code) = self.code.loaded(ws) {
            keys.holders.insert((code.card, code.openid.clone()));
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<Consumed> {
        let (code, card) = self.code.find(ws)?;
        if card.card_type.is_member_card() {
            return Err(Error::field(ErrCode::InvalidCardType, "code", "member cards are not consumed"));
        }
        match code.state_at(&ws.app, card, now) {
            CodeState::Normal if code.window(card).begin > now => {
                return Err(Error::field(ErrCode::InvalidTime, "code", "its validity has not begun"));
            }
            CodeState::Normal => {}
            CodeState::Expire => {
                return Err(Error::field(ErrCode::InvalidTime, "code", "its validity is over"));
            }
            state => return Err(state.refusal()),
        }
        let consumes = ws.holder(card.no, &code.openid)?.consumes();
        if consumes >= card.terms.use_limit {
            let reason = format!("its holder has consumed {consumes} of this card");
            return Err(Error::field(ErrCode::UseLimitReached, "code", reason));
        }
        let (seq, card, openid) = (code.seq, card.clone(), code.openid.clone());
        expire::catch_up(ws, &card, seq, now)?;
        let code = ws.codes.get_mut(&seq)?;
        code.state = CodeState::Consumed;
        code.changed_at = now;
        if let Some(held) = ws.holder_mut(card.no, &openid).codes.iter_mut().find(|held| held.seq == seq) {
            held.consumed = true;
        }
        let event = Event::new(EventKind::Consume, now, card.no).of(seq, &openid);
        ws.record(Event { detail: self.outer_str.clone(), ..event });
        Ok(Consumed { card_id: card.id, openid })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::delete::DeleteCard;
    use crate::engine::testing::*;
    use crate::time::DAY_SECS;
    use serde_json::json;

    fn consume(code: &CodeRef) -> Consume {
        Consume { code: code.clone(), outer_str: None }
    }

    #[test]
    fn a_code_is_consumed_once_and_the_event_carries_what_the_till_said() {
        let mut world = World::new();
        let card = world.create(groupon(json!({})));
        let code = world.claim(&card, "o1");
        let reply = world.run(Consume { code: code.clone(), outer_str: Some("till 3".into()) });
        assert_eq!(reply, Ok(Consumed { card_id: card, openid: "o1".into() }));
        assert_eq!(world.state(&code), CodeState::Consumed);
        let event = world.events.last().expect("an event");
        assert_eq!((event.kind, event.detail.as_deref()), (EventKind::Consume, Some("till 3")));
        assert_eq!(refusal(world.run(consume(&code))), Some(ErrCode::CodeConsumed));
    }

    #[test]
    fn each_state_has_its_own_answer() {
        for state in STATES {
            let (mut world, code) = World::with_code_in(state, groupon(json!({})));
            let expected = match state {
                CodeState::Normal => None,
                CodeState::Consumed => Some(ErrCode::CodeConsumed),
                CodeState::Expire => Some(ErrCode::InvalidTime),
                CodeState::GiftSucc => Some(ErrCode::InvalidSerialCode),
                _ => Some(ErrCode::InvalidUserCardStatus),
            };
            assert_eq!(refusal(world.run(consume(&code))), expected, "{}", state.wire());
        }
    }

    #[test]
    fn the_window_holds_from_its_first_second_to_its_last() {
        for (at, expected) in
            [(99, Some(ErrCode::InvalidTime)), (100, None), (200, None), (201, Some(ErrCode::InvalidTime))]
        {
            let mut world = World::new();
            let card = world.create(groupon(json!({"date_info": range(100, 200)})));
            let code = world.claim(&card, "o1");
            world.pass(at);
            assert_eq!(refusal(world.run(consume(&code))), expected, "{at}");
        }
    }

    #[test]
    fn a_holder_consumes_use_limit_codes_and_a_code_from_a_friend_counts() {
        let mut world = World::new();
        let card = world.create(groupon(json!({"use_limit": 2})));
        let codes: Vec<_> = (0..2).map(|_| world.claim(&card, "o1")).collect();
        let given = world.claim(&card, "o2");
        let gift = crate::code::gift::Gift { code: given.clone(), openid: "o2".into(), to: None };
        world.run(gift).expect("a gift");
        let accept = crate::code::accept::AcceptGift { code: given, openid: "o1".into() };
        let given = world.run(accept).map(|claimed| world.code_ref(claimed.seq)).expect("a code");
        assert_eq!(refusal(world.run(consume(&given))), None);
        assert_eq!(refusal(world.run(consume(&codes[0]))), None);
        assert_eq!(refusal(world.run(consume(&codes[1]))), Some(ErrCode::UseLimitReached));
    }

    #[test]
    fn codes_of_a_deleted_card_stay_good() {
        let (mut world, code) = World::with_code_in(CodeState::Normal, groupon(json!({})));
        let card_id = world.cards[&world.code(&code).card].id.clone();
        world.run(DeleteCard { card_id }).expect("deleted");
        assert_eq!(refusal(world.run(consume(&code))), None);
    }

    #[test]
    fn of_two_faults_the_first_in_the_documented_order_is_answered() {
        let (world, code) = World::with_code_in(CodeState::Delete, member_card(json!({}), json!({})));
        let mut elsewhere = no_code();
        elsewhere.card_id = Some("pNowhere".into());
        for (case, given, expected) in [
            ("unknown code of an unknown card", &elsewhere, ErrCode::InvalidCardId),
            ("unknown code", &no_code(), ErrCode::InvalidSerialCode),
            ("deleted code of a member card", &code, ErrCode::InvalidCardType),
        ] {
            assert_eq!(refusal(world.clone().run(consume(given))), Some(expected), "{case}");
        }
        let limited = groupon(json!({"use_limit": 1}));
        let (mut world, code) = World::with_code_in(CodeState::Consumed, limited);
        let card = world.cards[&world.code(&code).card].id.clone();
        world.now = START;
        let (second, deleted) = (world.claim(&card, "giver"), world.claim(&card, "giver"));
        let delete = crate::code::delete::DeleteCode { code: deleted.clone(), openid: "giver".into() };
        world.run(delete).expect("deleted");
        assert_eq!(refusal(world.run(consume(&second))), Some(ErrCode::UseLimitReached));
        world.pass(2 * DAY_SECS);
        for (case, given, expected) in [
            ("consumed and over", &code, ErrCode::CodeConsumed),
            ("deleted and over", &deleted, ErrCode::InvalidUserCardStatus),
            ("over and beyond the limit", &second, ErrCode::InvalidTime),
        ] {
            assert_eq!(refusal(world.run(consume(given))), Some(expected), "{case}");
        }
    }
}
