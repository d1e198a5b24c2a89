//! Checks the values of a card's document against the field table, and converts them into the form that is stored and
//! returned. Create and update both use this module, so each limit is checked in one place.

use super::card_type::CardType;
use super::color;
use super::field::{Field, Kind, Part, Place};
use super::table::{self, LOCATIONS_MAX, LOCATIONS_TEXT_MAX, QUANTITY_MAX};
use crate::error::{Detail, ErrCode, Error, Result};
use crate::value::{check_link, control_char, flag, given, int, is_empty_list, not_a_text, to_text};
use serde_json::{Map, Value, json};

/// A JSON object.
pub type Object = Map<String, Value>;

/// A field of the table, with its value in a request.
#[derive(Debug)]
pub struct GivenField<'a> {
    /// The row of the field table.
    pub field: &'static Field,
    /// The value; it is not `null`.
    pub value: &'a Value,
}

/// The fields in a request for a card of this type, in the order of the request. `[]` and `""` count as missing where
/// the table has an object: PHP clients send `[]` for an empty object. If a request has a field at its documented place
/// and also at a place that some client libraries use, the documented place counts.
///
/// # Errors
///
/// 47001 for the first key that is unknown; 40124 for a fourth custom field.
pub fn given_fields(card_type: CardType, section: &Object) -> Result<Vec<GivenField<'_>>> {
    let mut found = Vec::new();
    for (key, value) in section.iter().filter(|(_, value)| !value.is_null()) {
        let path = [card_type.key(), key.as_str()];
        if key != "base_info" {
            let field = find_field(card_type, Place::Section, key, &path)?;
            found.push((Place::Section, GivenField { field, value }));
        } else if !is_empty_list(value) {
            let base_info = value.as_object().ok_or_else(|| Error::key(&path, "must be an object"))?;
            for (key, value) in base_info.iter().filter(|(_, value)| !value.is_null()) {
                let path = [card_type.key(), "base_info", key.as_str()];
                let field = find_field(card_type, Place::BaseInfo, key, &path)?;
                found.push((Place::BaseInfo, GivenField { field, value }));
            }
        }
    }
    found.retain(|(_, given)| !(given.field.kind.is_object() && is_blank_object(given.value)));
    let own: Vec<&Field> = found
        .iter()
        .filter(|(place, given)| *place == given.field.place)
        .map(|(_, given)| given.field)
        .collect();
    found.retain(|(place, given)| *place == given.field.place || !own.iter().any(|own| own.is(given.field)));
    Ok(found.into_iter().map(|(_, given)| given).collect())
}

/// Whether a value stands for an object that is not given.
fn is_blank_object(value: &Value) -> bool {
    is_empty_list(value) || value.as_str() == Some("")
}

fn find_field(card_type: CardType, place: Place, key: &str, path: &[&str]) -> Result<&'static Field> {
    match table::find(card_type, place, key).or_else(|| table::find_elsewhere(card_type, place, key)) {
        Some(field) => Ok(field),
        None if place == Place::Section && is_custom_field(card_type, key) => {
            Err(Error::field(ErrCode::TooManyCustomFields, key, "there are three custom fields at most"))
        }
        None => Err(Error::key(path, format!("is no field of a {card_type} card"))),
    }
}

fn is_custom_field(card_type: CardType, key: &str) -> bool {
    card_type.has_member_data() && key.strip_prefix("custom_field").is_some_and(|n| n.parse::<u32>().is_ok())
}

