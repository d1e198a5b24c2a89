//! Builds links: parameters are appended to whatever address a merchant gave, encoded, and before its fragment.

use std::fmt::Write;

/// The address with these parameters behind its own.
pub fn with_params(url: &str, params: &[(&str, &str)]) -> String {
    let (address, fragment) = match url.split_once('#') {
        Some((address, fragment)) => (address, Some(fragment)),
        None => (url, None),
    };
    let mut link = address.to_owned();
    let mut joint = if address.contains('?') { '&' } else { '?' };
    for (key, value) in params {
        // Writing to a string does not fail.
        let _ = write!(link, "{joint}{key}={}", encode(value));
        joint = '&';
    }
    if let Some(fragment) = fragment {
        link.push('#');
        link.push_str(fragment);
    }
    link
}

/// A text as it may stand in a query.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(byte.into()),
            other => {
                let _ = write!(encoded, "%{other:02X}");
            }
        }
    }
    encoded
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
}
