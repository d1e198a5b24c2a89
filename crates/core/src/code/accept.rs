//! A friend accepts a code: `POST /wallet/v1/gift/accept`. The friend gets a new code with the same validity, and the
//! giver's code can no longer be used. A custom code keeps its text. WeChat manual: "卡券事件推送" (card events), transfer.

use super::claim::ClaimOutcome;
use super::gift::GiveTimes;
use super::{Code, CodeRef, CodeState, Origin, expire};
use crate::engine::{Command, CustomCode, HeldCode, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::general_card::GeneralCode;
use crate::id::OpenId;
use crate::member::Member;
use crate::text;
use crate::ticket::{TicketInfo, ticket_key};
use crate::time::Timestamp;

/// Accepts an offered code. The stock and the giver's `get_limit` do not change.
///
/// # Errors
///
/// 40056 and 40073 no such code or card; 40127 the code is not offered, or no longer; 40003 the friend is the giver,
/// is not the named friend, or is no openid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptGift {
    /// The giver's code.
    pub code: CodeRef,
    /// The holder who accepts the gift.
    pub openid: OpenId,
}

impl Command for AcceptGift {
    type Reply = ClaimOutcome;

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        self.code.keys(ws, keys);
        keys.holders.extend(self.code.named_card(ws).map(|card| (card.no, self.openid.clone())));
        if let Some(code) = self.code.loaded(ws) {
            keys.holders.insert((code.card, self.openid.clone()));
            keys.members.insert(code.seq);
            keys.records.extend([ticket_key(code.seq), GiveTimes::key(code.seq), GeneralCode::key(code.seq)]);
            if let Some(text) = &code.custom {
                keys.custom_codes.insert((code.card, text.clone()));
            }
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<ClaimOutcome> {
        let (code, card) = self.code.find(ws)?;
        match code.state_at(&ws.app, card, now) {
            CodeState::Gifting => {}
            state => return Err(state.refusal()),
        }
        if code.openid == self.openid {
            return Err(Error::field(ErrCode::InvalidOpenid, "openid", "is the giver"));
        }
        text::openid("openid", &self.openid)?;
        if code.gift_to.as_ref().is_some_and(|friend| *friend != self.openid) {
            return Err(Error::field(
                ErrCode::InvalidOpenid,
                "openid",
                "is not the friend that the giver named",
            ));
        }
        let (seq, card) = (code.seq, card.clone());
        let mut member = Member::of_code(ws, code, &card)?;
        if let Some(member) =
            member.as_mut().filter(|_| card.terms.general.is_some() && code.custom.is_none())
        {
            // The number of a general card with a generated code is that code, so the friend's card gets another
            // number.
            member.membership_number.clear();
        }
        let general: Option<GeneralCode> = ws.find_record_of_new(&GeneralCode::key(seq), now)?;
        let ticket: Option<TicketInfo> = ws.find_record_of_new(&ticket_key(seq), now)?;
        let times = ws.find_record_of_new::<GiveTimes>(&GiveTimes::key(seq), now)?.unwrap_or_default();
        let counted = card.terms.max_gives.is_some();
        expire::catch_up(ws, &card, seq, now)?;
        let old = ws.codes.get_mut(&seq)?.clone();
        let claimed = self.hand_over(ws, old, member, now);
        if let Some(ticket) = ticket {
            ws.put_record(ticket_key(claimed.seq), &ticket)?;
        }
        if let Some(general) = general {
            ws.put_record(GeneralCode::key(claimed.seq), &general)?;
        }
        if counted {
            ws.put_record(GiveTimes::key(claimed.seq), &GiveTimes(times.0 + 1))?;
        }
        Ok(claimed)
    }
}

impl AcceptGift {
    fn hand_over(
        &self,
        ws: &mut WorkingSet,
        old: Code,
        member: Option<Member>,
        now: Timestamp,
    ) -> ClaimOutcome {
        let seq = ws.next_code();
        let new = Code {
            seq,
            openid: self.openid.clone(),
            state: CodeState::Normal,
            origin: Origin::Given,
            claimed_at: now,
            changed_at: now,
            gift_to: None,
            marked_for: None,
            ..old.clone()
        };
        if let Some(text) = &new.custom {
            ws.custom_codes.put((new.card, text.clone()), CustomCode::Issued(seq));
        }
        if let Some(member) = member {
            ws.members.put(seq, Member { code: seq, ..member });
        }
        ws.holder_mut(new.card, &self.openid).codes.push(HeldCode { seq, claimed: false, consumed: false });
        ws.emit(Event {
            friend: Some(self.openid.clone()),
            other_code: Some(old.seq),
            ..Event::new(EventKind::GiftAccept, now, old.card).of(seq, &old.openid)
        });
        let claimed = ClaimOutcome { seq, custom: new.custom.clone() };
        ws.codes.put(seq, new);
        ws.codes.put(old.seq, Code { state: CodeState::GiftSucc, changed_at: now, ..old });
        claimed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Gift;
    use crate::code::claim::{Claim, Via};
    use crate::code::consume::Consume;
    use crate::engine::testing::*;
    use crate::member::Activate;
    use crate::operation::Operation;
    use serde_json::json;

    fn accept(code: &CodeRef, openid: &str) -> AcceptGift {
        AcceptGift { code: code.clone(), openid: openid.into() }
    }

    #[test]
    fn only_a_code_being_given_can_be_accepted() {
        for state in STATES {
            let (mut world, code) = World::with_code_in(state, groupon(json!({})));
            let expected = match state {
                CodeState::Gifting => None,
                CodeState::Consumed => Some(ErrCode::CodeConsumed),
                CodeState::GiftSucc => Some(ErrCode::InvalidSerialCode),
                _ => Some(ErrCode::InvalidUserCardStatus),
            };
            assert_eq!(refusal(world.run(accept(&code, "o9"))), expected, "{}", state.wire());
        }
    }

    #[test]
    fn the_friend_gets_a_new_code_with_the_validity_of_the_old() {
        let term = json!({"date_info": {"type": "DATE_TYPE_FIX_TERM", "fixed_term": 3}});
        let (mut world, code) = World::with_code_in(CodeState::Gifting, groupon(term));
        world.pass(crate::time::DAY_SECS / 2);
        let claimed = world.run(accept(&code, "friend")).expect("a code");
        let (new, old) = (world.codes[&claimed.seq].clone(), world.code(&code).clone());
        let card = world.cards[&old.card].clone();
        assert_eq!(
            (new.openid.as_str(), new.origin, new.state),
            ("friend", Origin::Given, CodeState::Normal)
        );
        assert_eq!(new.window(&card), old.window(&card));
        assert_eq!((old.openid.as_str(), old.state), ("giver", CodeState::GiftSucc));
        assert_eq!((card.quantity, card.total), (99, 100));
        let event = world.events.last().expect("an event");
        assert_eq!((event.code, event.other_code), (Some(new.seq), Some(old.seq)));
        assert_eq!((event.openid.clone(), event.friend.clone()), (Some(old.openid), Some(new.openid)));
    }

    #[test]
    fn a_custom_code_keeps_its_text_and_leads_to_the_friend() {
        let custom = groupon(json!({"use_custom_code": true}));
        let (mut world, code) = World::with_code_in(CodeState::Gifting, custom);
        let claimed = world.run(accept(&code, "friend")).expect("a code");
        assert_eq!(claimed.custom, Some("custom".into()));
        assert_eq!((world.code(&code).seq, world.code(&code).openid.as_str()), (claimed.seq, "friend"));
    }

    #[test]
    fn a_gift_is_no_claim_of_the_friend() {
        let limited = groupon(json!({"get_limit": 1}));
        let (mut world, code) = World::with_code_in(CodeState::Gifting, limited);
        let card = world.cards[&world.code(&code).card].id.clone();
        world.claim(&card, "friend");
        assert_eq!(refusal(world.run(accept(&code, "friend"))), None);
    }

    #[test]
    fn the_friends_codes_are_known_for_a_code_of_the_same_batch() {
        let mut world = World::new();
        let card_id = world.create(groupon(json!({"use_custom_code": true, "use_limit": 1})));
        let consume = |code: CodeRef| Consume::of(code);
        let spent = world.claim_as(&card_id, "friend", Some("c0"));
        world.run(consume(spent)).expect("consumed");
        let code =
            CodeRef { text: "c1".into(), seq: None, card_id: Some(card_id.clone()), dynamic_after: None };
        let batch: [Operation; 4] = [
            Claim { code: Some("c1".into()), ..Claim::of(card_id, "giver".into(), Via::Server) }.into(),
            Gift::of(code.clone(), "giver".into()).into(),
            accept(&code, "friend").into(),
            consume(code).into(),
        ];
        let refusals: Vec<_> = world.batch(&batch).into_iter().map(refusal).collect();
        assert_eq!(refusals, [None, None, None, Some(ErrCode::UseLimitReached)]);
    }

    #[test]
    fn a_given_member_card_takes_its_member_along() {
        let (mut world, code) = World::with_code_in(CodeState::Normal, member_card(json!({}), json!({})));
        let activate = Activate { init_bonus: Some(70), ..Activate::of(code.clone(), "no 7") };
        world.run(activate).expect("active");
        world.run(Gift::of(code.clone(), "giver".into())).expect("a gift");
        let claimed = world.run(accept(&code, "friend")).expect("a code");
        let member = &world.members[&claimed.seq];
        assert_eq!((member.bonus, member.membership_number.as_str()), (70, "no 7"));
    }

    #[test]
    fn an_unrecorded_revival_is_emitted_before_the_acceptance() {
        let (mut world, code) = World::with_code_in(CodeState::Expire, groupon(json!({})));
        let (no, seq) = (world.code(&code).card, world.code(&code).seq);
        world.run(expire::ExpireCodes { card: no, codes: vec![seq] }).expect("swept");
        let card_id = world.cards[&no].id.clone();
        let patch = object(json!({"groupon": {"base_info": {"date_info": range(-90_000, 900_000)}}}));
        world.run(crate::card::UpdateCard { card_id, patch }).expect("widened");
        world.run(Gift::of(code.clone(), "giver".into())).expect("a gift");
        let before = world.events.len();
        let claimed = world.run(accept(&code, "friend")).expect("a code");
        assert_eq!(world.kinds_since(before), [EventKind::Revive, EventKind::GiftAccept]);
        assert_eq!(world.codes[&claimed.seq].expired_at, None);
    }

    #[test]
    fn accept_errors_follow_the_documented_order() {
        let (mut world, code) = World::with_code_in(CodeState::Normal, groupon(json!({})));
        world
            .run(Gift { to: Some("friend".into()), ..Gift::of(code.clone(), "giver".into()) })
            .expect("a gift");
        for (case, given, openid, expected) in [
            ("unknown", &no_code(), "giver", ErrCode::InvalidSerialCode),
            ("the giver, though meant for a friend", &code, "giver", ErrCode::InvalidOpenid),
            ("another person", &code, "o9", ErrCode::InvalidOpenid),
        ] {
            assert_eq!(refusal(world.run(accept(given, openid))), Some(expected), "{case}");
        }
        world.now = START.plus(world.app.gift_timeout_secs).plus(3600);
        assert_eq!(refusal(world.run(accept(&code, "giver"))), Some(ErrCode::InvalidUserCardStatus));
    }
}
