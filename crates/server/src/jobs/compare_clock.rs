//! Compares this machine's clock with a second clock every minute. While the clock is too far off, it compares every
//! few seconds: an operator may set the clock right at any time.

use crate::state::{State, blocking};
use std::time::Duration;
use tokio::sync::watch;

/// The pause between two checks of the clock.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Checks between two comparisons while the clock is right.
const LOOKS: u32 = 12;

/// Runs until `stopped` is true.
pub async fn run(state: State, mut stopped: watch::Receiver<bool>) {
    for look in (0..LOOKS).cycle() {
        if look == 0 || state.clock.fault().is_some() {
            let clock = state.clock.clone();
            tokio::select! {
                compared = blocking(&state, move |store| clock.refresh(store)) => {
                    if let Err(error) = compared {
                        tracing::warn!(%error, "clock comparison failed");
                    }
                }
                _ = stopped.wait_for(|stop| *stop) => return,
            }
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stopped.wait_for(|stop| *stop) => return,
        }
    }
}
