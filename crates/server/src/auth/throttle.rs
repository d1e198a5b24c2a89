//! Limits for guessing passwords. An attempt is counted in the store before the password is hashed. So the limits hold
//! for parallel attempts, and for all nodes together. After some free attempts, each further one has to wait longer.
//! Strangers cannot lock an account, because their attempts count for their own addresses.

use crate::encoding::hex;
use crate::pages::peer;
use crate::state::{State, blocking};
use kaquan_core::error::Result;
use kaquan_core::time::{DAY_SECS, Timestamp};
use kaquan_store::{AccountId, AttemptLimit, StoreError};
use sha2::{Digest, Sha256};

/// Free attempts of a name from one address, of a known browser, or of a session.
const FREE: u32 = 5;
/// Seconds of the first wait after the free attempts.
const FIRST_WAIT_SECS: i64 = 15;
/// Seconds of the longest wait.
const LONGEST_WAIT_SECS: i64 = 900;
/// Free attempts of an address over all names. They are more, because many people may share an address.
const ADDRESS_FREE: u32 = 30;
/// Seconds of the longest wait of an address.
const ADDRESS_LONGEST_WAIT_SECS: i64 = 60;
/// Seconds after the last attempt until the count starts again.
pub const FORGET_SECS: i64 = DAY_SECS;
/// Seconds after the last attempt until the count of an address starts again. They are fewer than [`FORGET_SECS`],
/// because the count adds up the mistakes of many people.
const ADDRESS_FORGET_SECS: i64 = 900;

/// The origin of an attempt.
#[derive(Debug, Clone)]
pub enum AttemptOrigin {
    /// An unknown browser: the name that was typed, and the address.
    Stranger { name: String, address: String },
    /// A browser that has signed in to the account before; identified by the digest of its token.
    Browser([u8; 32]),
    /// A session of this account that confirms the password.
    Session(AccountId),
}

impl AttemptOrigin {
    /// The limits for this origin. A success clears the count of the first limit, and takes back the attempt in the
    /// others.
    fn limits(&self) -> Vec<AttemptLimit> {
        let own = |who: String| AttemptLimit {
            who,
            free: FREE,
            first_wait_secs: FIRST_WAIT_SECS,
            longest_wait_secs: LONGEST_WAIT_SECS,
            reset_secs: FORGET_SECS,
        };
        match self {
            AttemptOrigin::Stranger { name, address } => {
                let address = peer::group(address);
                // Digests are stored, because people sometimes type their password into the field for the name.
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
            AttemptOrigin::Browser(digest) => vec![own(format!("browser {}", hex(digest)))],
            AttemptOrigin::Session(account) => vec![own(format!("account {}", account.0))],
        }
    }
}

/// Counts an attempt, unless it comes too early: then returns the seconds to wait.
///
/// # Errors
///
/// The errors of the store.
pub async fn take(state: &State, trier: &AttemptOrigin, now: Timestamp) -> Result<Option<i64>> {
    let limits = trier.limits();
    let free_at = blocking(state, move |store| store.take_login_attempt(&limits, now)).await?;
    Ok(free_at.map(|free_at| (free_at.0 - now.0).max(1)))
}

/// Records that the counted attempt succeeded.
///
/// # Errors
///
/// The errors of the store.
pub async fn succeeded(state: &State, trier: &AttemptOrigin) -> Result<()> {
    let limits = trier.limits();
    blocking(state, move |store| -> std::result::Result<(), StoreError> {
        let who: Vec<&str> = limits.iter().map(|limit| limit.who.as_str()).collect();
        let (cleared, returned) = who.split_at(1);
        store.return_login_attempt(cleared, returned)
    })
    .await
}
