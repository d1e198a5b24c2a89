//! Closes days: at start those that ended while the server was down, then each day as it ends.

use crate::state::State;
use kaquan_core::error::Result;
use kaquan_core::time::Timestamp;
use kaquan_ledger::closing;
use std::time::Duration;
use tokio::sync::watch;

/// Between two looks at the calendar. Looking costs a few reads per app.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Runs until `stopped` says so; a day that is being closed is finished first.
pub async fn run(state: State, mut stopped: watch::Receiver<bool>) {
    loop {
        let now = state.clock.now();
        let look = state.clone();
        match tokio::task::spawn_blocking(move || close_all(&look, now)).await {
            Ok(Ok(0)) => {}
            Ok(Ok(days)) => tracing::info!(days, "closed days"),
            Ok(Err(error)) => tracing::error!(%error, "the apps could not be read"),
            Err(error) => tracing::error!(%error, "closing days panicked"),
        }
        tokio::select! {
            _ = tokio::time::sleep(LOOK_EVERY) => {}
            _ = state.close_days.notified() => {}
            _ = stopped.wait_for(|stop| *stop) => return,
        }
    }
}

fn close_all(state: &State, now: Timestamp) -> Result<u64> {
    let mut days = 0;
    for row in state.store.apps()? {
        // One app's trouble is not another's.
        match closing::close_due_days(&*state.store, &state.ledger, row.app.id, now) {
            Ok(closed) => days += closed,
            Err(error) => {
                tracing::error!(appid = row.appid, %error, "days could not be closed; they will be tried again");
            }
        }
    }
    Ok(days)
}
