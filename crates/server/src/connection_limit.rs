//! Limits the number of connections, and keeps the server reachable at the limit. A new connection is always accepted.
//! If there is no free place, another connection that does no work is closed. The order is: connections that never sent
//! a request, idle ones between two requests, requests with an incomplete body, responses that the peer does not read.
//! Within each group, the connection that has waited longest is closed first. A connection stays open while a request
//! is handled or a response is produced. So a caller that sends its request at once is served, however many connections
//! are open.

use crate::ops::metrics::Connections;
use hyper::body::{Body, Frame, SizeHint};
use hyper::{Request, Response};
use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};
use tower_service::Service;

/// How long a connection is spared after its phase began. A connection that never sent a request is not spared.
const GRACE: Duration = Duration::from_secs(1);
/// How long a new connection waits for a free place before another connection is closed.
const ROOM_PAUSE: Duration = Duration::from_millis(100);
/// The pause between two warnings.
const WARN_EVERY: Duration = Duration::from_secs(60);

/// The phase of a connection. Connections in earlier phases are closed first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// No request has arrived yet.
    Fresh,
    /// Between two requests.
    Idle,
    /// The body of a request is arriving.
    Receiving,
    /// A response was produced, and the peer has not read all of it.
    Sending,
    /// A request is being handled, or its response is being produced.
    Handling,
    /// The connection will be closed.
    Closing,
}

/// The state that the limit and a connection share.
#[derive(Debug)]
struct Shared {
    phase: Mutex<(Phase, Instant)>,
    close: Notify,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn enter(&self, phase: Phase) {
        *lock(&self.phase) = (phase, Instant::now());
    }

    fn leave(&self, from: Phase, to: Phase) {
        let mut phase = lock(&self.phase);
        if phase.0 == from {
            *phase = (to, Instant::now());
        }
    }
}

#[derive(Debug, Default)]
struct Trouble {
    warned: Option<Instant>,
    closed: u64,
    failed: u64,
}

/// The connections of the process.
#[derive(Debug)]
pub struct ConnectionLimit {
    places: Arc<Semaphore>,
    max: usize,
    next: AtomicU64,
    seats: Mutex<HashMap<u64, Arc<Shared>>>,
    trouble: Mutex<Trouble>,
    metrics: Connections,
}

impl ConnectionLimit {
    /// Limits the connections to `max`.
    pub fn new(max: usize, metrics: Connections) -> Arc<ConnectionLimit> {
        Arc::new(ConnectionLimit {
            places: Arc::new(Semaphore::new(max)),
            max,
            next: AtomicU64::default(),
            seats: Mutex::default(),
            trouble: Mutex::default(),
            metrics,
        })
    }

    /// Takes a place for a new connection. Waits while every connection does work.
    pub async fn seat(self: &Arc<ConnectionLimit>) -> Seat {
        let mut grace = GRACE;
        loop {
            if let Ok(place) = self.places.clone().try_acquire_owned() {
                return self.sit(place);
            }
            self.make_room(grace);
            // From now on there is no grace time: otherwise connections that send one request after another would
            // keep their places forever.
            grace = Duration::ZERO;
            if let Ok(Ok(place)) = timeout(ROOM_PAUSE, self.places.clone().acquire_owned()).await {
                return self.sit(place);
            }
        }
    }

    fn sit(self: &Arc<ConnectionLimit>, place: OwnedSemaphorePermit) -> Seat {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let phase = Mutex::new((Phase::Fresh, Instant::now()));
        let shared = Arc::new(Shared { phase, close: Notify::new() });
        lock(&self.seats).insert(id, shared.clone());
        self.metrics.open.inc();
        Seat { id, crowd: self.clone(), shared, _place: place }
    }

    /// Closes one connection that does no work. Of the earliest phase, it closes the connection that has waited
    /// longest. An idle or receiving connection must have waited at least `grace`, and a sending one at least
    /// [`GRACE`].
    fn make_room(&self, grace: Duration) {
        let now = Instant::now();
        let least = {
            let seats = lock(&self.seats);
            let phases = seats.values().map(|seat| (*lock(&seat.phase), seat));
            let may_go = |phase: Phase, since: Instant| match phase {
                Phase::Fresh => true,
                Phase::Idle | Phase::Receiving => now.duration_since(since) >= grace,
                Phase::Sending => now.duration_since(since) >= GRACE,
                Phase::Handling | Phase::Closing => false,
            };
            let idle = phases.filter(|((phase, since), _)| may_go(*phase, *since));
            idle.min_by_key(|(phases, _)| *phases).map(|(_, seat)| seat.clone())
        };
        if let Some(seat) = least {
            seat.enter(Phase::Closing);
            seat.close.notify_one();
            self.metrics.closed.inc();
            self.warn(|trouble| trouble.closed += 1);
        }
    }

