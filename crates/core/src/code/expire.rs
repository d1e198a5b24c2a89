//! Records in the log that codes have expired, and that they became valid again because their card was widened. The
//! state of a code depends on the clock alone; these events are for the statistics. An expiry has the time of the
//! window's last second. WeChat manual: "卡券数据接口" (card statistics), `expire_cnt` and `total_user`.

use super::{Code, CodeState};
use crate::card::Card;
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::Result;
use crate::event::{Event, EventKind};
use crate::id::{CardNo, CodeSeq};
use crate::time::{End, Timestamp};

/// Emits the missing events of these codes: expiries after the end of the window, and revivals after the window was
/// widened. Returns the number of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpireCodes {
    /// The card of all these codes.
    pub card: CardNo,
    /// The codes to check.
    pub codes: Vec<CodeSeq>,
}

impl Command for ExpireCodes {
    type Reply = u64;

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.cards.insert(self.card);
        keys.codes.extend(self.codes.iter().copied());
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<u64> {
        let Some(card) = ws.cards.get(&self.card)?.cloned() else { return Ok(0) };
        let mut recorded = 0;
        for seq in &self.codes {
            if ws.codes.get(seq)?.is_some_and(|code| code.card == card.no) {
                recorded += catch_up(ws, &card, *seq, now)?;
            }
        }
        Ok(recorded)
    }

    fn cost(&self) -> usize {
        self.codes.len().max(1)
    }
}

/// A missing event about the window of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwedEvent {
    /// The window ended at this time, and the log has no expiry.
    Expire(Timestamp),
    /// The log has an expiry, and the window has been widened since.
    Revive,
}

/// The missing event about the window of this code at `now`. `None` for codes that their holder no longer has.
pub fn owed_event(card: &Card, code: &Code, now: Timestamp) -> Option<OwedEvent> {
    if !matches!(code.state, CodeState::Normal | CodeState::Gifting) {
        return None;
    }
    let end = code.window(card).end;
    match (code.expired_at, end) {
        (None, End::At(at)) => (at < now).then_some(OwedEvent::Expire(at)),
        (None, End::Never) => None,
        (Some(recorded), _) if End::At(recorded) == end => None,
        // No event if the new end of the window had already passed when the card was widened: the code did not become
        // valid again.
        (Some(_), _) => (!end.is_before(card.updated_at)).then_some(OwedEvent::Revive),
    }
}

