//! Drops what is over: remembered answers, used signatures and tickets, sessions, and what is known of deliveries long
//! settled.

use crate::auth::throttle;
use crate::state::{State, blocking};
use kaquan_core::time::DAY_SECS;
use kaquan_store::Work;
use std::time::Duration;
use tokio::sync::watch;

/// Between two rounds. A record that is over counts for nothing; it only takes room.
const ROUND_EVERY: Duration = Duration::from_secs(600);

/// How long it is known what became of a delivery that did not go through at once, in seconds.
const DELIVERIES_SECS: i64 = 30 * DAY_SECS;

/// Runs until `stopped` says so. Of several nodes one does it.
pub async fn run(state: State, mut stopped: watch::Receiver<bool>) {
    loop {
        match blocking(&state, |store| store.try_lease(Work::Cleanup)).await {
            Ok(Some(_lease)) => tidy(&state).await,
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "the store cannot say who tidies it"),
        }
        tokio::select! {
            _ = tokio::time::sleep(ROUND_EVERY) => {}
            _ = stopped.wait_for(|stop| *stop) => return,
        }
    }
}

async fn tidy(state: &State) {
    let now = state.clock.now();
    if let Err(error) = blocking(state, move |store| store.clean_up(now)).await {
        tracing::error!(%error, "the store could not be tidied");
    }
    match blocking(state, move |store| store.drop_expired_records(now)).await {
        Ok(0) => {}
        Ok(records) => tracing::debug!(records, "dropped records that are over"),
        Err(error) => tracing::error!(%error, "records that are over could not be dropped"),
    }
    match blocking(state, move |store| store.drop_deliveries(now.plus(-DELIVERIES_SECS))).await {
        Ok(0) => {}
        Ok(deliveries) => tracing::debug!(deliveries, "dropped deliveries that were settled long ago"),
        Err(error) => tracing::error!(%error, "settled deliveries could not be dropped"),
    }
    if let Err(error) = blocking(state, move |store| store.drop_expired_sessions(now)).await {
        tracing::error!(%error, "sessions that are over could not be dropped");
    }
    let until = now.plus(-throttle::FORGET_SECS);
    if let Err(error) = blocking(state, move |store| store.drop_login_attempts(until)).await {
        tracing::error!(%error, "old login attempts could not be dropped");
    }
}
