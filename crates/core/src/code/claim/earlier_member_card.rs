//! A claim of a member card by a holder who has or had the card: the existing card is shown, or the deleted one is
//! restored. WeChat manual: "卡券事件推送" (card events), user_view_card and IsRestoreMemberCard.

use super::{Claim, ClaimOutcome};
use crate::card::Card;
use crate::code::CodeState;
use crate::engine::WorkingSet;
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::id::{CardNo, CodeSeq};
use crate::time::Timestamp;

/// A member card of which the holder has or had a code.
pub(super) enum EarlierMemberCard {
    /// The holder has the code now.
    Live(ClaimOutcome),
    /// The holder deleted the code and may restore it.
    Deleted(CodeSeq),
}

impl Claim {
    /// The holder's code of this card, if it is a member card. An existing code is preferred to a deleted one.
    pub(super) fn member_card_held(
        &self,
        ws: &WorkingSet,
        card: &Card,
        now: Timestamp,
    ) -> Result<Option<EarlierMemberCard>> {
        if !card.card_type.is_member_card() {
            return Ok(None);
        }
        let mut deleted = None;
        for held in &ws.holder(card.no, &self.openid)?.codes {
            let Some(code) = ws.codes.get(&held.seq)? else { continue };
            if code.state_at(&ws.app, card, now).is_live() {
                return Ok(Some(EarlierMemberCard::Live(ClaimOutcome::of(code))));
            }
            if code.state == CodeState::Delete && !code.window(card).end.is_before(now) {
                deleted = deleted.or(Some(held.seq));
            }
        }
        Ok(deleted.map(EarlierMemberCard::Deleted))
    }

    /// Shows the existing card to the holder.
    pub(super) fn show(
        &self,
        ws: &mut WorkingSet,
        no: CardNo,
        held: ClaimOutcome,
        now: Timestamp,
    ) -> ClaimOutcome {
        let event = Event::new(EventKind::View, now, no).of(held.seq, &self.openid);
        ws.emit(Event { detail: self.outer_str.clone(), ..event });
        held
    }

    pub(super) fn restore(&self, ws: &mut WorkingSet, seq: CodeSeq, now: Timestamp) -> Result<ClaimOutcome> {
        let mut code = ws.codes.get(&seq)?.cloned().ok_or_else(|| Error::internal("deleted code is gone"))?;
        code.state = CodeState::Normal;
        code.changed_at = now;
        // The holder has the code again and its window continues, so an earlier expiry is removed.
        code.expired_at = None;
        let claimed = ClaimOutcome::of(&code);
        ws.emit(Event::new(EventKind::Restore, now, code.card).of(seq, &self.openid));
        ws.codes.put(seq, code);
        Ok(claimed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::DeleteCard;
    use crate::code::DeleteCode;
    use crate::code::claim::Via;
    use crate::engine::testing::*;
    use crate::error::ErrCode;
    use crate::id::CardId;
    use crate::time::DAY_SECS;
    use serde_json::json;

    fn claim(card_id: &CardId, code: Option<&str>) -> Claim {
        Claim { code: code.map(Into::into), ..Claim::of(card_id.clone(), "o1".into(), Via::Server) }
    }

    #[test]
    fn claiming_a_deleted_member_card_takes_the_same_code_up_again() {
        let mut world = World::new();
        let card = world.create(member_card(json!({"get_limit": 1, "sku": {"quantity": 1}}), json!({})));
        let code = world.claim(&card, "o1");
        world.run(DeleteCode { code: code.clone(), openid: "o1".into() }).expect("deleted");
        let before = world.events.len();
        let claimed = world.run(claim(&card, None)).expect("the code");
        assert_eq!((claimed.seq, world.state(&code)), (world.code(&code).seq, CodeState::Normal));
        assert_eq!(world.kinds_since(before), [EventKind::Restore]);
    }

    #[test]
    fn a_member_card_that_is_held_is_shown_and_not_claimed_again() {
        let end = START.0 + 10 * DAY_SECS;
        let term = json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": 2, "end_timestamp": end});
        for state in STATES {
            let card = member_card(json!({"get_limit": 2, "date_info": term.clone()}), json!({}));
            if state == CodeState::Consumed {
                continue;
            }
            let (mut world, code) = World::with_code_in(state, card);
            let (seq, no, before) = (world.code(&code).seq, world.code(&code).card, world.events.len());
            let card = world.cards[&no].clone();
            let outer_str = Some("door".to_owned());
            let again = Claim {
                outer_str: outer_str.clone(),
                ..Claim::of(card.id.clone(), "giver".into(), Via::Server)
            };
            let claimed = world.run(again).expect("a code");
            let kind = match state {
                CodeState::Normal | CodeState::Gifting | CodeState::GiftTimeout => EventKind::View,
                CodeState::Delete => EventKind::Restore,
                _ => EventKind::Claim,
            };
            assert_eq!(world.kinds_since(before), [kind], "{}", state.wire());
            assert_eq!(claimed.seq == seq, kind != EventKind::Claim, "{}", state.wire());
            if kind == EventKind::View {
                let event = &world.events[before];
                assert_eq!((event.code, &event.detail), (Some(seq), &outer_str));
                assert_eq!(world.cards[&no].quantity, card.quantity);
            }
        }
    }

    #[test]
    fn a_held_member_card_is_shown_whatever_else_is_wrong_with_the_link() {
        let mut world = World::new();
        let base = json!({"use_custom_code": true, "get_limit": 1, "sku": {"quantity": 1}});
        let card = world.create(member_card(base, json!({})));
        world.claim_as(&card, "o1", Some("one"));
        for code in [None, Some("one"), Some("two")] {
            let shown = world.run(claim(&card, code)).expect("the card");
            assert_eq!(shown.custom, Some("one".into()), "{code:?}");
        }
        world.run(DeleteCard { card_id: card.clone() }).expect("deleted");
        assert_eq!(refusal(world.run(claim(&card, None))), Some(ErrCode::InvalidCardStatus));
    }

    #[test]
    fn two_claims_of_a_member_card_in_a_batch_are_one() {
        let mut world = World::new();
        let card = world.create(member_card(json!({}), json!({})));
        let replies = world.batch(&[claim(&card, None), claim(&card, None)]);
        assert_eq!(replies[0], replies[1]);
        assert_eq!(world.kinds_since(1), [EventKind::ReviewPass, EventKind::Claim, EventKind::View]);
    }

    #[test]
    fn a_deleted_member_card_whose_term_has_ended_is_not_taken_up_again() {
        let term = json!({"date_info": {"type": "DATE_TYPE_FIX_TERM", "fixed_term": 1}});
        let mut world = World::new();
        let card = world.create(member_card(term, json!({})));
        let code = world.claim(&card, "o1");
        world.run(DeleteCode { code: code.clone(), openid: "o1".into() }).expect("deleted");
        world.pass(DAY_SECS);
        let claimed = world.run(claim(&card, None)).expect("a new code");
        assert_ne!(claimed.seq, world.code(&code).seq);
    }
}
