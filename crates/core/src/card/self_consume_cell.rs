//! Switches self-service consume on or off for a card: `POST /card/selfconsumecell/set`. WeChat manual: "管理卡券"
//! (manage cards), self-service consume.

use super::Card;
use super::open_cells::{Cells, has_center};
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::id::CardId;
use crate::time::Timestamp;

/// Switches self-service consume on or off.
///
/// # Errors
///
/// In this order: 40073 unknown card; 40078 deleted card; 45046 the card has a centre button or pay at the till.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetSelfConsumeCell {
    pub card_id: CardId,
    /// Whether self-service consume is on.
    pub is_open: bool,
    /// Whether holders must enter a verify code. The name has the manual's spelling.
    pub need_verify_cod: bool,
    /// Whether holders must enter the amount.
    pub need_remark_amount: bool,
}

impl Command for SetSelfConsumeCell {
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
        let SetSelfConsumeCell { card_id: _, is_open, need_verify_cod, need_remark_amount } = *self;
        ws.put_record(key, &Cells { self_consume: is_open, need_verify_cod, need_remark_amount, ..cells })
    }
}

fn may_open(card: &Card, cells: Cells) -> Result<()> {
    match has_center(card) || cells.pay {
        true => Err(Error::field(ErrCode::CellConflict, "card_id", "has a centre button or pay at the till")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::{SetPayCell, UpdateCard};
    use crate::engine::testing::*;
    use serde_json::json;

    fn set(card_id: &CardId, is_open: bool) -> SetSelfConsumeCell {
        SetSelfConsumeCell {
            card_id: card_id.clone(),
            is_open,
            need_verify_cod: false,
            need_remark_amount: false,
        }
    }

    #[test]
    fn the_three_entries_exclude_each_other() {
        let mut world = World::new();
        let card = world.create(groupon(json!({"location_id_list": [1]})));
        world.run(set(&card, true)).expect("open");
        let center = UpdateCard {
            card_id: card.clone(),
            patch: object(json!({"groupon": {"base_info": {"center_url": "http://a"}}})),
        };
        assert_eq!(refusal(world.run(center.clone())), Some(ErrCode::CellConflict));
        world.run(set(&card, false)).expect("closed");
        world.run(SetPayCell { card_id: card.clone(), is_open: true }).expect("open");
        assert_eq!(refusal(world.run(set(&card, true))), Some(ErrCode::CellConflict));
        world.run(SetPayCell { card_id: card.clone(), is_open: false }).expect("closed");
        world.run(center).expect("a button");
        assert_eq!(refusal(world.run(set(&card, true))), Some(ErrCode::CellConflict));
    }

    #[test]
    fn self_consume_cell_errors_follow_the_documented_order() {
        let mut world = World::new();
        assert_eq!(refusal(world.run(set(&"pNowhere".into(), true))), Some(ErrCode::InvalidCardId));
        let card = world.create(groupon(json!({"center_title": "a"})));
        world.run(crate::card::DeleteCard { card_id: card.clone() }).expect("deleted");
        assert_eq!(refusal(world.run(set(&card, true))), Some(ErrCode::InvalidCardStatus));
    }
}
