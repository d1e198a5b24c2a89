//! `/w/{appid}/in`: a link that the merchant's system signs for a holder. Its parameters are `openid`, `expires`
//! (Unix seconds, at most a day ahead), `next` (a path of this server) and `sign`. `sign` is the HMAC-SHA256 in
//! hexadecimal of the other three, each followed by a line feed.

use super::{chosen, is_openid};
use crate::encoding::{from_hex, hex};
use crate::pages::visitor::local_path;
use crate::pages::{Fault, Fields, PageResult};
use crate::wallet::pages::guest::Guest;
use hmac::{Hmac, KeyInit, Mac};
use kaquan_core::error::{Error, Result};
use kaquan_core::identity::Identity;
use kaquan_core::time::DAY_SECS;
use sha2::Sha256;

/// The longest validity of a link in seconds.
const AHEAD_MAX_SECS: i64 = DAY_SECS;

/// The signature of a link.
///
/// # Errors
///
/// -1 if the key cannot be used, which cannot happen with HMAC.
pub fn sign(secret: &str, openid: &str, expires: i64, next: &str) -> Result<String> {
    Ok(hex(&mac(secret, openid, expires, next)?.finalize().into_bytes()))
}

fn mac(secret: &str, openid: &str, expires: i64, next: &str) -> Result<Hmac<Sha256>> {
    let key = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
    let mut mac = key.map_err(|error| Error::internal(format!("a link cannot be signed: {error}")))?;
    mac.update(format!("{openid}\n{expires}\n{next}\n").as_bytes());
    Ok(mac)
}

/// Signs the guest in as the holder in the link.
pub async fn enter(guest: Guest, _: Fields) -> PageResult {
    let provider = chosen(&guest).await?.ok_or(Fault::FORBIDDEN)?;
    let Identity::SignedLink { secret, .. } = &provider.identity else { return Err(Fault::FORBIDDEN) };
    let text = |key: &str| guest.query.raw(key).unwrap_or_default();
    let (openid, next, given) = (text("openid"), text("next"), text("sign"));
    let expires = guest.query.int("expires").unwrap_or_default();
    let ahead = expires - guest.state.clock.now().0;
    let right =
        mac(secret, openid, expires, next)?.verify_slice(&from_hex(given).unwrap_or_default()).is_ok();
    if !right || !is_openid(openid) || !(1..=AHEAD_MAX_SECS).contains(&ahead) {
        return Err(Fault::FORBIDDEN);
    }
    let next = if next.is_empty() { guest.url("cards") } else { local_path(next) };
    guest.becomes(&provider, openid, &next)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_link_is_signed_as_the_manual_says() {
        // printf 'o1\n1773115200\n/w/wx1/cards\n' | openssl dgst -sha256 -hmac 0123456789abcdef
        let signed = super::sign("0123456789abcdef", "o1", 1_773_115_200, "/w/wx1/cards").unwrap();
        assert_eq!(signed, "7f2527bb748e9238831c99b70ef668931ceea48d00f1ae9aa26c776dd32b8e8c");
    }
}
