//! The queue in front of the writer: callers hand operations in and wait for the answer.

use crate::follow::Followers;
use crate::stats::LedgerStats;
use kaquan_core::engine::{Audit, Once, Operation, Reply, Request, Typed};
use kaquan_core::error::{Error, Result};
use kaquan_core::id::{AppId, EventSeq};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};

/// Operations that may wait; callers beyond it wait for a place.
pub(crate) const QUEUE_MAX: usize = 16_384;

/// An operation on its way.
#[derive(Debug)]
pub(crate) struct Job {
    pub app: AppId,
    pub request: Request,
    pub answer: oneshot::Sender<Result<Reply>>,
}

#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly every message is a job")]
pub(crate) enum Message {
    Job(Job),
    Stop,
}

/// A handle to the ledger; cheap to clone.
#[derive(Debug, Clone)]
pub struct Ledger {
    pub(crate) queue: mpsc::Sender<Message>,
    pub(crate) stats: Arc<LedgerStats>,
    pub(crate) followers: Arc<Followers>,
}

impl Ledger {
    /// Hands an operation in and waits until it is committed or refused.
    ///
    /// Errors: the operation's own refusal; -1 when it could not be committed or the ledger has stopped. After -1 the
    /// operation may be repeated: it was not done, unless the process died in between.
    pub async fn submit<O: Typed>(&self, app: AppId, op: O) -> Result<O::Reply> {
        self.submit_once(app, op, None).await
    }

    /// As [`Ledger::submit`], for a request that may be repeated and is done once.
    ///
    /// Errors: those of submit; 40097 when the key was used for another request.
    pub async fn submit_once<O: Typed>(&self, app: AppId, op: O, once: Option<Once>) -> Result<O::Reply> {
        self.send(app, Request { once, ..Request::of(op) }).await.and_then(O::reply)
    }

    /// As [`Ledger::submit_once`], with an entry in the audit log that is committed with the change or not at all.
    pub async fn submit_audited<O: Typed>(
        &self,
        app: AppId,
        op: O,
        once: Option<Once>,
        audit: Audit,
    ) -> Result<O::Reply> {
        let request = Request { once, audit: Some(Box::new(audit)), ..Request::of(op) };
        self.send(app, request).await.and_then(O::reply)
    }

    async fn send(&self, app: AppId, request: Request) -> Result<Reply> {
        let (answer, answered) = oneshot::channel();
        let message = Message::Job(Job { app, request, answer });
        self.queue.send(message).await.map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }

    /// As [`Ledger::submit`], for threads that may block. Not to be called on an async runtime's own threads.
    pub fn submit_blocking<O: Typed>(&self, app: AppId, op: O) -> Result<O::Reply> {
        O::reply(self.hand_in_blocking(app, op)?.wait()?)
    }

    /// Hands an operation in without waiting for its answer: for callers that keep many on their way.
    pub fn hand_in_blocking(&self, app: AppId, op: impl Into<Operation>) -> Result<Pending> {
        let (answer, answered) = oneshot::channel();
        let request = Request::of(op);
        let message = Message::Job(Job { app, request, answer });
        self.queue.blocking_send(message).map_err(|_| stopped())?;
        Ok(Pending(answered))
    }

    /// Asks the ledger to stop: what was handed in before is answered and committed, what comes later is refused.
    pub async fn stop(&self) {
        // A queue that is closed already has stopped.
        let _ = self.queue.send(Message::Stop).await;
    }

    /// As [`Ledger::stop`], for threads that may block.
    pub fn stop_blocking(&self) {
        let _ = self.queue.blocking_send(Message::Stop);
    }

    /// Whether the ledger takes operations.
    pub fn is_running(&self) -> bool {
        !self.queue.is_closed()
    }

    /// A receiver that changes whenever a commit has added to an app's log; its value is the number the next event will
    /// have, 0 before the first such commit.
    pub fn follow(&self, app: AppId) -> watch::Receiver<EventSeq> {
        self.followers.follow(app)
    }

    /// What the ledger has done since the start.
    pub fn stats(&self) -> &LedgerStats {
        &self.stats
    }
}

/// An operation whose answer is still to come.
#[derive(Debug)]
pub struct Pending(oneshot::Receiver<Result<Reply>>);

impl Pending {
    /// Waits for the answer.
    pub fn wait(self) -> Result<Reply> {
        self.0.blocking_recv().map_err(|_| stopped())?
    }
}

fn stopped() -> Error {
    Error::internal("the ledger has stopped")
}
