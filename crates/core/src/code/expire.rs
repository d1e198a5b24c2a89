//! Puts into the log that codes have expired. The state itself follows from the clock; the event is what the
//! statistics count, dated to the last second of the window. WeChat manual: "卡券数据接口", `expire_cnt`.

use super::CodeState;
use crate::engine::{Apply, Keys, WorkingSet};
use crate::error::Result;
use crate::event::{Event, EventKind};
use crate::id::{CardNo, CodeSeq};
use crate::time::Timestamp;

/// Records the expiry of those of these codes whose window has ended and was not recorded yet. Answers how many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpireCodes {
    /// The card all of them are of.
    pub card: CardNo,
    /// The codes to look at.
    pub codes: Vec<CodeSeq>,
}

impl Apply for ExpireCodes {
    type Reply = u64;

    fn keys(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.cards.insert(self.card);
        keys.codes.extend(self.codes.iter().copied());
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<u64> {
        let Some(card) = ws.cards.get(&self.card)?.cloned() else { return Ok(0) };
        let mut expired = 0;
        for seq in &self.codes {
            let Some(code) = ws.codes.get(seq)? else { continue };
            let end = code.window(&card).end;
            let held = matches!(code.state, CodeState::Normal | CodeState::Gifting);
            if code.card != card.no || !held || end >= now || code.expired_at == Some(end) {
                continue;
            }
            let event = Event::new(EventKind::Expire, end, card.no).of(*seq, &code.openid);
            ws.codes.get_mut(seq)?.expired_at = Some(end);
            ws.record(event);
            expired += 1;
        }
        Ok(expired)
    }
}
