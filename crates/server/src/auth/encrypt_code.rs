//! Encrypted codes: pages and redirects contain them instead of a code, and the merchant's server decrypts them.
//! WeChat manual: "核销卡券" (consume cards), decrypt a code.

use super::aead::{self, Purpose};
use crate::encoding::{base64, from_spaced_base64};
use kaquan_core::error::Result;
use kaquan_core::id::CodeText;

/// Encrypts a code: base64 of at most 128 bytes.
///
/// # Errors
///
/// -1 if the encryption fails.
pub fn encrypt(key: &[u8; 32], code: &CodeText) -> Result<String> {
    // Padded, so that the length reveals nothing about a custom code.
    let mut text = code.as_str().as_bytes().to_vec();
    text.resize(text.len().max(20), 0);
    Ok(base64(&aead::seal_same(key, Purpose::Code, &text)?))
}

/// Decrypts a code; `None` if the text is not one of this app.
pub fn decrypt(key: &[u8; 32], encrypted: &str) -> Option<CodeText> {
    let text = aead::open(key, Purpose::Code, &from_spaced_base64(encrypted)?)?;
    let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
    String::from_utf8(text[..end].to_vec()).ok().map(CodeText::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encrypted_code_has_sixty_four_characters_and_leads_back() {
        let encrypted = encrypt(&[1; 32], &"751234212312".into()).unwrap();
        assert_eq!(encrypted.len(), 64);
        assert_eq!(decrypt(&[1; 32], &encrypted), Some("751234212312".into()));
        assert_eq!(decrypt(&[2; 32], &encrypted), None);
        assert_eq!(decrypt(&[1; 32], "bm90IGEgY29kZQ=="), None);
    }
}
