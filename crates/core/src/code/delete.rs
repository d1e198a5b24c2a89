//! A holder deletes a code from the wallet: `POST /wallet/v1/delete`.
//! WeChat manual: "卡券事件推送" (card events), deletion.

use super::{CodeRef, CodeState};
use crate::engine::{Apply, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::OpenId;
use crate::time::Timestamp;

/// Deletes a code; it does not go back to stock.
///
/// Errors: 40056 and 40073 no such code or card; 40003 not this holder's; 40099 and 40127 not in a state to be
/// deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteCode {
    /// The code.
    pub code: CodeRef,
    /// Its holder.
    pub openid: OpenId,
}

impl Apply for DeleteCode {
    type Reply = ();

    fn keys(&self, ws: &WorkingSet, keys: &mut Keys) {
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
        let (seq, card_no) = (code.seq, card.no);
        let code = ws.codes.get_mut(&seq)?;
        code.state = CodeState::Delete;
        code.changed_at = now;
        ws.record(Event::new(EventKind::CodeDelete, now, card_no).of(seq, &self.openid));
        Ok(())
    }
}
