//! Emits card_sku_remind if a claim leaves at most 100 codes of a card with more than 200 in total. A card emits it
//! at most once in 12 hours. WeChat manual: "卡券事件推送" (card events), stock.

use crate::card::Card;
use crate::engine::{Record, RecordKey, RecordKind, WorkingSet};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::id::CardNo;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A card with at most this many codes in total emits no reminder.
const TOTAL_OVER: i64 = 200;
/// A card emits the reminder if at most this many codes are left.
const LEFT_MAX: i64 = 100;
/// If at most this many codes are left, claims read the last reminder. The margin is larger than the claims of a
/// batch, about a thousand.
const NEAR: i64 = LEFT_MAX + 2048;
/// The shortest time between two reminders of a card, in seconds.
const REST_SECS: i64 = 12 * 3600;

/// The last reminder of a card.
#[derive(Debug, Serialize, Deserialize)]
struct SkuRemind {
    at: Timestamp,
}

impl Record for SkuRemind {
    const KIND: RecordKind = RecordKind::SkuRemind;
}

/// The key of the record with the last reminder of a card.
pub(crate) fn key(card: CardNo) -> RecordKey {
    RecordKey::numbered::<SkuRemind>(card.0)
}

/// Whether the claims of a batch could reduce the stock so far that the card emits a reminder.
pub(crate) fn is_near(card: &Card) -> bool {
    card.total > TOTAL_OVER && card.quantity <= NEAR
}

/// Emits the reminder if the stock is low and the last reminder is old enough.
pub(crate) fn after_claim(ws: &mut WorkingSet, no: CardNo, now: Timestamp) -> Result<()> {
    let card = ws.cards.get(&no)?.ok_or_else(|| Error::internal("a claim without its card"))?;
    if card.total <= TOTAL_OVER || card.quantity > LEFT_MAX {
        return Ok(());
    }
    let (key, left) = (key(no), card.quantity);
    let last = ws.find_record::<SkuRemind>(&key, now)?;
    if last.is_some_and(|last| last.at.plus(REST_SECS) > now) {
        return Ok(());
    }
    ws.emit(Event { amount: left, ..Event::new(EventKind::SkuRemind, now, no) });
    ws.put_record_until(key, &SkuRemind { at: now }, Some(now.plus(REST_SECS)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::ModifyStock;
    use crate::code::claim::{Claim, Via};
    use crate::engine::testing::*;
    use crate::id::CardId;
    use serde_json::json;

    /// A world with a card that had `total` codes and has `left` codes now.
    fn stock(total: i64, left: i64) -> (World, CardId) {
        let mut world = World::new();
        let date_info = range(0, 20 * REST_SECS);
        let card = world.create(groupon(json!({"sku": {"quantity": total}, "date_info": date_info})));
        let no = world.card_ids[&card];
        world.cards.get_mut(&no).expect("a card").quantity = left;
        (world, card)
    }

    fn reminders(world: &World) -> Vec<i64> {
        let reminders = world.events.iter().filter(|event| event.kind == EventKind::SkuRemind);
        reminders.map(|event| event.amount).collect()
    }

    #[test]
    fn a_claim_that_leaves_a_hundred_of_more_than_two_hundred_reminds() {
        for (total, left, expected) in
            [(201, 102, &[][..]), (201, 101, &[100]), (201, 1, &[0]), (200, 101, &[]), (200, 1, &[])]
        {
            let (mut world, card) = stock(total, left);
            world.claim(&card, "o1");
            assert_eq!(reminders(&world), expected, "{left} of {total}");
        }
    }

    #[test]
    fn a_card_reminds_every_twelve_hours_at_most() {
        let (mut world, card) = stock(300, 50);
        let claims: Vec<_> =
            ["o1", "o2"].map(|openid| Claim::of(card.clone(), openid.into(), Via::Server)).into();
        world.batch(&claims);
        world.pass(REST_SECS - 1);
        world.claim(&card, "o3");
        assert_eq!(reminders(&world), [49]);
        world.pass(1);
        world.claim(&card, "o4");
        assert_eq!(reminders(&world), [49, 46]);
    }

    #[test]
    fn stock_that_shrinks_in_the_same_batch_is_heeded() {
        let (world, card) = stock(10_000, 9_000);
        let shrink = ModifyStock { card_id: card.clone(), increase: 0, reduce: 8_950 };
        let ops: Vec<crate::operation::Operation> =
            vec![shrink.into(), Claim::of(card, "o1".into(), Via::Server).into()];
        let mut together = world.clone();
        together.batch(&ops);
        assert_eq!(reminders(&together), [49]);
    }

    #[test]
    fn a_card_with_much_left_asks_for_no_reminder() {
        let (world, card) = stock(10_000, NEAR + 1);
        let no = world.card_ids[&card];
        assert!(!is_near(&world.cards[&no]));
    }
}
