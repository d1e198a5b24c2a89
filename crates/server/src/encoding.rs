//! Bytes as text: hexadecimal and the two alphabets of base64.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}

/// Reads hexadecimal in letters of either case.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    base16ct::mixed::decode_vec(text).ok()
}

/// Standard base64, which encrypted codes come in.
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Reads standard base64.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// As [`from_base64`], for a text that came through a URL. A `+` that became a space in a URL is restored, also at
/// either end, where it looks like a surplus space.
pub fn from_spaced_base64(text: &str) -> Option<Vec<u8>> {
    let decode = |text: &str| from_base64(&text.replace(' ', "+"));
    decode(text).or_else(|| decode(text.trim()))
}

/// Base64 for a URL.
pub fn url_base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads base64 from a URL.
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
