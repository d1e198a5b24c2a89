//! Bounds on guessing passwords. An attempt is counted in the store before its hash is computed. So the bounds hold for
//! attempts that arrive at once, and on all nodes together. A key that used its attempts up waits longer each time;
//! strangers cannot lock a name, because their attempts count for their own addresses.

use crate::encoding::hex;
use crate::pages::peer;
use crate::state::{State, blocking};
use kaquan_core::error::Result;
use kaquan_core::time::{DAY_SECS, Timestamp};
use kaquan_store::{AccountId, AttemptLimit, StoreError};
use sha2::{Digest, Sha256};

/// Attempts of a name from one address, of a known browser, or of a session, before it waits.
const FREE: u32 = 5;
/// Seconds of the first wait after those.
const FIRST_WAIT_SECS: i64 = 15;
/// Seconds of the longest wait.
const LONGEST_WAIT_SECS: i64 = 900;
/// Attempts of an address over all names before it waits; many people may share one.
const ADDRESS_FREE: u32 = 30;
/// Seconds of the longest wait of an address.
const ADDRESS_LONGEST_WAIT_SECS: i64 = 60;
/// Seconds after the last attempt when a count begins again.
pub const FORGET_SECS: i64 = DAY_SECS;
/// The same for an address. It is short, because the mistakes of many people add up there.
const ADDRESS_FORGET_SECS: i64 = 900;

/// The origin of an attempt.
#[derive(Debug, Clone)]
pub enum Trier {
    /// A browser that is not known, with the name it typed and its address.
    Stranger { name: String, address: String },
    /// A browser that has signed in to the account before, by the digest of its token.
    Browser([u8; 32]),
    /// A session of this account, which asks for the password once more.
    Session(AccountId),
}

impl Trier {
    /// The limits that apply; a success clears the first one.
    fn limits(&self) -> Vec<AttemptLimit> {
        let own = |who: String| AttemptLimit {
            who,
            free: FREE,
            first_wait_secs: FIRST_WAIT_SECS,
            longest_wait_secs: LONGEST_WAIT_SECS,
            reset_secs: FORGET_SECS,
        };
        match self {
            Trier::Stranger { name, address } => {
                let address = peer::group(address);
                // Digests, because people type passwords into the field for the name.
                let pair =
                    Sha256::new().chain_update(&address).chain_update("\n").chain_update(name.to_lowercase());
                let of_address = AttemptLimit {
                    who: format!("from {address}"),
                    free: ADDRESS_FREE,
                    first_wait_secs: 1,
                    longest_wait_secs: ADDRESS_LONGEST_WAIT_SECS,
                    reset_secs: ADDRESS_FORGET_SECS,
                };
                vec![own(format!("pair {}", hex(&pair.finalize()))), of_address]
            }
            Trier::Browser(digest) => vec![own(format!("browser {}", hex(digest)))],
            Trier::Session(account) => vec![own(format!("account {}", account.0))],
        }
    }
}

/// Counts an attempt. Returns the seconds to wait when the attempt is refused.
///
/// # Errors
///
/// Those of the store.
pub async fn take(state: &State, trier: &Trier, now: Timestamp) -> Result<Option<i64>> {
    let limits = trier.limits();
    let free_at = blocking(state, move |store| store.take_login_attempt(&limits, now)).await?;
    Ok(free_at.map(|free_at| (free_at.0 - now.0).max(1)))
}

/// The attempt that was counted succeeded.
///
/// # Errors
///
/// Those of the store.
pub async fn succeeded(state: &State, trier: &Trier) -> Result<()> {
    let limits = trier.limits();
    blocking(state, move |store| -> std::result::Result<(), StoreError> {
        let who: Vec<&str> = limits.iter().map(|limit| limit.who.as_str()).collect();
        let (cleared, returned) = who.split_at(1);
        store.return_login_attempt(cleared, returned)
    })
    .await
}
