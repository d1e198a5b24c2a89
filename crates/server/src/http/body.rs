//! Reads the body of a request; bodies are buffered only here. Each read has limits in bytes and in time. The
//! buffered bytes of all reads count towards a budget of the process.

use axum::body::{Body, HttpBody};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use kaquan_core::id::AppId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};

/// How long it may take to read or drain a whole body.
pub const TIME_MAX: Duration = Duration::from_secs(30);
/// How long a read waits for room in the budget.
const WAIT_MAX: Duration = Duration::from_secs(2);
/// The budget of authenticated callers, in bytes.
const KNOWN_BYTES: usize = 64 * 1024 * 1024;
/// The part of [`KNOWN_BYTES`] that the callers of one app may use together. The largest call needs 11 MiB.
const APP_BYTES: usize = 16 * 1024 * 1024;
/// The budget of uploads of temporary media, in bytes: three of the largest files at a time.
const MEDIA_BYTES: usize = 32 * 1024 * 1024;
/// The part of [`MEDIA_BYTES`] that one app may use: one of the largest files, and its form.
const MEDIA_APP_BYTES: usize = 16 * 1024 * 1024;
/// The budget of all other callers, in bytes.
const UNKNOWN_BYTES: usize = 16 * 1024 * 1024;
/// The budget of large forms whose token is not read yet, in bytes.
const FORM_BYTES: usize = 8 * 1024 * 1024;
/// Bytes of a refused body that are read and dropped; see [`drain`].
const DRAIN_MAX: usize = 32 * 1024 * 1024;

/// Whether the caller was authenticated before its body is read. Strangers and authenticated callers have separate
/// budgets. In the budget of authenticated callers, each app has a share, so that no app can use up the budget of the
/// others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// The caller has a valid token, session or holder's cookie of this app.
    App(AppId),
    /// The caller has a valid session and sends a form that belongs to no app. All such callers have one share.
    Known,
    /// As `App`, with a body of up to ten megabytes. Such bodies have their own budget, so that a few uploads cannot
    /// use up the budget of calls.
    Media(AppId),
    /// The caller sends a large form that may have a token.
    Form,
    /// The caller is none of the above.
    Unknown,
}

type AppShares = HashMap<Option<AppId>, Arc<Semaphore>>;

/// The number of bytes that bodies may still occupy in this process.
#[derive(Debug)]
pub struct Budget {
    known: Arc<Semaphore>,
    media: Arc<Semaphore>,
    forms: Arc<Semaphore>,
    unknown: Arc<Semaphore>,
    app_bytes: usize,
    /// The shares of the known callers by their app; `None` has the callers of no app.
    apps: Mutex<AppShares>,
    /// The shares of uploads of temporary media, by their app.
    media_apps: Mutex<AppShares>,
}

impl Default for Budget {
    fn default() -> Budget {
        let part = |bytes| Arc::new(Semaphore::new(bytes));
        let (media, forms) = (part(MEDIA_BYTES), part(FORM_BYTES));
        Budget { media, forms, ..Budget::of(KNOWN_BYTES, APP_BYTES, UNKNOWN_BYTES) }
    }
}

impl Budget {
    fn of(known: usize, app_bytes: usize, unknown: usize) -> Budget {
        let part = |bytes| Arc::new(Semaphore::new(bytes));
        Budget {
            known: part(known),
            media: part(0),
            forms: part(0),
            unknown: part(unknown),
            app_bytes,
            apps: Mutex::default(),
            media_apps: Mutex::default(),
        }
    }

