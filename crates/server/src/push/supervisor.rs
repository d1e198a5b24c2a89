//! Keeps a reader running for every app with a callback. It starts the reader after a callback is set, restarts it
//! after a change, and stops it after the callback is deleted. It polls the settings, because other processes may
//! change them.

use super::runner::{self, Signals};
use crate::state::{State, blocking};
use kaquan_core::error::Result;
use kaquan_core::id::AppId;
use kaquan_store::{Callback, Lease, NodeJob, Store, StoreError};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The pause between two polls of the settings.
const POLL_EVERY: Duration = Duration::from_secs(2);

struct Reader {
    /// The right to push this app's events. It is dropped after the task has ended.
    lease: Arc<Lease>,
    callback: Callback,
    stop: watch::Sender<bool>,
    revision: watch::Sender<i64>,
    task: JoinHandle<()>,
}

/// Runs until `stopped` is true. Then deliveries in flight are completed and saved.
pub async fn run(state: State, mut stopped: watch::Receiver<bool>) {
    let mut readers = HashMap::new();
    let mut wakes = state.push.wakes();
    while !*stopped.borrow() {
        if let Err(error) = reconcile(&state, &mut readers).await {
            tracing::error!(%error, "callback poll failed");
        }
        tokio::select! {
            _ = tokio::time::sleep(POLL_EVERY) => {}
            Ok(()) = wakes.changed() => {}
            _ = stopped.wait_for(|stop| *stop) => {}
        }
    }
    for reader in readers.values() {
        reader.stop.send_replace(true);
    }
    for reader in readers.into_values() {
        if reader.task.await.is_err() {
            tracing::error!("push reader panicked");
        }
    }
}

async fn reconcile(state: &State, readers: &mut HashMap<AppId, Reader>) -> Result<()> {
    let set = blocking(state, read).await?;
    readers.retain(|app, reader| {
        let keep = set.iter().any(|(callback, _)| callback.app == *app);
        if !keep {
            reader.stop.send_replace(true);
        }
        keep
    });
    for (callback, revision) in set {
        let app = callback.app;
        if let Some(reader) = readers.get(&app)
            && !is_held(state, &reader.lease).await?
            && let Some(lost) = readers.remove(&app)
        {
            tracing::warn!(app = app.0, "push lease lost to another node");
            lost.stop.send_replace(true);
        }
        match readers.get(&app) {
            Some(reader) if reader.callback == callback && !reader.task.is_finished() => {
                // Wake watchers only if the revision changed.
                reader.revision.send_if_modified(|known| std::mem::replace(known, revision) != revision);
            }
            _ => {
                let before = readers.remove(&app);
                if let Some(reader) = start(state, callback, revision, before).await? {
                    readers.insert(app, reader);
                }
            }
        }
    }
    Ok(())
}

fn read(store: &dyn Store) -> Result<Vec<(Callback, i64)>> {
    let mut all = Vec::new();
    for callback in store.callbacks()? {
        let revision = store.push_cursor(callback.app)?.map_or(0, |mark| mark.revision);
        all.push((callback, revision));
    }
    Ok(all)
}

async fn start(
    state: &State,
    callback: Callback,
    revision: i64,
    before: Option<Reader>,
) -> Result<Option<Reader>> {
    let lease = match &before {
        Some(before) => Some(before.lease.clone()),
        None => {
            let job = NodeJob::Push(callback.app);
            blocking(state, move |store| store.try_lease(job)).await?.map(Arc::new)
        }
    };
    // Another node pushes the events of this app.
    let Some(lease) = lease else { return Ok(None) };
    let Some(app) = state.apps.get(callback.app).await? else { return Ok(None) };
    let ((stop, stopped), (revision, seen)) = (watch::channel(false), watch::channel(revision));
    let signals = Signals { stopped, revision: seen };
    let (state, own, for_task) = (state.clone(), callback.clone(), lease.clone());
    let task = tokio::spawn(async move {
        // Held until the last delivery in flight is saved.
        let _lease = for_task;
        if let Some(before) = before {
            before.stop.send_replace(true);
            // Two readers of one app would send every event twice.
            let _ = before.task.await;
        }
        runner::run(state, app, own, signals).await;
    });
    Ok(Some(Reader { lease, callback, stop, revision, task }))
}

async fn is_held(state: &State, lease: &Arc<Lease>) -> Result<bool> {
    let lease = lease.clone();
    blocking(state, move |_| Ok::<_, StoreError>(lease.is_held())).await
}
