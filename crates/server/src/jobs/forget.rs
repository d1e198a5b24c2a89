//! Drops records that are over: remembered answers, used signatures and tickets.

use crate::state::{State, blocking};
use std::time::Duration;
use tokio::sync::watch;

/// Between two rounds. A record that is over counts for nothing; it only takes room.
const ROUND_EVERY: Duration = Duration::from_secs(600);

/// Runs until `stopped` says so.
pub async fn run(state: State, mut stopped: watch::Receiver<bool>) {
    loop {
        let now = state.clock.now();
        match blocking(&state, move |store| store.drop_expired_records(now)).await {
            Ok(0) => {}
            Ok(records) => tracing::debug!(records, "dropped records that are over"),
            Err(error) => tracing::error!(%error, "records that are over could not be dropped"),
        }
        tokio::select! {
            _ = tokio::time::sleep(ROUND_EVERY) => {}
            _ = stopped.wait_for(|stop| *stop) => return,
        }
    }
}
