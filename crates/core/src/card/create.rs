//! Creates a card: `POST /card/create`. WeChat manual: "创建卡券" (create a card), "创建会员卡" (member cards).

use super::card_type::CardType;
use super::document::{self, GivenField, Object, first_fault, given_fields};
use super::field::{Kind, OnCreate, Place};
use super::{Card, CardStatus, DateInfo, Source, Terms, general, table};
use crate::app::ReviewPolicy;
use crate::card::check_after_submit;
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::{CardId, CardNo};
use crate::sub_merchant::SubMerchant;
use crate::time::Timestamp;
use crate::value::{self, given, int};
use serde_json::{Value, json};
use std::sync::Arc;

/// Creates a card. The card waits for review, or is approved at once if the app's policy says so.
///
/// # Errors
///
/// In this order: 40071 an unknown type; 47001 an unknown key or a value of the wrong JSON type; 41011 a missing field;
/// the own code of the first field in the table whose value is not allowed (general cards: first 40097 for the kind,
/// 45021, 40124 and 40150); 40139 and 40140 a sub-merchant that does not exist, did not pass review, or has expired.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateCard {
    /// The id of the new card. The caller creates it, because this crate has no random numbers.
    pub card_id: CardId,
    /// Whether the API or the console creates the card.
    pub source: Source,
    /// The value of `card` in the request.
    pub card: Object,
}

impl Command for CreateCard {
    type Reply = CardId;

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.insert(self.card_id.clone());
        keys.records.extend(sub_merchant_given(&self.card).map(SubMerchant::key));
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<CardId> {
        let new = NewCard::read(&self.card, now)?;
        if new.terms.sub_merchant_id != 0 {
            check_sub_merchant(ws, new.terms.sub_merchant_id, now)?;
        }
        if ws.card_ids.get(&self.card_id)?.is_some() {
            return Err(Error::internal(format!("card id {} was made twice", self.card_id)));
        }
        let no = CardNo(ws.counters.card_no);
        ws.counters.card_no += 1;
        let passes = ws.app.review == ReviewPolicy::Auto;
        let card = Card {
            no,
            id: self.card_id.clone(),
            card_type: new.card_type,
            source: self.source,
            status: if passes { CardStatus::VerifyOk } else { CardStatus::NotVerify },
            refuse_reason: String::new(),
            section: Arc::new(new.section),
            terms: new.terms,
            quantity: new.quantity,
            total: new.quantity,
            created_at: now,
            updated_at: now,
        };
        ws.card_ids.put(self.card_id.clone(), no);
        ws.cards.put(no, card);
        ws.emit(Event { amount: new.quantity, ..Event::new(EventKind::CardCreate, now, no) });
        if passes {
            ws.emit(Event::new(EventKind::ReviewPass, now, no));
        }
        Ok(self.card_id.clone())
    }
}

/// The sub-merchant that an unchecked request names.
fn sub_merchant_given(card: &Object) -> Option<i64> {
    let card_type = card.get("card_type")?.as_str().and_then(CardType::from_wire)?;
    let info = card.get(card_type.key())?.get("base_info")?.get("sub_merchant_info")?;
    int(info.get("merchant_id")?).filter(|id| *id != 0)
}

fn check_sub_merchant(ws: &WorkingSet, merchant_id: i64, now: Timestamp) -> Result<()> {
    const FIELD: &str = "base_info.sub_merchant_info.merchant_id";
    let merchant = ws.find_record::<SubMerchant>(&SubMerchant::key(merchant_id), now)?;
    match merchant.map(|merchant| merchant.status(now)) {
        None => {
            let reason = format!("no sub-merchant {merchant_id}");
            Err(Error::field(ErrCode::InvalidSubMerchantId, FIELD, reason))
        }
        Some("APPROVED") => Ok(()),
        Some(status) => Err(Error::field(ErrCode::InvalidSubMerchantStatus, FIELD, status)),
    }
}

/// The card of a request, checked and in its stored form.
#[derive(Debug)]
struct NewCard {
    card_type: CardType,
    section: Object,
    terms: Terms,
    quantity: i64,
}

