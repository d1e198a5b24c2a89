//! The text of an access token: the numbers of its row, and a signature with the app's key. The text is not stored.
//! The server can distinguish an expired token from a text that never was a token.

use crate::encoding::{from_url_base64, url_base64};
use hmac::{Hmac, KeyInit, Mac};
use kaquan_core::id::AppId;
use kaquan_store::TokenKind;
use sha2::Sha256;

const VERSION: u8 = 1;
const HEAD_LEN: usize = 18;
const MAC_LEN: usize = 32;

/// The numbers in a token, before its signature is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenText {
    /// The app that the text names.
    pub app: AppId,
    pub kind: TokenKind,
    /// The number of the token in its family.
    pub serial: i64,
}

impl TokenText {
    /// The text, signed with the app's key.
    pub fn sign(&self, key: &[u8; 32]) -> String {
        let head = self.head();
        let mut bytes = head.to_vec();
        bytes.extend_from_slice(&mac(key, &head).finalize().into_bytes());
        url_base64(&bytes)
    }

    /// Parses a text without checking its signature; `None` if the text has another form.
    pub fn read(text: &str) -> Option<TokenText> {
        let bytes = from_url_base64(text)?;
        if bytes.len() != HEAD_LEN + MAC_LEN || bytes[0] != VERSION {
            return None;
        }
        let number = |at: usize| Some(i64::from_be_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
        Some(TokenText {
            kind: TokenKind::from_number(bytes[1])?,
            app: AppId(number(2)?),
            serial: number(10)?,
        })
    }

    /// Whether the text was signed with this key. The comparison takes constant time.
    pub fn is_signed(&self, text: &str, key: &[u8; 32]) -> bool {
        let Some(bytes) = from_url_base64(text) else { return false };
        bytes.len() == HEAD_LEN + MAC_LEN && mac(key, &self.head()).verify_slice(&bytes[HEAD_LEN..]).is_ok()
    }

    fn head(&self) -> [u8; HEAD_LEN] {
        let mut head = [0; HEAD_LEN];
        head[0] = VERSION;
        head[1] = self.kind.number();
        head[2..10].copy_from_slice(&self.app.0.to_be_bytes());
        head[10..].copy_from_slice(&self.serial.to_be_bytes());
        head
    }
}

/// HMAC-SHA-256 with an app's key.
pub(super) fn mac(key: &[u8; 32], head: &[u8]) -> Hmac<Sha256> {
    // HMAC pads a key with zeros to the block size of its hash.
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(head);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_back_to_its_numbers_and_only_its_own_key_signs_it() {
        let token = TokenText { app: AppId(7), kind: TokenKind::Stable, serial: 3 };
        let text = token.sign(&[1; 32]);
        assert!(text.len() <= 512);
        assert_eq!(TokenText::read(&text), Some(token));
        assert!(token.is_signed(&text, &[1; 32]));
        assert!(!token.is_signed(&text, &[2; 32]));
    }

    #[test]
    fn a_text_of_another_shape_is_not_a_token() {
        for text in ["", "0", &"0".repeat(80), "ACCESS_TOKEN", "访问"] {
            assert_eq!(TokenText::read(text), None, "{text}");
        }
    }
}
