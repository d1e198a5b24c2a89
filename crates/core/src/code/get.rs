//! What `POST /card/code/get` answers about a code. WeChat manual: "核销卡券" (consume cards), query a code.

use super::{CodeRef, CodeState};
use crate::engine::{Apply, Keys, WorkingSet};
use crate::error::Result;
use crate::time::Timestamp;
use serde_json::{Value, json};

/// Looks a code up. Applied to a working set that is read and never written.
///
/// Errors: 40056 and 40073 no such code or card; with `check_consume` also 40099 and 40127 for a code that cannot be
/// consumed any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetCode {
    /// The code.
    pub code: CodeRef,
    /// Refuse codes that cannot be consumed any more.
    pub check_consume: bool,
}

impl Apply for GetCode {
    type Reply = Value;

    fn keys(&self, ws: &WorkingSet, keys: &mut Keys) {
        self.code.keys(ws, keys);
        if let Some(code) = self.code.loaded(ws) {
            keys.members.insert(code.seq);
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<Value> {
        let (code, card) = self.code.find(ws)?;
        let (state, window) = (code.state_at(&ws.app, card, now), code.window(card));
        if state == CodeState::GiftSucc || (self.check_consume && state != CodeState::Normal) {
            return Err(state.refusal());
        }
        let mut reply = json!({
            "card": {
                "card_id": card.id.as_str(),
                "begin_time": window.begin.0,
                "end_time": window.end.0,
                "code": self.code.text.as_str(),
            },
            "openid": code.openid.as_str(),
            "can_consume": state == CodeState::Normal && window.begin <= now && now <= window.end,
            "user_card_status": state.wire(),
        });
        if let Some(outer_str) = code.outer_str.as_ref().filter(|text| !text.is_empty()) {
            reply["outer_str"] = outer_str.as_str().into();
        }
        if let Some(member) = ws.members.get(&code.seq)? {
            reply["membership_number"] = member.membership_number.as_str().into();
            reply["bonus"] = member.bonus.into();
            if card.section.get("supply_balance") == Some(&json!(true)) {
                reply["balance"] = member.balance.into();
            }
            if !member.background_pic_url.is_empty() {
                reply["background_pic_url"] = member.background_pic_url.as_str().into();
            }
        }
        Ok(reply)
    }
}
