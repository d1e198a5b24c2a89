//! Deletes a card: `POST /card/delete`. The card can no longer be claimed; issued codes remain valid. WeChat manual:
//! "管理卡券" (manage cards), delete.

use super::CardStatus;
use super::white_list::WhiteList;
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::CardId;
use crate::time::Timestamp;

/// Deletes a card. This cannot be undone.
///
/// # Errors
///
/// 40073 unknown card; 40078 already deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteCard {
    pub card_id: CardId,
}

impl Command for DeleteCard {
    type Reply = ();

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.insert(self.card_id.clone());
        keys.records.insert(WhiteList::key());
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        let card = ws.existing_card(&self.card_id)?;
        if card.status == CardStatus::Delete {
            return Err(Error::field(ErrCode::InvalidCardStatus, "card_id", "the card was deleted before"));
        }
        let mut card = card.clone();
        card.status = CardStatus::Delete;
        let no = card.no;
        ws.cards.put(no, card);
        ws.emit(Event::new(EventKind::CardDelete, now, no));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::ReviewPolicy;
    use crate::engine::testing::*;
    use serde_json::json;

    #[test]
    fn a_card_is_deleted_once_whatever_its_review_says() {
        for policy in [ReviewPolicy::Auto, ReviewPolicy::Manual] {
            let mut world = World::reviewed_by(policy);
            let card_id = world.create(groupon(json!({})));
            let delete = DeleteCard { card_id: card_id.clone() };
            world.run(delete.clone()).expect("deleted");
            assert_eq!(world.card(&card_id).status, CardStatus::Delete);
            assert_eq!(world.events.last().map(|event| event.kind), Some(EventKind::CardDelete));
            assert_eq!(refusal(world.run(delete)), Some(ErrCode::InvalidCardStatus));
        }
    }

    #[test]
    fn an_unknown_card_cannot_be_deleted() {
        let delete = DeleteCard { card_id: "pNowhere".into() };
        assert_eq!(refusal(World::new().run(delete)), Some(ErrCode::InvalidCardId));
    }
}
