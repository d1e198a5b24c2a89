//! A holder begins to give a code away (转赠): `POST /wallet/v1/gift`. The code stays with the giver, out of use,
//! until a friend accepts it or the time for that is over. WeChat manual: "卡券事件推送" (card events), transfer.

use super::{CodeRef, CodeState};
use crate::engine::{Apply, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::OpenId;
use crate::time::Timestamp;

/// Puts a code up for a friend to accept.
///
/// Errors: 40056 and 40073 no such code or card; 40003 not this holder's, or meant for the holder; 45030 the card
/// cannot be given away; 40099 and 40127 not in a state to be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gift {
    /// The code.
    pub code: CodeRef,
    /// Who gives.
    pub openid: OpenId,
    /// Who may accept; anyone if not named.
    pub to: Option<OpenId>,
}

impl Apply for Gift {
    type Reply = ();

    fn keys(&self, ws: &WorkingSet, keys: &mut Keys) {
        self.code.keys(ws, keys);
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        let (code, card) = self.code.find(ws)?;
        if code.openid != self.openid {
            return Err(Error::field(ErrCode::InvalidOpenid, "openid", "does not hold this code"));
        }
        if self.to.as_ref() == Some(&self.openid) {
            return Err(Error::field(ErrCode::InvalidOpenid, "friend_openid", "is the giver"));
        }
        if !card.terms.can_give_friend {
            return Err(Error::field(ErrCode::NotSupported, "code", "this card cannot be given away"));
        }
        match code.state_at(&ws.app, card, now) {
            CodeState::Normal => {}
            state => return Err(state.refusal()),
        }
        let (seq, card_no) = (code.seq, card.no);
        let code = ws.codes.get_mut(&seq)?;
        code.state = CodeState::Gifting;
        code.changed_at = now;
        code.gift_to = self.to.clone();
        let event = Event::new(EventKind::GiftStart, now, card_no).of(seq, &self.openid);
        ws.record(Event { friend: self.to.clone(), ..event });
        Ok(())
    }
}
