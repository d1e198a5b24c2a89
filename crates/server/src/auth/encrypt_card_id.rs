//! Encrypted card ids: links to the form of a member card contain them instead of the card's id. WeChat manual:
//! "创建会员卡" (member cards), link of the activation form.

use super::aead::{self, Purpose};
use crate::encoding::{base64, from_spaced_base64};
use kaquan_core::error::Result;
use kaquan_core::id::CardNo;

/// The number of bytes to encrypt: the result in base64 then has sixty-four characters.
const SEALED_LEN: usize = 20;

/// Encrypts a card's number.
///
/// # Errors
///
/// -1 if the system returns no random bytes.
pub fn encrypt(key: &[u8; 32], card: CardNo) -> Result<String> {
    let mut text = [0; SEALED_LEN];
    text[..8].copy_from_slice(&card.0.to_be_bytes());
    Ok(base64(&aead::seal(key, Purpose::Card, &text)?))
}

/// Decrypts a card's number; `None` if the text is not one of this app.
pub fn decrypt(key: &[u8; 32], encrypted: &str) -> Option<CardNo> {
    let text = aead::open(key, Purpose::Card, &from_spaced_base64(encrypted)?)?;
    text.first_chunk().map(|number| CardNo(i64::from_be_bytes(*number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encrypted_card_has_sixty_four_characters_and_leads_back() {
        let encrypted = encrypt(&[1; 32], CardNo(77)).unwrap();
        assert_eq!(encrypted.len(), 64);
        assert_eq!(decrypt(&[1; 32], &encrypted), Some(CardNo(77)));
        assert_eq!(decrypt(&[2; 32], &encrypted), None);
        assert_eq!(decrypt(&[1; 32], "bm90IGEgY2FyZA=="), None);
    }
}
