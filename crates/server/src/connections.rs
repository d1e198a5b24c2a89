//! Accepts connections and speaks HTTP/1.1 on them. There are limits for the number of connections (see
//! `connection_limit`), for the bytes and time of a request's head, and for the time in which a peer must read (see
//! `write_timeout`). A connection that exceeds a limit is closed. axum's accept loop is not used, because it has no
//! head timeout and no half-close.

use crate::connection_limit::{ConnectionLimit, Seat};
use crate::pages::peer::{Peer, WithPeer};
use crate::write_timeout::WriteTimeout;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How long the head of a request may take, and how long a connection may be idle between two requests.
const HEAD_TIME_MAX: Duration = Duration::from_secs(75);
/// The largest head of a request in bytes: its first line with the query, and its headers.
const HEAD_MAX: usize = 32 * 1024;
/// The pause after the system refused a connection. Without it, a lack of file handles would cause a busy loop.
const REFUSED_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stopped` is true. Then it accepts no new connections. Open connections end after their requests are
/// answered.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    crowd: Arc<ConnectionLimit>,
    mut stopped: watch::Receiver<bool>,
) {
    let connections = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &crowd) => accepted,
            // An error means that the sender was dropped, which also means stop.
            _ = stopped.wait_for(|stop| *stop) => break,
        };
        match accepted {
            Ok((stream, peer, seat)) => {
                let service = WithPeer { service: router.clone(), peer };
                tokio::spawn(connection(stream, seat, service, connections.watcher()));
            }
            Err(error) => {
                crowd.failed(&error);
                tokio::time::sleep(REFUSED_PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.shutdown().await;
}

async fn accept(listener: &TcpListener, crowd: &Arc<ConnectionLimit>) -> io::Result<(TcpStream, Peer, Seat)> {
    let (stream, peer) = listener.accept().await?;
    let seat = crowd.seat().await;
    // Answers are small, and clients wait for them.
    stream.set_nodelay(true)?;
    Ok((stream, Peer(peer.ip()), seat))
}

async fn connection(stream: TcpStream, seat: Seat, service: WithPeer<Router>, watcher: Watcher) {
    let mut http = http1::Builder::new();
    // A client may close its sending side and still wait for the answer.
    http.half_close(true).timer(TokioTimer::new()).header_read_timeout(HEAD_TIME_MAX).max_buf_size(HEAD_MAX);
    let stream = WriteTimeout::new(stream, seat.sending());
    let service = TowerToHyperService::new(seat.watch(service));
    let connection = http.serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        ended = watcher.watch(connection) => if let Err(error) = ended {
            tracing::debug!(%error, "connection ended");
        },
        () = seat.needed() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::body::{self, Budget, Caller};
    use crate::ops::metrics::Connections;
    use axum::body::Body;
    use axum::extract::Request;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::Instant;

    /// The number of connections in these tests.
    const CROWD: usize = 4;

    /// Bytes of a response that is larger than any socket buffer.
    const LARGE: usize = 64 * 1024 * 1024;

    fn router() -> Router {
        Router::new()
            .route("/", axum::routing::get(|| async { "here" }).post(read))
            .route("/large", axum::routing::get(|| async { vec![0; LARGE] }))
    }

    fn crowd() -> Arc<ConnectionLimit> {
        ConnectionLimit::new(CROWD, Connections::default())
    }

    async fn read(request: Request) -> String {
        let mut body: Body = request.into_body();
        let read = body::read(&Budget::default(), &mut body, 1024, Caller::Unknown, body::deadline()).await;
        read.map_or_else(|fault| format!("{fault:?}"), |arrived| format!("{} bytes", arrived.bytes.len()))
    }

    /// A caller gets an answer although as many others as allowed are connected and have sent `others`.
    async fn is_answered_beside(others: &[u8]) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (_stop, stopped) = watch::channel(false);
        tokio::spawn(serve(listener, router(), crowd(), stopped));
        let mut idle = Vec::new();
        for _ in 0..CROWD * 2 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(others).await.unwrap();
            idle.push(stream);
        }
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: kaquan\r\n\r\n").await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200");
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_is_answered_beside_a_crowd_that_sends_nothing() {
        is_answered_beside(b"").await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_is_answered_beside_a_crowd_between_two_requests() {
        is_answered_beside(b"GET / HTTP/1.1\r\nhost: kaquan\r\n\r\n").await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_is_answered_beside_a_crowd_whose_bodies_do_not_end() {
        is_answered_beside(b"POST / HTTP/1.1\r\nhost: kaquan\r\ncontent-length: 9\r\n\r\na=").await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_is_answered_beside_a_crowd_that_reads_no_response() {
        is_answered_beside(b"GET /large HTTP/1.1\r\nhost: kaquan\r\n\r\n").await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_response_that_is_still_sent_outlives_idle_connections() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (_stop, stopped) = watch::channel(false);
        tokio::spawn(serve(listener, router(), crowd(), stopped));
        let mut reader = TcpStream::connect(address).await.unwrap();
        reader.write_all(b"GET /large HTTP/1.1\r\nhost: kaquan\r\n\r\n").await.unwrap();
        reader.read_exact(&mut [0; 12]).await.unwrap();
        let mut idle = Vec::new();
        for _ in 0..CROWD * 2 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\nhost: kaquan\r\n\r\n").await.unwrap();
            let mut answer = [0; 12];
            stream.read_exact(&mut answer).await.unwrap();
            assert_eq!(&answer, b"HTTP/1.1 200");
            idle.push(stream);
        }
        let mut length = 0;
        let mut part = vec![0; 1024 * 1024];
        while length < LARGE {
            let read = reader.read(&mut part).await.unwrap();
            assert!(read > 0, "the response was cut after {length} bytes");
            length += read;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_whose_body_never_ends_is_answered_and_cut() {
        let answer = answer_to(b"POST / HTTP/1.1\r\nhost: kaquan\r\ncontent-length: 9\r\n\r\na=").await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("Late"), "{answer}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_is_too_long_is_refused() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (_stop, stopped) = watch::channel(false);
        tokio::spawn(serve(listener, router(), crowd(), stopped));
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!("GET / HTTP/1.1\r\nhost: kaquan\r\na: {}\r\n\r\n", "a".repeat(HEAD_MAX * 4));
        // The server may close the connection before the whole head is sent.
        let _ = stream.write_all(head.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    }

    /// The response to a caller that sends only these bytes. The connection must end in time. The paused clock
    /// advances while all tasks wait.
    async fn answer_to(bytes: &[u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let serving = tokio::spawn(serve(listener, router(), crowd(), stopped));
        let (mut stream, began) = (TcpStream::connect(address).await.unwrap(), Instant::now());
        stream.write_all(bytes).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(began.elapsed() <= HEAD_TIME_MAX + body::TIME_MAX, "{:?}", began.elapsed());
        stop.send_replace(true);
        serving.await.unwrap();
        answer
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_whose_request_head_never_ends_is_closed() {
        assert_eq!(answer_to(b"GET / HTTP/1.1\r\nhost: kaquan\r\n").await, "");
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_whose_peer_stops_reading_is_closed() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let serving = tokio::spawn(serve(listener, router(), crowd(), stopped));
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /large HTTP/1.1\r\nhost: kaquan\r\n\r\n").await.unwrap();
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
