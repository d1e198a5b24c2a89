//! Consumes a code (核销): `POST /card/code/consume`. WeChat manual: "核销卡券" (consume cards).

use super::{CodeRef, CodeState};
use crate::engine::{Apply, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::{CardId, OpenId};
use crate::time::Timestamp;

/// Consumes a code, once and for good.
///
/// Errors, in this order: 40056 and 40073 no such code or card; 40071 a member card; 40099 consumed before; 40127
/// given away, deleted or unavailable; 40079 before or after its window; 72020 the holder has consumed `use_limit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consume {
    /// The code.
    pub code: CodeRef,
    /// What the till wants to find in the event.
    pub outer_str: Option<String>,
}

/// Whose code of which card was consumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consumed {
    /// The card.
    pub card_id: CardId,
    /// The holder.
    pub openid: OpenId,
}

impl Apply for Consume {
    type Reply = Consumed;

    fn keys(&self, ws: &WorkingSet, keys: &mut Keys) {
        self.code.keys(ws, keys);
        if let Some(code) = self.code.loaded(ws) {
            keys.holders.insert((code.card, code.openid.clone()));
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<Consumed> {
        let (code, card) = self.code.find(ws)?;
        if card.card_type.is_member_card() {
            return Err(Error::field(ErrCode::InvalidCardType, "code", "member cards are not consumed"));
        }
        match code.state_at(&ws.app, card, now) {
            CodeState::Normal if code.window(card).begin > now => {
                return Err(Error::field(ErrCode::InvalidTime, "code", "its validity has not begun"));
            }
            CodeState::Normal => {}
            CodeState::Expire => {
                return Err(Error::field(ErrCode::InvalidTime, "code", "its validity is over"));
            }
            state => return Err(state.refusal()),
        }
        let consumes = ws.holder(card.no, &code.openid)?.consumes();
        if consumes >= card.terms.use_limit {
            let reason = format!("its holder has consumed {consumes} of this card");
            return Err(Error::field(ErrCode::UseLimitReached, "code", reason));
        }
        let (seq, card_no, openid, card_id) = (code.seq, card.no, code.openid.clone(), card.id.clone());
        let code = ws.codes.get_mut(&seq)?;
        code.state = CodeState::Consumed;
        code.changed_at = now;
        if let Some(held) = ws.holder_mut(card_no, &openid).codes.iter_mut().find(|held| held.seq == seq) {
            held.consumed = true;
        }
        let event = Event::new(EventKind::Consume, now, card_no).of(seq, &openid);
        ws.record(Event { detail: self.outer_str.clone(), ..event });
        Ok(Consumed { card_id, openid })
    }
}
