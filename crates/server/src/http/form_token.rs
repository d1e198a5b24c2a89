//! Form-encoded bodies of API calls. A Java library sends the token of some calls in a form. All other clients send it in
//! the query; then the body is not searched for a token. Calls that accept GET and POST read their parameters from a form
//! too.

use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use kaquan_core::card::Object;
use kaquan_core::error::{ErrCode, Error, Result};

/// The name of the token, in the query and in a form.
pub const KEY: &str = "access_token";
/// The largest number of fields of a form.
const FIELDS_MAX: usize = 64;

/// The names and values of a form or a query, in their order.
pub type Fields = Vec<(String, String)>;

/// Whether a request is a POST with the content type of a form.
pub fn is_form(parts: &Parts) -> bool {
    let content_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    parts.method == Method::POST && media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Whether the query has a token. An empty one counts as missing.
pub fn is_in(query: &Fields) -> bool {
    query.iter().any(|(name, value)| name == KEY && !value.is_empty())
}

/// The fields of a form.
///
/// # Errors
///
/// 40035 for more fields than a call can have.
pub fn parse(body: &[u8]) -> Result<Fields> {
    if body.iter().filter(|byte| **byte == b'&').count() >= FIELDS_MAX {
        let reason = format!("more than {FIELDS_MAX} fields");
        return Err(Error::field(ErrCode::InvalidArgsSize, "body", reason));
    }
    let fields = form_urlencoded::parse(body).into_owned();
    Ok(fields.filter(|(name, value)| !name.contains('\0') && !value.contains('\0')).collect())
}

/// Takes the token out of a form; `None` if the form has none.
pub fn take(fields: &mut Fields) -> Option<String> {
    let token = fields.iter().find(|(name, value)| name == KEY && !value.is_empty())?.1.clone();
    fields.retain(|(name, _)| name != KEY);
    Some(token)
}

/// The fields of a form as the members of a JSON object.
pub fn members(fields: Fields) -> Object {
    fields.into_iter().map(|(name, value)| (name, value.into())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn a_form_is_split_into_its_token_and_its_fields() {
        let mut fields = parse(b"card_id=p1&access_token=&access_token=T&name=%E5%BC%A0").expect("fields");
        assert_eq!(take(&mut fields).as_deref(), Some("T"));
        assert_eq!(Value::Object(members(fields)), json!({"card_id": "p1", "name": "张"}));
        for without in ["", "card_id=p1", "access_token=", r#"{"card_id": "p1"}"#] {
            assert_eq!(take(&mut parse(without.as_bytes()).expect("fields")), None, "{without}");
        }
    }

    #[test]
    fn a_form_of_too_many_fields_is_refused() {
        let form = |fields: usize| format!("{}a=", "a=&".repeat(fields - 1));
        assert_eq!(parse(form(FIELDS_MAX).as_bytes()).expect("fields").len(), FIELDS_MAX);
        let refused = parse(form(FIELDS_MAX + 1).as_bytes()).expect_err("too many");
        assert_eq!(refused.code, ErrCode::InvalidArgsSize);
    }
}
