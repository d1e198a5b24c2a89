//! A holder deletes a code from the wallet: `POST /wallet/v1/delete`. WeChat manual: "卡券事件推送" (card events),
//! deletion.

use super::{CodeRef, CodeState, expire};
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::OpenId;
use crate::time::Timestamp;

/// Deletes a code. The code does not return to the stock.
///
/// # Errors
///
/// 40056 and 40073 no such code or card; 40003 not this holder's code; 40099 and 40127 the code has a state in which
/// it cannot be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteCode {
    pub code: CodeRef,
    /// The holder.
    pub openid: OpenId,
}

impl Command for DeleteCode {
    type Reply = ();

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        self.code.keys(ws, keys);
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        let (code, card) = self.code.find(ws)?;
        if code.openid != self.openid {
            return Err(Error::field(ErrCode::InvalidOpenid, "openid", "does not hold this code"));
        }
        match code.state_at(&ws.app, card, now) {
            CodeState::Normal | CodeState::Expire | CodeState::GiftTimeout => {}
            state => return Err(state.refusal()),
        }
        let (seq, card) = (code.seq, card.clone());
        expire::catch_up(ws, &card, seq, now)?;
        let code = ws.codes.get_mut(&seq)?;
        code.state = CodeState::Delete;
        code.changed_at = now;
        ws.emit(Event::new(EventKind::CodeDelete, now, card.no).of(seq, &self.openid));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::*;
    use serde_json::json;

    fn delete(code: &CodeRef, openid: &str) -> DeleteCode {
        DeleteCode { code: code.clone(), openid: openid.into() }
    }

    #[test]
    fn each_state_has_its_own_answer() {
        for state in STATES {
            let (mut world, code) = World::with_code_in(state, groupon(json!({})));
            let expected = match state {
                CodeState::Normal | CodeState::Expire | CodeState::GiftTimeout => None,
                CodeState::Consumed => Some(ErrCode::CodeConsumed),
                CodeState::GiftSucc => Some(ErrCode::InvalidSerialCode),
                _ => Some(ErrCode::InvalidUserCardStatus),
            };
            assert_eq!(refusal(world.run(delete(&code, "giver"))), expected, "{}", state.wire());
            if expected.is_none() {
                assert_eq!(world.state(&code), CodeState::Delete);
            }
        }
    }

    #[test]
    fn a_deleted_code_does_not_go_back_to_stock() {
        let (mut world, code) = World::with_code_in(CodeState::Normal, groupon(json!({})));
        world.run(delete(&code, "giver")).expect("deleted");
        let card = &world.cards[&world.code(&code).card];
        assert_eq!((card.quantity, card.total), (99, 100));
    }

    #[test]
    fn an_expiry_is_recorded_once_in_either_order_with_a_deletion() {
        for swept in [false, true] {
            let (mut world, code) = World::with_code_in(CodeState::Expire, groupon(json!({})));
            let (before, end) = (world.events.len(), world.now.plus(-3600));
            if swept {
                let (card, seq) = (world.code(&code).card, world.code(&code).seq);
                let sweep = expire::ExpireCodes { card, codes: vec![seq] };
                assert_eq!(world.run(sweep), Ok(1));
            }
            world.run(delete(&code, "giver")).expect("deleted");
            assert_eq!(
                world.kinds_since(before),
                [EventKind::Expire, EventKind::CodeDelete],
                "swept {swept}"
            );
            assert_eq!((world.events[before].at, world.events[before + 1].at), (end, world.now));
        }
    }

    #[test]
    fn code_delete_errors_follow_the_documented_order() {
        let (mut world, code) = World::with_code_in(CodeState::Consumed, groupon(json!({})));
        assert_eq!(refusal(world.run(delete(&no_code(), "o9"))), Some(ErrCode::InvalidSerialCode));
        assert_eq!(refusal(world.run(delete(&code, "o9"))), Some(ErrCode::InvalidOpenid));
        assert_eq!(refusal(world.run(delete(&code, "giver"))), Some(ErrCode::CodeConsumed));
    }
}