/// Converts a value to its stored form. Returns `None` if the value means "not given": 0 for a limit, or `""` for a
/// field of another kind than text. Dates and stock are checked elsewhere, by `DateInfo` and `quantity`.
///
/// # Errors
///
/// 47001 for a value of the wrong JSON type or with control characters; otherwise the field's own code.
pub fn normalize(kind: &Kind, value: &Value, path: &str) -> Result<Option<Value>> {
    match kind {
        Kind::Text { max } => text(*max, value, path).map(Some),
        Kind::TextOrZero { .. } if int(value) == Some(0) => Ok(None),
        Kind::TextOrZero { max } => text(*max, value, path).map(Some),
        Kind::Link { max } => {
            let link = text(*max, value, path)?;
            check_link(path, link.as_str().unwrap_or_default())?;
            Ok(Some(link))
        }
        _ if value.as_str() == Some("") && !matches!(kind, Kind::Locations) => Ok(None),
        Kind::Flag => match flag(value) {
            Some(flag) => Ok(Some(flag.into())),
            None => Err(wrong_type(path, "true or false")),
        },
        Kind::Int { min, max, refusal, .. } => {
            ranged(value, *min, *max, *refusal, path).map(|n| Some(n.into()))
        }
        Kind::Limit { max, refusal } => {
            let number = ranged(value, 0, *max, *refusal, path)?;
            Ok((number != 0).then(|| number.into()))
        }
        Kind::Choice { of, refusal } => match value.as_str() {
            Some(name) if of.contains(&name) => Ok(Some(name.into())),
            Some(name) => {
                Err(Error::field(*refusal, path, format!("{name:?} is not one of {}", of.join(", "))))
            }
            None => Err(wrong_type(path, "text")),
        },
        Kind::Color => match value.as_str() {
            Some(text) if color::is_color(text) => Ok(Some(text.into())),
            Some(text) => {
                let reason = format!("{text:?} is neither in the palette nor of the form #RRGGBB");
                Err(Error::field(ErrCode::InvalidColor, path, reason))
            }
            None => Err(wrong_type(path, "text")),
        },
        Kind::Locations => locations(value, path).map(Some),
        Kind::Object(parts) => object(parts, value, path).map(Some),
        Kind::List { of, max, refusal } => list(of, *max, *refusal, value, path).map(Some),
        Kind::OffOnly => off_only(value, path),
        Kind::DateInfo | Kind::Sku => Err(Error::internal(format!("{path} is not checked by normalize"))),
    }
}

fn wrong_type(path: &str, expected: &str) -> Error {
    Error::field(ErrCode::DataFormat, path, format!("must be {expected}"))
}

fn text(max: usize, value: &Value, path: &str) -> Result<Value> {
    let text = to_text(value).ok_or_else(|| Error::field(ErrCode::DataFormat, path, not_a_text(value)))?;
    if let Some(c) = control_char(&text) {
        return Err(Error::field(ErrCode::DataFormat, path, format!("has the control character {c:?}")));
    }
    if text.len() > max {
        let reason = format!("{} bytes, at most {max}", text.len());
        return Err(Error::field(ErrCode::OutOfLengthLimit, path, reason));
    }
    Ok(text.into())
}

fn ranged(value: &Value, min: i64, max: i64, refusal: ErrCode, path: &str) -> Result<i64> {
    match int(value) {
        Some(number) if (min..=max).contains(&number) => Ok(number),
        Some(number) => Err(Error::field(refusal, path, format!("{number} is not between {min} and {max}"))),
        None if value.is_number() => {
            Err(Error::field(refusal, path, format!("must be a whole number up to {max}")))
        }
        None => Err(wrong_type(path, "a whole number")),
    }
}

/// The stock of a new card.
///
/// # Errors
///
/// 40070 if it is not an object; 41011 if `quantity` is missing; 40122 if it is not between 1 and 1 000 000 000, or
/// between 0 and 1 000 000 000 for a deposit card; 40136 if a deposit card has stock.
pub fn quantity(value: &Value, deposit: bool) -> Result<i64> {
    const PATH: &str = "base_info.sku.quantity";
    let sku = value
        .as_object()
        .ok_or_else(|| Error::field(ErrCode::InvalidSku, "base_info.sku", "must be an object"))?;
    let quantity =
        given(sku, "quantity").ok_or_else(|| Error::missing("m_data.base_info().sku().quantity"))?;
    let least = if deposit { 0 } else { 1 };
    let quantity = ranged(quantity, least, QUANTITY_MAX, ErrCode::InvalidCardQuantity, PATH)?;
    if deposit && quantity != 0 {
        let reason = "must be 0 until codes are deposited";
        return Err(Error::field(ErrCode::InvalidDepositMode, PATH, reason));
    }
    Ok(quantity)
}

/// Shop ids: one number, one text with ids separated by commas, or a list of both. A single `0` or an empty value
/// clears the list.
fn locations(value: &Value, path: &str) -> Result<Value> {
    let bad = |reason: String| Error::field(ErrCode::InvalidLocationId, path, reason);
    let ids: Vec<i64> = match value {
        Value::Array(entries) => entries
            .iter()
            .map(|entry| match entry {
                Value::String(list) => listed_ids(list, path),
                entry => Ok(vec![int(entry).ok_or_else(|| bad(format!("{entry} is no shop id")))?]),
            })
            .collect::<Result<Vec<_>>>()?
            .concat(),
        Value::String(list) if list.len() > LOCATIONS_TEXT_MAX => {
            let reason = format!("{} bytes, at most {LOCATIONS_TEXT_MAX}", list.len());
            return Err(Error::field(ErrCode::OutOfLengthLimit, path, reason));
        }
        Value::String(list) => listed_ids(list, path)?,
        Value::Number(_) => vec![int(value).ok_or_else(|| bad(format!("{value} is no shop id")))?],
        _ => return Err(wrong_type(path, "a list of shop ids")),
    };
    if ids == [0] {
        return Ok(json!([]));
    }
    if let Some(id) = ids.iter().find(|id| **id <= 0) {
        return Err(bad(format!("{id} is no shop id")));
    }
    if ids.len() > LOCATIONS_MAX {
        let reason = format!("{} shops, at most {LOCATIONS_MAX}", ids.len());
        return Err(Error::field(ErrCode::PoiCountOutOfLimit, path, reason));
    }
    Ok(ids.into())
}

