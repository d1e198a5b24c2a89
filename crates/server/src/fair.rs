//! Fair shares: how much expensive work each app may have running at a time. More work waits in a bounded queue of the
//! same app, and is refused when that queue is full. Claims and consumes do not pass here.
//!
//! Long work is done in short parts that take turns. Parts without a pause would still occupy a core or the writer. So
//! the process rests after a part if it served other calls meanwhile.

use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::AppId;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout};

/// The kinds of expensive work. Each kind has its own shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WorkKind {
    /// Searches of the log, reports, explained signatures. Each uses a thread for milliseconds or longer.
    Heavy,
    /// Pages for visitors without an account.
    Page,
    /// Uploads whose body is arriving or in memory. Waiting uploads use no memory.
    Upload,
    /// Large answers: each holds some rows while its caller reads. Slow callers use up the places of their own app.
    Answer,
    /// Codes that are imported: a part of a file, or a call with many codes.
    Import,
    /// Pictures that are decoded: one at a time, so that one app cannot take every place of the process.
    Picture,
}

/// The limits for one kind of work of one app.
#[derive(Debug, Clone, Copy)]
struct Limit {
    running: usize,
    waiting: usize,
}

impl WorkKind {
    /// Heavy work and pages of one app use at most half of the cores, or one core. Pages are short, so more of them may
    /// wait.
    const fn limit(self, cores: usize) -> Limit {
        let running = if cores < 4 { 1 } else { cores / 2 };
        match self {
            WorkKind::Heavy => Limit { running, waiting: 64 },
            WorkKind::Page => Limit { running, waiting: 1024 },
            WorkKind::Answer => Limit { running: 4, waiting: 64 },
            WorkKind::Upload => Limit { running: 4, waiting: 32 },
            WorkKind::Import => Limit { running: 1, waiting: 256 },
            WorkKind::Picture => Limit { running: 1, waiting: 4 },
        }
    }
}

/// Large answers that the process sends at the same time.
const ANSWERS_MAX: usize = 32;
/// How long a large answer waits for a place in the process. Meanwhile a stalled answer gives up its place.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(10);

/// After a part of long work, the process rests this many times as long as the part took.
const REST: u32 = 2;

/// Long work that is done in parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Some rows of a large answer.
    Answer,
    /// Some codes that are imported.
    Import,
}

/// The shares of all apps.
#[derive(Debug)]
pub struct Shares {
    cores: usize,
    /// Limits the large answers of all apps.
    answers: Arc<Semaphore>,
    /// Large answers that wait for a place in the process and for which no stalled answer has ended yet.
    wanted: AtomicUsize,
    /// Wakes stalled answers when one more place is needed.
    wanting: Notify,
    /// Places for the parts of large answers of all apps. They leave half the cores to other work.
    answer_parts: Arc<Semaphore>,
    /// The place for the parts of imports of all apps.
    import_parts: Arc<Semaphore>,
    /// Served calls, except calls that did long work.
    served: AtomicU64,
    shares: Mutex<HashMap<(AppId, WorkKind), Arc<Share>>>,
}

#[derive(Debug)]
struct Share {
    running: Arc<Semaphore>,
    waiting: AtomicUsize,
    waiting_max: usize,
}

/// The permission to do one part of long work. Dropping it ends the turn.
#[derive(Debug)]
struct Turn {
    _permit: Permit,
    begun: Instant,
    /// [`Shares::served`] at its beginning.
    served: u64,
}

/// The permission to do expensive work. Dropping it gives the permission back.
#[derive(Debug)]
pub struct Permit {
    _running: OwnedSemaphorePermit,
    /// The place in the process, for work that is also limited there.
    _process: Option<OwnedSemaphorePermit>,
}

impl Default for Shares {
    fn default() -> Shares {
        Shares::on(std::thread::available_parallelism().map_or(1, usize::from))
    }
}

impl Shares {
    /// The shares on a machine with this many cores.
    pub fn on(cores: usize) -> Shares {
        Shares {
            cores: cores.max(1),
            answers: Arc::new(Semaphore::new(ANSWERS_MAX)),
            wanted: AtomicUsize::new(0),
            wanting: Notify::new(),
            answer_parts: Arc::new(Semaphore::new((cores / 2).max(1))),
            import_parts: Arc::new(Semaphore::new(1)),
            served: AtomicU64::new(0),
            shares: Mutex::default(),
        }
    }

