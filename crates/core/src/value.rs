//! Lenient reading of JSON values. Clients send numbers as text, flags as numbers, lists as text with commas, and
//! `null` for missing values. Stored values and replies always have the right type.

use crate::error::{ErrCode, Error, Result};
use serde_json::{Map, Value};

/// The value of a key of an object; `None` if it is missing or `null`.
pub fn given<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    object.get(key).filter(|value| !value.is_null())
}

/// As [`given`], but `""` also counts as missing.
pub fn filled<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    given(object, key).filter(|value| value.as_str() != Some(""))
}

/// An optional object. `[]` counts as missing, because PHP writes an empty object as `[]`.
///
/// # Errors
///
/// 47001 for another value.
pub fn object<'a>(object: &'a Map<String, Value>, key: &str) -> Result<Option<&'a Map<String, Value>>> {
    match filled(object, key).filter(|value| !is_empty_list(value)) {
        None => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(_) => Err(Error::key(&[key], "must be an object")),
    }
}

/// Whether a value is `[]`.
pub fn is_empty_list(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
}

/// An optional text. A number becomes its shortest decimal text.
///
/// # Errors
///
/// 47001 for any other value, and for control characters.
pub fn text(object: &Map<String, Value>, key: &str) -> Result<Option<String>> {
    let Some(value) = filled(object, key) else { return Ok(None) };
    match to_text(value) {
        Some(text) if control_char(&text).is_none() => Ok(Some(text)),
        Some(_) => Err(Error::field(ErrCode::DataFormat, key, "has a control character")),
        None => Err(Error::field(ErrCode::DataFormat, key, not_a_text(value))),
    }
}

/// An optional whole number.
///
/// # Errors
///
/// 47001 for any other value.
pub fn whole_number(object: &Map<String, Value>, key: &str) -> Result<Option<i64>> {
    let wrong = || Error::field(ErrCode::DataFormat, key, "must be a whole number");
    filled(object, key).map(|value| int(value).ok_or_else(wrong)).transpose()
}

/// Whether a text is an http or https URL.
pub fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
}

/// Checks the URL of a picture that must have been uploaded: to this server, whose URLs begin with `own_pictures`, or
/// to WeChat, whose servers for pictures are named `mmbiz.*`.
///
/// # Errors
/// 52000 for any other picture.
pub fn check_uploaded(field: &str, url: &str, own_pictures: &str) -> Result<()> {
    let is_wechats =
        is_web_address(url) && url.split_once("://").is_some_and(|(_, rest)| rest.starts_with("mmbiz."));
    match url.starts_with(own_pictures) || is_wechats {
        true => Ok(()),
        false => {
            let reason = "is neither uploaded with media/uploadimg nor at mmbiz.*";
            Err(Error::field(ErrCode::PicNotFromCdn, field, reason))
        }
    }
}

/// Checks the URL of a link. A text without a scheme is accepted, because samples of the manual have such links.
///
/// # Errors
/// 40097 for another scheme than http and https, such as `javascript:`, and for `//` at the beginning.
pub fn check_link(field: &str, text: &str) -> Result<()> {
    let refused = |reason: &str| Err(Error::field(ErrCode::InvalidArgs, field, reason));
    // Browsers treat both kinds of slashes in the same way, and read a link that begins with two slashes as a link to
    // another host.
    if text.trim_start().starts_with(['/', '\\']) && text.trim_start()[1..].starts_with(['/', '\\']) {
        return refused("must name its scheme, http:// or https://");
    }
    match scheme(text) {
        None => Ok(()),
        Some(scheme) if ["http", "https"].contains(&scheme.as_str()) => Ok(()),
        Some(_) => refused("must begin with http:// or https://"),
    }
}

/// The scheme of a URL in the way browsers read it: in small letters, without spaces and control characters. The text
/// before a port, as in `shop.example:8080/a`, is not a scheme.
fn scheme(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    let (scheme, rest) = text.split_once(':')?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    let port = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_port = scheme.contains('.') && !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    (is_scheme && !is_port).then(|| scheme.to_ascii_lowercase())
}

/// A whole number: a JSON integer, a double without a fraction, or one of these as text.
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

/// A double as an integer, if it has no fraction and the conversion is exact.
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
}

/// A number with or without a fraction, or such a number as text.
pub fn decimal(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|number: &f64| number.is_finite())
}

/// A flag: `true`, `"true"`, `1`, `"1"`, and the opposite values.
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

/// An identifier: a text, or a whole number without quotes.
pub fn ident(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

/// A text, or a number as its shortest decimal text: `12.50` is "12.5". A JSON number that is no 64-bit integer is read
/// as a double. Doubles from 2^53 on do not have all digits that the caller sent, so they are refused.
pub fn to_text(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => ident(value).or_else(|| {
            // Adding 0 turns -0 into 0.
            number
                .as_f64()
                .filter(|number| number.abs() < DOUBLE_EXACT)
                .map(|number| (number + 0.0).to_string())
        }),
        value => value.as_str().map(str::to_owned),
    }
}