/// The shop ids of a comma-separated text.
fn listed_ids(list: &str, path: &str) -> Result<Vec<i64>> {
    let bad = |id: &str| Error::field(ErrCode::InvalidLocationId, path, format!("{id:?} is no shop id"));
    let ids = list.split(',').map(str::trim).filter(|id| !id.is_empty());
    ids.map(|id| id.parse().map_err(|_| bad(id))).collect()
}

fn object(parts: &[Part], value: &Value, path: &str) -> Result<Value> {
    let given_object = value.as_object().ok_or_else(|| wrong_type(path, "an object"))?;
    if let Some(key) = given_object.keys().find(|key| !parts.iter().any(|part| part.key == key.as_str())) {
        return Err(Error::field(ErrCode::DataFormat, path, format!("has no member {key:?}")));
    }
    let mut stored = Object::new();
    for part in parts {
        let path = format!("{path}.{}", part.key);
        let absent = |value: &&Value| part.kind.is_object() && is_empty_list(value);
        match given(given_object, part.key).filter(|value| !absent(value)) {
            Some(value) => {
                if let Some(value) = normalize(&part.kind, value, &path)? {
                    stored.insert(part.key.to_owned(), value);
                }
            }
            None => match part.required {
                Some(ErrCode::MissingFields) => return Err(Error::missing(format!("m_data.{path}"))),
                Some(code) => return Err(Error::field(code, path, "is missing")),
                None => {}
            },
        }
    }
    Ok(stored.into())
}

fn list(of: &Kind, max: usize, refusal: ErrCode, value: &Value, path: &str) -> Result<Value> {
    let entries: Vec<Value> = match value {
        Value::Array(entries) => entries.clone(),
        Value::String(text) if matches!(of, Kind::Choice { .. }) => {
            text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(Value::from).collect()
        }
        Value::String(_) | Value::Object(_) => vec![value.clone()],
        _ => return Err(wrong_type(path, "a list")),
    };
    if entries.len() > max {
        return Err(Error::field(refusal, path, format!("{} entries, at most {max}", entries.len())));
    }
    let mut stored = Vec::with_capacity(entries.len());
    for (i, entry) in entries.iter().enumerate() {
        if let Some(entry) = normalize(of, entry, &format!("{path}[{i}]"))? {
            stored.push(entry);
        }
    }
    Ok(stored.into())
}

fn off_only(value: &Value, path: &str) -> Result<Option<Value>> {
    let off = match value {
        Value::Array(entries) => entries.is_empty(),
        other => flag(other) == Some(false) || int(other) == Some(0),
    };
    match off {
        true => Ok(None),
        false => Err(Error::field(ErrCode::FriendsCouponClosed, path, "is a feature that no longer exists")),
    }
}