    /// Records that the system returned no connection.
    pub fn failed(&self, error: &io::Error) {
        tracing::debug!(%error, "accept failed");
        self.metrics.failed.inc();
        self.make_room(GRACE);
        self.warn(|trouble| trouble.failed += 1);
    }

    /// Logs at most one warning a minute, with counts.
    fn warn(&self, count: impl FnOnce(&mut Trouble)) {
        let mut trouble = lock(&self.trouble);
        count(&mut trouble);
        if trouble.warned.is_none_or(|at| at.elapsed() >= WARN_EVERY) {
            let Trouble { closed, failed, .. } = *trouble;
            tracing::warn!(max = self.max, closed, failed, "too many connections; idle ones are closed");
            *trouble = Trouble { warned: Some(Instant::now()), closed: 0, failed: 0 };
        }
    }
}

/// The place of a connection. Dropping it frees the place.
#[derive(Debug)]
pub struct Seat {
    id: u64,
    crowd: Arc<ConnectionLimit>,
    shared: Arc<Shared>,
    _place: OwnedSemaphorePermit,
}

impl Seat {
    /// Waits until the place is needed for another connection.
    pub async fn needed(&self) {
        loop {
            self.shared.close.notified().await;
            // A request arrived at the same moment, so the connection keeps its place.
            if lock(&self.shared.phase).0 == Phase::Closing {
                return;
            }
        }
    }

    /// The handle that reports whether writes of the connection are pending.
    pub fn sending(&self) -> Sending {
        Sending(self.shared.clone())
    }

    /// Wraps the service, so that each request changes the phase of the connection.
    pub fn watch<S>(&self, service: S) -> Watch<S> {
        Watch { service, shared: self.shared.clone() }
    }
}

/// Reports how far the peer of a connection reads.
#[derive(Debug)]
pub struct Sending(Arc<Shared>);

impl Sending {
    /// A write is pending, because the peer reads too slowly.
    pub fn blocked(&self) {
        self.0.leave(Phase::Idle, Phase::Sending);
    }

    /// The pending write made progress. If another write follows, the connection is in the phase Sending again, and
    /// its waiting time starts again.
    pub fn progressed(&self) {
        self.0.leave(Phase::Sending, Phase::Idle);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        lock(&self.crowd.seats).remove(&self.id);
        self.crowd.metrics.open.dec();
    }
}

/// A service that sets the phase of its connection.
#[derive(Debug, Clone)]
pub struct Watch<S> {
    service: S,
    shared: Arc<Shared>,
}

impl<S, B, R> Service<Request<B>> for Watch<S>
where
    S: Service<Request<WatchedBody<B>>, Response = Response<R>>,
    S::Future: Send + 'static,
    B: Body,
{
    type Response = Response<WatchedBody<R>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let shared = self.shared.clone();
        let arrived = request.body().is_end_stream();
        shared.enter(if arrived { Phase::Handling } else { Phase::Receiving });
        let watched =
            |body| WatchedBody { body, shared: shared.clone(), from: Phase::Receiving, to: Phase::Handling };
        let answering = self.service.call(request.map(watched));
        Box::pin(async move {
            let response = answering.await?;
            shared.enter(Phase::Handling);
            Ok(response.map(|body| WatchedBody { body, shared, from: Phase::Handling, to: Phase::Idle }))
        })
    }
}

/// A body that moves its connection to the next phase when it ends.
#[derive(Debug)]
pub struct WatchedBody<B> {
    body: B,
    shared: Arc<Shared>,
    from: Phase,
    to: Phase,
}

impl<B: Body + Unpin> Body for WatchedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B> Drop for WatchedBody<B> {
    fn drop(&mut self) {
        self.shared.leave(self.from, self.to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::sleep;

    #[tokio::test(start_paused = true)]
    async fn a_lack_of_connections_is_one_warning_a_minute_with_counts() {
        let crowd = ConnectionLimit::new(1, Connections::default());
        let error = io::Error::other("too many open files");
        let fail = || {
            crowd.failed(&error);
            lock(&crowd.trouble).failed
        };
        assert_eq!([fail(), fail(), fail()], [0, 1, 2], "counts begin again with a warning");
        sleep(WARN_EVERY - Duration::from_millis(1)).await;
        assert_eq!(fail(), 3);
        sleep(Duration::from_millis(1)).await;
        assert_eq!([fail(), fail()], [0, 1]);
    }

    #[tokio::test(start_paused = true)]
    async fn connections_that_ask_again_and_again_leave_room_for_another() {
        let crowd = ConnectionLimit::new(1, Connections::default());
        let busy = crowd.seat().await;
        let asking = async {
            loop {
                busy.shared.enter(Phase::Idle);
                if timeout(GRACE / 2, busy.needed()).await.is_ok() {
                    break;
                }
            }
            drop(busy);
        };
        let both = async { tokio::join!(asking, crowd.seat()) };
        tokio::select! {
            _ = both => {}
            () = sleep(GRACE * 60) => panic!("no room"),
        }
    }
}
