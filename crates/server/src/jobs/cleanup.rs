//! Cleanup job: drops expired records (stored responses, used signatures and tickets), expired sessions, old login attempts
//! and old rows of finished deliveries.

use crate::auth::throttle;
use crate::state::{State, blocking};
use kaquan_core::time::DAY_SECS;
use kaquan_store::Work;
use std::time::Duration;
use tokio::sync::watch;

/// Between two rounds. An expired record counts as absent and only takes space.
const ROUND_EVERY: Duration = Duration::from_secs(600);

/// Seconds that the row of a finished delivery is kept.
const DELIVERIES_SECS: i64 = 30 * DAY_SECS;

/// Runs until `stopped` turns true. Of several nodes, one holds the lease and does the work.
pub async fn run(state: State, mut stopped: watch::Receiver<bool>) {
    loop {
        match blocking(&state, |store| store.try_lease(Work::Cleanup)).await {
            Ok(Some(_lease)) => clean_up(&state).await,
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "cleanup lease failed"),
        }
        tokio::select! {
            _ = tokio::time::sleep(ROUND_EVERY) => {}
            _ = stopped.wait_for(|stop| *stop) => return,
        }
    }
}

async fn clean_up(state: &State) {
    // A clock that is too far off has been reported, and drops nothing.
    let Ok(now) = state.clock.for_closing() else { return };
    if let Err(error) = blocking(state, move |store| store.clean_up(now)).await {
        tracing::error!(%error, "store maintenance failed");
    }
    match blocking(state, move |store| store.drop_expired_records(now)).await {
        Ok(0) => {}
        Ok(records) => tracing::debug!(records, "expired records dropped"),
        Err(error) => tracing::error!(%error, "cleanup of expired records failed"),
    }
    match blocking(state, move |store| store.drop_deliveries(now.plus(-DELIVERIES_SECS))).await {
        Ok(0) => {}
        Ok(deliveries) => tracing::debug!(deliveries, "finished deliveries dropped"),
        Err(error) => tracing::error!(%error, "cleanup of finished deliveries failed"),
    }
    if let Err(error) = blocking(state, move |store| store.drop_expired_sessions(now)).await {
        tracing::error!(%error, "cleanup of expired sessions failed");
    }
    let until = now.plus(-throttle::FORGET_SECS);
    if let Err(error) = blocking(state, move |store| store.drop_login_attempts(until)).await {
        tracing::error!(%error, "cleanup of login attempts failed");
    }
}
