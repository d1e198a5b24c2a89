//! The handle that callers use: they submit operations and wait for replies.

use crate::commit_health::CommitHealth;
use crate::follow::Followers;
use crate::queue::{Held, Job, Queue, stopped};
use crate::stats::LedgerStats;
use kaquan_core::error::Result;
use kaquan_core::id::{AppId, EventSeq};
use kaquan_core::operation::{IdempotencyKey, Operation, Reply, Request, RequestOutcome, Typed};
use kaquan_store::LogChange;
use std::sync::Arc;
use tokio::sync::{oneshot, watch};

/// A handle to the ledger; cheap to clone.
#[derive(Debug, Clone)]
pub struct Ledger {
    pub(crate) queue: Arc<Queue>,
    pub(crate) stats: Arc<LedgerStats>,
    pub(crate) health: Arc<CommitHealth>,
    pub(crate) followers: Arc<Followers>,
}

impl Ledger {
    /// Submits an operation and waits until it is committed or refused.
    ///
    /// # Errors
    ///
    /// The operation's own refusal; -1 if the operation could not be committed or the ledger has stopped. After -1
    /// the operation was not done, and the caller may retry. There are two exceptions: the process died, or the
    /// message says that the outcome is unknown.
    pub async fn submit<O: Typed>(&self, app: AppId, op: O) -> Result<O::Reply> {
        self.submit_once(app, op, None).await.map(|answered| answered.reply)
    }

    /// As [`Ledger::submit`], for a request with an idempotency key. The reply says whether and when the request was
    /// already done.
    ///
    /// # Errors
    ///
    /// The errors of [`Ledger::submit`]; 40097 if the key was used for another request.
    pub async fn submit_once<O: Typed>(
        &self,
        app: AppId,
        op: O,
        once: Option<IdempotencyKey>,
    ) -> Result<RequestOutcome<O::Reply>> {
        self.send(app, Request { once, ..Request::of(op) }, None).await?.try_map(O::reply)
    }

    /// As [`Ledger::submit_once`], for a request with an expected state or an audit entry. The audit entry is
    /// committed in the transaction of the change. `O` is the type of the request's operation.
    ///
    /// # Errors
    ///
    /// The errors of [`Request`]; -1 if it could not be committed.
    pub async fn submit_request<O: Typed>(
        &self,
        app: AppId,
        request: Request,
    ) -> Result<RequestOutcome<O::Reply>> {
        self.send(app, request, None).await?.try_map(O::reply)
    }

    /// As [`Ledger::submit_request`], for an operation of any type. The ledger drops `held` when the request is
    /// done, even if the caller goes away earlier.
    ///
    /// # Errors
    ///
    /// The errors of [`Ledger::submit_request`].
    pub async fn submit_holding(&self, app: AppId, request: Request, held: Held) -> Result<RequestOutcome> {
        self.send(app, request, Some(held)).await
    }

    async fn send(&self, app: AppId, request: Request, held: Option<Held>) -> Result<RequestOutcome> {
        let (answer, answered) = oneshot::channel();
        self.queue.push(Job { app, request, answer, _held: held }).await?;
        answered.await.map_err(|_| stopped())?
    }

    /// As [`Ledger::submit`], for threads that may block. Do not call it on a thread of an async runtime.
    pub fn submit_blocking<O: Typed>(&self, app: AppId, op: O) -> Result<O::Reply> {
        O::reply(self.hand_in_blocking(app, op)?.wait()?)
    }

    /// Submits an operation without waiting for the reply, for callers with many operations in flight.
    pub fn hand_in_blocking(&self, app: AppId, op: impl Into<Operation>) -> Result<Pending> {
        let (answer, answered) = oneshot::channel();
        pollster::block_on(self.queue.push(Job { app, request: Request::of(op), answer, _held: None }))?;
        Ok(Pending(answered))
    }

    /// Stops the ledger. Operations submitted earlier are committed and answered; later ones are refused.
    pub fn stop(&self) {
        self.queue.stop();
    }

    /// Whether the ledger accepts operations.
    pub fn is_running(&self) -> bool {
        !self.queue.is_stopped()
    }

    /// Why operations cannot be committed now; `None` while they can. If the last commit is older than a second, a
    /// writer runs a probe. Returns within a second even if the store hangs.
    pub async fn commit_trouble(&self) -> Option<String> {
        if !self.is_running() {
            return Some("the ledger has stopped".to_owned());
        }
        let mut health = self.health.subscribe();
        let before = health.borrow_and_update().clone();
        if before.is_fresh() {
            return None;
        }
        if self.health.begin_probe() {
            self.queue.probe();
        }
        let left = health.borrow().time_left();
        // A timeout needs no handling: the state that is read next reports a slow probe.
        let _ = tokio::time::timeout(left, health.wait_for(|state| state.has_news_since(&before))).await;
        self.health.state().trouble()
    }

    /// A receiver that changes whenever an app's log has grown. Its value is the number of the next event, 0 before
    /// the first commit since the start. It is closed when the log lost events: the reader has to find its place again.
    pub fn follow(&self, app: AppId) -> watch::Receiver<EventSeq> {
        self.followers.follow(app)
    }

    /// Wakes the subscribers of an app's log after another node added to it, or after it lost events.
    pub fn log_changed(&self, app: AppId, change: LogChange) {
        match change {
            LogChange::Grew(next) => self.followers.notify(app, next),
            LogChange::WentBack(_) => self.followers.went_back(app),
        }
    }

    /// Counters of the ledger since the start.
    pub fn stats(&self) -> &LedgerStats {
        &self.stats
    }
}

/// A submitted operation without a reply yet.
#[derive(Debug)]
pub struct Pending(oneshot::Receiver<Result<RequestOutcome>>);

impl Pending {
    pub fn wait(self) -> Result<Reply> {
        self.0.blocking_recv().map_err(|_| stopped())?.map(|answered| answered.reply)
    }
}
