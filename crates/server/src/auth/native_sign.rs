//! kaquan's own signature of a `cardExt`: HMAC-SHA256 over names and values, one line for each. It covers the name
//! and value of everything that a claim uses. So no value can be changed or get another name.

use crate::encoding::hex;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The longest `nonce_str`, in characters.
const NONCE_MAX: usize = 32;
/// The `sign_type` of a `cardExt` with this signature. Also the first line of the signed text.
pub const SIGN_TYPE: &str = "KAQUAN-HMAC-SHA256";

/// The signed values, in the order of the lines. A missing value is empty.
pub const FIELDS: [&str; 9] = [
    "appid",
    "card_id",
    "code",
    "fixed_begintimestamp",
    "nonce_str",
    "openid",
    "outer_id",
    "outer_str",
    "timestamp",
];

/// The lines of the signed text: the type, then each name with its value.
pub fn lines(values: &[String]) -> Vec<String> {
    let value = |at: usize| values.get(at).map(String::as_str).unwrap_or_default();
    let named = FIELDS.iter().enumerate().map(|(at, name)| format!("{name}={}", value(at)));
    std::iter::once(SIGN_TYPE.to_owned()).chain(named).collect()
}

/// The signature of a text, in lower-case hexadecimal.
pub fn signature(ticket: &str, text: &str) -> String {
    // HMAC accepts a key of any length, although the type of this function allows an error.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(ticket.as_bytes()) else { return String::new() };
    mac.update(text.as_bytes());
    hex(&mac.finalize().into_bytes())
}

/// Why a claim does not accept these values; `None` if it accepts them.
pub fn fault(values: &[String]) -> Option<&'static str> {
    let nonce = FIELDS.iter().position(|name| *name == "nonce_str").and_then(|at| values.get(at));
    if values.iter().any(|value| value.contains(['\n', '\r'])) {
        return Some("a value has a line break");
    }
    match nonce.map(|nonce| nonce.chars().count()) {
        None | Some(0) => Some("has no nonce_str"),
        Some(1..=NONCE_MAX) => None,
        Some(_) => Some("nonce_str has more than 32 characters"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICKET: &str = "ojZ8YtyVyr30HheH3CM73y7h4jJE";

    /// This command computes the same signature:
    /// `printf 'KAQUAN-HMAC-SHA256\nappid=wxb11529c136998cb6\n…' | openssl dgst -sha256 -hmac TICKET`.
    #[test]
    fn the_documented_values_make_the_documented_signature() {
        let values = [
            "wxb11529c136998cb6",
            "pjZ8Yt1XGILfi-FUsewpnnolGgZk",
            "1434008071",
            "",
            "Wm3WZYTPz0wzccnW",
            "ojZ8Yt9mDh2PbnCSdCMWmVEPRIEc",
            "",
            "spring",
            "1404896688",
        ]
        .map(str::to_owned);
        let text = lines(&values).join("\n");
        assert!(text.starts_with("KAQUAN-HMAC-SHA256\nappid=wxb11529c136998cb6\ncard_id=pjZ8"), "{text}");
        assert_eq!(
            signature(TICKET, &text),
            "5b87e8d9b285d6931d0922b1a4f09e39107a6cb62c039328c8083a60f1e49f79"
        );
    }
}