impl NewCard {
    fn read(card: &Object, now: Timestamp) -> Result<NewCard> {
        let type_name = given(card, "card_type").ok_or_else(|| Error::missing("m_data.card_type"))?;
        let card_type = type_name.as_str().and_then(CardType::from_wire).ok_or_else(|| {
            Error::field(ErrCode::InvalidCardType, "card_type", format!("{type_name} is not a card type"))
        })?;
        let section = value::object(card, card_type.key())?
            .ok_or_else(|| Error::missing(format!("m_data.{}()", card_type.key())))?;
        let fields = given_fields(card_type, section)?;
        let mut new = Draft::default();
        for place in [Place::BaseInfo, Place::Section] {
            for field in table::fields_of(card_type, place) {
                let value = fields.iter().find(|given| given.field.is(field));
                new.take(field, value, card_type, &fields, now);
            }
        }
        new.check_together(card_type, &fields);
        if card_type == CardType::GeneralCard {
            new.check_general(&fields);
        }
        if let Some(fault) = first_fault(std::mem::take(&mut new.faults)) {
            return Err(fault);
        }
        let mut section = Object::new();
        section.insert("base_info".to_owned(), new.base_info.into());
        section.extend(new.beside);
        let terms = Terms::read(card_type, &section)?;
        Ok(NewCard { card_type, section, terms, quantity: new.quantity })
    }
}

/// The document as far as it is read, and its faults.
#[derive(Debug, Default)]
struct Draft {
    base_info: Object,
    beside: Object,
    quantity: i64,
    faults: Vec<Error>,
}

