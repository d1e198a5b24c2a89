//! The fields of a form or of a query, as a browser sends them.

use super::Fault;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, Limited};

/// Bytes a form may have.
pub const FORM_MAX: usize = 1024 * 1024;

/// Names and values in the order they were sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(pub Vec<(String, String)>);

impl Fields {
    /// Reads `a=1&b=2`.
    pub fn parse(text: &[u8]) -> Fields {
        Fields(
            form_urlencoded::parse(text)
                .map(|(key, value)| (key.into_owned(), value.replace('\0', "")))
                .collect(),
        )
    }

    /// Reads the body of a form.
    ///
    /// Errors: 415 for another kind of body, 413 for one that is too long, 400 for one that ends early.
    pub async fn read(headers: &HeaderMap, body: Body) -> Result<Fields, Fault> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("application/x-www-form-urlencoded") {
            return Err(Fault::Status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        match Limited::new(body, FORM_MAX).collect().await {
            Ok(body) => Ok(Fields::parse(&body.to_bytes())),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => {
                Err(Fault::Status(StatusCode::PAYLOAD_TOO_LARGE))
            }
            Err(_) => Err(Fault::Status(StatusCode::BAD_REQUEST)),
        }
    }

    /// A field without the blanks around it, if it is there and not empty.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.raw(key).map(str::trim).filter(|value| !value.is_empty())
    }

    /// A field as it was sent, perhaps empty. Line breaks are those of the form, `\r\n`.
    pub fn raw(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// Every value of a field that may be there several times.
    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// Whether a box was ticked.
    pub fn ticked(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// A whole number, if it is there and is one.
    pub fn int(&self, key: &str) -> Option<i64> {
        self.get(key)?.parse().ok()
    }

    /// The fields but those of this name.
    pub fn without(mut self, key: &str) -> Fields {
        self.0.retain(|(name, _)| name != key);
        self
    }

    /// A field as it was sent, to be shown again; empty if it was not sent.
    pub fn typed(&self, key: &str) -> String {
        self.raw(key).unwrap_or_default().to_owned()
    }

    /// The fields as a query, with this one set or, for `None`, left out: for links that change one thing.
    pub fn with(&self, key: &str, value: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.0.iter().filter(|(name, _)| name != key));
        if let Some(value) = value {
            query.append_pair(key, value);
        }
        query.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_browsers_write_them() {
        let fields = Fields::parse("name=+%E5%8D%A1+&tick=on&empty=&many=1&many=2".as_bytes());
        assert_eq!(fields.get("name"), Some("卡"));
        assert_eq!((fields.get("empty"), fields.raw("empty")), (None, Some("")));
        assert!(fields.ticked("tick") && !fields.ticked("tock"));
        assert_eq!(fields.all("many").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(fields.int("many"), Some(1));
    }

    #[test]
    fn a_link_changes_one_field_and_keeps_the_others() {
        let fields = Fields::parse(b"page=2&q=a%26b");
        assert_eq!(fields.with("page", Some("3")), "q=a%26b&page=3");
        assert_eq!(fields.with("page", None), "q=a%26b");
    }
}
