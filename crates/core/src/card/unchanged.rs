//! Whether an update repeats the value that a card has. Clients send their whole form with each edit, or the document
//! that `card/get` returned. So an update may contain a field that cannot be updated, with its present value.

use super::document::{GivenField, normalize};
use super::field::{Kind, OnCreate, Place};
use super::{Card, Object};
use crate::value::{flag, int, to_text};
use serde_json::Value;

/// Whether the given value is the one that the card has. A field without a value equals `false`, empty values, and 0
/// unless 0 is a value of this field.
pub(super) fn is_unchanged(card: &Card, given: &GivenField<'_>) -> bool {
    let field = given.field;
    match field.kind {
        Kind::Sku => given.value.as_object().is_some_and(|sku| is_same_stock(card, sku)),
        _ if field.create == OnCreate::Ignored => {
            same_scalar(&shown(card, given).unwrap_or_default(), given.value)
        }
        kind => match normalize(&kind, given.value, field.key) {
            Ok(value) => {
                let own = stored(card, given);
                without_blanks(field.key, own.as_ref()) == without_blanks(field.key, value.as_ref())
            }
            Err(_) => false,
        },
    }
}

/// Whether `sku` repeats the card's stock. Clients send the codes that are left, or the total. Blank members are
/// ignored.
fn is_same_stock(card: &Card, sku: &Object) -> bool {
    sku.iter().filter(|(_, value)| !value.is_null() && value.as_str() != Some("")).all(|(key, value)| {
        match key.as_str() {
            "quantity" => [card.quantity, card.total].iter().any(|own| int(value) == Some(*own)),
            "total_quantity" => int(value) == Some(card.total),
            _ => false,
        }
    })
}

/// The value in the stored document.
fn stored(card: &Card, given: &GivenField<'_>) -> Option<Value> {
    let object = match given.field.place {
        Place::BaseInfo => card.section.get("base_info")?.as_object()?,
        Place::Section => &card.section,
    };
    object.get(given.field.key).cloned()
}

/// The value in the reply of `card/get`.
fn shown(card: &Card, given: &GivenField<'_>) -> Option<Value> {
    let document = card.to_json();
    let section = document.get(card.card_type.key())?;
    let object = match given.field.place {
        Place::BaseInfo => section.get("base_info")?,
        Place::Section => section,
    };
    object.get(given.field.key).cloned()
}

/// Whether two values are the same text or number; a number may come as text.
fn same_scalar(own: &Value, given: &Value) -> bool {
    own == given || (to_text(own).is_some() && to_text(own) == to_text(given))
}

/// Fields for which 0 is a value: "0 gifts" does not mean "no limit", and a price of 0 does not mean "no price".
const ZERO_COUNTS: [&str; 2] = ["max_give_friend_times", "price"];
/// A flag that is true if it is missing.
const TRUE_IF_MISSING: &str = "can_use_with_other_discount";

/// The value of this field without its blank members; `None` if nothing is left.
fn without_blanks(key: &str, value: Option<&Value>) -> Option<Value> {
    match value? {
        Value::Null => None,
        Value::Object(object) => {
            let members = object
                .iter()
                .filter_map(|(key, value)| Some((key.clone(), without_blanks(key, Some(value))?)));
            let members: Object = members.collect();
            (!members.is_empty()).then_some(members.into())
        }
        Value::Array(list) => (!list.is_empty()).then(|| list.clone().into()),
        Value::String(text) => (!text.is_empty()).then(|| text.clone().into()),
        Value::Number(number) if ZERO_COUNTS.contains(&key) => Some(number.clone().into()),
        Value::Bool(flag) if key == TRUE_IF_MISSING => (!flag).then_some(false.into()),
        value if flag(value) == Some(false) => None,
        value => Some(value.clone()),
    }
}

#[cfg(test)]
mod tests {
    use crate::card::{UpdateCard, UpdateOutcome};
    use crate::engine::testing::*;
    use crate::error::ErrCode;
    use crate::id::CardId;
    use serde_json::{Value, json};

    fn update(world: &mut World, card_id: &CardId, patch: Value) -> crate::error::Result<UpdateOutcome> {
        world.pass(60);
        world.run(UpdateCard { card_id: card_id.clone(), patch: object(patch) })
    }

    #[test]
    fn a_whole_document_sent_back_is_no_change_but_to_review() {
        let mut world = World::new();
        for card in [groupon(json!({})), member_card(json!({}), json!({}))] {
            let card_id = world.create(card);
            let before = world.card(&card_id).clone();
            let reply = update(&mut world, &card_id, before.to_json());
            assert_eq!(reply, Ok(UpdateOutcome { send_check: true }), "{}", before.card_type);
            let after = world.card(&card_id);
            assert_eq!(
                after.to_json()[after.card_type.key()]["base_info"]["date_info"],
                before.to_json()[after.card_type.key()]["base_info"]["date_info"]
            );
        }
    }

