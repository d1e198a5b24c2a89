//! General cards: their kinds, the values that the rules read, and the rules about two of their fields at once.
//! WeChat manual: "礼品卡" (gift cards), create a card.

use super::document::Object;
use crate::error::{Detail, ErrCode, Error, Result};
use crate::stored_enum;
use serde_json::Value;

stored_enum! {
    /// `sub_card_type`: the kind of a general card.
    pub enum SubCardType, wire from_wire {
        /// A gift card with a stored value (储值卡).
        GiftCard = 0, "GIFT_CARD";
        /// A card that is exchanged for one item (兑换卡).
        Voucher = 1, "VOUCHER";
        /// A campus card (校园卡), which is shown and not consumed.
        CampusCard = 2, "CAMPUS_CARD";
    }
}

/// The largest number of filled fields, counting the custom fields and the balance.
const FIELDS_MAX: usize = 3;
const OWN_FIELDS: [&str; 3] = ["custom_field1", "custom_field2", "custom_field3"];

/// The values of a general card's document that the rules read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GeneralTerms {
    /// Its kind. Cards of former versions may have none and count as gift cards.
    pub sub_card_type: SubCardType,
    /// Whether its holders have points.
    pub supply_bonus: bool,
    /// Whether its holders have a balance that can be changed.
    pub supply_balance: bool,
    /// Points at the claim.
    pub init_bonus: i64,
    /// Balance at the claim, fen.
    pub init_balance: i64,
}

impl GeneralTerms {
    /// Reads the values out of a stored document.
    pub(super) fn read(section: &Object) -> GeneralTerms {
        let number = |key: &str| section.get(key).and_then(Value::as_i64).unwrap_or(0);
        let sub_card_type = sub_card_type(section).unwrap_or(SubCardType::GiftCard);
        let supply_bonus = flag(section, "supply_bonus");
        let is_gift_card = sub_card_type == SubCardType::GiftCard;
        GeneralTerms {
            sub_card_type,
            supply_bonus,
            supply_balance: is_gift_card && flag(section, "supply_balance"),
            init_bonus: if supply_bonus { number("init_bonus") } else { 0 },
            init_balance: if is_gift_card { number("init_balance") } else { 0 },
        }
    }
}

fn sub_card_type(section: &Object) -> Option<SubCardType> {
    section.get("sub_card_type").and_then(Value::as_str).and_then(SubCardType::from_wire)
}

fn flag(section: &Object, key: &str) -> bool {
    section.get(key) == Some(&Value::Bool(true))
}

/// Only a gift card has a balance.
///
/// # Errors
///
/// 40097.
pub(super) fn check_balance(section: &Object) -> Result<()> {
    if sub_card_type(section).unwrap_or(SubCardType::GiftCard) == SubCardType::GiftCard {
        return Ok(());
    }
    let refused =
        |field: &str| Err(Error::field(ErrCode::InvalidArgs, field, "needs sub_card_type GIFT_CARD"));
    if flag(section, "supply_balance") {
        return refused("supply_balance");
    }
    match section.get("init_balance").and_then(Value::as_i64).unwrap_or(0) {
        0 => Ok(()),
        _ => refused("init_balance"),
    }
}

/// At most three of the balance and the custom fields may be filled. A card that has more already may keep them.
///
/// # Errors
///
/// 40124.
pub(super) fn check_count(section: &Object, before: usize) -> Result<()> {
    match filled(section) {
        count if count <= FIELDS_MAX.max(before) => Ok(()),
        _ => {
            let reason = "at most three of supply_balance and custom_field1 to 3 can be filled";
            Err(Error::field(ErrCode::TooManyCustomFields, "custom_field3", reason))
        }
    }
}

/// How many of the balance and the custom fields are filled.
fn filled(section: &Object) -> usize {
    let text =
        |field: &Value, key: &str| field.get(key).and_then(Value::as_str).is_some_and(|it| !it.is_empty());
    let has_name = |field: &Value| text(field, "name") || text(field, "name_type");
    let own = OWN_FIELDS.into_iter().filter(|key| section.get(*key).is_some_and(has_name));
    own.count() + usize::from(flag(section, "supply_balance"))
}

