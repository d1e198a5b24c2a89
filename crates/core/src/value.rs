//! Lenient reading of JSON values: clients send numbers as text, flags as numbers, lists as comma text and `null`
//! for what they leave out. What is stored and answered is always of the proper type.

use serde_json::Value;

/// The value of an object's key, with `null` taken as absent.
pub fn given<'a>(object: &'a serde_json::Map<String, Value>, key: &str) -> Option<&'a Value> {
    object.get(key).filter(|value| !value.is_null())
}

/// A whole number: a JSON integer, a double without fraction, or either as text.
pub fn int(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().and_then(whole)),
        Value::String(text) => {
            let text = text.trim();
            text.parse().ok().or_else(|| text.parse().ok().and_then(whole))
        }
        _ => None,
    }
}

/// A double as an integer if it is one and is exact.
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
}

/// A flag: `true`, `"true"`, `1`, `"1"` and their opposites.
pub fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(_) => match int(value)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        },
        Value::String(text) => match text.as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// An identifier: text, or a whole number written without quotes.
pub fn ident(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

/// The first control character of a text that a card may not carry: all but tab, line feed and carriage return.
pub fn control_char(text: &str) -> Option<char> {
    text.chars().find(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_read_in_every_form_clients_send() {
        for (value, expected) in [
            (json!(5), Some(5)),
            (json!("5"), Some(5)),
            (json!(200.0), Some(200)),
            (json!("200.0"), Some(200)),
            (json!(-3), Some(-3)),
            (json!(1.5), None),
            (json!("abc"), None),
            (json!(""), None),
            (json!(true), None),
            (json!(u64::MAX), None),
        ] {
            assert_eq!(int(&value), expected, "{value}");
        }
    }

    #[test]
    fn flags_are_read_in_every_form_clients_send() {
        for (value, expected) in [
            (json!(true), Some(true)),
            (json!("false"), Some(false)),
            (json!(1), Some(true)),
            (json!("0"), Some(false)),
            (json!(2), None),
            (json!("yes"), None),
        ] {
            assert_eq!(flag(&value), expected, "{value}");
        }
    }

    #[test]
    fn line_breaks_and_tabs_are_text_and_other_controls_are_not() {
        assert_eq!(control_char("a\n\tb\r"), None);
        assert_eq!(control_char("a\u{0}"), Some('\u{0}'));
        assert_eq!(control_char("\u{7f}"), Some('\u{7f}'));
        assert_eq!(control_char("零宽\u{200b}完"), None);
    }
}
