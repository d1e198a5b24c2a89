//! Checks whether a card can be put into an article: `POST /card/mpnews/gethtml`. WeChat manual: "投放卡券" (distribute
//! cards), cards in articles.

use super::{CardStatus, CodeMode};
use crate::engine::{Keys, Query, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::id::CardId;
use crate::time::Timestamp;

/// Checks whether a card can be claimed from an article.
///
/// # Errors
///
/// In this order: 40073 unknown card; 40078 deleted, or its codes are not imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckForArticle {
    pub card_id: CardId,
}

impl Query for CheckForArticle {
    type Reply = ();

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.insert(self.card_id.clone());
        if let Some(card) = ws.loaded_card(&self.card_id) {
            keys.pools.entry(card.no).or_default();
        }
    }

    fn run(&self, ws: &WorkingSet, _: Timestamp) -> Result<()> {
        let card = ws.existing_card(&self.card_id)?;
        let refused = |reason: &str| Err(Error::field(ErrCode::InvalidCardStatus, "card_id", reason));
        if card.status == CardStatus::Delete {
            return refused("the card was deleted");
        }
        match card.terms.code_mode {
            CodeMode::System => Ok(()),
            CodeMode::Custom => refused("the card needs a code for each claim"),
            CodeMode::Deposit => match ws.pools.get(&card.no)? {
                Some(pool) if pool.deposited > 0 => Ok(()),
                _ => refused("no codes were imported"),
            },
        }
    }
}
