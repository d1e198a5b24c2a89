//! The queue of operations. Each app has its own line, so that many operations of one merchant do not delay those of
//! another. Only one writer thread at a time works on an app's line, so that its operations are done in order.

use kaquan_core::engine::Command;
use kaquan_core::error::{Error, Result};
use kaquan_core::id::AppId;
use kaquan_core::operation::{Request, RequestOutcome};
use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, oneshot};

/// Operations that may wait. Beyond this number, callers wait until there is room.
const WAITING_MAX: usize = 16_384;
/// Operations in one batch at most.
const BATCH_MAX: usize = 1024;
/// The total cost of the heavy operations in one batch; a single operation may exceed it. Imports and sweeps of
/// several apps take turns, so that another operation waits for at most one of them. See `Command::cost`.
const HEAVY_MAX: usize = 128;

/// A waiting operation, with the channel for its reply.
#[derive(Debug)]
pub(crate) struct Job {
    pub app: AppId,
    pub request: Request,
    pub answer: oneshot::Sender<Result<RequestOutcome>>,
    /// Dropped when the operation is done.
    pub _held: Option<Held>,
}

/// Something that a caller holds while its operation is waiting or being done, such as a permit.
pub type Held = Arc<dyn Any + Send + Sync>;

/// The operations of one app in a batch.
pub(crate) type Group = (AppId, Vec<Job>);

/// A task for a writer thread.
#[derive(Debug)]
pub(crate) enum WriterTask {
    /// A batch to commit. The thread calls [`Queue::done`] afterwards.
    Batch(Vec<Group>),
    /// A probe: find out whether commits work.
    Probe,
}

/// The lines of all apps.
#[derive(Debug)]
pub(crate) struct Queue {
    lines: Mutex<Lines>,
    grown: Condvar,
    places: Semaphore,
}

#[derive(Debug, Default)]
struct Lines {
    of: HashMap<AppId, Line>,
    /// Apps with waiting operations that no writer thread works on; the app that has waited longest is first.
    ready: VecDeque<AppId>,
    /// Whether a writer thread has to run a probe.
    probe: bool,
    stopped: bool,
}

#[derive(Debug, Default)]
struct Line {
    jobs: VecDeque<Job>,
    /// Whether a writer thread works on this line.
    taken: bool,
}

impl Queue {
    pub fn new() -> Queue {
        Queue { lines: Mutex::default(), grown: Condvar::new(), places: Semaphore::new(WAITING_MAX) }
    }

    /// Adds an operation. Waits until there is room.
    pub async fn push(&self, job: Job) -> Result<()> {
        self.places.acquire().await.map_err(|_| stopped())?.forget();
        let mut lines = self.lines();
        if lines.stopped {
            return Err(stopped());
        }
        lines.push(job);
        drop(lines);
        self.grown.notify_one();
        Ok(())
    }

    /// Requests a probe. It runs before the next batch.
    pub fn probe(&self) {
        self.lines().probe = true;
        self.grown.notify_one();
    }

    /// Returns a probe or the next operations: those of every waiting app, or only of the app that has waited
    /// longest. Waits until there are some. Returns `None` after the queue has stopped and is empty.
    pub fn take(&self, all_apps: bool) -> Option<WriterTask> {
        let mut lines = self.lines();
        while lines.ready.is_empty() && !lines.probe {
            if lines.stopped {
                return None;
            }
            lines = self.grown.wait(lines).unwrap_or_else(PoisonError::into_inner);
        }
        if std::mem::take(&mut lines.probe) {
            return Some(WriterTask::Probe);
        }
        let groups = lines.take(all_apps);
        drop(lines);
        self.places.add_permits(groups.iter().map(|(_, jobs)| jobs.len()).sum());
        Some(WriterTask::Batch(groups))
    }

    /// Releases the lines of these apps, so that other writer threads can work on them.
    pub fn done(&self, apps: &[AppId]) {
        let mut lines = self.lines();
        let ready = apps.iter().filter(|app| lines.give_back(**app)).count();
        drop(lines);
        (0..ready).for_each(|_| self.grown.notify_one());
    }

    /// Refuses new operations. Waiting ones are still done.
    pub fn stop(&self) {
        self.lines().stopped = true;
        self.grown.notify_all();
        self.places.close();
    }

    /// Refuses new operations and drops waiting ones. Called after the last writer thread has ended.
    pub fn abandon(&self) {
        self.stop();
        let mut lines = self.lines();
        lines.ready.clear();
        lines.of.clear();
    }

