//! Runs calls of the store, which block, on threads that may block. Expensive calls wait for the share of their app.

use crate::fair::{Part, Permit, Shares, WorkKind};
use kaquan_core::error::{Error, Result};
use kaquan_core::id::AppId;
use kaquan_store::Store;
use std::sync::Arc;

/// The store for asynchronous code; cheap to clone.
#[derive(Clone)]
pub struct StoreAccess {
    store: Arc<dyn Store>,
    shares: Arc<Shares>,
}

impl StoreAccess {
    pub fn new(store: Arc<dyn Store>, shares: Arc<Shares>) -> StoreAccess {
        StoreAccess { store, shares }
    }

    /// The shares in which expensive calls take their turn.
    pub fn shares(&self) -> &Shares {
        &self.shares
    }

    /// Runs a call on a thread that may block.
    ///
    /// # Errors
    ///
    /// The errors of the call; -1 if the call panics.
    pub async fn blocking<T, E, F>(&self, call: F) -> Result<T>
    where
        T: Send + 'static,
        E: Into<Error> + Send + 'static,
        F: FnOnce(&dyn Store) -> std::result::Result<T, E> + Send + 'static,
    {
        let store = self.store.clone();
        let done = tokio::task::spawn_blocking(move || call(&*store).map_err(Into::into)).await;
        done.map_err(|error| Error::internal(format!("a store call did not end: {error}")))?
    }

    /// As [`StoreAccess::blocking`], for an expensive call: it waits for the share of its app.
    ///
    /// # Errors
    ///
    /// The errors of the call; -1 if the call panics, or if too much work of the app is waiting.
    pub async fn expensive<T, E, F>(&self, app: AppId, call: F) -> Result<T>
    where
        T: Send + 'static,
        E: Into<Error> + Send + 'static,
        F: FnOnce(&dyn Store) -> std::result::Result<T, E> + Send + 'static,
    {
        self.with_permit(self.shares.enter(app, WorkKind::Heavy).await?, call).await
    }

    /// As [`StoreAccess::expensive`], for a part of a large answer. Large answers are bounded themselves, so a part
    /// waits for its turn and is not refused; see [`Shares::turn`].
    ///
    /// # Errors
    ///
    /// The errors of the call; -1 when it panics.
    pub async fn part<T, E, F>(&self, app: AppId, call: F) -> Result<T>
    where
        T: Send + 'static,
        E: Into<Error> + Send + 'static,
        F: FnOnce(&dyn Store) -> std::result::Result<T, E> + Send + 'static,
    {
        let turn = self.shares.turn(app, Part::Answer).await?;
        // The turn lasts as long as the work, also when the caller has gone away before.
        let (turn, done) = self.blocking(move |store| Ok::<_, Error>((turn, call(store)))).await?;
        self.shares.rest(turn).await;
        done.map_err(Into::into)
    }

    async fn with_permit<T, E, F>(&self, permit: Permit, call: F) -> Result<T>
    where
        T: Send + 'static,
        E: Into<Error> + Send + 'static,
        F: FnOnce(&dyn Store) -> std::result::Result<T, E> + Send + 'static,
    {
        self.blocking(move |store| {
            // The permit is held until the work ends, even if the caller has disconnected.
            let _permit = permit;
            call(store)
        })
        .await
    }

    /// Waits for the app's turn. For callers that are already limited elsewhere: they are never refused.
    ///
    /// # Errors
    ///
    /// -1 if the share is closed, which is a bug.
    pub async fn turn(&self, app: AppId) -> Result<Permit> {
        self.shares.wait(app, WorkKind::Heavy).await
    }
}
