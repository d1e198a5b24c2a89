//! Accepts connections and speaks HTTP/1.1 on them, within bounds: so many connections at once, so long for the head of a
//! request, and so long for an answer to be read. Whoever is beyond the bounds waits or is cut, and nobody else notices.

use crate::pages::peer::{Peer, WithPeer};
use crate::unread::Unread;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// Connections at once; more wait in the system's queue until one ends.
const CONNECTIONS_MAX: usize = 16_384;
/// How long the head of a request may take, and how long a connection may lie idle between two.
const HEAD_TIME_MAX: Duration = Duration::from_secs(75);
/// A pause after the system refused a connection, so that a lack of file handles does not become a busy loop.
const REFUSED_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stopped` says so; then no new connections are taken, and those there are end when they have answered
/// what they are at.
pub async fn serve(listener: TcpListener, router: Router, mut stopped: watch::Receiver<bool>) {
    let connections = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            // An error means that the sender is gone, which is a stop too.
            _ = stopped.wait_for(|stop| *stop) => break,
        };
        match accepted {
            Ok((stream, peer, place)) => {
                let service = WithPeer { service: router.clone(), peer };
                tokio::spawn(connection(stream, place, service, connections.watcher()));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(REFUSED_PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.shutdown().await;
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, Peer, OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    // Answers are small and waited for.
    stream.set_nodelay(true)?;
    Ok((stream, Peer(peer.ip()), place))
}

async fn connection(
    stream: TcpStream,
    place: OwnedSemaphorePermit,
    service: WithPeer<Router>,
    watcher: Watcher,
) {
    let mut http = http1::Builder::new();
    // A client may end its sending half and still wait for the answer.
    http.half_close(true).timer(TokioTimer::new()).header_read_timeout(HEAD_TIME_MAX);
    let connection =
        http.serve_connection(TokioIo::new(Unread::new(stream)), TowerToHyperService::new(service));
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended");
    }
    drop(place);
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// What a caller gets who sends these bytes and nothing more. Time passes by itself where everybody waits.
    async fn answer_to(bytes: &[u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let router = Router::new().route("/", axum::routing::get(|| async { "here" }));
        let serving = tokio::spawn(serve(listener, router, stopped));
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        stop.send_replace(true);
        serving.await.unwrap();
        answer
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_who_never_ends_the_head_of_a_request_is_cut() {
        assert_eq!(answer_to(b"GET / HTTP/1.1\r\nhost: kaquan\r\n").await, "");
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_who_does_not_read_is_cut() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let router = Router::new().route("/", axum::routing::get(|| async { vec![0; 64 * 1024 * 1024] }));
        let serving = tokio::spawn(serve(listener, router, stopped));
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: kaquan\r\n\r\n").await.unwrap();
        // The answer has begun.
        stream.read_exact(&mut [0; 12]).await.unwrap();
        stop.send_replace(true);
        let ended = tokio::time::timeout(Duration::from_secs(3600), serving).await;
        assert!(ended.is_ok(), "the connection is still held");
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_lies_idle_is_ended() {
        let answer = answer_to(b"GET / HTTP/1.1\r\nhost: kaquan\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("here"), "{answer}");
    }
}
