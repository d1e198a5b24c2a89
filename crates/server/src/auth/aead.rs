//! Encrypts short texts, such as codes and QR tickets, that only this server can read. These texts need no rows in
//! the store, and every node can decrypt the texts of another node. WeChat manual: "核销卡券" (consume cards), decrypt
//! a code; "投放卡券" (distribute cards), QR codes.

use super::secret;
use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use kaquan_core::error::{Error, Result};
use sha2::{Digest, Sha256};

const NONCE_LEN: usize = 12;

/// The purpose of an encrypted text. A text with one purpose is not accepted for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// `encrypt_code`.
    Code,
    /// A QR ticket.
    Ticket,
    /// `encrypt_card_id`.
    Card,
    /// A link to a gift.
    Gift,
    /// A holder's cookie of the wallet.
    Holder,
    /// The page to which WeChat's web authorization returns.
    Oauth,
    /// A secret of an upstream.
    Upstream,
}

impl Purpose {
    const fn name(self) -> &'static [u8] {
        match self {
            Purpose::Code => b"code",
            Purpose::Ticket => b"ticket",
            Purpose::Card => b"card",
            Purpose::Gift => b"gift",
            Purpose::Holder => b"holder",
            Purpose::Oauth => b"oauth",
            Purpose::Upstream => b"upstream",
        }
    }
}

/// Encrypts a text with an app's key. The result differs each time.
///
/// # Errors
///
/// -1 if the system returns no random bytes.
pub fn seal(key: &[u8; 32], purpose: Purpose, text: &[u8]) -> Result<Vec<u8>> {
    seal_with(key, purpose, text, secret::random()?)
}

/// Encrypts a text with an app's key. The same text has the same result, so that a repeated reply is the same. The
/// nonce is computed from the text, so no two texts have the same nonce.
///
/// # Errors
///
/// -1 if the encryption fails.
pub fn seal_same(key: &[u8; 32], purpose: Purpose, text: &[u8]) -> Result<Vec<u8>> {
    let digest = Sha256::new().chain_update(key).chain_update(purpose.name()).chain_update(text).finalize();
    let mut nonce = [0; NONCE_LEN];
    nonce.copy_from_slice(&digest[..NONCE_LEN]);
    seal_with(key, purpose, text, nonce)
}

fn seal_with(key: &[u8; 32], purpose: Purpose, text: &[u8], nonce: [u8; NONCE_LEN]) -> Result<Vec<u8>> {
    let payload = Payload { msg: text, aad: purpose.name() };
    let sealed = Aes256Gcm::new(&(*key).into())
        .encrypt(&nonce.into(), payload)
        .map_err(|_| Error::internal("sealing failed"))?;
    Ok([&nonce[..], &sealed].concat())
}

/// Decrypts a text with this key and purpose; `None` if it is not valid.
pub fn open(key: &[u8; 32], purpose: Purpose, sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
    let payload = Payload { msg: sealed, aad: purpose.name() };
    Aes256Gcm::new(&(*key).into()).decrypt(&(*nonce).into(), payload).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_text_opens_with_its_key_and_for_its_purpose_only() {
        let sealed = seal(&[1; 32], Purpose::Code, b"751234212312").unwrap();
        assert_eq!(open(&[1; 32], Purpose::Code, &sealed).as_deref(), Some(&b"751234212312"[..]));
        assert_eq!(open(&[2; 32], Purpose::Code, &sealed), None);
        assert_eq!(open(&[1; 32], Purpose::Ticket, &sealed), None);
        assert_eq!(open(&[1; 32], Purpose::Code, b"short"), None);
    }
}
