//! Builds URLs: encodes parameters and appends them to the query of an address, before its fragment.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All characters except those that RFC 3986 calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The address with these parameters added at the end of its query.
pub fn with_params<V: AsRef<str>>(url: &str, params: &[(&str, V)]) -> String {
    let pairs: Vec<String> =
        params.iter().map(|(key, value)| format!("{key}={}", encode(value.as_ref()))).collect();
    with_query(url, &pairs.join("&"))
}

/// As [`with_params`], with parameters that are already encoded.
pub fn with_query(url: &str, query: &str) -> String {
    let (address, fragment) = url.find('#').map_or((url, ""), |at| url.split_at(at));
    let separator = match address.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{address}{separator}{query}{fragment}")
}

/// Encodes a text for one part of a path or one value of a query.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_joined_encoded_and_put_before_the_fragment() {
        let params = [("encrypt_code", "a+b/c="), ("card_id", "p1")];
        for (url, expected) in [
            ("http://a", "http://a?encrypt_code=a%2Bb%2Fc%3D&card_id=p1"),
            ("http://a/?x=1", "http://a/?x=1&encrypt_code=a%2Bb%2Fc%3D&card_id=p1"),
            ("http://a/#top", "http://a/?encrypt_code=a%2Bb%2Fc%3D&card_id=p1#top"),
        ] {
            assert_eq!(with_params(url, &params), expected);
        }
    }

    #[test]
    fn the_query_of_an_address_is_kept() {
        assert_eq!(with_query("http://a/wx", "b=1"), "http://a/wx?b=1");
        assert_eq!(with_query("http://a/wx?c=2", "b=1"), "http://a/wx?c=2&b=1");
        assert_eq!(with_query("http://a/wx?", "b=1"), "http://a/wx?b=1");
    }

    #[test]
    fn a_value_is_encoded_but_for_unreserved_characters() {
        assert_eq!(encode("oZI8Fj040-be6_.~"), "oZI8Fj040-be6_.~");
        assert_eq!(encode("a&b=c 卡"), "a%26b%3Dc%20%E5%8D%A1");
    }
}
