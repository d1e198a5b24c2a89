//! The card that the mini program of a store offers: `POST /card/storewxa/set` and `/card/storewxa/get`. WeChat manual:
//! "门店小程序卡券" (cards of store mini programs).

use super::{PoiRecord, existing, key};
use crate::card::{Card, CardStatus, Cells, CodeMode};
use crate::engine::{Command, Keys, Query, Record, RecordKey, RecordKind, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::id::CardId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The card of a store. A store without a card has no record, or a record with `None`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StoreCard(pub Option<CardId>);

impl Record for StoreCard {
    const KIND: RecordKind = RecordKind::StoreCard;
}

impl StoreCard {
    /// The key of the record of this store.
    pub fn key(poi_id: i64) -> RecordKey {
        RecordKey::numbered::<StoreCard>(poi_id)
    }
}

/// Sets the card of a store in place of the present one, or removes it.
///
/// # Errors
///
/// In this order: 65115 no such store; 65118 the store was deleted; 40073 unknown card; 40078 the card was deleted or
/// is not approved; 40158 a card with custom codes; 40071 neither a member card nor a card with pay at the till or
/// swipe pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetStoreCard {
    pub poi_id: i64,
    /// The card; `None` for no card.
    pub card_id: Option<CardId>,
}

impl Command for SetStoreCard {
    type Reply = ();

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        keys.records.extend([key(self.poi_id), StoreCard::key(self.poi_id)]);
        if let Some(card_id) = &self.card_id {
            keys.card_ids.insert(card_id.clone());
            keys.records.extend(ws.loaded_card(card_id).map(|card| Cells::key(card.no)));
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        check_store(ws, self.poi_id, now)?;
        if let Some(card_id) = &self.card_id {
            let card = ws.existing_card(card_id)?;
            let refused = |code, reason: &str| Err(Error::field(code, "card_id", reason));
            if !card.status.is_open() {
                return refused(ErrCode::InvalidCardStatus, card.status.wire());
            }
            if card.terms.code_mode == CodeMode::Custom {
                return refused(ErrCode::NeedNoCustomCode, "the card has custom codes");
            }
            let pays = ws.find_record::<Cells>(&Cells::key(card.no), now)?.is_some_and(|cells| cells.pay);
            if !pays && !card.card_type.is_member_card() && !has_swipe_pay(card) {
                return refused(ErrCode::InvalidCardType, "must be a member card, or one to pay with");
            }
        }
        ws.put_record(StoreCard::key(self.poi_id), &StoreCard(self.card_id.clone()))
    }
}

fn has_swipe_pay(card: &Card) -> bool {
    let pay_info = card.section.get("base_info").and_then(|base| base.get("pay_info"));
    pay_info.and_then(|pay| pay.pointer("/swipe_card/is_swipe_card")) == Some(&Value::Bool(true))
}

fn check_store(ws: &WorkingSet, poi_id: i64, now: Timestamp) -> Result<()> {
    match existing(ws, poi_id, now) {
        Err(refused) if refused.code == ErrCode::PoiDeleted => {
            Err(Error { code: ErrCode::StoreStatusInvalid, ..refused })
        }
        found => found.map(drop),
    }
}

/// Looks up the card of a store; `None` if the store has none, or the card was deleted.
///
/// # Errors
///
/// 65115 no such store; 65118 the store was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GetStoreCard {
    pub poi_id: i64,
}

