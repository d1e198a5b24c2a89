//! The writer threads; each has its own writer of the store. A writer thread takes all waiting operations, commits
//! them as one batch, and sends the replies. It never waits for a larger batch: the next batch gathers during the
//! commit.

use crate::batch::{self, AppliedBatch, BatchFailure};
use crate::clock::Clock;
use crate::commit_health::CommitHealth;
use crate::follow::Followers;
use crate::ledger::Ledger;
use crate::queue::{Group, Job, Queue, WriterTask};
use crate::stats::LedgerStats;
use kaquan_core::engine::WorkingSet;
use kaquan_core::error::{Error, Result};
use kaquan_core::id::{AppId, EventSeq};
use kaquan_core::operation::RequestOutcome;
use kaquan_core::time::Timestamp;
use kaquan_store::{StoreError, Writer};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

/// Retries of a batch after a write conflict with another node. After these, the operations are committed one by one.
const CONFLICTS_MAX: usize = 5;

/// The running writer threads. Call [`WriterThreads::join`] after [`Ledger::stop`].
#[derive(Debug)]
pub struct WriterThreads(Vec<JoinHandle<()>>);

impl WriterThreads {
    /// Waits until every submitted operation has its reply.
    pub fn join(self) {
        for thread in self.0 {
            if thread.join().is_err() {
                tracing::error!("writer thread panicked");
            }
        }
    }
}

/// Starts a ledger on these writers. With one writer, a batch has the waiting operations of all apps, so that they
/// share a commit. With several writers, a batch has the operations of one app, so that no app waits for the commit
/// of another.
///
/// # Errors
///
/// The system cannot start a thread.
pub fn spawn(
    writers: Vec<Box<dyn Writer>>,
    clock: Arc<dyn Clock>,
) -> std::io::Result<(Ledger, WriterThreads)> {
    let queue = Arc::new(Queue::new());
    let stats = Arc::new(LedgerStats::default());
    let health = Arc::new(CommitHealth::default());
    let followers = Arc::new(Followers::default());
    let all_apps = writers.len() == 1;
    let running = Arc::new(AtomicUsize::new(writers.len()));
    let mut threads = Vec::with_capacity(writers.len());
    for writer in writers {
        let worker = Worker {
            writer,
            clock: clock.clone(),
            stats: stats.clone(),
            health: health.clone(),
            followers: followers.clone(),
        };
        let last_thread_guard = LastThreadGuard { queue: queue.clone(), running: running.clone() };
        let queue = queue.clone();
        threads.push(std::thread::Builder::new().name("ledger".to_owned()).spawn(move || {
            let _last_out = last_thread_guard;
            worker.run(&queue, all_apps);
        })?);
    }
    Ok((Ledger { queue, stats, health, followers }, WriterThreads(threads)))
}

/// Runs when a writer thread ends. The last one drops the waiting operations, so that no caller waits forever.
struct LastThreadGuard {
    queue: Arc<Queue>,
    running: Arc<AtomicUsize>,
}

impl Drop for LastThreadGuard {
    fn drop(&mut self) {
        if self.running.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.queue.abandon();
        }
    }
}

struct Worker {
    writer: Box<dyn Writer>,
    clock: Arc<dyn Clock>,
    stats: Arc<LedgerStats>,
    health: Arc<CommitHealth>,
    followers: Arc<Followers>,
}

impl Worker {
    fn run(mut self, queue: &Queue, all_apps: bool) {
        if let Err(error) = self.writer.prepare() {
            tracing::warn!(%error, "writer not connected yet; its first batch tries again");
        }
        while let Some(task) = queue.take(all_apps) {
            match task {
                WriterTask::Probe => self.probe(),
                WriterTask::Batch(groups) => {
                    let apps: Vec<AppId> = groups.iter().map(|(app, _)| *app).collect();
                    self.batch(groups);
                    queue.done(&apps);
                }
            }
        }
    }

    fn probe(&mut self) {
        loop {
            let thorough = self.health.is_suspect();
            let done = self.writer.probe(thorough);
            if self.health.probed(thorough, done.err().map(|error| error.to_string())) {
                return;
            }
        }
    }

