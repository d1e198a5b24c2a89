//! Consumes a code (核销): `POST /card/code/consume`. WeChat manual: "核销卡券" (consume cards).

use super::claim::OUTER_STR_MAX;
use super::{CodeRef, CodeState, expire};
use crate::app::RETURN_WINDOW_MAX_SECS;
use crate::card::Card;
use crate::engine::{Command, Keys, Record, RecordKey, RecordKind, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::{CardId, CodeSeq, OpenId};
use crate::poi::Place;
use crate::time::Timestamp;
use crate::{stored_enum, text};
use serde::{Deserialize, Serialize};

/// Consumes a code. A code can be consumed only once.
///
/// # Errors
///
/// In this order: 40056 and 40073 no such code or card; 40071 a member card or a campus card; 40099 consumed before;
/// 40127 given away, deleted or unavailable; 40079 before or after its window; 40146 marked for another holder; 72020
/// the holder has consumed `use_limit`; 40003 another holder than the one named; 45021 and 47001 a channel that is too
/// long or has control characters; 40098 no such store; 40003 a staff that cannot be an openid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consume {
    pub code: CodeRef,
    /// The holder, if the caller names one.
    pub openid: Option<OpenId>,
    /// The till's text for the event.
    pub outer_str: Option<String>,
    /// The kind of device on which the code is consumed.
    pub source: ConsumeSource,
    /// The store and the clerk.
    pub place: Place,
}

impl Consume {
    /// A consume by the merchant's system, without other values.
    pub fn of(code: CodeRef) -> Consume {
        let (source, place) = (ConsumeSource::Api, Place::default());
        Consume { code, openid: None, outer_str: None, source, place }
    }
}

/// The card and holder of the consumed code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsumedCode {
    pub card_id: CardId,
    /// The holder.
    pub openid: OpenId,
}

stored_enum! {
    /// Where a code was consumed: the number in the event's `amount`, and `ConsumeSource` of the push.
    pub enum ConsumeSource, wire {
        /// By the merchant's system.
        Api = 0, "FROM_API";
        Console = 1, "FROM_MP";
        /// On a phone, including the holder's own.
        MobileHelper = 2, "FROM_MOBILE_HELPER";
    }
}

/// The `detail` of a consume on a phone, as JSON: the holder's input or payment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PhoneNote {
    /// The entered verify code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify_code: Option<String>,
    /// The entered amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark_amount: Option<String>,
    /// The number of the payment at the payment platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trans_id: Option<String>,
    /// The merchant's number of the payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_trade_no: Option<String>,
}

impl PhoneNote {
    /// The text for the event.
    pub(crate) fn text(&self) -> Result<String> {
        serde_json::to_string(self)
            .map_err(|error| Error::internal(format!("a note cannot be written: {error}")))
    }
}

/// The store in which a code was consumed. A return of the consume counts for the same store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ConsumedAt {
    pub location_id: i64,
}

impl Record for ConsumedAt {
    const KIND: RecordKind = RecordKind::ConsumedAt;
}

impl ConsumedAt {
    /// The record key for this code.
    pub fn key(code: CodeSeq) -> RecordKey {
        RecordKey::numbered::<ConsumedAt>(code.0)
    }
}

impl Command for Consume {
    type Reply = ConsumedCode;

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        consume_keys(&self.code, &self.place, ws, keys);
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<ConsumedCode> {
        let usable = usable(ws, &self.code, now)?;
        if self.openid.as_ref().is_some_and(|openid| *openid != usable.openid) {
            return Err(Error::field(ErrCode::InvalidOpenid, "openid", "does not hold this code"));
        }
        text::optional_line("outer_str", self.outer_str.as_deref(), OUTER_STR_MAX)?;
        self.place.check(ws, now)?;
        consume(ws, usable, now, self.source, self.outer_str.clone(), &self.place)
    }
}

/// A code that can be consumed now, with its card and holder.
#[derive(Debug)]
pub(crate) struct Usable {
    seq: CodeSeq,
    card: Card,
    openid: OpenId,
}

impl Usable {
    /// The event of this kind about the code.
    pub fn event(&self, kind: EventKind, now: Timestamp) -> Event {
        Event::new(kind, now, self.card.no).of(self.seq, &self.openid)
    }
}

