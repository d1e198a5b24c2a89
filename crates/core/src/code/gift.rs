//! A holder offers a code to a friend (转赠): `POST /wallet/v1/gift`. Until a friend accepts the gift or it expires,
//! the giver still has the code but cannot use it. WeChat manual: "卡券事件推送" (card events), transfer.

use super::{Code, CodeRef, CodeState};
use crate::card::Card;
use crate::engine::{Command, Keys, Record, RecordKey, RecordKind, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::general_card::GeneralCode;
use crate::id::{CodeSeq, OpenId};
use crate::text;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Offers a code to a friend.
///
/// # Errors
///
/// 40056 and 40073 no such code or card; 40003 not this holder's, or a friend that is the holder or no openid; 45030
/// the card cannot be given away; 40127 a general card's code that cannot be given away, or not once more; 40099 and
/// 40127 not in a state to be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gift {
    pub code: CodeRef,
    /// The giver.
    pub openid: OpenId,
    /// The only holder who may accept; `None` for any holder.
    pub to: Option<OpenId>,
    /// Whether the gift is sent to a group and not to one friend.
    pub is_chat_room: bool,
}

impl Gift {
    /// A gift of this holder for any friend.
    pub fn of(code: CodeRef, openid: OpenId) -> Gift {
        Gift { code, openid, to: None, is_chat_room: false }
    }
}

/// How often a code was given from holder to holder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct GiveTimes(pub i64);

impl Record for GiveTimes {
    const KIND: RecordKind = RecordKind::GiveTimes;
}

impl GiveTimes {
    /// The key for this code.
    pub fn key(code: CodeSeq) -> RecordKey {
        RecordKey::numbered::<GiveTimes>(code.0)
    }
}

/// How often a code was offered. The number is part of the link to a gift, so that every gift has its own link.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GiftNo(pub i64);

impl Record for GiftNo {
    const KIND: RecordKind = RecordKind::GiftNo;
}

impl GiftNo {
    /// The key for this code.
    pub fn key(code: CodeSeq) -> RecordKey {
        RecordKey::numbered::<GiftNo>(code.0)
    }
}

/// Declares the rows of [`check_can_give`].
pub(super) fn give_keys(code: &Code, keys: &mut Keys) {
    keys.records.extend([GiveTimes::key(code.seq), GeneralCode::key(code.seq)]);
}

/// Whether the card lets a code be given away, in whatever state the code is.
///
/// # Errors
///
/// 45030 not this card; 40127 not this code, or not once more.
pub(super) fn check_can_give(ws: &WorkingSet, code: &Code, card: &Card, now: Timestamp) -> Result<()> {
    if !card.terms.can_give_friend {
        return Err(Error::field(ErrCode::NotSupported, "code", "this card cannot be given away"));
    }
    let refused = |reason: String| Err(Error::field(ErrCode::InvalidUserCardStatus, "code", reason));
    let general: GeneralCode = ws.find_record_of_new(&GeneralCode::key(code.seq), now)?.unwrap_or_default();
    if !general.can_give_friend {
        return refused("cannot be given away since the merchant's last change".to_owned());
    }
    let GiveTimes(times) = ws.find_record_of_new(&GiveTimes::key(code.seq), now)?.unwrap_or_default();
    match card.terms.max_gives {
        Some(max) if times >= max => {
            refused(format!("was given on {times} times, and this card allows {max}"))
        }
        _ => Ok(()),
    }
}

