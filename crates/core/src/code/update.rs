//! Replaces the text of a custom code: `POST /card/code/update`. WeChat manual: "管理卡券" (manage cards), change code.

use super::{CodeRef, CodeState};
use crate::engine::{Apply, CustomCode, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::{CODE_MAX, CodeText};
use crate::time::Timestamp;

/// Gives a custom code another text; the old one leads nowhere from then on.
///
/// Errors: 40056 and 40073 no such code or card, or a card without custom codes; 45021 a new code of more than 20
/// bytes; 40099 and 40127 by state; 40111 a new code this card has already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateCode {
    /// The code.
    pub code: CodeRef,
    /// Its new text.
    pub new_code: CodeText,
}

impl Apply for UpdateCode {
    type Reply = ();

    fn keys(&self, ws: &WorkingSet, keys: &mut Keys) {
        self.code.keys(ws, keys);
        if let Some(code) = self.code.loaded(ws) {
            keys.custom_codes.insert((code.card, self.new_code.clone()));
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        let (code, card) = self.code.find(ws)?;
        let Some(old_text) = code.custom.clone() else {
            return Err(Error::field(ErrCode::InvalidSerialCode, "code", "this card has no custom codes"));
        };
        if self.new_code.as_str().len() > CODE_MAX {
            let reason = format!("{} bytes, at most {CODE_MAX}", self.new_code.as_str().len());
            return Err(Error::field(ErrCode::OutOfLengthLimit, "new_code", reason));
        }
        match code.state_at(&ws.app, card, now) {
            CodeState::Normal | CodeState::GiftTimeout => {}
            state => return Err(state.refusal()),
        }
        if ws.custom_codes.get(&(card.no, self.new_code.clone()))?.is_some() {
            return Err(Error::field(ErrCode::HaveSameCode, "new_code", "this card has it already"));
        }
        let (seq, no, openid) = (code.seq, card.no, code.openid.clone());
        ws.codes.get_mut(&seq)?.custom = Some(self.new_code.clone());
        ws.custom_codes.put((no, old_text.clone()), CustomCode::Retired);
        ws.custom_codes.put((no, self.new_code.clone()), CustomCode::Issued(seq));
        let event = Event::new(EventKind::CodeUpdate, now, no).of(seq, &openid);
        ws.record(Event { detail: Some(old_text.to_string()), ..event });
        Ok(())
    }
}