/// 2^53: each whole number below has a double of its own.
const DOUBLE_EXACT: f64 = 9_007_199_254_740_992.0;

/// Why a value is no text.
pub fn not_a_text(value: &Value) -> &'static str {
    match value.is_number() {
        true => "has more digits than a JSON number keeps; send it as text",
        false => "must be text",
    }
}

/// The first control character that a card's text must not contain. Tabs, line feeds and carriage returns are
/// allowed.
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
    fn fractions_are_read_as_numbers_and_as_text() {
        for (value, expected) in [
            (json!(113.5), Some(113.5)),
            (json!("113.500"), Some(113.5)),
            (json!(-7), Some(-7.0)),
            (json!("NaN"), None),
            (json!("inf"), None),
            (json!("1e999"), None),
            (json!("east"), None),
            (json!([1]), None),
        ] {
            assert_eq!(decimal(&value), expected, "{value}");
        }
    }

    #[test]
    fn a_number_for_a_text_becomes_its_shortest_decimal_text() {
        for (value, expected) in [
            (json!("12.50"), Some("12.50")),
            (json!(12), Some("12")),
            (json!(-3), Some("-3")),
            (json!(12.5), Some("12.5")),
            (json!(12.0), Some("12")),
            (json!(0.1), Some("0.1")),
            (json!(1e15), Some("1000000000000000")),
            (json!(true), None),
            (json!([]), None),
        ] {
            assert_eq!(to_text(&value).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn an_empty_list_stands_for_an_object_that_is_not_given() {
        let body = json!({"none": [], "null": null, "blank": "", "some": {"a": 1}, "list": [1], "text": "x"});
        let body = body.as_object().unwrap();
        for absent in ["none", "null", "blank", "nowhere"] {
            assert_eq!(object(body, absent), Ok(None), "{absent}");
        }
        assert_eq!(object(body, "some").unwrap().map(Map::len), Some(1));
        for wrong in ["list", "text"] {
            assert_eq!(object(body, wrong).unwrap_err().code, ErrCode::DataFormat, "{wrong}");
        }
    }

    #[test]
    fn an_address_on_the_web_begins_with_http() {
        for text in ["http://a", "https://mmbiz.qpic.cn/mmbiz/a/0?x=y"] {
            assert!(is_web_address(text), "{text}");
        }
        for text in ["", "a.png", "http://", "ftp://a", "http://a b", "javascript:alert(1)", "HTTP//a"] {
            assert!(!is_web_address(text), "{text}");
        }
    }

    #[test]
    fn a_link_is_of_the_web_or_has_no_scheme() {
        for text in
            ["http://a", "HTTPS://a", "www.qq.com", "shop.example:8080/a?b=c:d", "/a:b", "?a:b", "名:字"]
        {
            assert_eq!(check_link("url", text), Ok(()), "{text}");
        }
        for text in [
            "//a/b",
            "/\\a/b",
            "javascript:alert(1)",
            "JavaScript:1",
            " javascript:1",
            "java\tscript:1",
            "\u{1}javascript:1",
            "data:text/html,a",
            "vbscript:a",
            "file:///etc/passwd",
            "weixin://a",
            "ftp://a",
        ] {
            let error = check_link("url", text).expect_err(text);
            assert_eq!(error.code, ErrCode::InvalidArgs, "{text}");
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

    #[test]
    fn a_number_that_loses_digits_is_no_text() {
        for (json, expected) in [
            ("18446744073709551615", Some("18446744073709551615")),
            ("-9223372036854775808", Some("-9223372036854775808")),
            ("18446744073709551616", None),
            ("30000000000000000001", None),
            ("30000000000000000099", None),
            ("-9223372036854775809", None),
            ("9007199254740993.0", None),
            ("1e21", None),
            ("9e15", Some("9000000000000000")),
            ("-0", Some("0")),
            ("-0.0", Some("0")),
            ("-0.5", Some("-0.5")),
        ] {
            let object = object_of(&format!(r#"{{"request_no": {json}}}"#));
            assert_eq!(to_text(&object["request_no"]).as_deref(), expected, "{json}");
            let read = text(&object, "request_no");
            match expected {
                Some(text) => assert_eq!(read, Ok(Some(text.to_owned())), "{json}"),
                None => assert_eq!(read.unwrap_err().code, ErrCode::DataFormat, "{json}"),
            }
        }
    }

    fn object_of(json: &str) -> Map<String, Value> {
        serde_json::from_str(json).unwrap()
    }
}
