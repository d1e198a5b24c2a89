//! Texts with an exact length in bytes, and the places inside a field's value for which the field table sets a limit.

use super::{Value, json};
use kaquan_core::card::{Field, Kind, Part, Place};

/// A text of this many bytes, made of one-byte characters.
pub fn ascii(bytes: usize) -> String {
    "abcdefghij".chars().cycle().take(bytes).collect()
}

/// A text of this many bytes, made of three-byte characters as far as possible.
pub fn chinese(bytes: usize) -> String {
    let mut text = "x".repeat(bytes % 3);
    text.extend("优惠券卡包门店会员".chars().cycle().take(bytes / 3));
    assert_eq!(text.len(), bytes);
    text
}

/// A limited text inside a field: its limit, and the field's value with a given text in this place.
pub struct Leaf {
    /// The path of the text, for messages.
    pub path: String,
    /// The limit in bytes.
    pub max: usize,
    wrap: Box<dyn Fn(String) -> Value>,
}

impl Leaf {
    /// The value of the field with this text in the place.
    pub fn value(&self, text: String) -> Value {
        (self.wrap)(text)
    }
}

/// Every limited text inside the values of a field.
pub fn leaves(field: &Field) -> Vec<Leaf> {
    within(&field.kind, field.path())
}

fn within(kind: &Kind, path: String) -> Vec<Leaf> {
    match *kind {
        Kind::Text { max } | Kind::TextOrZero { max } | Kind::Link { max } => {
            vec![Leaf { path, max, wrap: Box::new(Value::from) }]
        }
        Kind::List { of, .. } => {
            let inner = within(of, format!("{path}[0]")).into_iter();
            inner.map(|leaf| wrapped(leaf, |value| json!([value]))).collect()
        }
        Kind::Object(parts) => {
            let inner = parts.iter().flat_map(|part| {
                let leaves = within(&part.kind, format!("{path}.{}", part.key)).into_iter();
                leaves.map(move |leaf| wrapped(leaf, move |value| beside_required(parts, part, value)))
            });
            inner.collect()
        }
        _ => Vec::new(),
    }
}

fn wrapped(leaf: Leaf, around: impl Fn(Value) -> Value + 'static) -> Leaf {
    let Leaf { path, max, wrap } = leaf;
    Leaf { path, max, wrap: Box::new(move |text| around(wrap(text))) }
}

/// An object with one given member and all required members.
fn beside_required(parts: &[Part], given: &Part, value: Value) -> Value {
    let mut object = json!({});
    for part in parts {
        if part.key == given.key {
            object[part.key] = value.clone();
        } else if part.required.is_some() {
            object[part.key] = sample(&part.kind);
        }
    }
    object
}

/// A valid value for a field of this kind.
pub fn sample(kind: &Kind) -> Value {
    match *kind {
        Kind::Text { max } | Kind::TextOrZero { max } | Kind::Link { max } => chinese(max.min(6)).into(),
        Kind::Flag => true.into(),
        Kind::Int { max, .. } | Kind::Limit { max, .. } => max.into(),
        Kind::Choice { of, .. } => of[0].into(),
        Kind::Color => "Color082".into(),
        Kind::DateInfo => json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": 30, "fixed_begin_term": 0}),
        Kind::Sku => json!({"quantity": 7}),
        Kind::Locations => json!([123, 456]),
        Kind::Object(parts) => {
            let mut object = json!({});
            for part in parts.iter().filter(|part| !matches!(part.kind, Kind::OffOnly)) {
                object[part.key] = sample(&part.kind);
            }
            object
        }
        Kind::List { of, .. } => json!([sample(of)]),
        Kind::OffOnly => false.into(),
    }
}

/// `section` with this field set.
pub fn set(section: &mut Value, field: &Field, value: Value) {
    match field.place {
        Place::BaseInfo => section["base_info"][field.key] = value,
        Place::Section => section[field.key] = value,
    }
}

/// The value of this field in `section`.
pub fn get<'a>(section: &'a Value, field: &Field) -> &'a Value {
    match field.place {
        Place::BaseInfo => &section["base_info"][field.key],
        Place::Section => &section[field.key],
    }
}