impl Query for GetStoreCard {
    type Reply = Option<CardId>;

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        let card_key = StoreCard::key(self.poi_id);
        if ws.records.is_loaded(&card_key)
            && let Ok(Some(record)) = ws.records.get(&card_key)
            && let Ok(StoreCard(card_id)) = record.value()
        {
            keys.card_ids.extend(card_id);
        }
        keys.records.extend([RecordKey::numbered::<PoiRecord>(self.poi_id), card_key]);
    }

    fn run(&self, ws: &WorkingSet, now: Timestamp) -> Result<Option<CardId>> {
        check_store(ws, self.poi_id, now)?;
        let record = ws.find_record::<StoreCard>(&StoreCard::key(self.poi_id), now)?;
        let Some(card_id) = record.and_then(|StoreCard(card_id)| card_id) else { return Ok(None) };
        let card = ws.card_by_id(&card_id)?;
        Ok(card.filter(|card| card.status != CardStatus::Delete).map(|card| card.id.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::DeletePoi;
    use super::super::add::tests::add;
    use super::*;
    use crate::app::ReviewPolicy;
    use crate::card::{DeleteCard, SetPayCell};
    use crate::engine::testing::*;
    use serde_json::json;

    fn set(poi_id: i64, card_id: &CardId) -> SetStoreCard {
        SetStoreCard { poi_id, card_id: Some(card_id.clone()) }
    }

    #[test]
    fn a_store_has_one_card_until_card_or_store_is_deleted() {
        let mut world = World::new();
        let poi_id = world.run(add(json!({}))).expect("a store");
        let get = GetStoreCard { poi_id };
        assert_eq!(world.ask(get), Ok(None));
        let cards = [0; 2].map(|_| world.create(member_card(json!({}), json!({}))));
        for card in &cards {
            world.run(set(poi_id, card)).expect("set");
            assert_eq!(world.ask(get), Ok(Some(card.clone())));
        }
        world.run(DeleteCard { card_id: cards[1].clone() }).expect("deleted");
        assert_eq!(world.ask(get), Ok(None));
        world.run(set(poi_id, &cards[0])).expect("set");
        world.run(SetStoreCard { poi_id, card_id: None }).expect("removed");
        assert_eq!(world.ask(get), Ok(None));
        world.run(DeletePoi { poi_id }).expect("deleted");
        assert_eq!(refusal(world.ask(get)), Some(ErrCode::StoreStatusInvalid));
        assert_eq!(refusal(world.run(set(poi_id, &cards[0]))), Some(ErrCode::StoreStatusInvalid));
    }

    #[test]
    fn cards_to_pay_with_are_taken_and_other_coupons_are_not() {
        let mut world = World::new();
        let poi_id = world.run(add(json!({}))).expect("a store");
        let coupon = world.create(groupon(json!({"location_id_list": [1]})));
        assert_eq!(refusal(world.run(set(poi_id, &coupon))), Some(ErrCode::InvalidCardType));
        world.run(SetPayCell { card_id: coupon.clone(), is_open: true }).expect("open");
        world.run(set(poi_id, &coupon)).expect("set");
        let swipe = json!({"pay_info": {"swipe_card": {"is_swipe_card": true}}});
        let general = world.create(general_card(swipe, json!({})));
        world.run(set(poi_id, &general)).expect("set");
        let general = world.create(general_card(json!({}), json!({})));
        assert_eq!(refusal(world.run(set(poi_id, &general))), Some(ErrCode::InvalidCardType));
    }

    #[test]
    fn store_card_errors_follow_the_documented_order() {
        let mut world = World::reviewed_by(ReviewPolicy::Manual);
        let unknown = CardId::from("pNowhere");
        assert_eq!(refusal(world.run(set(1, &unknown))), Some(ErrCode::PoiIdNotExist));
        let poi_id = world.run(add(json!({}))).expect("a store");
        assert_eq!(refusal(world.run(set(poi_id, &unknown))), Some(ErrCode::InvalidCardId));
        let custom = world.create(groupon(json!({"use_custom_code": true})));
        assert_eq!(refusal(world.run(set(poi_id, &custom))), Some(ErrCode::InvalidCardStatus));
        world.run(crate::card::ReviewCard { card_id: custom.clone(), refuse: None }).expect("passed");
        assert_eq!(refusal(world.run(set(poi_id, &custom))), Some(ErrCode::NeedNoCustomCode));
    }
}