impl Draft {
    fn take(
        &mut self,
        field: &'static super::field::Field,
        value: Option<&GivenField<'_>>,
        card_type: CardType,
        fields: &[GivenField<'_>],
        now: Timestamp,
    ) {
        let blank = |value: &Value| value.as_str() == Some("");
        let value = match (field.create, value.map(|given| given.value)) {
            (OnCreate::Ignored, _) | (OnCreate::Optional, None) => return,
            (OnCreate::Required | OnCreate::RequiredMayBeBlank, None) => {
                return self.faults.push(Error::missing(field.accessor()));
            }
            (OnCreate::Required, Some(value)) if blank(value) => {
                return self.faults.push(Error::missing(field.accessor()));
            }
            (_, Some(value)) => value,
        };
        let stored = match field.kind {
            Kind::DateInfo => match value.as_object() {
                Some(object) => DateInfo::create(object, card_type.has_member_data(), now)
                    .map(|info| Some(info.to_json())),
                None => Err(Error::field(ErrCode::DataFormat, field.path(), "must be an object")),
            },
            Kind::Sku => stock(value, card_type, fields).map(|quantity| {
                self.quantity = quantity;
                None
            }),
            kind => document::normalize(&kind, value, &field.path()),
        };
        match stored {
            Ok(Some(stored)) => {
                let object = match field.place {
                    Place::BaseInfo => &mut self.base_info,
                    Place::Section => &mut self.beside,
                };
                object.insert(field.key.to_owned(), stored);
            }
            Ok(None) => {}
            Err(fault) => self.faults.push(fault),
        }
    }

    /// Checks rules about two fields together.
    fn check_together(&mut self, card_type: CardType, fields: &[GivenField<'_>]) {
        if self.base_info.get("use_all_locations") == Some(&json!(true)) {
            self.base_info.remove("location_id_list");
        }
        // Reads the request and not the stored values: a link that is too long is not stored, but it is not missing
        // either.
        let value = |key: &str| given_value(fields, key);
        let on = |key: &str| value(key).and_then(crate::value::flag) == Some(true);
        let link = |key: &str| value(key).is_some_and(|value| value.as_str() != Some(""));
        let activates = on("auto_activate")
            || on("wx_activate")
            || ["activate_url", "activate_app_brand_user_name", "bind_old_card_url"].into_iter().any(link);
        if card_type.is_member_card() && !activates {
            self.faults.push(Error::missing("m_data.activate_url"));
        }
        if card_type.has_member_data() {
            for key in ["supply_bonus", "supply_balance"].into_iter().filter(|key| value(key).is_none()) {
                self.beside.insert(key.to_owned(), false.into());
            }
        }
        const JUMP: &str = "wx_activate_after_submit_url";
        let is_refused = link(JUMP) && !self.beside.contains_key(JUMP);
        if card_type.is_member_card() && !is_refused {
            self.faults.extend(check_after_submit(&self.beside).err());
        }
    }

    /// Rules of general cards, and the order of their faults.
    fn check_general(&mut self, fields: &[GivenField<'_>]) {
        if given_value(fields, "auto_activate").is_none() {
            self.beside.insert("auto_activate".to_owned(), false.into());
        }
        self.faults.extend(general::check_count(&self.beside, 0).err());
        self.faults.extend(general::check_balance(&self.beside).err());
        self.faults.sort_by_key(general::fault_rank);
    }
}

/// The stock of a new card. A general card may begin with a stock of 0, unless the merchant sends a code with each
/// claim.
fn stock(value: &Value, card_type: CardType, fields: &[GivenField<'_>]) -> Result<i64> {
    let is_none = value.get("quantity").and_then(int) == Some(0);
    match card_type == CardType::GeneralCard && is_none && !is_deposit(fields) {
        true if is_custom(fields) => {
            let reason = "must be more than 0 where codes are custom and not deposited";
            Err(Error::field(ErrCode::InvalidCardParameters, "base_info.sku.quantity", reason))
        }
        true => Ok(0),
        false => document::quantity(value, is_deposit(fields)),
    }
}

fn given_value<'a>(fields: &[GivenField<'a>], key: &str) -> Option<&'a Value> {
    fields.iter().find(|given| given.field.key == key).map(|given| given.value)
}

fn is_custom(fields: &[GivenField<'_>]) -> bool {
    given_value(fields, "use_custom_code").and_then(crate::value::flag) == Some(true)
}

fn is_deposit(fields: &[GivenField<'_>]) -> bool {
    let mode = given_value(fields, "get_custom_code_mode").and_then(Value::as_str);
    is_custom(fields) && mode == Some("GET_CUSTOM_CODE_MODE_DEPOSIT")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::*;

    fn create(card: Value) -> CreateCard {
        CreateCard { card_id: "pNew".into(), source: Source::Api, card: object(card) }
    }

    fn accessor(result: Result<CardId>) -> String {
        match result.expect_err("a refusal").detail {
            crate::error::Detail::Missing(path) => path,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_new_card_has_all_its_stock_and_passes_where_the_policy_says_so() {
        for (policy, status, kinds) in [
            (ReviewPolicy::Auto, CardStatus::VerifyOk, &[EventKind::CardCreate, EventKind::ReviewPass][..]),
            (ReviewPolicy::Manual, CardStatus::NotVerify, &[EventKind::CardCreate][..]),
        ] {
            let mut world = World::reviewed_by(policy);
            let card = world.create(groupon(json!({"sku": {"quantity": "7"}})));
            let card = world.card(&card);
            assert_eq!((card.status, card.quantity, card.total), (status, 7, 7));
            assert_eq!((card.created_at, card.updated_at), (START, START));
            assert_eq!(world.kinds_since(0), kinds);
            assert_eq!(world.events[0].amount, 7);
        }
    }

    #[test]
    fn every_required_field_is_missed_by_its_accessor() {
        for key in ["logo_url", "code_type", "brand_name", "title", "color", "notice", "description", "sku"] {
            let refused = World::new().run(create(groupon(json!({ key: null }))));
            assert_eq!(accessor(refused), format!("m_data.base_info().{key}"));
        }
        assert_eq!(accessor(World::new().run(create(json!({})))), "m_data.card_type");
        let empty = json!({"card_type": "GROUPON", "gift": {}});
        assert_eq!(accessor(World::new().run(create(empty))), "m_data.groupon()");
    }

    #[test]
    fn fields_that_card_get_adds_are_accepted_and_not_stored() {
        let echoed = json!({"id": "pOld", "status": "CARD_STATUS_DELETE", "create_time": 1, "appid": "wx"});
        let mut world = World::new();
        let card = world.create(groupon(echoed));
        assert_eq!(world.card(&card).id, card);
        assert_eq!(world.card(&card).section["base_info"].get("create_time"), None);
    }

    #[test]
    fn points_and_balance_of_a_member_card_are_off_unless_given() {
        let mut world = World::new();
        let absent = json!({"supply_bonus": null, "supply_balance": null});
        let card = world.create(member_card(json!({}), absent));
        let section = &world.card(&card).section;
        for key in ["supply_bonus", "supply_balance"] {
            assert_eq!(section.get(key), Some(&json!(false)), "{key}");
        }
    }

    #[test]
    fn a_member_card_needs_a_way_to_be_activated() {
        let jump = |more: Value| {
            merged(json!({"activate_url": null, "wx_activate": true, "wx_activate_after_submit": true}), more)
        };
        for (section, expected) in [
            (json!({"activate_url": null}), Some(ErrCode::MissingFields)),
            (json!({"activate_url": ""}), Some(ErrCode::MissingFields)),
            (json!({"activate_url": null, "auto_activate": "true"}), None),
            (json!({"activate_url": null, "wx_activate": true}), None),
            (json!({"activate_url": "x".repeat(129)}), Some(ErrCode::OutOfLengthLimit)),
            (jump(json!({})), Some(ErrCode::MissingFields)),
            (jump(json!({"wx_activate_after_submit_url": "x".repeat(129)})), Some(ErrCode::OutOfLengthLimit)),
            (jump(json!({"wx_activate_after_submit_url": "www.qq.com"})), Some(ErrCode::InvalidArgs)),
            (jump(json!({"wx_activate_after_submit_url": "https://a"})), None),
            (merged(jump(json!({})), json!({"activate_url": "http://a"})), None),
        ] {
            let card = member_card(json!({}), section.clone());
            assert_eq!(refusal(World::new().run(create(card))), expected, "{section}");
        }
    }

    #[test]
    fn only_a_deposit_card_begins_with_nothing_in_stock() {
        let deposit = json!({
            "use_custom_code": true, "get_custom_code_mode": "GET_CUSTOM_CODE_MODE_DEPOSIT",
        });
        for (base_info, quantity, expected) in [
            (json!({}), 0, Some(ErrCode::InvalidCardQuantity)),
            (json!({}), 1_000_000_001, Some(ErrCode::InvalidCardQuantity)),
            (json!({}), 1_000_000_000, None),
            (deposit.clone(), 0, None),
            (deposit, 1, Some(ErrCode::InvalidDepositMode)),
        ] {
            let card = groupon(merged(base_info, json!({"sku": {"quantity": quantity}})));
            assert_eq!(refusal(World::new().run(create(card))), expected, "{quantity}");
        }
    }

    #[test]
    fn a_field_of_another_type_is_refused() {
        let mut card = groupon(json!({}));
        card["groupon"]["reduce_cost"] = 5.into();
        assert_eq!(refusal(World::new().run(create(card))), Some(ErrCode::DataFormat));
    }

    #[test]
    fn card_create_errors_follow_the_documented_order() {
        let (title, color) = (json!("x".repeat(28)), json!("red"));
        for (case, base_info, expected) in [
            ("unknown key, none of the rest", json!({"colour": 1, "title": null}), ErrCode::DataFormat),
            ("wrong type, missing", json!({"notice": true, "title": null}), ErrCode::DataFormat),
            ("missing, out of bounds", json!({"notice": null, "title": title}), ErrCode::MissingFields),
            ("two out of bounds", json!({"color": color, "title": title}), ErrCode::OutOfLengthLimit),
            (
                "the window over, no stock",
                json!({"date_info": range(-9, 0), "sku": {"quantity": 0}}),
                ErrCode::InvalidTime,
            ),
        ] {
            assert_eq!(refusal(World::new().run(create(groupon(base_info)))), Some(expected), "{case}");
        }
        let unknown = json!({"card_type": "LUCKY_MONEY"});
        assert_eq!(refusal(World::new().run(create(unknown))), Some(ErrCode::InvalidCardType));
    }
}
