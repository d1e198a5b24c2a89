//! Undoes a consume: `POST /kaquan/v1/code/return`. Clerks consume wrong codes every day, and WeChat cannot undo a
//! consume. In kaquan each app sets how long a consume can be undone. Reports count the returns. Native API.

use super::consume::ConsumedAt;
use super::{CodeRef, CodeState, expire};
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::{CardId, OpenId};
use crate::text;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The longest reason in bytes.
pub const REASON_MAX: usize = 512;

/// Returns a consumed code to its holder. The code then counts as not consumed, also for `use_limit`. The return counts
/// for the store of the consume.
///
/// # Errors
///
/// In this order: 40056 and 40073 no such code or card; 40127 not consumed; 40079 consumed longer ago than the app
/// allows; 45021 a reason that is too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnConsume {
    pub code: CodeRef,
    /// The reason, for the log.
    pub reason: Option<String>,
}

/// The card and holder of the returned code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnedConsume {
    pub card_id: CardId,
    /// The holder.
    pub openid: OpenId,
    /// Whether the code's validity ended meanwhile.
    pub expired: bool,
}

impl Command for ReturnConsume {
    type Reply = ReturnedConsume;

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        self.code.keys(ws, keys);
        if let Some(code) = self.code.loaded(ws) {
            keys.records.insert(ConsumedAt::key(code.seq));
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<ReturnedConsume> {
        let (code, card) = self.code.find(ws)?;
        match code.state_at(&ws.app, card, now) {
            CodeState::Consumed => {}
            state => return Err(state.refusal()),
        }
        let ago = now.0 - code.changed_at.0;
        if ago >= ws.app.return_window_secs {
            let reason =
                format!("was consumed {ago} s ago, and can be undone for {} s", ws.app.return_window_secs);
            return Err(Error::field(ErrCode::InvalidTime, "code", reason));
        }
        text::optional_lines("reason", self.reason.as_deref(), REASON_MAX)?;
        let (seq, card, openid) = (code.seq, card.clone(), code.openid.clone());
        let key = ConsumedAt::key(seq);
        let consumed_at: Option<ConsumedAt> = ws.find_record_of_new(&key, now)?;
        if consumed_at.is_some() {
            ws.records.remove(&key)?;
        }
        let code = ws.codes.get_mut(&seq)?;
        code.state = CodeState::Normal;
        code.changed_at = now;
        ws.set_consumed(card.no, &openid, seq, false);
        let event = Event::new(EventKind::ConsumeReturn, now, card.no).of(seq, &openid);
        let location_id = consumed_at.map(|at| at.location_id);
        ws.emit(Event { amount: ago, detail: self.reason.clone(), location_id, ..event });
        // If the window ended while the code was consumed, the expiry sweep passed over the code and may not check it
        // again. So the missing `expire` event is emitted here.
        let expired = expire::catch_up(ws, &card, seq, now)? > 0;
        Ok(ReturnedConsume { card_id: card.id, openid, expired })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::consume::Consume;
    use crate::engine::testing::*;
    use serde_json::json;

    fn back(code: &CodeRef) -> ReturnConsume {
        ReturnConsume { code: code.clone(), reason: Some("wrong table".into()) }
    }

    #[test]
    fn a_returned_code_can_be_consumed_again_and_frees_the_limit() {
        let mut world = World::new();
        let card = world.create(groupon(json!({"use_limit": 1})));
        let (first, second) = (world.claim(&card, "o1"), world.claim(&card, "o1"));
        let consume = |code: &CodeRef| Consume::of(code.clone());
        world.run(consume(&first)).expect("consumed");
        assert_eq!(refusal(world.run(consume(&second))), Some(ErrCode::UseLimitReached));
        world.pass(90);
        let returned = world.run(back(&first)).expect("returned");
        assert_eq!(returned, ReturnedConsume { card_id: card, openid: "o1".into(), expired: false });
        let event = world.events.last().expect("an event");
        assert_eq!((event.kind, event.amount), (EventKind::ConsumeReturn, 90));
        assert_eq!(event.detail.as_deref(), Some("wrong table"));
        world.run(consume(&second)).expect("consumed");
        assert_eq!(refusal(world.run(consume(&first))), Some(ErrCode::UseLimitReached));
    }

    #[test]
    fn a_consume_can_be_undone_until_the_return_window_ends() {
        for (window, passed, expected) in
            [(600, 599, None), (600, 600, Some(ErrCode::InvalidTime)), (0, 0, Some(ErrCode::InvalidTime))]
        {
            let mut world = World::new();
            world.app.return_window_secs = window;
            let card = world.create(groupon(json!({})));
            let code = world.claim(&card, "o1");
            world.run(Consume::of(code.clone())).expect("consumed");
            world.pass(passed);
            assert_eq!(refusal(world.run(back(&code))), expected, "{passed} of {window}");
        }
    }

    #[test]
    fn a_code_whose_window_ended_meanwhile_comes_back_expired() {
        let mut world = World::new();
        let card = world.create(groupon(json!({"date_info": range(0, 100)})));
        let code = world.claim(&card, "o1");
        world.pass(100);
        world.run(Consume::of(code.clone())).expect("consumed");
        world.pass(1);
        let before = world.events.len();
        assert_eq!(world.run(back(&code)).map(|returned| returned.expired), Ok(true));
        assert_eq!(world.state(&code), CodeState::Expire);
        assert_eq!(world.kinds_since(before), [EventKind::ConsumeReturn, EventKind::Expire]);
        assert_eq!(world.events.last().map(|event| event.at), Some(START.plus(100)));
    }

    #[test]
    fn only_a_consumed_code_comes_back() {
        for state in STATES {
            let (mut world, code) = World::with_code_in(state, groupon(json!({})));
            world.app.return_window_secs = 3601;
            let expected = match state {
                CodeState::Consumed => None,
                CodeState::GiftSucc => Some(ErrCode::InvalidSerialCode),
                _ => Some(ErrCode::InvalidUserCardStatus),
            };
            assert_eq!(refusal(world.run(back(&code))), expected, "{}", state.wire());
        }
    }

    #[test]
    fn consume_return_errors_follow_the_documented_order() {
        let long = |code: &CodeRef| ReturnConsume { code: code.clone(), reason: Some("x".repeat(513)) };
        let (mut world, code) = World::with_code_in(CodeState::Consumed, groupon(json!({})));
        assert_eq!(refusal(world.run(long(&no_code()))), Some(ErrCode::InvalidSerialCode));
        assert_eq!(refusal(world.run(long(&code))), Some(ErrCode::InvalidTime));
        world.app.return_window_secs = 3601;
        assert_eq!(refusal(world.run(long(&code))), Some(ErrCode::OutOfLengthLimit));
    }
}
