//! The cleanup job. It drops expired records (stored responses, used signatures and tickets), expired temporary media,
//! expired sessions, old login attempts, and old rows of completed deliveries and of ended writers. It also creates the
//! tables of the coming months.

use crate::auth::throttle;
use crate::state::{State, blocking};
use kaquan_core::time::DAY_SECS;
use kaquan_store::{NodeJob, Store};
use std::time::Duration;
use tokio::sync::watch;

/// The pause between two rounds. An expired record already counts as absent and only uses space.
const ROUND_EVERY: Duration = Duration::from_secs(600);

/// Seconds for which the row of a completed delivery is kept.
const DELIVERIES_SECS: i64 = 30 * DAY_SECS;

/// Runs until `stopped` is true. If there are several nodes, the one with the lease does the work.
pub async fn run(state: State, mut stopped: watch::Receiver<bool>) {
    loop {
        match blocking(&state, |store| store.try_lease(NodeJob::Cleanup)).await {
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

/// Runs every step, even if another one fails.
async fn clean_up(state: &State) {
    // If the clock is too far off, nothing is dropped. The clock itself reports this.
    let Ok(now) = state.clock.for_closing() else { return };
    let make_months = move |store: &dyn Store| store.make_months(now.day()).map(|()| 0);
    step(state, "tables of the months to come", make_months).await;
    step(state, "rows of writers that ended", |store| store.drop_writers()).await;
    step(state, "expired records", move |store| store.drop_expired_records(now)).await;
    step(state, "expired temporary media", move |store| store.drop_expired_media(now)).await;
    let deliveries = move |store: &dyn Store| store.drop_deliveries(now.plus(-DELIVERIES_SECS));
    step(state, "finished deliveries", deliveries).await;
    step(state, "expired sessions", move |store| store.drop_expired_sessions(now)).await;
    let until = now.plus(-throttle::FORGET_SECS);
    step(state, "login attempts", move |store| store.drop_login_attempts(until)).await;
}

async fn step(
    state: &State,
    step: &'static str,
    run: impl FnOnce(&dyn Store) -> kaquan_store::Result<usize> + Send + 'static,
) {
    match blocking(state, run).await {
        Ok(0) => {}
        Ok(rows) => tracing::debug!(step, rows, "cleanup dropped rows"),
        Err(error) => tracing::error!(step, %error, "cleanup step failed; repeated in the next round"),
    }
}