impl Command for Gift {
    type Reply = ();

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        self.code.keys(ws, keys);
        if let Some(code) = self.code.loaded(ws) {
            keys.records.insert(GiftNo::key(code.seq));
            give_keys(code, keys);
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        let (code, card) = self.code.find(ws)?;
        if code.openid != self.openid {
            return Err(Error::field(ErrCode::InvalidOpenid, "openid", "does not hold this code"));
        }
        self.to.as_ref().map_or(Ok(()), |to| text::openid("friend_openid", to))?;
        if self.to.as_ref() == Some(&self.openid) {
            return Err(Error::field(ErrCode::InvalidOpenid, "friend_openid", "is the giver"));
        }
        check_can_give(ws, code, card, now)?;
        code.check_normal(&ws.app, card, now)?;
        let (seq, card_no) = (code.seq, card.no);
        let no = ws.find_record_of_new::<GiftNo>(&GiftNo::key(seq), now)?.unwrap_or_default();
        ws.put_record(GiftNo::key(seq), &GiftNo(no.0 + 1))?;
        let code = ws.codes.get_mut(&seq)?;
        code.state = CodeState::Gifting;
        code.changed_at = now;
        code.gift_to = self.to.clone();
        let event = Event::new(EventKind::GiftStart, now, card_no).of(seq, &self.openid);
        ws.emit(Event { friend: self.to.clone(), amount: i64::from(self.is_chat_room), ..event });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::*;
    use serde_json::json;

    fn gift(code: &CodeRef, openid: &str, to: Option<&str>) -> Gift {
        Gift { to: to.map(Into::into), ..Gift::of(code.clone(), openid.into()) }
    }

    #[test]
    fn only_a_normal_code_can_be_given() {
        for state in STATES {
            let (mut world, code) = World::with_code_in(state, groupon(json!({})));
            let expected = match state {
                CodeState::Normal => None,
                CodeState::Consumed => Some(ErrCode::CodeConsumed),
                CodeState::GiftSucc => Some(ErrCode::InvalidSerialCode),
                _ => Some(ErrCode::InvalidUserCardStatus),
            };
            assert_eq!(refusal(world.run(gift(&code, "giver", None))), expected, "{}", state.wire());
        }
    }

    #[test]
    fn a_code_being_given_is_gifting_and_names_the_friend() {
        let (mut world, code) = World::with_code_in(CodeState::Normal, groupon(json!({})));
        world.run(gift(&code, "giver", Some("friend"))).expect("a gift");
        assert_eq!(world.state(&code), CodeState::Gifting);
        assert_eq!(world.code(&code).gift_to, Some("friend".into()));
        let event = world.events.last().expect("an event");
        assert_eq!((event.kind, event.friend.clone()), (EventKind::GiftStart, Some("friend".into())));
        world.pass(world.app.gift_timeout_secs - 1);
        assert_eq!(world.state(&code), CodeState::Expire, "the window ends before the gift does");
    }

    #[test]
    fn a_code_before_its_window_can_be_given() {
        let later = groupon(json!({"date_info": range(10_000, 20_000)}));
        let (mut world, code) = World::with_code_in(CodeState::Normal, later);
        assert_eq!(refusal(world.run(gift(&code, "giver", None))), None);
    }

    #[test]
    fn a_card_may_say_how_often_its_codes_can_be_given_on() {
        let base_info = json!({"max_give_friend_times": 2});
        let card = general_card(base_info, json!({}));
        let (mut world, mut code) = World::with_code_in(CodeState::Normal, card);
        for (giver, friend) in [("giver", "o2"), ("o2", "o3")] {
            world.run(gift(&code, giver, None)).expect("a gift");
            let accept = crate::code::AcceptGift { code, openid: friend.into() };
            let claimed = world.run(accept).expect("a code");
            code = world.code_ref(claimed.seq);
        }
        let expected = Some(ErrCode::InvalidUserCardStatus);
        assert_eq!(refusal(world.run(gift(&code, "o3", None))), expected);
    }

    #[test]
    fn gift_errors_follow_the_documented_order() {
        let kept = groupon(json!({"can_give_friend": false}));
        let (mut world, code) = World::with_code_in(CodeState::Consumed, kept);
        for (case, op, expected) in [
            ("unknown, not theirs", gift(&no_code(), "o9", Some("o9")), ErrCode::InvalidSerialCode),
            ("not theirs, not to be given", gift(&code, "o9", None), ErrCode::InvalidOpenid),
            ("to themselves, not to be given", gift(&code, "giver", Some("giver")), ErrCode::InvalidOpenid),
            ("not to be given, consumed", gift(&code, "giver", None), ErrCode::NotSupported),
        ] {
            assert_eq!(refusal(world.run(op)), Some(expected), "{case}");
        }
    }
}