/// Declares the rows that [`usable`] and [`consume`] need.
pub(crate) fn consume_keys(code: &CodeRef, place: &Place, ws: &WorkingSet, keys: &mut Keys) {
    code.keys(ws, keys);
    place.reads(keys);
    let Some(code) = code.loaded(ws) else { return };
    keys.records.extend(place.location_id.map(|_| ConsumedAt::key(code.seq)));
    if ws.cards.is_loaded(&code.card)
        && let Ok(Some(card)) = ws.cards.get(&code.card)
        && card.may_reach(card.terms.use_limit)
    {
        keys.holders.insert((code.card, code.openid.clone()));
    }
}

/// Checks whether a code can be consumed at `now`. Returns the errors of [`Consume`].
pub(crate) fn usable(ws: &WorkingSet, code: &CodeRef, now: Timestamp) -> Result<Usable> {
    let (code, card) = code.find(ws)?;
    if !card.is_consumed() {
        let reason = "member cards and campus cards are not consumed";
        return Err(Error::field(ErrCode::InvalidCardType, "code", reason));
    }
    code.check_usable(&ws.app, card, now)?;
    if code.marked_for.as_ref().is_some_and(|openid| *openid != code.openid) {
        return Err(Error::field(
            ErrCode::MarkedByOther,
            "code",
            "is marked for another person than its holder",
        ));
    }
    let limit = card.terms.use_limit;
    // No holder has consumed more codes than were claimed altogether.
    if card.claimed() >= i64::from(limit) {
        // The code may have been issued earlier in this batch, although its caller could not know it yet. Then -1 makes
        // the ledger run this operation alone.
        let holder = ws.holders.get(&(card.no, code.openid.clone()));
        let not_declared = || Error::internal(format!("holder {} was not declared", code.openid));
        let consumes = holder.ok_or_else(not_declared)?.consumes();
        if consumes >= limit {
            let reason = format!("its holder has consumed {consumes} codes of this card");
            return Err(Error::field(ErrCode::UseLimitReached, "code", reason));
        }
    }
    Ok(Usable { seq: code.seq, card: card.clone(), openid: code.openid.clone() })
}

/// Consumes a usable code at a place that was checked. `detail` is the text of the event.
pub(crate) fn consume(
    ws: &mut WorkingSet,
    usable: Usable,
    now: Timestamp,
    source: ConsumeSource,
    detail: Option<String>,
    place: &Place,
) -> Result<ConsumedCode> {
    expire::catch_up(ws, &usable.card, usable.seq, now)?;
    let code = ws.codes.get_mut(&usable.seq)?;
    code.state = CodeState::Consumed;
    code.changed_at = now;
    ws.set_consumed(usable.card.no, &usable.openid, usable.seq, true);
    if let Some(location_id) = place.location_id {
        // The record is needed only while the consume can be undone.
        let end = Some(now.plus(RETURN_WINDOW_MAX_SECS));
        ws.put_record_until(ConsumedAt::key(usable.seq), &ConsumedAt { location_id }, end)?;
    }
    let event = Event { amount: source.number().into(), detail, ..usable.event(EventKind::Consume, now) };
    ws.emit(place.fill(event));
    Ok(ConsumedCode { card_id: usable.card.id, openid: usable.openid })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::DeleteCard;
    use crate::engine::testing::*;
    use crate::time::DAY_SECS;
    use serde_json::json;

    fn consume(code: &CodeRef) -> Consume {
        Consume::of(code.clone())
    }

    #[test]
    fn a_code_is_consumed_once_and_the_event_has_outer_str() {
        let mut world = World::new();
        let card = world.create(groupon(json!({})));
        let code = world.claim(&card, "o1");
        let reply = world.run(Consume { outer_str: Some("till 3".into()), ..Consume::of(code.clone()) });
        assert_eq!(reply, Ok(ConsumedCode { card_id: card, openid: "o1".into() }));
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
        let gift = crate::code::Gift::of(given.clone(), "o2".into());
        world.run(gift).expect("a gift");
        let accept = crate::code::AcceptGift { code: given, openid: "o1".into() };
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
    fn consume_errors_follow_the_documented_order() {
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
        let delete = crate::code::DeleteCode { code: deleted.clone(), openid: "giver".into() };
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