    #[test]
    fn a_field_without_a_value_equals_an_empty_one() {
        let mut world = World::new();
        let card = world.create(groupon(json!({})));
        for base_info in [
            json!({"bind_openid": false}),
            json!({"bind_openid": 0, "use_custom_code": "false"}),
            json!({"source": ""}),
            json!({"sub_merchant_info": []}),
            json!({"sub_merchant_info": {"merchant_id": 0}}),
            json!({"get_custom_code_mode": ""}),
        ] {
            let reply = update(&mut world, &card, json!({"groupon": {"base_info": base_info.clone()}}));
            assert_eq!(reply, Ok(UpdateOutcome { send_check: false }), "{base_info}");
        }
    }

    #[test]
    fn the_stock_may_be_the_one_left_or_the_one_created() {
        let mut world = World::new();
        let card = world.create(groupon(json!({"sku": {"quantity": 5}})));
        world.claim(&card, "o1");
        for (sku, expected) in [
            (json!({"quantity": 4}), None),
            (json!({"quantity": "5", "total_quantity": 5}), None),
            (json!({"quantity": 3}), Some(ErrCode::DataFormat)),
            (json!({"quantity": 4, "total_quantity": 4}), Some(ErrCode::DataFormat)),
        ] {
            let reply = update(&mut world, &card, json!({"groupon": {"base_info": {"sku": sku.clone()}}}));
            assert_eq!(refusal(reply), expected, "{sku}");
        }
    }

    #[test]
    fn a_zero_that_is_a_value_is_not_an_absent_field() {
        let mut world = World::new();
        let plain = world.create(general_card(json!({}), json!({})));
        let never = world.create(general_card(
            json!({"max_give_friend_times": 0, "giftcard_info": {"price": 0}}),
            json!({"init_bonus": 0, "init_balance": 0}),
        ));
        for (card, base_info, expected) in [
            (&plain, json!({"max_give_friend_times": 0}), Some(ErrCode::DataFormat)),
            (&plain, json!({"max_give_friend_times": "0"}), Some(ErrCode::DataFormat)),
            (&plain, json!({"max_give_friend_times": ""}), None),
            (&plain, json!({"max_give_friend_times": null}), None),
            (&plain, json!({"giftcard_info": {"price": 0}}), Some(ErrCode::DataFormat)),
            (&plain, json!({"giftcard_info": {"price": ""}}), None),
            (&plain, json!({"giftcard_info": []}), None),
            (&never, json!({"max_give_friend_times": 0}), None),
            (&never, json!({"max_give_friend_times": "0"}), None),
            (&never, json!({"max_give_friend_times": ""}), Some(ErrCode::DataFormat)),
            (&never, json!({"max_give_friend_times": 1}), Some(ErrCode::DataFormat)),
            (&never, json!({"giftcard_info": {"price": 0}}), None),
        ] {
            let reply = update(&mut world, card, json!({"general_card": {"base_info": base_info.clone()}}));
            assert_eq!(refusal(reply), expected, "{base_info}");
        }
        for section in [json!({"init_bonus": 5}), json!({"init_balance": "1000"})] {
            assert_eq!(refusal(update(&mut world, &plain, json!({"general_card": section}))), None);
        }
        let points = json!({"general_card": {"init_bonus": 0, "init_balance": 0}});
        assert_eq!(refusal(update(&mut world, &never, points)), None);
    }

    #[test]
    fn a_flag_that_is_true_if_missing_is_not_false_then() {
        let mut world = World::new();
        let condition =
            |on: Value| json!({"advanced_info": {"use_condition": {"can_use_with_other_discount": on}}});
        let card = |more: Value| {
            let mut card = groupon(json!({}));
            card["groupon"] = merged(card["groupon"].clone(), more);
            card
        };
        let (absent, off) = (world.create(card(json!({}))), world.create(card(condition(json!(false)))));
        for (card, on, expected) in [
            (&absent, json!(true), None),
            (&absent, json!(false), Some(ErrCode::DataFormat)),
            (&absent, json!(""), None),
            (&off, json!(false), None),
            (&off, json!(0), None),
            (&off, json!(true), Some(ErrCode::DataFormat)),
        ] {
            let reply = update(&mut world, card, json!({"groupon": condition(on.clone())}));
            assert_eq!(refusal(reply), expected, "{on}");
        }
    }

    #[test]
    fn a_blank_stock_is_not_given() {
        let mut world = World::new();
        let card = world.create(groupon(json!({"sku": {"quantity": 1000}})));
        for (sku, expected) in [
            (json!({"quantity": "1000", "total_quantity": ""}), None),
            (json!({"quantity": "", "total_quantity": null}), None),
            (json!({"quantity": "", "total_quantity": 1000}), None),
            (json!(""), None),
            (json!([]), None),
            (json!({}), None),
            (json!({"quantity": "999", "total_quantity": ""}), Some(ErrCode::DataFormat)),
            (json!({"quantity": 0}), Some(ErrCode::DataFormat)),
            (json!("x"), Some(ErrCode::DataFormat)),
        ] {
            let reply = update(&mut world, &card, json!({"groupon": {"base_info": {"sku": sku.clone()}}}));
            assert_eq!(refusal(reply), expected, "{sku}");
        }
        let blank = json!({"groupon": {"base_info": {"date_info": ""}}});
        assert_eq!(refusal(update(&mut world, &card, blank)), None);
    }
}