    pub fn is_stopped(&self) -> bool {
        self.lines().stopped
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn push(&mut self, job: Job) {
        let app = job.app;
        let line = self.of.entry(app).or_default();
        line.jobs.push_back(job);
        if line.jobs.len() == 1 && !line.taken {
            self.ready.push_back(app);
        }
    }

    /// Takes as many operations as a batch may have. If a heavy operation does not fit, its app is first in the next
    /// batch.
    fn take(&mut self, all_apps: bool) -> Vec<Group> {
        let (mut groups, mut count, mut heavy) = (Vec::new(), 0, 0);
        let mut passed_over = Vec::new();
        while count < BATCH_MAX
            && let Some(app) = self.ready.pop_front()
        {
            let Some(line) = self.of.get_mut(&app) else { continue };
            let mut jobs = Vec::new();
            while count < BATCH_MAX
                && let Some(job) = line.jobs.front()
            {
                let cost = job.request.op.cost();
                let more = if cost > 1 { cost } else { 0 };
                if more > 0 && heavy > 0 && heavy + more > HEAVY_MAX {
                    break;
                }
                (count, heavy) = (count + 1, heavy + more);
                jobs.extend(line.jobs.pop_front());
            }
            if jobs.is_empty() {
                passed_over.push(app);
                continue;
            }
            line.taken = true;
            groups.push((app, jobs));
            if !all_apps {
                break;
            }
        }
        passed_over.into_iter().rev().for_each(|app| self.ready.push_front(app));
        groups
    }

    /// Releases the line of an app. Returns whether the app has more operations.
    fn give_back(&mut self, app: AppId) -> bool {
        let Some(line) = self.of.get_mut(&app) else { return false };
        line.taken = false;
        if line.jobs.is_empty() {
            self.of.remove(&app);
            return false;
        }
        self.ready.push_back(app);
        true
    }
}

/// The error of a ledger that has stopped.
pub(crate) fn stopped() -> Error {
    Error::internal("the ledger has stopped")
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaquan_core::code::{Claim, ImportCodes, Via};
    use kaquan_core::operation::Operation;

    fn job(app: i64, op: impl Into<Operation>) -> Job {
        let (answer, _) = oneshot::channel();
        Job { app: AppId(app), request: Request::of(op), answer, _held: None }
    }

    fn claim(app: i64) -> Job {
        job(app, Claim::of("p".into(), "o1".into(), Via::Server))
    }

    fn import(app: i64, codes: usize) -> Job {
        let codes = (0..codes).map(|n| n.to_string().into()).collect();
        job(
            app,
            ImportCodes {
                card_id: "p".into(),
                file: "f".into(),
                from: 0,
                codes,
                rest: Vec::new(),
                chunk_from: 0,
                stock: false,
            },
        )
    }

    fn lines(jobs: impl IntoIterator<Item = Job>) -> Lines {
        let mut lines = Lines::default();
        jobs.into_iter().for_each(|job| lines.push(job));
        lines
    }

    /// The sizes of the batches that all these operations need.
    fn sizes(jobs: impl IntoIterator<Item = Job>) -> Vec<usize> {
        let (mut lines, mut sizes) = (lines(jobs), Vec::new());
        while !lines.ready.is_empty() {
            let groups = lines.take(true);
            sizes.push(groups.iter().map(|(_, jobs)| jobs.len()).sum());
            for (app, _) in groups {
                lines.give_back(app);
            }
        }
        sizes
    }

    #[test]
    fn small_operations_are_one_batch_and_heavy_ones_are_a_few_each() {
        assert_eq!(sizes((0..BATCH_MAX).map(|_| claim(1))), [BATCH_MAX]);
        assert_eq!(sizes((0..=BATCH_MAX).map(|_| claim(1))), [BATCH_MAX, 1]);
        assert_eq!(sizes((0..5).map(|_| import(1, 50))), [2, 2, 1]);
        assert_eq!(sizes([import(1, 9000), import(1, 2)]), [1, 1]);
        assert_eq!(sizes([import(1, 4000)].into_iter().chain((0..200).map(|_| claim(2)))), [201]);
        assert_eq!(sizes([]), [0_usize; 0]);
    }

    #[test]
    fn three_imports_take_turns_and_a_neighbour_is_in_every_batch() {
        let imports = [1, 2, 3].into_iter().flat_map(|app| (0..4).map(move |_| import(app, 100)));
        let mut lines = lines(imports);
        let mut turns = Vec::new();
        for _ in 0..12 {
            lines.push(claim(4));
            let groups = lines.take(true);
            let codes: usize =
                groups.iter().flat_map(|(_, jobs)| jobs).map(|job| job.request.op.cost()).sum();
            assert!(codes <= HEAVY_MAX + 1, "{codes} codes in one batch");
            assert!(groups.iter().any(|(app, jobs)| *app == AppId(4) && jobs.len() == 1));
            turns.extend(groups.iter().map(|(app, _)| app.0).filter(|app| *app != 4));
            for (app, _) in &groups {
                lines.give_back(*app);
            }
        }
        assert_eq!(turns, [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3]);
        assert!(lines.ready.is_empty());
    }

    #[test]
    fn a_batch_of_one_app_leaves_the_others_to_other_writers() {
        let mut lines = lines([claim(1), claim(2), claim(1)]);
        let apps = |groups: Vec<Group>| -> Vec<(i64, usize)> {
            groups.iter().map(|(app, jobs)| (app.0, jobs.len())).collect()
        };
        assert_eq!(apps(lines.take(false)), [(1, 2)]);
        lines.push(claim(1));
        assert_eq!(apps(lines.take(false)), [(2, 1)], "a writer thread works on the first app");
        assert!(lines.ready.is_empty());
        assert!(lines.give_back(AppId(1)));
        assert!(!lines.give_back(AppId(2)));
        assert_eq!(apps(lines.take(false)), [(1, 1)]);
    }

    #[test]
    fn an_app_that_has_more_waits_behind_the_others() {
        let mut lines = lines((0..BATCH_MAX + 5).map(|_| claim(1)).chain([claim(2)]));
        let first = lines.take(false);
        assert_eq!((first[0].0, first[0].1.len()), (AppId(1), BATCH_MAX));
        lines.give_back(AppId(1));
        assert_eq!(lines.ready, [AppId(2), AppId(1)]);
    }
}
