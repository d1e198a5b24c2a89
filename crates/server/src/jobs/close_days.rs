//! Closes days: at the start those that ended while the server was down, then each day after its end.

use crate::state::State;
use kaquan_core::error::Result;
use kaquan_core::time::Timestamp;
use kaquan_ledger::closing;
use std::time::Duration;
use tokio::sync::watch;

/// The pause between two checks whether a day has ended. A check needs a few reads for each app.
const CHECK_EVERY: Duration = Duration::from_secs(5);

/// Runs until `stopped` is true. A day that is being closed is finished first.
pub async fn run(state: State, mut stopped: watch::Receiver<bool>) {
    loop {
        // If the clock is too far off, no day is closed. The clock itself reports this.
        if let Ok(now) = state.clock.for_closing() {
            let shared = state.clone();
            match tokio::task::spawn_blocking(move || close_all(&shared, now)).await {
                Ok(Ok(0)) => {}
                Ok(Ok(days)) => tracing::info!(days, "days closed"),
                Ok(Err(error)) => tracing::error!(%error, "closing days failed: apps not readable"),
                Err(error) => tracing::error!(%error, "closing days panicked"),
            }
        }
        tokio::select! {
            _ = tokio::time::sleep(CHECK_EVERY) => {}
            _ = state.close_days.notified() => {}
            _ = stopped.wait_for(|stop| *stop) => return,
        }
    }
}

fn close_all(state: &State, now: Timestamp) -> Result<u64> {
    let mut days = 0;
    for row in state.store.apps()? {
        // An error of one app does not stop the others.
        match closing::close_due_days(&*state.store, &state.ledger, row.app.id, now) {
            Ok(closed) => days += closed,
            Err(error) => {
                tracing::error!(appid = row.appid, %error, "closing days failed; retrying");
            }
        }
    }
    Ok(days)
}
