//! The lane: the thread that owns the store's writer. It takes whatever is queued, commits it as one, and answers.
//! There is no window to wait for more: while one batch is on its way to the disk, the next gathers by itself.

use crate::batch::{self, Applied, Broken};
use crate::clock::Clock;
use crate::follow::Followers;
use crate::queue::{Job, Ledger, Message, QUEUE_MAX};
use crate::stats::LedgerStats;
use kaquan_core::engine::{Reply, WorkingSet};
use kaquan_core::error::{Error, Result};
use kaquan_core::id::{AppId, EventSeq};
use kaquan_core::time::Timestamp;
use kaquan_store::{StoreError, Writer};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;
use tokio::sync::mpsc;

/// Operations one batch may hold.
const BATCH_MAX: usize = 1024;
/// What the operations of one batch may weigh together; see `Operation::weight`.
const WEIGHT_MAX: usize = 4096;

/// The running lane; join it after [`Ledger::stop`].
#[derive(Debug)]
pub struct Lane(JoinHandle<()>);

impl Lane {
    /// Waits until the lane has answered everything and ended.
    pub fn join(self) {
        if self.0.join().is_err() {
            tracing::error!("the ledger's thread panicked");
        }
    }
}

/// Starts a ledger on this writer.
///
/// Errors: when the system gives no thread.
pub fn spawn(writer: Box<dyn Writer>, clock: Arc<dyn Clock>) -> std::io::Result<(Ledger, Lane)> {
    let (queue, received) = mpsc::channel(QUEUE_MAX);
    let stats = Arc::new(LedgerStats::default());
    let followers = Arc::new(Followers::default());
    let worker = Worker { writer, clock, stats: stats.clone(), followers: followers.clone() };
    let thread = std::thread::Builder::new().name("ledger".to_owned()).spawn(move || worker.run(received))?;
    Ok((Ledger { queue, stats, followers }, Lane(thread)))
}

struct Worker {
    writer: Box<dyn Writer>,
    clock: Arc<dyn Clock>,
    stats: Arc<LedgerStats>,
    followers: Arc<Followers>,
}

impl Worker {
    fn run(mut self, mut queue: mpsc::Receiver<Message>) {
        let mut messages = Vec::with_capacity(BATCH_MAX);
        while queue.blocking_recv_many(&mut messages, BATCH_MAX) > 0 {
            let mut jobs = Vec::with_capacity(messages.len());
            for message in messages.drain(..) {
                match message {
                    Message::Job(job) => jobs.push(job),
                    // What is queued already is still taken; the loop ends when the queue is empty.
                    Message::Stop => queue.close(),
                }
            }
            portions(jobs).into_iter().for_each(|jobs| self.batch(jobs));
        }
    }

    fn batch(&mut self, jobs: Vec<Job>) {
        if jobs.is_empty() {
            return;
        }
        let now = self.clock.now();
        let groups = batch::by_app(jobs);
        match self.commit_together(&groups, now) {
            Ok(results) => {
                for ((_, jobs), results) in groups.into_iter().zip(results) {
                    answer(jobs, results);
                }
            }
            Err(Broken::Store(error)) if error.is_busy() => {
                // Each operation alone would wait as long again.
                log_store_error(&error);
                let refusal = Error::from(error);
                for (_, jobs) in groups {
                    let results = jobs.iter().map(|_| Err(refusal.clone())).collect();
                    answer(jobs, results);
                }
            }
            Err(broken) => {
                tracing::warn!(?broken, "a batch failed and is done again one operation at a time");
                self.stats.retry();
                for (_, jobs) in groups {
                    for job in jobs {
                        self.alone(job, now);
                    }
                }
            }
        }
    }

