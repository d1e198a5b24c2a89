//! A holder opens a card's page: `POST /wallet/v1/view`. It changes nothing but is counted.
//! WeChat manual: "卡券数据接口" (card statistics), `view_cnt` and `view_user`.

use crate::engine::{Apply, Keys, WorkingSet};
use crate::error::{ErrCode, Result};
use crate::event::{Event, EventKind};
use crate::id::{CardId, OpenId};
use crate::time::Timestamp;

/// Records that a holder looked at a card.
///
/// Errors: 40073 unknown card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The card.
    pub card_id: CardId,
    /// Who looks.
    pub openid: OpenId,
    /// Channel of the view.
    pub outer_str: Option<String>,
}

impl Apply for View {
    type Reply = ();

    fn keys(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.insert(self.card_id.clone());
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        let no = ws.card_by_id(&self.card_id)?.ok_or(ErrCode::InvalidCardId)?.no;
        let openid = Some(self.openid.clone());
        ws.record(Event { openid, detail: self.outer_str.clone(), ..Event::new(EventKind::View, now, no) });
        Ok(())
    }
}
