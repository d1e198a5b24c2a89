//! Switches pay at the till on or off for a card: `POST /card/paycell/set`. WeChat manual: "管理卡券" (manage cards), pay
//! at the till.

use super::Card;
use super::open_cells::{Cells, has_center, has_shops};
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::id::CardId;
use crate::time::Timestamp;

/// Switches pay at the till on or off.
///
/// # Errors
///
/// In this order: 40073 unknown card; 40078 deleted card; 43017 switched on for a card without shops; 45046 the card
/// has a centre button or self-service consume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetPayCell {
    pub card_id: CardId,
    /// Whether pay at the till is on.
    pub is_open: bool,
}

impl Command for SetPayCell {
    type Reply = ();

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        Cells::reads(&self.card_id, ws, keys);
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        let (card, cells) = Cells::of(&self.card_id, ws, now)?;
        let key = Cells::key(card.no);
        if self.is_open {
            may_open(card, cells)?;
        }
        ws.put_record(key, &Cells { pay: self.is_open, ..cells })
    }
}

fn may_open(card: &Card, cells: Cells) -> Result<()> {
    if !has_shops(card) {
        return Err(Error::field(ErrCode::RequireLocationId, "card_id", "the card has no shops"));
    }
    if has_center(card) || cells.self_consume {
        let reason = "has a centre button or self-service consume";
        return Err(Error::field(ErrCode::CellConflict, "card_id", reason));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::{SetSelfConsumeCell, UpdateCard};
    use crate::engine::testing::*;
    use serde_json::json;

    fn set(card_id: &CardId, is_open: bool) -> SetPayCell {
        SetPayCell { card_id: card_id.clone(), is_open }
    }

    #[test]
    fn a_centre_button_and_the_pay_cell_exclude_each_other() {
        let mut world = World::new();
        let card = world.create(groupon(json!({"location_id_list": [1]})));
        world.run(set(&card, true)).expect("open");
        let center = |text: &str| UpdateCard {
            card_id: card.clone(),
            patch: object(json!({"groupon": {"base_info": {"center_title": text}}})),
        };
        assert_eq!(refusal(world.run(center("pay"))), Some(ErrCode::PayCellConflict));
        world.run(center("")).expect("a blank button is none");
        world.run(set(&card, false)).expect("closed");
        world.run(center("pay")).expect("a button");
        assert_eq!(refusal(world.run(set(&card, true))), Some(ErrCode::CellConflict));
        world.run(set(&card, false)).expect("closing is always possible");
    }

    #[test]
    fn pay_cell_errors_follow_the_documented_order() {
        let mut world = World::new();
        assert_eq!(refusal(world.run(set(&"pNowhere".into(), true))), Some(ErrCode::InvalidCardId));
        let card = world.create(groupon(json!({"center_title": "a"})));
        assert_eq!(refusal(world.run(set(&card, true))), Some(ErrCode::RequireLocationId));
        let all = world.create(groupon(json!({"use_all_locations": true})));
        let open = SetSelfConsumeCell {
            card_id: all.clone(),
            is_open: true,
            need_verify_cod: false,
            need_remark_amount: false,
        };
        world.run(open).expect("open");
        assert_eq!(refusal(world.run(set(&all, true))), Some(ErrCode::CellConflict));
        world.run(crate::card::DeleteCard { card_id: card.clone() }).expect("deleted");
        assert_eq!(refusal(world.run(set(&card, true))), Some(ErrCode::InvalidCardStatus));
    }
}