    /// Applies and commits the whole batch; the results stand in the order of the jobs.
    fn commit_together(
        &mut self,
        groups: &[(AppId, Vec<Job>)],
        now: Timestamp,
    ) -> std::result::Result<Vec<Vec<Result<Reply>>>, Broken> {
        let (mut sets, mut results) = (Vec::with_capacity(groups.len()), Vec::with_capacity(groups.len()));
        for (app, jobs) in groups {
            match batch::apply(&mut *self.writer, *app, jobs, now)? {
                Some(Applied { set, results: answers }) => {
                    if set.is_changed() {
                        sets.push(set);
                    }
                    results.push(answers);
                }
                None => results.push(jobs.iter().map(|_| Err(batch::unknown_app())).collect()),
            }
        }
        let begun = Instant::now();
        let grown: Vec<_> = sets.iter().filter(|set| !set.events.is_empty()).map(log_end).collect();
        if !sets.is_empty() {
            self.writer.commit(sets)?;
        }
        grown.into_iter().for_each(|(app, next)| self.followers.tell(app, next));
        let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        let refused = results.iter().flatten().filter(|result| result.is_err()).count();
        self.stats.batch(results.iter().map(Vec::len).sum(), refused, micros);
        Ok(results)
    }

    fn alone(&mut self, job: Job, now: Timestamp) {
        let group = [(job.app, vec![job])];
        let result = match self.commit_together(&group, now) {
            Ok(mut results) => results.pop().and_then(|mut results| results.pop()),
            Err(Broken::Bug(error)) => Some(Err(error)),
            Err(Broken::Panicked) => Some(Err(Error::internal("the operation panicked"))),
            Err(Broken::Store(error)) => {
                log_store_error(&error);
                Some(Err(error.into()))
            }
        };
        let [(_, jobs)] = group;
        answer(jobs, result.into_iter().collect());
    }
}

/// Cuts what was queued into batches that are not too heavy, so that files of codes from several sides do not add up to
/// one batch everybody waits for.
fn portions(jobs: Vec<Job>) -> Vec<Vec<Job>> {
    let (mut portions, mut weight) = (Vec::new(), WEIGHT_MAX);
    for job in jobs {
        let more = job.request.op.weight();
        if weight + more > WEIGHT_MAX || portions.is_empty() {
            portions.push(Vec::new());
            weight = 0;
        }
        weight += more;
        if let Some(portion) = portions.last_mut() {
            portion.push(job);
        }
    }
    portions
}

/// The number the next event of an app will have.
fn log_end(set: &WorkingSet) -> (AppId, EventSeq) {
    (set.app.id, EventSeq(set.counters.event_seq))
}

fn log_store_error(error: &StoreError) {
    tracing::error!(%error, "an operation could not be committed");
}

fn answer(jobs: Vec<Job>, results: Vec<Result<Reply>>) {
    for (job, result) in jobs.into_iter().zip(results) {
        // A caller that went away does not need its answer; the operation stands.
        let _ = job.answer.send(result);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaquan_core::code::claim::Claim;
    use kaquan_core::code::import::ImportCodes;
    use kaquan_core::engine::{Operation, Request};

    fn job(op: impl Into<Operation>) -> Job {
        let (answer, _) = tokio::sync::oneshot::channel();
        Job { app: AppId(1), request: Request::of(op), answer }
    }

    fn import(codes: usize) -> Job {
        let codes = (0..codes).map(|n| n.to_string().into()).collect();
        job(ImportCodes { card_id: "p".into(), file: "f".into(), from: 0, codes, stock: false })
    }

    fn sizes(jobs: Vec<Job>) -> Vec<usize> {
        portions(jobs).iter().map(Vec::len).collect()
    }

    #[test]
    fn small_operations_are_one_batch_and_heavy_ones_are_a_few_each() {
        let claims = || (0..BATCH_MAX).map(|_| job(Claim::of("p".into(), "o1".into())));
        assert_eq!(sizes(claims().collect()), [BATCH_MAX]);
        assert_eq!(sizes((0..5).map(|_| import(2000)).collect()), [2, 2, 1]);
        assert_eq!(sizes([import(9000), import(1)].into()), [1, 1]);
        assert_eq!(sizes([import(3000)].into_iter().chain(claims()).collect()), [1 + BATCH_MAX]);
        assert_eq!(sizes(Vec::new()), [0_usize; 0]);
    }
}
