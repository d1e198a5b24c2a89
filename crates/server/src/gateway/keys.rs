//! The keys that encrypt the secrets of upstreams. They are outside of the store: in a variable or in a file. The first
//! key encrypts; every key decrypts, so that a key can be replaced while nodes run.

use crate::auth::aead::{self, Purpose};
use crate::auth::secret::random;
use crate::encoding::{base64, from_base64};
use kaquan_core::error::Result;
use sha2::{Digest, Sha256};
use std::str::FromStr;

/// The bytes of a key.
const KEY_LEN: usize = 32;

/// One key or several, the newest first.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKeys(Vec<[u8; KEY_LEN]>);

// Not derived, so that no key gets into a log.
impl std::fmt::Debug for SecretKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretKeys({})", self.0.len())
    }
}

impl FromStr for SecretKeys {
    type Err = String;

    /// Keys in base64, separated by commas or white space. A line that begins with `#` is a comment.
    fn from_str(text: &str) -> Result<SecretKeys, String> {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        let texts = lines.flat_map(|line| line.split(|c: char| c == ',' || c.is_whitespace()));
        let keys: Option<Vec<_>> = texts.filter(|text| !text.is_empty()).map(read).collect();
        match keys {
            Some(keys) if !keys.is_empty() => Ok(SecretKeys(keys)),
            // The text is not in the error, because it may be a key with a typing error.
            _ => {
                Err("each key must be the base64 of 32 bytes; kaquan secret-key create prints one".to_owned())
            }
        }
    }
}

fn read(text: &str) -> Option<[u8; KEY_LEN]> {
    from_base64(text)?.try_into().ok()
}

impl SecretKeys {
    /// Encrypts a text for this app with the first key.
    ///
    /// # Errors
    ///
    /// -1 if the system returns no random bytes.
    pub fn seal(&self, appid: &str, text: &[u8]) -> Result<Vec<u8>> {
        aead::seal(&key_of(&self.0[0], appid), Purpose::Upstream, text)
    }

    /// Decrypts a text of this app; `None` if no key fits.
    pub fn open(&self, appid: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        self.0.iter().find_map(|key| aead::open(&key_of(key, appid), Purpose::Upstream, sealed))
    }

    /// Whether the first key decrypts this text.
    pub fn is_current(&self, appid: &str, sealed: &[u8]) -> bool {
        aead::open(&key_of(&self.0[0], appid), Purpose::Upstream, sealed).is_some()
    }
}

/// The key of one app, so that the secrets of an app cannot be moved into the row of another.
fn key_of(key: &[u8; KEY_LEN], appid: &str) -> [u8; KEY_LEN] {
    Sha256::new().chain_update(b"kaquan upstream\n").chain_update(key).chain_update(appid).finalize().into()
}

/// A new key, as text.
///
/// # Errors
///
/// -1 if the system returns no random bytes.
pub fn fresh_key() -> Result<String> {
    Ok(base64(&random::<KEY_LEN>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_decrypts_and_the_first_encrypts() {
        let (old, new) = (fresh_key().unwrap(), fresh_key().unwrap());
        let before: SecretKeys = old.parse().unwrap();
        let sealed = before.seal("wx1", b"secret").unwrap();
        let both: SecretKeys = format!("# keys of the shop\n{new}\n{old}\n").parse().unwrap();
        assert_eq!(both.open("wx1", &sealed).as_deref(), Some(&b"secret"[..]));
        assert!(!both.is_current("wx1", &sealed));
        let sealed = both.seal("wx1", b"secret").unwrap();
        assert!(both.is_current("wx1", &sealed));
        assert_eq!(before.open("wx1", &sealed), None);
        assert_eq!(both.open("wx2", &sealed), None);
    }

    #[test]
    fn an_error_about_a_key_does_not_show_it() {
        for text in ["", "# only a comment", "c2hvcnQ=", "not base64!"] {
            let error = text.parse::<SecretKeys>().unwrap_err();
            assert!(
                error.contains("secret-key create") && (text.len() < 2 || !error.contains(text)),
                "{error}"
            );
        }
    }
}
