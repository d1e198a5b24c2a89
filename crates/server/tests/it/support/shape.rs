//! The shape of replies: their fields, the order of the fields, and the JSON types. Clients in typed languages fail
//! if a text becomes a number, and a comparison of values alone would not find it.

use super::Value;
use serde_json::Map;

/// The value with each leaf replaced by the name of its type, and each list replaced by the shape of its first
/// element.
pub fn shape(value: &Value) -> Value {
    match value {
        Value::Null => "null".into(),
        Value::Bool(_) => "bool".into(),
        Value::Number(number) if number.is_f64() => "float".into(),
        Value::Number(_) => "int".into(),
        Value::String(_) => "text".into(),
        Value::Array(entries) => Value::Array(entries.first().map(shape).into_iter().collect()),
        Value::Object(object) => {
            let members = object.iter().map(|(key, value)| (key.clone(), shape(value)));
            members.collect::<Map<_, _>>().into()
        }
    }
}

/// The keys of an object in order.
pub fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}