    /// The semaphores of a caller in their order: the share of its app, then the budget of the process. So a body
    /// that waits for the share of its app delays no other app.
    fn shares(&self, caller: Caller) -> Vec<Arc<Semaphore>> {
        let (apps, app, bytes, process) = match caller {
            Caller::App(app) => (&self.apps, Some(app), self.app_bytes, &self.known),
            Caller::Known => (&self.apps, None, self.app_bytes, &self.known),
            Caller::Media(app) => (&self.media_apps, Some(app), MEDIA_APP_BYTES, &self.media),
            Caller::Form => return vec![self.forms.clone()],
            Caller::Unknown => return vec![self.unknown.clone()],
        };
        let mut apps = apps.lock().unwrap_or_else(PoisonError::into_inner);
        let share = apps.entry(app).or_insert_with(|| Arc::new(Semaphore::new(bytes)));
        vec![share.clone(), process.clone()]
    }
}

/// A part of the budget. Dropping it returns the bytes.
#[derive(Debug)]
pub struct BudgetPermit {
    shares: Vec<Arc<Semaphore>>,
    permits: Vec<OwnedSemaphorePermit>,
}

impl BudgetPermit {
    /// A permit without any bytes.
    pub fn new(budget: &Budget, caller: Caller) -> BudgetPermit {
        BudgetPermit { shares: budget.shares(caller), permits: Vec::new() }
    }

    /// Takes more bytes from the budget. Waits for a short while.
    ///
    /// # Errors
    ///
    /// `Busy` if the budget remains used up.
    pub async fn take(&mut self, bytes: usize) -> Result<(), BodyError> {
        let count = u32::try_from(bytes).map_err(|_| BodyError::Busy)?;
        let taken = timeout(WAIT_MAX, async {
            let mut taken = Vec::with_capacity(self.shares.len());
            for share in &self.shares {
                taken.push(share.clone().acquire_many_owned(count).await.map_err(|_| BodyError::Busy)?);
            }
            Ok::<_, BodyError>(taken)
        });
        let taken = taken.await.map_err(|_| BodyError::Busy)??;
        if self.permits.is_empty() {
            self.permits = taken;
        } else {
            self.permits.iter_mut().zip(taken).for_each(|(permit, more)| permit.merge(more));
        }
        Ok(())
    }
}

/// A body that arrived completely.
#[derive(Debug)]
pub struct ReceivedBody {
    pub bytes: Bytes,
    /// The body's part of the budget. Keep it while the body or the values parsed from it are in use.
    pub held: BudgetPermit,
}

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    /// The body has more bytes than allowed.
    TooLarge,
    /// The body did not arrive in time.
    Late,
    /// The body ended before it was complete.
    Broken,
    /// The budget of the process, or the share of the caller's app, is used up.
    Busy,
}

/// The deadline of a body whose read begins now.
pub fn deadline() -> Instant {
    Instant::now() + TIME_MAX
}

/// Reads a body of at most `max` bytes.
///
/// # Errors
///
/// [`BodyError`]. The rest of the body is then unread; see [`drain`].
pub async fn read(
    budget: &Budget,
    body: &mut Body,
    max: usize,
    caller: Caller,
    end: Instant,
) -> Result<ReceivedBody, BodyError> {
    if declared(body).is_some_and(|length| length > max as u64) {
        return Err(BodyError::TooLarge);
    }
    let held = BudgetPermit::new(budget, caller);
    timeout_at(end, read_frames(body, max, held)).await.map_err(|_| BodyError::Late)?
}

fn declared(body: &Body) -> Option<u64> {
    body.size_hint().exact()
}

async fn read_frames(body: &mut Body, max: usize, mut held: BudgetPermit) -> Result<ReceivedBody, BodyError> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let data = frame.map_err(|_| BodyError::Broken)?.into_data().unwrap_or_default();
        if bytes.len() + data.len() > max {
            return Err(BodyError::TooLarge);
        }
        held.take(data.len()).await?;
        bytes.extend_from_slice(&data);
    }
    Ok(ReceivedBody { bytes: bytes.freeze(), held })
}

