//! Ends a stream when its caller may no longer read it: the caller signed out, the password was changed, the account
//! was disabled, the role was removed, or the token was retired. The guard checks this before each piece that it
//! forwards, and every five seconds.

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Interval, interval_at};

/// How long a stream without events may continue after its caller lost the right to read it.
const CHECK_EVERY: Duration = Duration::from_secs(5);

type Check = Pin<Box<dyn Future<Output = bool> + Send>>;

/// Forwards the body until `valid` returns false.
pub fn guard<V, F>(body: Body, valid: V) -> Body
where
    V: Fn() -> F + Send + 'static,
    F: Future<Output = bool> + Send + 'static,
{
    let valid = Box::new(move || -> Check { Box::pin(valid()) });
    let ticks = interval_at(Instant::now() + CHECK_EVERY, CHECK_EVERY);
    Body::new(Guard { body, valid, ticks, check: None, piece: None, ended: false })
}

struct Guard {
    body: Body,
    valid: Box<dyn Fn() -> Check + Send>,
    ticks: Interval,
    /// The check that is running now.
    check: Option<Check>,
    /// The frame that is forwarded after the check succeeds.
    piece: Option<Frame<Bytes>>,
    ended: bool,
}

impl HttpBody for Guard {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        while !this.ended {
            if let Some(check) = &mut this.check {
                this.ended = !ready!(check.as_mut().poll(cx));
                this.check = None;
                match this.piece.take() {
                    Some(piece) if !this.ended => return Poll::Ready(Some(Ok(piece))),
                    _ => continue,
                }
            }
            if this.ticks.poll_tick(cx).is_ready() {
                this.check = Some((this.valid)());
                continue;
            }
            match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                Some(Ok(piece)) => {
                    this.piece = Some(piece);
                    this.check = Some((this.valid)());
                }
                end => return Poll::Ready(end),
            }
        }
        Poll::Ready(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;
    use http_body_util::channel::{Channel, Sender};
    use std::convert::Infallible;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use tokio::time::timeout;

    fn stream() -> (Sender<Bytes, Infallible>, Body, Arc<AtomicBool>) {
        let (sender, body) = Channel::<Bytes, Infallible>::new(4);
        let valid = Arc::new(AtomicBool::new(true));
        let known = valid.clone();
        let body = guard(Body::new(body), move || std::future::ready(known.load(Ordering::SeqCst)));
        (sender, body, valid)
    }

    #[tokio::test(start_paused = true)]
    async fn a_quiet_stream_ends_within_five_seconds() {
        let (_sender, mut body, valid) = stream();
        let began = Instant::now();
        valid.store(false, Ordering::SeqCst);
        assert!(timeout(2 * CHECK_EVERY, body.frame()).await.unwrap().is_none());
        assert_eq!(began.elapsed(), CHECK_EVERY);
        assert!(body.frame().await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_passes_no_data_on_after_its_right_ends() {
        let (mut sender, mut body, valid) = stream();
        sender.send_data(Bytes::from_static(b"one")).await.unwrap();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "one");
        sender.send_data(Bytes::from_static(b"two")).await.unwrap();
        valid.store(false, Ordering::SeqCst);
        assert!(body.frame().await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_of_a_valid_caller_goes_on() {
        let (mut sender, mut body, _valid) = stream();
        tokio::spawn(async move {
            tokio::time::sleep(CHECK_EVERY * 3).await;
            sender.send_data(Bytes::from_static(b"late")).await.unwrap();
        });
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "late");
        assert!(body.frame().await.is_none());
    }
}