/// The fault to be reported if there are several: first wrong JSON types, then missing fields, then values that are
/// not allowed.
pub fn first_fault(faults: Vec<Error>) -> Option<Error> {
    faults.into_iter().min_by_key(|fault| match (fault.code, &fault.detail) {
        (ErrCode::DataFormat, _) => 0,
        (_, Detail::Missing(_)) => 1,
        _ => 2,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(kind: &Kind, value: Value) -> Option<ErrCode> {
        normalize(kind, &value, "f").err().map(|error| error.code)
    }

    #[test]
    fn text_is_measured_in_bytes() {
        let kind = Kind::Text { max: 9 };
        assert_eq!(code(&kind, json!("一二三")), None);
        assert_eq!(code(&kind, json!("一二三a")), Some(ErrCode::OutOfLengthLimit));
        assert_eq!(normalize(&kind, &json!(12.5), "f").unwrap(), Some(json!("12.5")));
        assert_eq!(code(&kind, json!(1_234_567_890)), Some(ErrCode::OutOfLengthLimit));
        assert_eq!(code(&kind, json!(true)), Some(ErrCode::DataFormat));
        assert_eq!(code(&kind, json!("a\u{1}")), Some(ErrCode::DataFormat));
    }

    #[test]
    fn shop_ids_come_in_many_forms_and_are_stored_in_one() {
        for (given, stored) in [
            (json!([123, "456"]), json!([123, 456])),
            (json!("123, 456"), json!([123, 456])),
            (json!(123), json!([123])),
            (json!("0"), json!([])),
            (json!(0), json!([])),
            (json!([0]), json!([])),
            (json!(["0"]), json!([])),
            (json!(["123,456", 789, "12 , 34"]), json!([123, 456, 789, 12, 34])),
            (json!([""]), json!([])),
            (json!([]), json!([])),
            (json!(""), json!([])),
        ] {
            assert_eq!(normalize(&Kind::Locations, &given, "f").unwrap(), Some(stored), "{given}");
        }
        for bad in [json!(["x"]), json!("1,x"), json!([-1]), json!([0, 1]), json!(1.5)] {
            assert_eq!(code(&Kind::Locations, bad.clone()), Some(ErrCode::InvalidLocationId), "{bad}");
        }
        assert_eq!(code(&Kind::Locations, json!({"a": 1})), Some(ErrCode::DataFormat));
        assert_eq!(code(&Kind::Locations, json!("1".repeat(3073))), Some(ErrCode::OutOfLengthLimit));
    }

    #[test]
    fn numbers_out_of_range_get_the_fields_own_code() {
        let kind = Kind::Limit { max: 50, refusal: ErrCode::InvalidGetLimit };
        assert_eq!(normalize(&kind, &json!("0"), "f").unwrap(), None);
        assert_eq!(normalize(&kind, &json!(50), "f").unwrap(), Some(json!(50)));
        for bad in [json!(51), json!(-1), json!(u64::MAX), json!(1.5)] {
            assert_eq!(code(&kind, bad), Some(ErrCode::InvalidGetLimit));
        }
        assert_eq!(code(&kind, json!([1])), Some(ErrCode::DataFormat));
    }

    #[test]
    fn an_object_takes_only_its_own_members() {
        let kind = table::find(CardType::MemberCard, Place::Section, "custom_field1").unwrap().kind;
        assert_eq!(code(&kind, json!({"name": "等级", "url": "http://a"})), None);
        assert_eq!(code(&kind, json!({"nam": "等级"})), Some(ErrCode::DataFormat));
        assert_eq!(code(&kind, json!({"name": "等".repeat(9)})), Some(ErrCode::OutOfLengthLimit));
    }

    #[test]
    fn advanced_info_is_checked_member_by_member() {
        let kind = table::find(CardType::Groupon, Place::Section, "advanced_info").unwrap().kind;
        for (value, expected) in [
            (json!({"share_friends": false, "consume_share_card_list": []}), None),
            (json!({"share_friends": true}), Some(ErrCode::FriendsCouponClosed)),
            (json!({"abstract": {"icon_url_list": "http://a"}}), None),
            (json!({"abstract": {"icon_url_list": ["http://a", "http://b"]}}), Some(ErrCode::TooManyIcons)),
            (json!({"text_image_list": [{"image_url": "http://a"}]}), Some(ErrCode::TextImageMissing)),
            (json!({"business_service": "BIZ_SERVICE_FREE_PARK,BIZ_SERVICE_DELIVER"}), None),
            (json!({"business_service": ["BIZ_SERVICE_SAUNA"]}), Some(ErrCode::InvalidArgs)),
            (json!({"time_limit": [{"type": "FUNDAY"}]}), Some(ErrCode::InvalidTimeLimit)),
            (json!({"time_limit": [{"type": "MONDAY", "begin_hour": 24}]}), Some(ErrCode::InvalidTimeLimit)),
        ] {
            assert_eq!(code(&kind, value.clone()), expected, "{value}");
        }
    }

    #[test]
    fn of_a_field_at_both_places_its_own_place_counts() {
        for text in [
            r#"{"base_info": {"need_push_on_view": true}, "need_push_on_view": false}"#,
            r#"{"need_push_on_view": false, "base_info": {"need_push_on_view": true}}"#,
        ] {
            let section: Object = serde_json::from_str(text).unwrap();
            let given = given_fields(CardType::Groupon, &section).unwrap();
            let values: Vec<_> = given.iter().map(|given| (given.field.key, given.value)).collect();
            assert_eq!(values, [("need_push_on_view", &json!(true))], "{text}");
        }
        let null = json!({"need_push_on_view": false, "base_info": {"need_push_on_view": null}});
        let given = given_fields(CardType::Groupon, null.as_object().unwrap()).unwrap();
        assert_eq!(given.iter().map(|given| given.value).collect::<Vec<_>>(), [&json!(false)]);
    }
}
