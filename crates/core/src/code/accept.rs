//! A friend accepts a code: `POST /wallet/v1/gift/accept`. The friend gets a code of their own with the same validity;
//! the giver's is gone. Custom codes keep their text. WeChat manual: "卡券事件推送" (card events), transfer.

use super::claim::Claimed;
use super::{Code, CodeRef, CodeState, Origin};
use crate::engine::{Apply, CustomCode, HeldCode, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::OpenId;
use crate::member::Member;
use crate::time::Timestamp;

/// Takes over a code that is being given away. Neither stock nor `get_limit` are touched.
///
/// Errors: 40056 and 40073 no such code or card; 40127 not being given away, or no more; 40003 the giver, or not the
/// friend it is meant for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptGift {
    /// The giver's code.
    pub code: CodeRef,
    /// Who accepts.
    pub openid: OpenId,
}

impl Apply for AcceptGift {
    type Reply = Claimed;

    fn keys(&self, ws: &WorkingSet, keys: &mut Keys) {
        self.code.keys(ws, keys);
        if let Some(code) = self.code.loaded(ws) {
            keys.holders.insert((code.card, self.openid.clone()));
            keys.members.insert(code.seq);
            if let Some(text) = &code.custom {
                keys.custom_codes.insert((code.card, text.clone()));
            }
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<Claimed> {
        let (code, card) = self.code.find(ws)?;
        match code.state_at(&ws.app, card, now) {
            CodeState::Gifting => {}
            state => return Err(state.refusal()),
        }
        if code.openid == self.openid {
            return Err(Error::field(ErrCode::InvalidOpenid, "openid", "is the giver"));
        }
        if code.gift_to.as_ref().is_some_and(|friend| *friend != self.openid) {
            return Err(Error::field(ErrCode::InvalidOpenid, "openid", "is not the friend it is meant for"));
        }
        let old = code.clone();
        let member = ws.members.get(&old.seq)?.cloned();
        Ok(self.hand_over(ws, old, member, now))
    }
}

impl AcceptGift {
    fn hand_over(&self, ws: &mut WorkingSet, old: Code, member: Option<Member>, now: Timestamp) -> Claimed {
        let seq = ws.next_code();
        let new = Code {
            seq,
            openid: self.openid.clone(),
            state: CodeState::Normal,
            origin: Origin::Given,
            claimed_at: now,
            changed_at: now,
            gift_to: None,
            ..old.clone()
        };
        if let Some(text) = &new.custom {
            ws.custom_codes.put((new.card, text.clone()), CustomCode::Issued(seq));
        }
        if let Some(member) = member {
            ws.members.put(seq, Member { code: seq, ..member });
        }
        ws.holder_mut(new.card, &self.openid).codes.push(HeldCode { seq, claimed: false, consumed: false });
        ws.record(Event {
            friend: Some(self.openid.clone()),
            other_code: Some(old.seq),
            ..Event::new(EventKind::GiftAccept, now, old.card).of(seq, &old.openid)
        });
        let claimed = Claimed { seq, custom: new.custom.clone() };
        ws.codes.put(seq, new);
        ws.codes.put(old.seq, Code { state: CodeState::GiftSucc, changed_at: now, ..old });
        claimed
    }
}
