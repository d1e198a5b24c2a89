//! Slows down who guesses passwords: after some failures a name, and an address, has to wait. The failures are in the
//! store, so that it is the same whichever node is asked.

use crate::state::{State, blocking};
use kaquan_core::error::Result;
use kaquan_core::time::Timestamp;
use kaquan_store::StoreError;

/// Failures of a name before it has to wait.
const NAME_FAILURES: u32 = 5;
/// Failures of an address before it has to wait; many people may share one.
const ADDRESS_FAILURES: u32 = 20;
/// Seconds after which failures are forgotten.
const FORGET_SECS: i64 = 900;

fn keys(name: &str, address: &str) -> [(String, u32); 2] {
    [(format!("name {}", name.to_lowercase()), NAME_FAILURES), (format!("from {address}"), ADDRESS_FAILURES)]
}

/// Whether a login may be tried.
pub async fn may_try(state: &State, name: &str, address: &str, now: Timestamp) -> Result<bool> {
    let keys = keys(name, address);
    let since = now.plus(-FORGET_SECS);
    blocking(state, move |store| -> Result<bool> {
        let failed = store.failed_logins(&keys.each_ref().map(|(who, _)| who.as_str()), since)?;
        let max = |of: &str| keys.iter().find(|(who, _)| who == of).map_or(u32::MAX, |(_, max)| *max);
        Ok(failed.iter().all(|(who, failures)| *failures < max(who)))
    })
    .await
}

/// A login failed.
pub async fn failed(state: &State, name: &str, address: &str, now: Timestamp) -> Result<()> {
    let keys = keys(name, address);
    let since = now.plus(-FORGET_SECS);
    blocking(state, move |store| -> std::result::Result<(), StoreError> {
        store.note_failed_login(&keys.each_ref().map(|(who, _)| who.as_str()), now, since)
    })
    .await
}

/// A login succeeded: what failed before was a slip.
pub async fn succeeded(state: &State, name: &str, address: &str) -> Result<()> {
    let keys = keys(name, address);
    blocking(state, move |store| -> std::result::Result<(), StoreError> {
        store.forgive_logins(&keys.each_ref().map(|(who, _)| who.as_str()))
    })
    .await
}
