//! Deletes a card: `POST /card/delete`. Nobody can claim it any more; codes already out stay good.
//! WeChat manual: "管理卡券" (manage cards), delete.

use super::CardStatus;
use crate::engine::{Apply, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::CardId;
use crate::time::Timestamp;

/// Deletes a card for good.
///
/// Errors: 40073 unknown card, 40078 when it is deleted already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteCard {
    /// The card.
    pub card_id: CardId,
}

impl Apply for DeleteCard {
    type Reply = ();

    fn keys(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.insert(self.card_id.clone());
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        let card = ws.card_by_id(&self.card_id)?.ok_or(ErrCode::InvalidCardId)?;
        if card.status == CardStatus::Delete {
            return Err(Error::field(ErrCode::InvalidCardStatus, "card_id", "the card was deleted before"));
        }
        let mut card = card.clone();
        card.status = CardStatus::Delete;
        let no = card.no;
        ws.cards.put(no, card);
        ws.record(Event::new(EventKind::CardDelete, now, no));
        Ok(())
    }
}
