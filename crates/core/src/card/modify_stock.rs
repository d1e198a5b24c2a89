//! Changes a card's stock: `POST /card/modifystock`. WeChat manual: "管理卡券" (manage cards), stock.

use super::CodeMode;
use super::table::QUANTITY_MAX;
use crate::card::sku_reminder;
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::CardId;
use crate::time::Timestamp;

/// Adds codes to the stock, or removes some.
///
/// # Errors
///
/// 40073 unknown card; 40078 deleted card; 40122 for a negative value, or if more would be removed than are left;
/// 45041 for more than 100 000 000 in total; 40136 if a deposit card would have more stock than imported codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModifyStock {
    pub card_id: CardId,
    /// Codes to add.
    pub increase: i64,
    /// Codes to take back.
    pub reduce: i64,
}

impl Command for ModifyStock {
    type Reply = ();

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.insert(self.card_id.clone());
        if let Some(card) = ws.loaded_card(&self.card_id) {
            // A claim in the same batch may then find that little stock is left, and it needs this record.
            keys.records.insert(sku_reminder::key(card.no));
            if card.terms.code_mode == CodeMode::Deposit {
                keys.pools.entry(card.no).or_default();
            }
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        let card = ws.undeleted_card(&self.card_id)?;
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
        ws.emit(Event { amount: change, ..Event::new(EventKind::StockChange, now, no) });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::CardStatus;
    use crate::code::DepositCodes;
    use crate::engine::testing::*;
    use serde_json::{Value, json};

    fn modify(card_id: &CardId, increase: i64, reduce: i64) -> ModifyStock {
        ModifyStock { card_id: card_id.clone(), increase, reduce }
    }

    fn world_with(base_info: Value) -> (World, CardId) {
        let mut world = World::new();
        let card = world.create(groupon(base_info));
        (world, card)
    }

    #[test]
    fn what_is_left_and_what_was_ever_put_up_move_together() {
        for (increase, reduce, quantity) in [(5, 0, 14), (0, 9, 0), (7, 3, 13), (0, 0, 9), (3, 3, 9)] {
            let (mut world, card) = world_with(json!({"sku": {"quantity": 10}}));
            world.claim(&card, "o1");
            let before = world.events.len();
            world.run(modify(&card, increase, reduce)).expect("stock");
            assert_eq!((world.card(&card).quantity, world.card(&card).total), (quantity, quantity + 1));
            let amounts: Vec<i64> = world.events[before..].iter().map(|event| event.amount).collect();
            let expected = if quantity == 9 { vec![] } else { vec![quantity - 9] };
            assert_eq!(amounts, expected, "no event where nothing changes");
            assert_eq!(world.card(&card).status, CardStatus::VerifyOk);
        }
    }

    #[test]
    fn a_deposit_card_has_no_more_stock_than_imported_codes() {
        let (mut world, card) = world_with(json!({
            "use_custom_code": true, "get_custom_code_mode": "GET_CUSTOM_CODE_MODE_DEPOSIT",
            "sku": {"quantity": 0},
        }));
        assert_eq!(refusal(world.run(modify(&card, 1, 0))), Some(ErrCode::InvalidDepositMode));
        let codes = vec!["a".into(), "b".into()];
        world.run(DepositCodes { card_id: card.clone(), codes }).expect("imported");
        assert_eq!(refusal(world.run(modify(&card, 3, 0))), Some(ErrCode::InvalidDepositMode));
        assert_eq!(refusal(world.run(modify(&card, 2, 0))), None);
        world.claim(&card, "o1");
        assert_eq!(refusal(world.run(modify(&card, 1, 0))), Some(ErrCode::InvalidDepositMode));
        assert_eq!(refusal(world.run(modify(&card, 0, 1))), None);
        assert_eq!(refusal(world.run(modify(&card, 1, 0))), None);
    }

    #[test]
    fn modify_stock_errors_follow_the_documented_order() {
        let (mut world, card) = world_with(json!({"sku": {"quantity": 1_000_000_000}}));
        for (case, increase, reduce, expected) in [
            ("negative, beyond the total", i64::MAX, -1, ErrCode::InvalidCardQuantity),
            ("below what is left", 0, 1_000_000_001, ErrCode::InvalidCardQuantity),
            ("below, as far as numbers go", 0, i64::MAX, ErrCode::InvalidCardQuantity),
            ("beyond the total", 1, 0, ErrCode::TotalQuantityReached),
            ("beyond, as far as numbers go", i64::MAX, 0, ErrCode::TotalQuantityReached),
        ] {
            assert_eq!(refusal(world.run(modify(&card, increase, reduce))), Some(expected), "{case}");
        }
        let nowhere = CardId::from("pNowhere");
        assert_eq!(refusal(world.run(modify(&nowhere, -1, 0))), Some(ErrCode::InvalidCardId));
        world.run(crate::card::DeleteCard { card_id: card.clone() }).expect("deleted");
        assert_eq!(refusal(world.run(modify(&card, -1, 0))), Some(ErrCode::InvalidCardStatus));
    }
}
