//! Reads a card's form into the document of a new card or into the patch of an update. A patch contains only the
//! changed fields: a field in the patch can send the card back to review even if its value is the same.

use super::form::{Purpose, fields, parts, value_of};
use crate::pages::{Fields, Lang, format};
use kaquan_core::card::{Card, CardType, Kind, Object, Place, Unit};
use kaquan_core::time::{Day, Timestamp};
use serde_json::{Map, Value, json};

/// The section of a new card, with the filled-in fields.
pub fn new_section(card_type: CardType, form: &Fields) -> Object {
    let mut section = Object::new();
    for field in fields(card_type, Purpose::Create) {
        if let Some(value) = read(&field.kind, &field.path(), form) {
            put(&mut section, field.place, field.key, value);
        }
    }
    section
}

/// The patch of an update: the fields that differ from the card. An emptied field gets a blank value.
pub fn patch(card: &Card, form: &Fields) -> Object {
    let before = unchanged_form(card);
    let mut section = Object::new();
    for field in fields(card.card_type, Purpose::Update) {
        let path = field.path();
        let (was, is) = (read(&field.kind, &path, &before), read(&field.kind, &path, form));
        if was != is {
            let value = is.unwrap_or_else(|| blank(&field.kind, value_of(&card.section, field)));
            put(&mut section, field.place, field.key, value);
        }
    }
    match section.is_empty() {
        true => Object::new(),
        false => Object::from_iter([(card.card_type.key().to_owned(), section.into())]),
    }
}

/// The values that a browser sends for an unchanged form of this card.
pub fn unchanged_form(card: &Card) -> Fields {
    let mut sent = Vec::new();
    for part in parts(Lang::En, card.card_type, Purpose::Update, &card.section, "") {
        part.inputs.iter().for_each(|input| input.add_unchanged(&mut sent));
    }
    Fields(sent)
}

fn put(section: &mut Object, place: Place, key: &str, value: Value) {
    match place {
        Place::Section => drop(section.insert(key.to_owned(), value)),
        Place::BaseInfo => {
            let base = section.entry("base_info").or_insert_with(|| Object::new().into());
            base[key] = value;
        }
    }
}

/// The value of a field; `None` if the field is empty. A text that cannot be parsed is returned as text: the rules
/// then refuse it with a reason.
fn read(kind: &Kind, name: &str, form: &Fields) -> Option<Value> {
    let text = || form.raw(name).map(|text| text.replace("\r\n", "\n")).filter(|text| !text.is_empty());
    let number = || form.get(name).map(number_or_text);
    match kind {
        Kind::Text { .. } | Kind::TextOrZero { .. } | Kind::Link { .. } => text().map(Value::from),
        Kind::Flag => form.ticked(name).then(|| true.into()),
        Kind::Int { unit: Unit::Fen, .. } => form.get(name).map(fen_or_text),
        Kind::Int { .. } | Kind::Limit { .. } => number(),
        Kind::Choice { .. } | Kind::Color => form.get(name).map(Value::from),
        Kind::DateInfo => date_info(name, form),
        Kind::Sku => number().map(|quantity| json!({"quantity": quantity})),
        Kind::Locations => {
            lines(name, form).map(|lines| lines.iter().map(|line| number_or_text(line)).collect())
        }
        Kind::List { of: Kind::Object(parts), max, .. } => {
            let entries = (0..*max).map(|at| object(parts, &format!("{name}.{at}"), form));
            // A browser sends at least one field for each entry of the page, and entries are numbered from 0. So no
            // entry has a number above the number of fields.
            let entries: Vec<Value> = entries.take(form.0.len() + 1).flatten().collect();
            (!entries.is_empty()).then(|| entries.into())
        }
        Kind::List { of, .. } => {
            let is_number = matches!(of, Kind::Int { .. } | Kind::Limit { .. });
            let value = |line: &String| if is_number { number_or_text(line) } else { line.as_str().into() };
            lines(name, form).map(|lines| lines.iter().map(value).collect())
        }
        Kind::Object(parts) => object(parts, name, form),
        Kind::OffOnly => None,
    }
}

fn object(parts: &[kaquan_core::card::Part], name: &str, form: &Fields) -> Option<Value> {
    let members = parts.iter().filter_map(|part| {
        Some((part.key.to_owned(), read(&part.kind, &format!("{name}.{}", part.key), form)?))
    });
    let members: Map<String, Value> = members.collect();
    (!members.is_empty()).then(|| members.into())
}

fn lines(name: &str, form: &Fields) -> Option<Vec<String>> {
    let lines: Vec<String> =
        form.get(name)?.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    (!lines.is_empty()).then_some(lines)
}

fn number_or_text(text: &str) -> Value {
    text.parse::<i64>().map_or_else(|_| text.into(), Value::from)
}

/// Converts an amount typed in yuan to fen. Another text gets a currency sign and stays text, so that the rules refuse
/// it. Without the sign they would read `1e3` as 1000 fen.
fn fen_or_text(text: &str) -> Value {
    let typed = || format!("¥{}", text.trim().trim_start_matches(['¥', '￥'])).into();
    format::fen(text).map_or_else(typed, Value::from)
}

