//! The access token in a form-encoded body. A Java library sends the token of some calls in this way. All other clients
//! send it in the query; then the body is not searched for a token.

use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use kaquan_core::card::Object;
use kaquan_core::error::Result;

/// The name of the token, in the query and in a form.
pub const KEY: &str = "access_token";

/// Whether the token of a request may be in its body: the query has none, and the content type is that of a form.
pub fn may_be_in_body(parts: &Parts, query: &Result<Vec<(String, String)>>) -> bool {
    let content_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_form = content_type.is_some_and(|it| it.starts_with("application/x-www-form-urlencoded"));
    let in_query = query.as_ref().is_ok_and(|pairs| pairs.iter().any(|(name, _)| name == KEY));
    parts.method == Method::POST && is_form && !in_query
}

/// The token of a form and its other fields; `None` if the form has no token.
pub fn split(body: &[u8]) -> Option<(String, Object)> {
    let mut pairs: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
    let at = pairs.iter().position(|(name, value)| name == KEY && !value.is_empty())?;
    let (_, token) = pairs.swap_remove(at);
    let pairs = pairs.into_iter().filter(|(name, value)| !name.contains('\0') && !value.contains('\0'));
    Some((token, pairs.map(|(name, value)| (name, value.into())).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn a_form_is_split_into_its_token_and_its_fields() {
        let (token, fields) = split(b"card_id=p1&access_token=T&name=%E5%BC%A0").expect("a token");
        assert_eq!((token.as_str(), Value::Object(fields)), ("T", json!({"card_id": "p1", "name": "张"})));
        for without in ["", "card_id=p1", "access_token=", r#"{"card_id": "p1"}"#] {
            assert!(split(without.as_bytes()).is_none(), "{without}");
        }
    }
}
