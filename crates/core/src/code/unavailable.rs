//! The merchant makes a code unavailable (设置失效): `POST /card/code/unavailable`. WeChat manual: "管理卡券" (manage cards).

use super::{CodeRef, CodeState, expire};
use crate::engine::{Command, Keys, Record, RecordKey, RecordKind, WorkingSet};
use crate::error::Result;
use crate::event::{Event, EventKind};
use crate::id::CodeSeq;
use crate::text;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The longest reason in bytes.
pub const REASON_MAX: usize = 512;

/// The merchant's reason, which the holder can read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnavailableReason {
    /// The merchant's text.
    pub reason: String,
}

impl Record for UnavailableReason {
    const KIND: RecordKind = RecordKind::UnavailableReason;
}

/// The key of a code's reason.
pub fn reason_key(code: CodeSeq) -> RecordKey {
    RecordKey::numbered::<UnavailableReason>(code.0)
}

/// Makes a code unavailable. This cannot be undone.
///
/// # Errors
///
/// 40056 and 40073 no such code or card; 40099 consumed; 40127 deleted, or already unavailable; 45021 the reason is
/// too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MakeUnavailable {
    pub code: CodeRef,
    /// The reason for the holder.
    pub reason: Option<String>,
}

impl Command for MakeUnavailable {
    type Reply = ();

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        self.code.keys(ws, keys);
        if let (Some(_), Some(code)) = (&self.reason, self.code.loaded(ws)) {
            keys.records.insert(reason_key(code.seq));
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        let (code, card) = self.code.find(ws)?;
        match code.state_at(&ws.app, card, now) {
            CodeState::Normal | CodeState::Expire | CodeState::Gifting | CodeState::GiftTimeout => {}
            state => return Err(state.refusal()),
        }
        text::optional_lines("reason", self.reason.as_deref(), REASON_MAX)?;
        let (seq, card, openid) = (code.seq, card.clone(), code.openid.clone());
        expire::catch_up(ws, &card, seq, now)?;
        if let Some(reason) = self.reason.clone().filter(|reason| !reason.is_empty()) {
            ws.put_record(reason_key(seq), &UnavailableReason { reason })?;
        }
        let code = ws.codes.get_mut(&seq)?;
        code.state = CodeState::Unavailable;
        code.changed_at = now;
        let event = Event::new(EventKind::CodeUnavailable, now, card.no).of(seq, &openid);
        ws.emit(Event { detail: self.reason.clone(), ..event });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::*;
    use crate::error::ErrCode;
    use serde_json::json;

    fn unavailable(code: &CodeRef) -> MakeUnavailable {
        MakeUnavailable { code: code.clone(), reason: None }
    }

    #[test]
    fn each_state_has_its_own_answer() {
        for state in STATES {
            let (mut world, code) = World::with_code_in(state, groupon(json!({})));
            let expected = match state {
                CodeState::Normal | CodeState::Expire | CodeState::Gifting | CodeState::GiftTimeout => None,
                CodeState::Consumed => Some(ErrCode::CodeConsumed),
                CodeState::GiftSucc => Some(ErrCode::InvalidSerialCode),
                _ => Some(ErrCode::InvalidUserCardStatus),
            };
            assert_eq!(refusal(world.run(unavailable(&code))), expected, "{}", state.wire());
            if expected.is_none() {
                assert_eq!(world.state(&code), CodeState::Unavailable);
            }
        }
    }

    #[test]
    fn an_unavailable_member_card_has_its_reason_in_the_event() {
        let member = member_card(json!({}), json!({}));
        let (mut world, code) = World::with_code_in(CodeState::Normal, member);
        let reason = Some("refunded".to_owned());
        world.run(MakeUnavailable { code, reason: reason.clone() }).expect("unavailable");
        assert_eq!(world.events.last().map(|event| event.detail.clone()), Some(reason));
        let kept = world.records.iter().find(|(key, _)| key.kind == RecordKind::UnavailableReason);
        let kept = kept.map(|(_, record)| record.value::<UnavailableReason>());
        assert_eq!(kept, Some(Ok(UnavailableReason { reason: "refunded".to_owned() })), "for the holder");
    }

    #[test]
    fn an_unrecorded_expiry_is_emitted_before_code_unavailable() {
        let (mut world, code) = World::with_code_in(CodeState::Expire, groupon(json!({})));
        let (before, end) = (world.events.len(), world.now.plus(-3600));
        world.run(unavailable(&code)).expect("unavailable");
        assert_eq!(world.kinds_since(before), [EventKind::Expire, EventKind::CodeUnavailable]);
        assert_eq!((world.events[before].at, world.code(&code).expired_at), (end, Some(end)));
    }

    #[test]
    fn unavailable_errors_follow_the_documented_order() {
        let (mut world, code) = World::with_code_in(CodeState::Delete, groupon(json!({})));
        let long = |code: &CodeRef| MakeUnavailable { reason: Some("x".repeat(513)), ..unavailable(code) };
        assert_eq!(refusal(world.run(long(&no_code()))), Some(ErrCode::InvalidSerialCode));
        assert_eq!(refusal(world.run(long(&code))), Some(ErrCode::InvalidUserCardStatus));
        let (mut world, code) = World::with_code_in(CodeState::Normal, groupon(json!({})));
        assert_eq!(refusal(world.run(long(&code))), Some(ErrCode::OutOfLengthLimit));
    }
}