/// The validity window: its type, and the values of that type which were typed. Values of other types are dropped.
fn date_info(name: &str, form: &Fields) -> Option<Value> {
    let get = |key: &str| form.get(&format!("{name}.{key}"));
    let moment = |key: &str| {
        let read = if key == "end_timestamp" { parse_end_time } else { parse_time };
        get(key).map(|text| read(text).map_or_else(|| text.into(), |at| at.0.into()))
    };
    let days = |key: &str| get(key).map(number_or_text);
    let kind = get("type")?;
    let mut window = json!({"type": kind});
    let members = match kind {
        "DATE_TYPE_FIX_TERM" => vec![
            ("fixed_term", days("fixed_term")),
            ("fixed_begin_term", days("fixed_begin_term")),
            ("end_timestamp", moment("end_timestamp")),
        ],
        "DATE_TYPE_PERMANENT" => vec![],
        _ => vec![("begin_timestamp", moment("begin_timestamp")), ("end_timestamp", moment("end_timestamp"))],
    };
    for (key, value) in members {
        if let Some(value) = value {
            window[key] = value;
        }
    }
    Some(window)
}

/// A typed time, in UTC+8: `2026-03-10`, `2026-03-10 08:00`, with seconds, or with a T in between.
pub fn parse_time(text: &str) -> Option<Timestamp> {
    let text = text.trim().replace(['T', 't'], " ");
    let (day, time) = text.split_once(' ').unwrap_or((&text, "00:00"));
    let parts: Vec<i64> = time.trim().split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let (hour, minute, second) = match parts[..] {
        [hour, minute] => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    let fits = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
    let start = Day::parse(day)?.start();
    fits.then(|| start.plus(hour * 3600 + minute * 60 + second))
}

/// As [`parse_time`], but a day without a time means its last second.
pub fn parse_end_time(text: &str) -> Option<Timestamp> {
    match Day::parse(text.trim()) {
        Some(day) => Some(day.last_second()),
        None => parse_time(text),
    }
}

/// The value that clears a field in an update.
fn blank(kind: &Kind, before: Option<&Value>) -> Value {
    match kind {
        Kind::Flag => false.into(),
        Kind::Int { min, .. } => (*min).into(),
        Kind::Limit { .. } => 0.into(),
        Kind::List { .. } | Kind::Locations => json!([]),
        // An update replaces an object as a whole, so each of its texts gets a blank value.
        Kind::Object(_) => match before.and_then(Value::as_object) {
            Some(before) => before
                .iter()
                .filter(|(_, v)| v.is_string())
                .map(|(k, _)| (k.clone(), Value::from("")))
                .collect(),
            None => json!({}),
        },
        _ => "".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_without_a_time_is_the_last_second_of_its_day() {
        let day = 1_773_072_000;
        for (text, expected) in [
            ("2026-03-10", Some(day + 86_399)),
            (" 2026-03-10 ", Some(day + 86_399)),
            ("2026-03-10 00:00", Some(day)),
            ("2026-03-10T12:00", Some(day + 12 * 3600)),
            ("2026-02-30", None),
        ] {
            assert_eq!(parse_end_time(text), expected.map(Timestamp), "{text}");
        }
        let typed = |key: &str, value: &str| (format!("d.{key}"), value.to_owned());
        let form = Fields(vec![
            typed("type", "DATE_TYPE_FIX_TIME_RANGE"),
            typed("begin_timestamp", "2026-03-10"),
            typed("end_timestamp", "2026-03-10"),
        ]);
        let window = date_info("d", &form).expect("a window");
        assert_eq!(
            (&window["begin_timestamp"], &window["end_timestamp"]),
            (&json!(day), &json!(day + 86_399))
        );
    }

    #[test]
    fn amounts_are_typed_in_yuan_and_stored_in_fen() {
        for (typed, expected) in [
            ("10", json!(1000)),
            ("10.00", json!(1000)),
            ("¥1,234.5", json!(123_450)),
            ("0", json!(0)),
            ("10.005", json!("¥10.005")),
            ("1e3", json!("¥1e3")),
            ("-5", json!("¥-5")),
            ("￥ten", json!("¥ten")),
        ] {
            let form = Fields(vec![("reduce_cost".to_owned(), typed.to_owned())]);
            assert_eq!(new_section(CardType::Cash, &form)["reduce_cost"], expected, "{typed}");
        }
    }

    #[test]
    fn moments_are_read_as_people_type_them() {
        for (text, expected) in [
            ("2026-03-10", Some(1_773_072_000)),
            ("2026-03-10 12:00", Some(1_773_115_200)),
            ("2026-03-10T12:00", Some(1_773_115_200)),
            ("2026-03-10 12:00:05", Some(1_773_115_205)),
            ("2026-03-10 24:00", None),
            ("2026-02-30", None),
            ("tomorrow", None),
        ] {
            assert_eq!(parse_time(text), expected.map(Timestamp), "{text}");
        }
    }

    #[test]
    fn a_new_card_has_the_values_of_its_form() {
        let form = b"base_info.title=T&base_info.sku=5&base_info.can_share=true&base_info.notice=&deal_detail=a%0D%0Ab\
            &base_info.date_info.type=DATE_TYPE_FIX_TERM&base_info.date_info.fixed_term=30&base_info.get_limit=x\
            &base_info.location_id_list=1%0D%0A%0D%0A2&advanced_info.time_limit.0.type=MONDAY&advanced_info.business_service=BIZ_SERVICE_DELIVER";
        let section = new_section(CardType::Groupon, &Fields::parse(form));
        let expected = json!({
            "base_info": {
                "title": "T", "sku": {"quantity": 5}, "can_share": true, "get_limit": "x",
                "date_info": {"type": "DATE_TYPE_FIX_TERM", "fixed_term": 30}, "location_id_list": [1, 2],
            },
            "deal_detail": "a\nb",
            "advanced_info": {"time_limit": [{"type": "MONDAY"}], "business_service": ["BIZ_SERVICE_DELIVER"]},
        });
        assert_eq!(Value::from(section), expected);
    }
}
