//! The fields of a form or of a query, as a browser sends them.

/// How many parameters of a query or a cookie are read. More are ignored.
pub const PAIRS_MAX: usize = 256;

/// Names and values, in the order in which they were sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(pub Vec<(String, String)>);

/// An upper limit of the number of pairs in `a=1&b=2`.
pub fn pairs(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte == b'&').count() + 1
}

impl Fields {
    /// Parses `a=1&b=2`, at most `PAIRS_MAX` pairs.
    pub fn parse(text: &[u8]) -> Fields {
        Fields::parse_up_to(text, PAIRS_MAX)
    }

    /// As [`Fields::parse`], with another limit. A pair of three bytes needs two texts on the heap. So the caller
    /// counts with `pairs` first and refuses a body with too many.
    pub fn parse_up_to(text: &[u8], max: usize) -> Fields {
        Fields(
            form_urlencoded::parse(text)
                .take(max)
                .map(|(key, value)| (key.into_owned(), value.replace('\0', "")))
                .collect(),
        )
    }

    /// A field without white space around it; `None` if it is missing or empty.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.raw(key).map(str::trim).filter(|value| !value.is_empty())
    }

    /// A field as it was sent, which may be empty. Line breaks are `\r\n`, as in all forms.
    pub fn raw(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// Every value of a field that may occur several times.
    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// Whether a checkbox was checked.
    pub fn ticked(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// A whole number; `None` if the field is missing or is no whole number.
    pub fn int(&self, key: &str) -> Option<i64> {
        self.get(key)?.parse().ok()
    }

    /// All fields except those with this name.
    pub fn without(mut self, key: &str) -> Fields {
        self.0.retain(|(name, _)| name != key);
        self
    }

    /// A field as it was sent, to show it again; empty if it is missing.
    pub fn typed(&self, key: &str) -> String {
        self.raw(key).unwrap_or_default().to_owned()
    }

    /// The fields as a query, with one field set, or left out for `None`. For links that change one field.
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
    fn no_more_pairs_are_read_than_allowed() {
        let text = "a=&".repeat(100_000);
        assert_eq!(pairs(text.as_bytes()), 100_001);
        assert_eq!(Fields::parse(text.as_bytes()).0.len(), PAIRS_MAX);
    }

    #[test]
    fn a_link_changes_one_field_and_keeps_the_others() {
        let fields = Fields::parse(b"page=2&q=a%26b");
        assert_eq!(fields.with("page", Some("3")), "q=a%26b&page=3");
        assert_eq!(fields.with("page", None), "q=a%26b");
    }
}
