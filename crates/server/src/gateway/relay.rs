//! A body on its way through the gateway, in either direction. It is read as fast as the other side takes it, so that it
//! is never in memory as a whole. It has limits of bytes and of time, and secrets in it are masked.

use super::mask::Mask;
use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

/// The largest body in either direction, in bytes.
pub const BYTES_MAX: u64 = 32 * 1024 * 1024;
/// How long a whole body may take.
pub const TOTAL_MAX: Duration = Duration::from_secs(600);

/// Sees what passes.
pub trait Observer: Send {
    /// Some bytes passed.
    fn passed(&mut self, bytes: usize);
    /// The body ended, well or with a reason. If the observer is dropped before this call, the reader of the body went
    /// away.
    fn ended(&mut self, fault: Option<&str>);
}

/// The limits of a body.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long it may take until the next bytes come.
    pub idle: Duration,
    /// The largest number of bytes.
    pub bytes: u64,
}

/// A body with limits.
pub struct Relay<O> {
    /// What was read of it before.
    begin: Option<Bytes>,
    inner: Option<Body>,
    mask: Mask,
    /// The bytes that are still to come, if the sender said how many.
    length: Option<u64>,
    limits: Limits,
    timer: Pin<Box<Sleep>>,
    end: Instant,
    observer: O,
}

impl<O: Observer + Unpin> Relay<O> {
    /// A body of which `begin` was read before. `length` is the number of all bytes, if it is known.
    pub fn new(
        begin: Bytes,
        inner: Body,
        length: Option<u64>,
        mask: Mask,
        limits: Limits,
        observer: O,
    ) -> Self {
        let now = Instant::now();
        Relay {
            begin: Some(begin),
            inner: Some(inner),
            mask,
            length,
            limits,
            timer: Box::pin(sleep_until(now + limits.idle)),
            end: now + TOTAL_MAX,
            observer,
        }
    }

    fn fail(&mut self, fault: &str) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.inner = None;
        self.observer.ended(Some(fault));
        Poll::Ready(Some(Err(io::Error::other(fault.to_owned()))))
    }

    /// The bytes that pass now; `None` if the body ended.
    fn next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, &'static str>>> {
        if let Some(begin) = self.begin.take() {
            return Poll::Ready(Some(Ok(begin)));
        }
        let Some(inner) = &mut self.inner else { return Poll::Ready(None) };
        if self.timer.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err("no byte came in time")));
        }
        match ready!(hyper::body::Body::poll_frame(Pin::new(inner), context)) {
            None => Poll::Ready(None),
            Some(Err(_)) => Poll::Ready(Some(Err("the body ended early"))),
            Some(Ok(frame)) => {
                self.timer.as_mut().reset((Instant::now() + self.limits.idle).min(self.end));
                Poll::Ready(Some(Ok(frame.into_data().unwrap_or_default())))
            }
        }
    }
}

impl<O: Observer + Unpin> hyper::body::Body for Relay<O> {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        loop {
            let passing = match ready!(self.next(context)) {
                Some(Err(fault)) => return self.fail(fault),
                Some(Ok(data)) if data.len() as u64 > self.limits.bytes => {
                    return self.fail("the body is longer than 32 MB");
                }
                Some(Ok(data)) => {
                    self.limits.bytes -= data.len() as u64;
                    self.mask.push(data)
                }
                None if self.inner.take().is_none() => return Poll::Ready(None),
                None => {
                    self.observer.ended(None);
                    self.mask.finish()
                }
            };
            if !passing.is_empty() {
                self.observer.passed(passing.len());
                self.length = self.length.map(|left| left.saturating_sub(passing.len() as u64));
                // After the last byte of a known length, the body is not polled again.
                if self.length == Some(0) {
                    self.inner = None;
                    self.observer.ended(None);
                }
                return Poll::Ready(Some(Ok(Frame::data(passing))));
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// When bytes of a request last went to the original host. The time limit of the answer starts then.
#[derive(Debug, Clone)]
pub struct Activity(Arc<Mutex<Instant>>);

impl Activity {
    pub fn begin() -> Activity {
        Activity(Arc::new(Mutex::new(Instant::now())))
    }

    pub fn last(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Activity {
    fn passed(&mut self, _: usize) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn ended(&mut self, _: Option<&str>) {
        self.passed(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// A body that counts its chunks.
    struct Counted(Arc<AtomicUsize>);

    impl hyper::body::Body for Counted {
        type Data = Bytes;
        type Error = io::Error;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[7; 1024])))))
        }
    }

    fn relay(made: &Arc<AtomicUsize>, length: Option<u64>, bytes: u64) -> Relay<Activity> {
        let limits = Limits { idle: Duration::from_secs(5), bytes };
        let inner = Body::new(Counted(made.clone()));
        Relay::new(Bytes::new(), inner, length, Mask::default(), limits, Activity::begin())
    }

    #[tokio::test]
    async fn no_more_is_read_than_the_other_side_takes() {
        let made = Arc::new(AtomicUsize::new(0));
        let mut body = relay(&made, None, BYTES_MAX);
        for taken in 1..=100 {
            assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap().len(), 1024);
            assert_eq!(made.load(Ordering::SeqCst), taken);
        }
    }

    #[tokio::test]
    async fn a_body_ends_at_its_limit_with_an_error() {
        let mut body = relay(&Arc::default(), None, 10 * 1024);
        let (mut passed, mut failed) = (0, 0);
        while let Some(frame) = body.frame().await {
            match frame {
                Ok(frame) => passed += frame.into_data().unwrap().len(),
                Err(_) => failed += 1,
            }
        }
        assert_eq!((passed, failed), (10 * 1024, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stops_ends_in_time() {
        let (_sender, inner) = http_body_util::channel::Channel::<Bytes, io::Error>::new(1);
        let (limits, begun) = (Limits { idle: Duration::from_secs(5), bytes: 10 }, Instant::now());
        let begin = Bytes::from_static(b"begin");
        let mut body = Relay::new(begin, Body::new(inner), None, Mask::default(), limits, Activity::begin());
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "begin");
        assert!(body.frame().await.unwrap().is_err());
        assert_eq!(begun.elapsed(), limits.idle);
        assert!(body.frame().await.is_none());
    }
}