/// Emits the missing events about the window of a code. Call it before a code leaves its holder: afterwards its rows
/// no longer show that it had expired. Returns the number of events. There can be several, because the code may have
/// become valid and expired again.
pub(crate) fn catch_up(ws: &mut WorkingSet, card: &Card, seq: CodeSeq, now: Timestamp) -> Result<u64> {
    let mut recorded = 0;
    while let Some(code) = ws.codes.get(&seq)?
        && let Some(owed) = owed_event(card, code, now)
    {
        let (kind, at, expired_at) = match owed {
            OwedEvent::Expire(end) => (EventKind::Expire, end, Some(end)),
            // The window cannot have been widened after the card's last change.
            OwedEvent::Revive => (EventKind::Revive, card.updated_at.min(now), None),
        };
        let event = Event::new(kind, at, card.no).of(seq, &code.openid);
        ws.codes.get_mut(&seq)?.expired_at = expired_at;
        ws.emit(event);
        recorded += 1;
    }
    Ok(recorded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::UpdateCard;
    use crate::code::CodeRef;
    use crate::engine::testing::*;
    use serde_json::json;

    fn sweep(world: &mut World) -> u64 {
        let codes = world.codes.keys().copied().collect();
        world.run(ExpireCodes { card: CardNo(1), codes }).expect("swept")
    }

    fn widen(world: &mut World, to_start: i64) {
        let card_id = world.cards[&CardNo(1)].id.clone();
        let patch = json!({"date_info": range(-900_000, to_start)});
        let key = world.cards[&CardNo(1)].card_type.key();
        let patch = object(json!({ key: {"base_info": patch} }));
        world.run(UpdateCard { card_id, patch }).expect("widened");
    }

    fn states_that_expire() -> impl Iterator<Item = (CodeState, World, CodeRef)> {
        [CodeState::Normal, CodeState::Gifting, CodeState::GiftTimeout].into_iter().map(|state| {
            let (world, code) = World::with_code_in(state, groupon(json!({"date_info": range(0, 4000)})));
            (state, world, code)
        })
    }

    #[test]
    fn an_expiry_is_recorded_once_and_dated_to_the_last_second_of_the_window() {
        for (state, mut world, code) in states_that_expire() {
            world.now = START.plus(4000);
            assert_eq!(sweep(&mut world), 0, "{} in its last second", state.wire());
            world.pass(1);
            assert_eq!(sweep(&mut world), 1, "{}", state.wire());
            let event = world.events.last().expect("an event").clone();
            assert_eq!((event.kind, event.at), (EventKind::Expire, START.plus(4000)));
            assert_eq!((event.code, event.openid), (Some(world.code(&code).seq), Some("giver".into())));
            world.pass(crate::time::DAY_SECS);
            assert_eq!(sweep(&mut world), 0, "{} again", state.wire());
        }
    }

    #[test]
    fn consumed_given_deleted_and_unavailable_codes_do_not_expire() {
        for state in [CodeState::Consumed, CodeState::Delete, CodeState::Unavailable] {
            let card = groupon(json!({"date_info": range(0, 4000)}));
            let (mut world, _) = World::with_code_in(state, card);
            world.pass(4001);
            assert_eq!(sweep(&mut world), 0, "{}", state.wire());
        }
        let (mut world, _) =
            World::with_code_in(CodeState::GiftSucc, groupon(json!({"date_info": range(0, 4000)})));
        world.pass(4001);
        assert_eq!(sweep(&mut world), 1, "only the friend's code");
        assert_eq!(world.events.last().and_then(|event| event.openid.clone()), Some("friend".into()));
    }

    #[test]
    fn a_widened_card_brings_its_codes_back_and_they_expire_again() {
        let (mut world, code) = World::with_code_in(CodeState::Expire, groupon(json!({})));
        assert_eq!(sweep(&mut world), 1);
        let widened_at = world.now;
        widen(&mut world, 900_000);
        world.pass(600);
        let before = world.events.len();
        assert_eq!((sweep(&mut world), sweep(&mut world)), (1, 0));
        assert_eq!((world.state(&code), world.code(&code).expired_at), (CodeState::Normal, None));
        world.now = START.plus(900_001);
        assert_eq!((sweep(&mut world), sweep(&mut world)), (1, 0));
        let expected = [(EventKind::Revive, widened_at), (EventKind::Expire, START.plus(900_000))];
        let happened: Vec<_> = world.events[before..].iter().map(|event| (event.kind, event.at)).collect();
        assert_eq!(happened, expected);
    }

    #[test]
    fn a_window_widened_before_its_end_was_recorded_never_ended() {
        let (mut world, _) = World::with_code_in(CodeState::Expire, groupon(json!({})));
        widen(&mut world, 900_000);
        assert_eq!(sweep(&mut world), 0);
    }

    #[test]
    fn a_window_widened_to_a_past_moment_does_not_end_a_second_time() {
        for (widened_at, expected) in [(900_000, 0), (200_000, 2)] {
            let (mut world, _) = World::with_code_in(CodeState::Expire, groupon(json!({})));
            assert_eq!(sweep(&mut world), 1);
            world.now = START.plus(widened_at);
            widen(&mut world, 300_000);
            world.now = START.plus(900_000);
            assert_eq!(sweep(&mut world), expected, "widened at {widened_at}");
        }
    }

    #[test]
    fn codes_of_another_card_and_unknown_codes_are_skipped() {
        let (mut world, code) = World::with_code_in(CodeState::Expire, groupon(json!({})));
        let (seq, other) = (world.code(&code).seq, CardNo(2));
        world.now = START;
        world.create(groupon(json!({})));
        world.now = START.plus(900_000);
        assert_eq!(world.run(ExpireCodes { card: other, codes: vec![seq] }), Ok(0));
        assert_eq!(world.run(ExpireCodes { card: CardNo(9), codes: vec![seq] }), Ok(0));
        assert_eq!(world.run(ExpireCodes { card: CardNo(1), codes: vec![CodeSeq(77), seq] }), Ok(1));
    }
}
