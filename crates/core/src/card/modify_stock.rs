//! Changes a card's stock: `POST /card/modifystock`. WeChat manual: "管理卡券" (manage cards), stock.

use super::table::QUANTITY_MAX;
use super::{CardStatus, CodeMode};
use crate::engine::{Apply, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::CardId;
use crate::time::Timestamp;

/// Puts up more codes, or takes some back.
///
/// Errors: 40073 unknown card; 40078 deleted card; 40122 for a negative value or a reduction below what is left;
/// 45041 for more than 100 000 000 in all; 40136 when a deposit card would have more stock than imported codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModifyStock {
    /// The card.
    pub card_id: CardId,
    /// Codes to add.
    pub increase: i64,
    /// Codes to take back.
    pub reduce: i64,
}

impl Apply for ModifyStock {
    type Reply = ();

    fn keys(&self, ws: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.insert(self.card_id.clone());
        if ws.card_ids.is_loaded(&self.card_id)
            && let Ok(Some(card)) = ws.card_by_id(&self.card_id)
            && card.terms.code_mode == CodeMode::Deposit
        {
            keys.pools.entry(card.no).or_default();
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        let card = ws.card_by_id(&self.card_id)?.ok_or(ErrCode::InvalidCardId)?;
        if card.status == CardStatus::Delete {
            return Err(Error::field(ErrCode::InvalidCardStatus, "card_id", "the card was deleted"));
        }
        for (field, value) in [("increase_stock_value", self.increase), ("reduce_stock_value", self.reduce)] {
            if value < 0 {
                return Err(Error::field(ErrCode::InvalidCardQuantity, field, "must not be negative"));
            }
        }
        let change = self.increase.saturating_sub(self.reduce);
        if card.quantity.saturating_add(change) < 0 {
            let reason = format!("only {} are left", card.quantity);
            return Err(Error::field(ErrCode::InvalidCardQuantity, "reduce_stock_value", reason));
        }
        if card.total.saturating_add(change) > QUANTITY_MAX {
            let reason = format!("{} in all, at most {QUANTITY_MAX}", card.total.saturating_add(change));
            return Err(Error::field(ErrCode::TotalQuantityReached, "increase_stock_value", reason));
        }
        if card.terms.code_mode == CodeMode::Deposit && change > 0 {
            let deposited = ws.pools.get(&card.no)?.map_or(0, |pool| pool.deposited);
            if card.total + change > deposited {
                let reason = format!("only {deposited} codes were deposited");
                return Err(Error::field(ErrCode::InvalidDepositMode, "increase_stock_value", reason));
            }
        }
        if change == 0 {
            return Ok(());
        }
        let mut card = card.clone();
        card.quantity += change;
        card.total += change;
        let no = card.no;
        ws.cards.put(no, card);
        ws.record(Event { amount: change, ..Event::new(EventKind::StockChange, now, no) });
        Ok(())
    }
}
