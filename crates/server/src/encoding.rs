//! Bytes as text: hexadecimal and the two alphabets of base64.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// Encodes as lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}

/// Decodes hexadecimal with letters of either case.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    base16ct::mixed::decode_vec(text).ok()
}

/// Encodes as standard base64, for encrypted codes.
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Decodes standard base64.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// As [`from_base64`], for a text from a URL. If the URL changed a `+` into a space, the `+` is restored, also at
/// either end of the text.
pub fn from_spaced_base64(text: &str) -> Option<Vec<u8>> {
    let decode = |text: &str| from_base64(&text.replace(' ', "+"));
    decode(text).or_else(|| decode(text.trim()))
}

/// Encodes as base64 for a URL.
pub fn url_base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes base64 from a URL.
pub fn from_url_base64(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_is_written_in_lower_case_and_read_in_either() {
        assert_eq!(hex(&[0, 0xab, 0xff]), "00abff");
        assert_eq!(from_hex("00aBFf"), Some(vec![0, 0xab, 0xff]));
        for wrong in ["0", "0g", "+f"] {
            assert_eq!(from_hex(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_plus_that_became_a_space_is_restored() {
        let bytes = [0xfb, 0xef, 0xbe];
        assert_eq!(base64(&bytes), "++++");
        assert_eq!(from_spaced_base64("+ ++"), Some(bytes.to_vec()));
    }
}