    fn batch(&mut self, groups: Vec<Group>) {
        let now = match self.clock.for_batch() {
            Ok(now) => now,
            Err(refusal) => return refuse(groups, &refusal),
        };
        match self.commit_with_retries(&groups, now) {
            Ok(results) => {
                for ((_, jobs), results) in groups.into_iter().zip(results) {
                    answer(jobs, results);
                }
            }
            Err(BatchFailure::Store(error)) if error.is_outage() => {
                self.health.failed();
                // During an outage, retrying each operation alone would take just as long for each.
                log_store_error(&error);
                refuse(groups, &Error::from(error));
            }
            Err(broken) => {
                if !matches!(&broken, BatchFailure::Store(error) if error.failure().is_some()) {
                    tracing::warn!(?broken, "batch failed; retrying one operation at a time");
                }
                self.stats.retry();
                for (_, jobs) in groups {
                    for job in jobs {
                        self.alone(job, now);
                    }
                }
            }
        }
    }

    /// As [`Self::commit_together`], with retries after a write conflict with another node.
    fn commit_with_retries(
        &mut self,
        groups: &[Group],
        now: Timestamp,
    ) -> std::result::Result<Vec<Vec<Result<RequestOutcome>>>, BatchFailure> {
        for _ in 0..CONFLICTS_MAX {
            match self.commit_together(groups, now) {
                Err(BatchFailure::Store(error)) if error.is_conflict() => {
                    tracing::debug!(%error, "write conflict: another node committed first; retrying the batch");
                    self.stats.retry();
                }
                done => return done,
            }
        }
        self.commit_together(groups, now)
    }

    /// Applies and commits the whole batch. The results are in the order of the jobs.
    fn commit_together(
        &mut self,
        groups: &[Group],
        now: Timestamp,
    ) -> std::result::Result<Vec<Vec<Result<RequestOutcome>>>, BatchFailure> {
        let (sets, results) = self.apply(groups, now).inspect_err(|_| self.writer.abandon())?;
        let begun = Instant::now();
        let grown: Vec<_> = sets.iter().filter(|set| !set.events.is_empty()).map(log_end).collect();
        match sets.is_empty() {
            true => self.writer.abandon(),
            false => {
                self.writer.commit(sets)?;
                self.health.committed();
            }
        }
        grown.into_iter().for_each(|(app, next)| self.followers.notify(app, next));
        let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        let refused = results.iter().flatten().filter(|result| result.is_err()).count();
        self.stats.batch(results.iter().map(Vec::len).sum(), refused, micros);
        Ok(results)
    }

    #[expect(clippy::type_complexity, reason = "the sets and the results of one batch")]
    fn apply(
        &mut self,
        groups: &[Group],
        now: Timestamp,
    ) -> std::result::Result<(Vec<WorkingSet>, Vec<Vec<Result<RequestOutcome>>>), BatchFailure> {
        let (mut sets, mut results) = (Vec::with_capacity(groups.len()), Vec::with_capacity(groups.len()));
        for (app, jobs) in groups {
            match batch::apply(&mut *self.writer, *app, jobs, now)? {
                Some(AppliedBatch { set, results: answers }) => {
                    if set.is_changed() {
                        sets.push(set);
                    }
                    results.push(answers);
                }
                None => results.push(jobs.iter().map(|_| Err(batch::unknown_app())).collect()),
            }
        }
        Ok((sets, results))
    }

    fn alone(&mut self, job: Job, now: Timestamp) {
        let group = [(job.app, vec![job])];
        let result = match self.commit_with_retries(&group, now) {
            Ok(mut results) => results.pop().and_then(|mut results| results.pop()),
            Err(BatchFailure::Bug(error)) => Some(Err(error)),
            Err(BatchFailure::Panicked) => Some(Err(Error::internal("the operation panicked"))),
            Err(BatchFailure::Store(error)) => {
                self.health.failed();
                log_store_error(&error);
                Some(Err(error.into()))
            }
        };
        let [(_, jobs)] = group;
        answer(jobs, result.into_iter().collect());
    }
}

/// An app with the number of its next event.
fn log_end(set: &WorkingSet) -> (AppId, EventSeq) {
    (set.app.id, EventSeq(set.counters.event_seq))
}

fn log_store_error(error: &StoreError) {
    // The store itself logs failures that need an operator, once a minute.
    if error.failure().is_none() {
        tracing::error!(%error, "commit failed");
    }
}

/// Refuses every operation of a batch.
fn refuse(groups: Vec<Group>, refusal: &Error) {
    for (_, jobs) in groups {
        let results = jobs.iter().map(|_| Err(refusal.clone())).collect();
        answer(jobs, results);
    }
}

fn answer(jobs: Vec<Job>, results: Vec<Result<RequestOutcome>>) {
    for (job, result) in jobs.into_iter().zip(results) {
        // A caller that has gone needs no reply; the operation stays committed.
        let _ = job.answer.send(result);
    }
}