/// Checks a changed document against the one before.
///
/// # Errors
///
/// 40124 and 40097.
pub(super) fn check_update(before: &Object, after: &Object) -> Result<()> {
    check_count(after, filled(before))?;
    match flag(before, "supply_balance") {
        // A card of a former version may have a balance that this version does not allow.
        true => Ok(()),
        false => check_balance(after),
    }
}

/// The rank of an error of a new general card in the documented order.
pub(super) fn fault_rank(fault: &Error) -> u8 {
    match (fault.code, &fault.detail) {
        (ErrCode::InvalidArgs, Detail::Field { field, .. }) if field == "sub_card_type" => 0,
        (ErrCode::OutOfLengthLimit, _) => 1,
        (ErrCode::TooManyCustomFields, _) => 2,
        (ErrCode::InvalidCardParameters, _) => 3,
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::{Card, CreateCard, Source, UpdateCard};
    use crate::code::{Consume, GetCode};
    use crate::engine::testing::*;
    use crate::event::EventKind;
    use crate::id::CardId;
    use serde_json::{Value, json};

    fn create(base_info: Value, section: Value) -> Option<ErrCode> {
        let card = object(general_card(base_info, section));
        refusal(World::new().run(CreateCard { card_id: "pNew".into(), source: Source::Api, card }))
    }

    fn update(world: &mut World, card_id: &CardId, section: Value) -> std::result::Result<bool, ErrCode> {
        let patch = object(json!({ "general_card": section }));
        let reply = world.run(UpdateCard { card_id: card_id.clone(), patch });
        reply.map(|reply| reply.send_check).map_err(|error| error.code)
    }

    fn custom(quantity: i64, more: Value) -> Value {
        merged(json!({"use_custom_code": true, "sku": {"quantity": quantity}}), more)
    }

    #[test]
    fn the_field_table_has_the_kinds_of_general_cards() {
        let field = crate::card::FIELDS.iter().find(|field| field.key == "sub_card_type").expect("a field");
        let crate::card::Kind::Choice { of, .. } = field.kind else { panic!("not a choice") };
        assert_eq!(of, SubCardType::ALL.iter().map(|kind| kind.wire()).collect::<Vec<_>>());
    }

    #[test]
    fn only_a_gift_card_has_a_balance() {
        for kind in SubCardType::ALL {
            let gift_card = *kind == SubCardType::GiftCard;
            for (section, expected) in [
                (json!({}), gift_card),
                (json!({"supply_balance": false}), gift_card),
                (json!({"init_balance": 0}), gift_card),
                (json!({"supply_balance": "0", "init_balance": 0.0}), true),
                (json!({"supply_balance": null, "init_balance": null}), true),
            ] {
                let mut section = section;
                section["sub_card_type"] = kind.wire().into();
                assert_eq!(create(json!({}), section.clone()).is_none(), expected, "{section}");
            }
        }
    }

    #[test]
    fn of_the_balance_and_the_own_fields_three_can_be_filled() {
        let field = json!({"name": "a"});
        let all = json!({"custom_field1": field, "custom_field2": field, "custom_field3": field});
        let blank = merged(all.clone(), json!({"custom_field3": {"name": "", "url": ""}}));
        assert_eq!(create(json!({}), all.clone()), Some(ErrCode::TooManyCustomFields));
        assert_eq!(create(json!({}), blank), None);
        let without = merged(all.clone(), json!({"supply_balance": false}));
        assert_eq!(create(json!({}), without.clone()), None);
        let fourth = json!({"supply_balance": false, "custom_field4": field});
        assert_eq!(create(json!({}), fourth), Some(ErrCode::TooManyCustomFields));
        let mut world = World::new();
        let card = world.create(general_card(json!({}), without));
        let on = json!({"supply_balance": true});
        assert_eq!(update(&mut world, &card, on.clone()), Err(ErrCode::TooManyCustomFields));
        let swapped = merged(on, json!({"custom_field1": {"name": ""}}));
        assert_eq!(update(&mut world, &card, swapped), Ok(true));
        assert_eq!(
            update(&mut world, &card, json!({"custom_field1": field})),
            Err(ErrCode::TooManyCustomFields)
        );
    }

    #[test]
    fn a_general_card_without_stock_has_codes_of_its_own() {
        let deposit = json!({"get_custom_code_mode": "GET_CUSTOM_CODE_MODE_DEPOSIT"});
        for (base_info, expected) in [
            (json!({"sku": {"quantity": 0}}), None),
            (custom(0, json!({})), Some(ErrCode::InvalidCardParameters)),
            (custom(1, json!({})), None),
            (custom(0, deposit.clone()), None),
            (custom(1, deposit), Some(ErrCode::InvalidDepositMode)),
        ] {
            assert_eq!(create(base_info.clone(), json!({})), expected, "{base_info}");
        }
    }

    #[test]
    fn general_card_errors_follow_the_documented_order() {
        let long = json!("x".repeat(28));
        let field = json!({"name": "a"});
        let fields = json!({"custom_field1": field, "custom_field2": field, "custom_field3": field});
        let bad = custom(0, json!({"title": long, "color": "red"}));
        let mut section = merged(fields, json!({"init_bonus": -1}));
        section["sub_card_type"] = Value::Null;
        assert_eq!(create(bad.clone(), section.clone()), Some(ErrCode::MissingFields));
        section["sub_card_type"] = "GIFT_CARD_TYPE_PHYSICAL".into();
        assert_eq!(create(bad.clone(), section.clone()), Some(ErrCode::InvalidArgs));
        section["sub_card_type"] = "GIFT_CARD".into();
        assert_eq!(create(bad.clone(), section.clone()), Some(ErrCode::OutOfLengthLimit));
        let bad = merged(bad, json!({"title": "title"}));
        assert_eq!(create(bad.clone(), section.clone()), Some(ErrCode::TooManyCustomFields));
        section["custom_field1"] = json!({});
        assert_eq!(create(bad.clone(), section.clone()), Some(ErrCode::InvalidCardParameters));
        let bad = merged(bad, json!({"sku": {"quantity": 1}}));
        assert_eq!(create(bad, section.clone()), Some(ErrCode::InvalidColor));
        assert_eq!(create(json!({}), section), Some(ErrCode::InvalidArgs));
    }

    #[test]
    fn an_update_accepts_changeable_fields_and_unchanged_fixed_ones() {
        let fixed = json!({"max_give_friend_times": 1, "giftcard_info": {"price": 500}});
        let mut world = World::new();
        let card = world.create(general_card(fixed.clone(), json!({"supply_bonus": false})));
        for (section, expected) in [
            (json!({"sub_card_type": "GIFT_CARD", "init_balance": 1000.0, "base_info": fixed}), Ok(false)),
            (json!({"sub_card_type": "VOUCHER"}), Err(ErrCode::DataFormat)),
            (json!({"init_balance": 999}), Err(ErrCode::DataFormat)),
            (json!({"init_bonus": 0}), Err(ErrCode::DataFormat)),
            (json!({"base_info": {"max_give_friend_times": 2}}), Err(ErrCode::DataFormat)),
            (json!({"base_info": {"giftcard_info": {"price": 1}}}), Err(ErrCode::DataFormat)),
            (json!({"prerogative": "all"}), Ok(true)),
            (json!({"activate_url": "https://a", "custom_cell1": {"name": "a"}}), Ok(false)),
            (json!({"auto_activate": true, "background_pic_url": "https://a"}), Ok(false)),
            (json!({"supply_balance": true}), Ok(false)),
            (json!({"supply_balance": false}), Err(ErrCode::SupplyBonusStays)),
            (json!({"supply_bonus": false}), Ok(false)),
            (json!({"supply_bonus": true}), Ok(true)),
        ] {
            assert_eq!(update(&mut world, &card, section.clone()), expected, "{section}");
        }
    }

    /// A card as a former version stored it.
    fn former(world: &mut World, section: Value) -> Card {
        let id = world.create(general_card(json!({}), json!({})));
        let mut card = world.card(&id).clone();
        let base_info = card.section["base_info"].clone();
        card.section = std::sync::Arc::new(object(merged(json!({ "base_info": base_info }), section)));
        card.terms = crate::card::Terms::read(card.card_type, &card.section).expect("terms");
        world.cards.insert(card.no, card.clone());
        card
    }

    #[test]
    fn a_card_of_a_former_version_counts_as_a_gift_card() {
        let mut world = World::new();
        let card = former(&mut world, json!({"supply_balance": true, "init_balance": 7}));
        let code = world.claim(&card.id, "o1");
        let shown = world.ask(GetCode { code: code.clone(), check_consume: true }).expect("a code");
        assert_eq!((shown.card.balance, shown.card.bonus), (Some(7), Some(0)));
        assert_eq!(update(&mut world, &card.id, json!({"prerogative": "a"})), Ok(true));
        let field = json!({"name": "a"});
        let full = json!({
            "supply_balance": true, "custom_field1": field, "custom_field2": field, "custom_field3": field,
        });
        let full = former(&mut world, full);
        assert_eq!(update(&mut world, &full.id, json!({"custom_field3": {"name": "b"}})), Ok(false));
        world.run(Consume::of(code)).expect("consumed");
    }

    #[test]
    fn a_claim_starts_with_the_points_and_balance_of_the_card() {
        for (section, bonus, balance, kinds) in [
            (json!({}), 5, 1000, &[EventKind::Claim, EventKind::InitBalance][..]),
            (json!({"supply_bonus": false}), 0, 1000, &[EventKind::Claim, EventKind::InitBalance]),
            (json!({"init_bonus": 0, "init_balance": 0}), 0, 0, &[EventKind::Claim]),
            (
                json!({"auto_activate": true}),
                5,
                1000,
                &[EventKind::Claim, EventKind::InitBalance, EventKind::Activate],
            ),
        ] {
            let mut world = World::new();
            let card = world.create(general_card(json!({}), section));
            let before = world.events.len();
            let code = world.claim(&card, "o1");
            let member = &world.members[&world.code(&code).seq];
            assert_eq!((member.bonus, member.balance), (bonus, balance));
            assert_eq!(world.kinds_since(before), kinds);
        }
    }

    #[test]
    fn a_campus_card_is_shown_and_not_consumed() {
        for (kind, expected) in
            [("GIFT_CARD", None), ("VOUCHER", None), ("CAMPUS_CARD", Some(ErrCode::InvalidCardType))]
        {
            let section = json!({"sub_card_type": kind, "supply_balance": false, "init_balance": 0});
            let mut world = World::new();
            let card = world.create(general_card(json!({}), section));
            let code = world.claim(&card, "o1");
            assert_eq!(refusal(world.run(Consume::of(code))), expected, "{kind}");
        }
    }

    #[test]
    fn a_general_card_without_limits_is_claimed_and_consumed_without_end() {
        for (base_info, claims, consumes) in [
            (json!({}), u32::MAX, u32::MAX),
            (json!({"get_limit": 0, "use_limit": 0}), u32::MAX, u32::MAX),
            (json!({"get_limit": 3, "use_limit": 2}), 3, 2),
        ] {
            let mut world = World::new();
            let card = world.create(general_card(base_info.clone(), json!({})));
            let terms = &world.card(&card).terms;
            assert_eq!((terms.get_limit, terms.use_limit), (claims, consumes), "{base_info}");
        }
        let mut world = World::new();
        let card = world.create(general_card(json!({}), json!({})));
        for _ in 0..60 {
            let code = world.claim(&card, "o1");
            world.run(Consume::of(code)).expect("consumed");
        }
    }
}
