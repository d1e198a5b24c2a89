//! The merchant invalidates a code (设置失效): `POST /card/code/unavailable`. WeChat manual: "管理卡券" (manage cards).

use super::{CodeRef, CodeState};
use crate::engine::{Apply, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::time::Timestamp;

/// Bytes a reason may have.
pub const REASON_MAX: usize = 512;

/// Makes a code unavailable for good.
///
/// Errors: 40056 and 40073 no such code or card, 40099 consumed, 40127 deleted or unavailable already, 45021 for a
/// reason that is too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MakeUnavailable {
    /// The code.
    pub code: CodeRef,
    /// Shown to the holder.
    pub reason: Option<String>,
}

impl Apply for MakeUnavailable {
    type Reply = ();

    fn keys(&self, ws: &WorkingSet, keys: &mut Keys) {
        self.code.keys(ws, keys);
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        let (code, card) = self.code.find(ws)?;
        match code.state_at(&ws.app, card, now) {
            CodeState::Normal | CodeState::Expire | CodeState::Gifting | CodeState::GiftTimeout => {}
            state => return Err(state.refusal()),
        }
        if self.reason.as_ref().is_some_and(|reason| reason.len() > REASON_MAX) {
            return Err(Error::field(
                ErrCode::OutOfLengthLimit,
                "reason",
                format!("at most {REASON_MAX} bytes"),
            ));
        }
        let (seq, card_no, openid) = (code.seq, card.no, code.openid.clone());
        let code = ws.codes.get_mut(&seq)?;
        code.state = CodeState::Unavailable;
        code.changed_at = now;
        let event = Event::new(EventKind::CodeUnavailable, now, card_no).of(seq, &openid);
        ws.record(Event { detail: self.reason.clone(), ..event });
        Ok(())
    }
}
