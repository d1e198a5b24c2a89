//! Reads the body of a call: a JSON object in UTF-8, with a bound on its values before it is parsed.

use super::body::BudgetPermit;
use super::call::busy;
use super::json_bound;
use bytes::Bytes;
use kaquan_core::card::Object;
use kaquan_core::error::{ErrCode, Error, Result};
use serde_json::Value;

/// Parses a body, and appends its text to `text` for refusals that quote it. `held` takes the memory of the values
/// from the budget.
///
/// # Errors
///
/// 44002 an empty body; 47001 if it is not a JSON object; 40035 too many values; -1 if the budget is used up.
pub async fn parse_body(body: Bytes, text: &mut String, held: &mut BudgetPermit) -> Result<Object> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(ErrCode::EmptyPostData.into());
    }
    let format = |reason: String| Error::field(ErrCode::DataFormat, "body", reason);
    let body = std::str::from_utf8(&body).map_err(|error| format(format!("not UTF-8: {error}")))?;
    // Some clients send a byte order mark.
    let body = body.trim_start_matches('\u{feff}');
    let values = json_bound::values(body);
    if values > json_bound::VALUES_MAX {
        let reason = format!("more than {} values", json_bound::VALUES_MAX);
        return Err(Error::field(ErrCode::InvalidArgsSize, "body", reason));
    }
    held.take(json_bound::memory(values)).await.map_err(|_| busy())?;
    text.push_str(body);
    match serde_json::from_str(body) {
        // JSON can contain U+0000 only as this escape, so the search finds every case. `has_nul` then excludes an
        // escaped backslash before `u0000`.
        Ok(Value::Object(object))
            if body.contains("\\u0000") && object.iter().any(|(_, value)| has_nul(value)) =>
        {
            Err(format("has the character U+0000".to_owned()))
        }
        Ok(Value::Object(object)) => Ok(object),
        // PHP writes an empty object as an empty list.
        Ok(Value::Array(list)) if list.is_empty() => Ok(Object::new()),
        Ok(_) => Err(format("must be a JSON object".to_owned())),
        Err(error) => Err(format(format!("not JSON: {error}"))),
    }
}

/// Whether a text in the value has U+0000, which not every store can save.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(has_nul),
        Value::Object(object) => object.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::body::{Budget, Caller};
    use super::*;

    fn parse(body: &[u8]) -> Result<Object> {
        let mut held = BudgetPermit::new(&Budget::default(), Caller::Known);
        now(parse_body(Bytes::copy_from_slice(body), &mut String::new(), &mut held))
    }

    fn now<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
    }

    #[test]
    fn values_are_counted_before_they_are_parsed() {
        let list = |values: usize| format!("{{\"a\":[{}0]}}", "0,".repeat(values - 3));
        assert!(parse(list(json_bound::VALUES_MAX).as_bytes()).is_ok());
        let refused = parse(list(json_bound::VALUES_MAX + 1).as_bytes()).unwrap_err();
        assert_eq!(refused.code, ErrCode::InvalidArgsSize);
    }

    #[test]
    fn a_body_is_a_json_object_in_utf8() {
        assert!(parse(b"{}").is_ok());
        assert!(parse("\u{feff}{\"a\":1}".as_bytes()).is_ok());
        assert_eq!(parse(b" ").unwrap_err().code, ErrCode::EmptyPostData);
        for bad in [&b"{"[..], b"[1]", b"1", b"\"a\"", b"{\"a\":\xff}", b"{\"a\":\"\x01\"}", b"{} {}"] {
            assert_eq!(parse(bad).unwrap_err().code, ErrCode::DataFormat);
        }
    }

    #[test]
    fn a_text_with_nul_is_refused_and_an_escaped_backslash_is_not() {
        assert_eq!(parse(br#"{"a":{"b":["x\u0000"]}}"#).unwrap_err().code, ErrCode::DataFormat);
        assert!(parse(br#"{"a":"x\\u0000"}"#).is_ok());
    }
}
