//! Fair shares: limits how much expensive work of each app runs at the same time. More work waits in a queue of the
//! same app. If that queue is full, the work is refused. Claims and consumes are not limited here.

use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::AppId;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The kinds of expensive work. Each kind has its own shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Work {
    /// Searches of the log, reports, explained signatures. Each uses a thread for milliseconds or longer.
    Heavy,
    /// Pages for visitors without an account.
    Page,
    /// Uploads whose body is arriving or in memory. Waiting uploads use no memory.
    Upload,
    /// Large answers. Each has a page of rows in memory while its caller reads. Slow callers use up only the share of
    /// their own app.
    Answer,
    /// Decoding of pictures: one at a time, so that one app cannot use every place of the process.
    Picture,
}

/// The limits for one kind of work of one app.
#[derive(Debug, Clone, Copy)]
struct Limit {
    running: usize,
    waiting: usize,
}

impl Work {
    /// Each limit leaves at least half of the cores to other apps. Pages are short, so more of them may wait.
    const fn limit(self, cores: usize) -> Limit {
        let running = if cores < 4 { 1 } else { cores / 2 };
        match self {
            Work::Heavy => Limit { running, waiting: 64 },
            Work::Page => Limit { running, waiting: 1024 },
            Work::Answer => Limit { running: 4, waiting: 64 },
            Work::Upload => Limit { running: 4, waiting: 32 },
            Work::Picture => Limit { running: 1, waiting: 4 },
        }
    }
}

/// Large answers that the process sends at the same time.
const ANSWERS_MAX: usize = 32;

/// The shares of all apps.
#[derive(Debug)]
pub struct Shares {
    cores: usize,
    /// Limits the large answers of all apps.
    answers: Arc<Semaphore>,
    /// Limits the reads for large answers of all apps. However many apps ask, half of the cores remain for other
    /// work.
    pages: Arc<Semaphore>,
    shares: Mutex<HashMap<(AppId, Work), Arc<Share>>>,
}

#[derive(Debug)]
struct Share {
    running: Arc<Semaphore>,
    waiting: AtomicUsize,
    waiting_max: usize,
}

/// The right to do work. It ends when this is dropped.
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
            pages: Arc::new(Semaphore::new((cores / 2).max(1))),
            shares: Mutex::default(),
        }
    }

    /// Waits until the app may do work of this kind.
    ///
    /// # Errors
    ///
    /// -1 if too much work of the app is already waiting.
    pub async fn enter(&self, app: AppId, work: Work) -> Result<Permit> {
        let share = self.share(app, work);
        if let Ok(running) = share.running.clone().try_acquire_owned() {
            return self.in_process(work, running).await;
        }
        let _place = Place::take(&share).ok_or_else(|| {
            let reason = "too many calls of this app are waiting; repeat the call later";
            Error::field(ErrCode::SystemError, "busy", reason)
        })?;
        self.in_process(work, share.permit().await?).await
    }

    /// As [`Shares::enter`], for callers that are already limited elsewhere. They wait and are never refused.
    ///
    /// # Errors
    ///
    /// -1 if the share is closed, which is a bug.
    pub async fn wait(&self, app: AppId, work: Work) -> Result<Permit> {
        self.in_process(work, self.share(app, work).permit().await?).await
    }

    /// Waits until a page of a large answer may be read: in the app's share of heavy work, and in the process.
    ///
    /// # Errors
    ///
    /// -1 if the share is closed, which is a bug.
    pub async fn page(&self, app: AppId) -> Result<Permit> {
        let running = self.share(app, Work::Heavy).permit().await?;
        Ok(Permit { _running: running, _process: Some(acquire(&self.pages).await?) })
    }

    async fn in_process(&self, work: Work, running: OwnedSemaphorePermit) -> Result<Permit> {
        let process = match work {
            Work::Answer => Some(acquire(&self.answers).await?),
            _ => None,
        };
        Ok(Permit { _running: running, _process: process })
    }

    fn share(&self, app: AppId, work: Work) -> Arc<Share> {
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
}

async fn acquire(places: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit> {
    let place = places.clone().acquire_owned().await;
    place.map_err(|error| Error::internal(format!("a fair share is closed: {error}")))
}

/// A place in the queue of a share. A caller that disconnects drops it.
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
        let first = shares.enter(A, Work::Heavy).await.unwrap();
        let mut second = Box::pin(shares.enter(A, Work::Heavy));
        assert!(is_pending(&mut second));
        assert!(shares.enter(B, Work::Heavy).await.is_ok());
        assert!(shares.enter(A, Work::Page).await.is_ok());
        drop(first);
        assert!(second.await.is_ok());
    }

    #[tokio::test]
    async fn large_answers_are_bounded_in_the_process_and_pages_take_turns() {
        let shares = Shares::on(2);
        let mut open = Vec::new();
        for app in 0..ANSWERS_MAX as i64 / 4 {
            for _ in 0..4 {
                open.push(shares.enter(AppId(app), Work::Answer).await.unwrap());
            }
            assert!(is_pending(&mut Box::pin(shares.enter(AppId(app), Work::Answer))));
        }
        let mut next = Box::pin(shares.enter(AppId(1000), Work::Answer));
        assert!(is_pending(&mut next));
        // Open answers do not use this share, because their callers may be slow.
        let page = shares.page(A).await.unwrap();
        let mut other = Box::pin(shares.page(B));
        assert!(is_pending(&mut other));
        assert!(shares.enter(B, Work::Page).await.is_ok());
        drop(page);
        assert!(other.await.is_ok());
        open.pop();
        assert!(next.await.is_ok());
    }

    #[tokio::test]
    async fn a_full_queue_refuses_its_own_app_only() {
        let shares = Shares::on(2);
        let running = shares.enter(A, Work::Heavy).await.unwrap();
        let mut waiting: Vec<_> = (0..64).map(|_| Box::pin(shares.enter(A, Work::Heavy))).collect();
        assert!(waiting.iter_mut().all(is_pending));
        assert_eq!(shares.enter(A, Work::Heavy).await.unwrap_err().code, ErrCode::SystemError);
        assert!(shares.enter(B, Work::Heavy).await.is_ok());
        // A caller that disconnects frees its place.
        waiting.pop();
        let mut next = Box::pin(shares.enter(A, Work::Heavy));
        assert!(is_pending(&mut next));
        drop(running);
        for waiting in waiting {
            assert!(waiting.await.is_ok());
        }
        assert!(next.await.is_ok());
    }
}
