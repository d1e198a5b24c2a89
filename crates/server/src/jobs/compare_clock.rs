//! Compares this machine's clock with its second witness every minute, and every few seconds while it is too far off: it
//! may have been set right, or the machine was suspended.

use crate::state::{State, blocking};
use std::time::Duration;
use tokio::sync::watch;

/// Between two looks at the clock.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Looks between two comparisons of a clock that is well.
const LOOKS: u32 = 12;

/// Runs until `stopped` turns true.
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