    /// Waits until the app may do work of this kind.
    ///
    /// # Errors
    ///
    /// -1 when too much of the app's work is waiting already, or when a large answer finds no place in the process.
    pub async fn enter(&self, app: AppId, work: WorkKind) -> Result<Permit> {
        let running = self.share(app, work).bounded_permit().await?;
        self.in_process(work, running).await
    }

    /// As [`Shares::enter`], for callers that are already limited elsewhere. They wait and are never refused.
    ///
    /// # Errors
    ///
    /// -1 if the share is closed, which is a bug.
    pub async fn wait(&self, app: AppId, work: WorkKind) -> Result<Permit> {
        self.in_process(work, self.share(app, work).permit().await?).await
    }

    /// Waits for the turn to do a part of long work, does the work, and rests. A caller that hangs up while it waits leaves
    /// the queue. A caller that hangs up later ends neither the work nor the turn: both belong to a task of their own.
    ///
    /// # Errors
    ///
    /// The errors of the work; -1 if it panics, or if too many imports of the app are waiting.
    pub async fn in_turn<T: Send + 'static>(
        self: &Arc<Shares>,
        app: AppId,
        part: Part,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let turn = self.turn(app, part).await?;
        let shares = self.clone();
        let task = tokio::spawn(async move {
            let done = work.await;
            shares.rest(turn).await;
            done
        });
        task.await.map_err(|error| Error::internal(format!("a part of long work did not end: {error}")))?
    }

    /// Waits for a turn: in the app, and in the process. Only imports have a bounded queue: large answers are bounded
    /// themselves, and must not be cut.
    async fn turn(&self, app: AppId, part: Part) -> Result<Turn> {
        let (running, places) = match part {
            Part::Answer => (self.share(app, WorkKind::Heavy).permit().await?, &self.answer_parts),
            Part::Import => (self.share(app, WorkKind::Import).bounded_permit().await?, &self.import_parts),
        };
        let permit = Permit { _running: running, _process: Some(acquire(places).await?) };
        Ok(Turn { _permit: permit, begun: Instant::now(), served: self.served.load(Ordering::Relaxed) })
    }

    /// Ends a turn. If other calls were served during the turn, it first pauses, so that other work can run.
    async fn rest(&self, turn: Turn) {
        if self.served.load(Ordering::Relaxed) != turn.served {
            sleep(turn.begun.elapsed() * REST).await;
        }
    }

    /// Counts a served call that did no long work.
    pub fn served(&self) {
        self.served.fetch_add(1, Ordering::Relaxed);
    }

    async fn in_process(&self, work: WorkKind, running: OwnedSemaphorePermit) -> Result<Permit> {
        let process = match work {
            WorkKind::Answer => Some(self.answer_place().await?),
            _ => None,
        };
        Ok(Permit { _running: running, _process: process })
    }

    async fn answer_place(&self) -> Result<OwnedSemaphorePermit> {
        if let Ok(place) = self.answers.clone().try_acquire_owned() {
            return Ok(place);
        }
        let _request = PlaceRequest::new(self);
        match timeout(ANSWER_WAIT_MAX, acquire(&self.answers)).await {
            Ok(place) => place,
            Err(_) => Err(busy("too many large answers are being sent")),
        }
    }

    /// Waits until a large answer of any app needs a place in the process. The stalled answer that calls this must then
    /// end, because no other answer gives up its place for that one.
    pub async fn place_wanted(&self) {
        loop {
            let wanting = self.wanting.notified();
            if PlaceRequest::withdraw(self) {
                return;
            }
            wanting.await;
        }
    }

    fn share(&self, app: AppId, work: WorkKind) -> Arc<Share> {
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            let limit = work.limit(self.cores);
            let running = Arc::new(Semaphore::new(limit.running));
            Arc::new(Share { running, waiting: AtomicUsize::new(0), waiting_max: limit.waiting })
        };
        shares.entry((app, work)).or_insert_with(new).clone()
    }
}

impl Share {
    async fn permit(&self) -> Result<OwnedSemaphorePermit> {
        acquire(&self.running).await
    }

    /// As [`Share::permit`], in the bounded queue of the share.
    async fn bounded_permit(&self) -> Result<OwnedSemaphorePermit> {
        if let Ok(running) = self.running.clone().try_acquire_owned() {
            return Ok(running);
        }
        let _place = Place::take(self).ok_or_else(|| busy("too much work of this app is waiting"))?;
        self.permit().await
    }
}