/// Reads the rest of a body and drops it, up to limits in bytes and time. If a connection is closed while its caller
/// still sends, the caller never gets the answer. For example, a client that does not see 42001 fetches no new token.
/// Beyond the limits, the connection is closed after the answer.
pub async fn drain(mut body: Body, end: Instant) {
    let mut read = 0;
    while read < DRAIN_MAX {
        match timeout_at(end, body.frame()).await {
            Ok(Some(Ok(frame))) => read += frame.data_ref().map_or(0, Bytes::len),
            Ok(_) => return,
            Err(_) => {
                tracing::debug!(read, "refused body did not end in time");
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::channel::Channel;
    use std::convert::Infallible;

    const SMALL: usize = 16;

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_is_late() {
        let (mut sender, body) = Channel::<Bytes, Infallible>::new(1);
        sender.send_data(Bytes::from_static(b"a=")).await.unwrap();
        let (budget, began) = (Budget::default(), Instant::now());
        let read = read(&budget, &mut Body::new(body), SMALL, Caller::Unknown, deadline()).await;
        assert_eq!((read.unwrap_err(), began.elapsed()), (BodyError::Late, TIME_MAX));
        assert_eq!(budget.unknown.available_permits(), UNKNOWN_BYTES);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_body_is_drained_for_a_while_only() {
        let (_sender, body) = Channel::<Bytes, Infallible>::new(1);
        let began = Instant::now();
        drain(Body::new(body), deadline()).await;
        assert_eq!(began.elapsed(), TIME_MAX);
    }

    #[tokio::test]
    async fn a_body_that_says_it_is_too_large_is_not_read() {
        let budget = Budget::of(0, 0, 0);
        let mut body = Body::from(vec![0; SMALL + 1]);
        assert_eq!(
            read(&budget, &mut body, SMALL, Caller::Known, deadline()).await.unwrap_err(),
            BodyError::TooLarge
        );
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap().len(), SMALL + 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_beyond_the_budget_is_refused_until_another_body_ends() {
        let forms = Arc::new(Semaphore::new(SMALL));
        let budget = Budget { forms, ..Budget::of(SMALL, SMALL, SMALL) };
        let first =
            read(&budget, &mut Body::from(vec![0; SMALL]), SMALL, Caller::Unknown, deadline()).await.unwrap();
        let second = read(&budget, &mut Body::from("a"), SMALL, Caller::Unknown, deadline()).await;
        assert_eq!(second.unwrap_err(), BodyError::Busy);
        // The other kinds have their own budget.
        for caller in [Caller::Known, Caller::Form] {
            assert!(read(&budget, &mut Body::from("a"), SMALL, caller, deadline()).await.is_ok());
        }
        drop(first);
        assert!(read(&budget, &mut Body::from("a"), SMALL, Caller::Unknown, deadline()).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn the_bodies_of_one_app_leave_room_for_those_of_the_others() {
        let budget = Budget::of(4 * SMALL, SMALL, 0);
        let whole = || Body::from(vec![0; SMALL]);
        let (hog, other) = (Caller::App(AppId(1)), Caller::App(AppId(2)));
        let held = read(&budget, &mut whole(), SMALL, hog, deadline()).await.unwrap();
        let mut more = Vec::new();
        for _ in 0..9 {
            let mut permit = BudgetPermit::new(&budget, hog);
            more.push(Box::pin(async move { permit.take(1).await }));
        }
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(more.iter_mut().all(|more| more.as_mut().poll(&mut context).is_pending()));
        let began = Instant::now();
        for caller in [other, Caller::Known] {
            assert!(read(&budget, &mut whole(), SMALL, caller, deadline()).await.is_ok(), "{caller:?}");
        }
        assert_eq!(began.elapsed(), Duration::ZERO, "no caller waited");
        let refused = read(&budget, &mut Body::from("a"), SMALL, hog, deadline()).await;
        assert_eq!(refused.unwrap_err(), BodyError::Busy);
        drop((held, more));
        assert!(read(&budget, &mut whole(), SMALL, hog, deadline()).await.is_ok());
        assert_eq!(budget.known.available_permits(), 4 * SMALL, "all bytes were returned");
    }
}
