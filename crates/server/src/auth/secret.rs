//! Secrets and random names. A secret is shown once, and its SHA-256 is stored. It has 128 random bits, so a slower
//! hash is not needed.

use crate::encoding::{base64, hex, url_base64};
use kaquan_core::app::ReviewPolicy;
use kaquan_core::error::{Error, Result};
use kaquan_core::id::CardId;
use kaquan_core::text;
use kaquan_core::time::Timestamp;
use kaquan_store::NewApp;
use sha2::{Digest, Sha256};

/// The longest name of an app, in bytes.
const APP_NAME_MAX: usize = 128;

/// A new app, with the secret that is shown only now.
#[derive(Debug)]
pub struct FreshApp {
    /// The row for the store, which has only the digest of the secret.
    pub app: NewApp,
    /// The secret in clear.
    pub secret: String,
}

/// Random bytes from the system.
///
/// # Errors
///
/// -1 if the system returns no random bytes.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Error::internal(format!("no randomness: {error}")))?;
    Ok(bytes)
}

/// A new app with random names and keys.
///
/// # Errors
///
/// 40097 and 45021 a name that is empty, too long or has control characters; -1 when the system has no randomness.
pub fn fresh_app(name: &str, review: ReviewPolicy, now: Timestamp) -> Result<FreshApp> {
    text::name("name", name)?;
    text::line("name", name, APP_NAME_MAX)?;
    let secret = hex(&random::<16>()?);
    let app = NewApp {
        appid: format!("wx{}", hex(&random::<8>()?)),
        name: name.to_owned(),
        review,
        secret_digest: digest(&secret),
        code_key: random()?,
        token_key: random()?,
        created_at: now,
    };
    Ok(FreshApp { app, secret })
}

/// The key of a sent activation form that waits for the merchant: base64 of 32 random bytes.
pub fn fresh_activate_ticket() -> Result<String> {
    Ok(base64(&random::<32>()?))
}

/// A new secret for an existing app.
pub fn fresh_secret() -> Result<String> {
    Ok(hex(&random::<16>()?))
}

/// The stored form of a secret.
pub fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// A new card id: `p`, six characters that all card ids of the app share, and 21 random characters.
pub fn fresh_card_id(token_key: &[u8; 32]) -> Result<CardId> {
    let tag = url_base64(&digest(&hex(token_key)));
    let random = url_base64(&random::<16>()?);
    Ok(format!("p{}{}", &tag[..6], &random[..21]).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fresh_names_have_wechats_shape() {
        let fresh = fresh_app("a", ReviewPolicy::Auto, Timestamp(0)).unwrap();
        assert_eq!((fresh.app.appid.len(), fresh.secret.len()), (18, 32));
        let (a, b) = (fresh_card_id(&[1; 32]).unwrap(), fresh_card_id(&[1; 32]).unwrap());
        assert_eq!(a.as_str().len(), 28);
        assert_eq!(a.as_str()[..7], b.as_str()[..7]);
        assert_ne!(a, b);
    }
}