async fn acquire(places: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit> {
    let place = places.clone().acquire_owned().await;
    place.map_err(|error| Error::internal(format!("a fair share is closed: {error}")))
}

fn busy(what: &str) -> Error {
    Error::field(ErrCode::SystemError, "busy", format!("{what}; repeat the call a moment later"))
}

/// The request of a large answer for a place in the process.
struct PlaceRequest<'a>(&'a Shares);

impl PlaceRequest<'_> {
    fn new(shares: &Shares) -> PlaceRequest<'_> {
        shares.wanted.fetch_add(1, Ordering::Relaxed);
        shares.wanting.notify_waiters();
        PlaceRequest(shares)
    }

    /// Removes one request; false if there is none.
    fn withdraw(shares: &Shares) -> bool {
        let less = |wanted: usize| wanted.checked_sub(1);
        shares.wanted.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }
}

impl Drop for PlaceRequest<'_> {
    fn drop(&mut self) {
        // A stalled answer that ends for this request has removed it already.
        PlaceRequest::withdraw(self.0);
    }
}

/// A place in the queue of a share. Dropping it frees the place, also when the caller disconnects.
struct Place<'a>(&'a Share);

impl Place<'_> {
    fn take(share: &Share) -> Option<Place<'_>> {
        let more = |waiting| (waiting < share.waiting_max).then_some(waiting + 1);
        share.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok().map(|_| Place(share))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Poll;

    const A: AppId = AppId(1);
    const B: AppId = AppId(2);

    fn is_pending<F: Future>(future: &mut std::pin::Pin<Box<F>>) -> bool {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        matches!(future.as_mut().poll(&mut context), Poll::Pending)
    }

    #[tokio::test]
    async fn the_work_of_one_app_leaves_the_share_of_another_free() {
        let shares = Shares::on(2);
        let first = shares.enter(A, WorkKind::Heavy).await.unwrap();
        let mut second = Box::pin(shares.enter(A, WorkKind::Heavy));
        assert!(is_pending(&mut second));
        assert!(shares.enter(B, WorkKind::Heavy).await.is_ok());
        assert!(shares.enter(A, WorkKind::Page).await.is_ok());
        drop(first);
        assert!(second.await.is_ok());
    }

    #[tokio::test]
    async fn large_answers_are_bounded_in_the_process_and_parts_take_turns() {
        let shares = Shares::on(2);
        let mut open = Vec::new();
        for app in 0..ANSWERS_MAX as i64 / 4 {
            for _ in 0..4 {
                open.push(shares.enter(AppId(app), WorkKind::Answer).await.unwrap());
            }
            assert!(is_pending(&mut Box::pin(shares.enter(AppId(app), WorkKind::Answer))));
        }
        let mut next = Box::pin(shares.enter(AppId(1000), WorkKind::Answer));
        assert!(is_pending(&mut next));
        // Open answers take no turns: their callers may be slow.
        let turn = shares.turn(A, Part::Answer).await.unwrap();
        let mut other = Box::pin(shares.turn(B, Part::Answer));
        assert!(is_pending(&mut other));
        assert!(shares.enter(B, WorkKind::Page).await.is_ok());
        drop(turn);
        assert!(other.await.is_ok());
        open.pop();
        assert!(next.await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_large_answer_without_a_place_is_refused_after_a_while() {
        let shares = Shares::on(2);
        let mut open = Vec::new();
        for n in 0..ANSWERS_MAX as i64 {
            open.push(shares.enter(AppId(n), WorkKind::Answer).await.unwrap());
        }
        let begun = Instant::now();
        let refused = shares.enter(AppId(1000), WorkKind::Answer).await.unwrap_err();
        assert_eq!((refused.code, begun.elapsed()), (ErrCode::SystemError, ANSWER_WAIT_MAX));
        // Its request is gone, so no answer has to end for it.
        assert!(is_pending(&mut Box::pin(shares.place_wanted())));
    }

    #[tokio::test]
    async fn one_stalled_answer_ends_for_each_that_waits() {
        let shares = Shares::on(2);
        let mut open = Vec::new();
        for n in 0..ANSWERS_MAX as i64 {
            open.push(shares.enter(AppId(n), WorkKind::Answer).await.unwrap());
        }
        let mut stalled: Vec<_> = (0..3).map(|_| Box::pin(shares.place_wanted())).collect();
        assert!(stalled.iter_mut().all(is_pending));
        let mut next = Box::pin(shares.enter(AppId(1000), WorkKind::Answer));
        assert!(is_pending(&mut next));
        let ending: Vec<bool> = stalled.iter_mut().map(|stalled| !is_pending(stalled)).collect();
        assert_eq!(ending.iter().filter(|ending| **ending).count(), 1);
        open.pop();
        assert!(next.await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn the_process_rests_between_parts_while_it_serves_others() {
        let shares = Shares::on(2);
        let part = Duration::from_millis(10);
        for of in [Part::Answer, Part::Import] {
            for is_busy in [false, true] {
                let turn = shares.turn(A, of).await.unwrap();
                sleep(part).await;
                if is_busy {
                    shares.served();
                }
                let begun = Instant::now();
                let (_, next) = tokio::join!(shares.rest(turn), shares.turn(B, of));
                next.unwrap();
                let rest = if is_busy { part * REST } else { Duration::ZERO };
                assert_eq!(begun.elapsed(), rest, "{of:?}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_and_its_rest_outlast_a_caller_that_hangs_up() {
        let shares = Arc::new(Shares::on(2));
        let part = Duration::from_millis(10);
        for of in [Part::Answer, Part::Import] {
            let working = Arc::new(Notify::new());
            let begins = working.clone();
            let mut call = Box::pin(shares.in_turn(A, of, async move {
                begins.notify_one();
                sleep(part).await;
                Ok(())
            }));
            assert!(is_pending(&mut call));
            working.notified().await;
            drop(call);
            shares.served();
            let begun = Instant::now();
            shares.in_turn(B, of, async { Ok(()) }).await.unwrap();
            assert_eq!(begun.elapsed(), part + part * REST, "{of:?}");
        }
    }

    #[tokio::test]
    async fn a_caller_that_hangs_up_before_its_turn_does_no_work() {
        let shares = Arc::new(Shares::on(2));
        let turn = shares.turn(A, Part::Import).await.unwrap();
        let done = Arc::new(AtomicUsize::new(0));
        let work = done.clone();
        let mut call = Box::pin(shares.in_turn(A, Part::Import, async move {
            work.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }));
        assert!(is_pending(&mut call));
        drop((call, turn));
        assert!(shares.in_turn(A, Part::Import, async { Ok(()) }).await.is_ok());
        assert_eq!(done.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn imports_of_an_app_that_wait_have_a_limit_of_their_own() {
        let shares = Shares::on(2);
        let running = shares.turn(A, Part::Import).await.unwrap();
        let most = WorkKind::Import.limit(2).waiting;
        let mut waiting: Vec<_> = (0..most).map(|_| Box::pin(shares.turn(A, Part::Import))).collect();
        assert!(waiting.iter_mut().all(is_pending));
        let mut refused = Box::pin(shares.turn(A, Part::Import));
        assert!(!is_pending(&mut refused), "one more does not wait");
        let mut other = Box::pin(shares.turn(B, Part::Import));
        assert!(is_pending(&mut other));
        drop(running);
        assert!(other.await.is_ok());
    }

    #[tokio::test]
    async fn imports_of_one_app_let_another_app_be_the_next() {
        let shares = Shares::on(2);
        let first = shares.turn(A, Part::Import).await.unwrap();
        let mut more: Vec<_> = (0..9).map(|_| Box::pin(shares.turn(A, Part::Import))).collect();
        assert!(more.iter_mut().all(is_pending));
        let mut other = Box::pin(shares.turn(B, Part::Import));
        assert!(is_pending(&mut other));
        drop(first);
        assert!(other.await.is_ok());
    }

    #[tokio::test]
    async fn a_full_queue_refuses_its_own_app_only() {
        let shares = Shares::on(2);
        let running = shares.enter(A, WorkKind::Heavy).await.unwrap();
        let mut waiting: Vec<_> = (0..64).map(|_| Box::pin(shares.enter(A, WorkKind::Heavy))).collect();
        assert!(waiting.iter_mut().all(is_pending));
        assert_eq!(shares.enter(A, WorkKind::Heavy).await.unwrap_err().code, ErrCode::SystemError);
        assert!(shares.enter(B, WorkKind::Heavy).await.is_ok());
        // A caller that disconnects frees its place.
        waiting.pop();
        let mut next = Box::pin(shares.enter(A, WorkKind::Heavy));
        assert!(is_pending(&mut next));
        drop(running);
        for waiting in waiting {
            assert!(waiting.await.is_ok());
        }
        assert!(next.await.is_ok());
    }
}
