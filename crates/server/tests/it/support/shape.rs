//! Replies by their shape: which fields, in which order, of which JSON types. Clients of typed languages break on a
//! number that was text yesterday, and a comparison of values alone would not show it.

use super::Value;
use serde_json::Map;

/// The value with every leaf replaced by the name of its type, and every list by its first entry's shape.
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

/// The keys of an object in their order.
pub fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}
