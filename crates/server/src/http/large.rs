//! Large answers: a body that is written while the caller reads it, so that its memory does not depend on its size. Its
//! pieces are read and written in the app's turn, on a thread that may block. At most a few chunks are
//! made before the caller takes them. An error after the head was sent cuts the connection, so that the caller does not
//! mistake half an answer for a complete one.

use crate::fair::{Permit, Shares, WorkKind};
use crate::store_access::StoreAccess;
use axum::body::Body;
use bytes::Bytes;
use http_body_util::channel::{Channel, Sender};
use kaquan_core::error::{Error, Result};
use kaquan_core::id::AppId;
use kaquan_store::Store;
use serde::Serialize;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// Bytes of a chunk: pieces are put together until they have so many.
const CHUNK_MIN: usize = 48 * 1024;
/// Chunks that wait for the connection.
const CHUNKS_WAITING: usize = 1;
/// The slowest allowed rate of a caller: bytes for each second of waiting after [`GRACE`]. A slower caller is cut off,
/// because it occupies a place of its app.
const RATE_MIN: u64 = 16 * 1024;
/// How long the server waits for a slow caller in any case.
const GRACE: Duration = Duration::from_secs(60);
/// A caller that takes nothing for so long is cut off if another answer wants its place.
const STALLED: Duration = Duration::from_secs(5);

/// An answer with any number of rows.
pub trait LargeAnswer: Send + 'static {
    /// Reads and writes the next rows, maybe none. A piece is so small that it takes some milliseconds. Returns whether
    /// more pieces follow; the last piece also writes the text after the rows. The call may block.
    ///
    /// # Errors
    ///
    /// The errors of the store.
    fn piece(&mut self, store: &dyn Store, out: &mut Vec<u8>) -> Result<bool>;
}

/// The body of an answer that begins with `head`. If the body fits into one chunk, the response has a
/// `content-length`.
///
/// # Errors
///
/// The errors of the first piece; -1 when too many large answers are waiting.
pub async fn body<L: LargeAnswer>(
    access: &StoreAccess,
    app: AppId,
    head: Vec<u8>,
    answer: L,
) -> Result<Body> {
    let permit = access.shares().enter(app, WorkKind::Answer).await?;
    let pieces = Pieces { access: access.clone(), app, answer };
    match pieces.chunk(head).await? {
        (chunk, None) => Ok(Body::from(chunk)),
        (chunk, Some(pieces)) => {
            let (sender, body) = Channel::new(CHUNKS_WAITING);
            tokio::spawn(send(pieces, chunk, Output(Some(sender)), permit));
            Ok(Body::new(body))
        }
    }
}

/// Sends all chunks. The permit is released after the last chunk, or when the caller disconnects.
async fn send<L: LargeAnswer>(pieces: Pieces<L>, mut chunk: Vec<u8>, mut output: Output, _permit: Permit) {
    let (mut sent, mut waited) = (0, Duration::ZERO);
    let access = pieces.access.clone();
    let mut next = Some(pieces);
    loop {
        sent += chunk.len() as u64;
        // Only the time in which the server waits for the caller counts.
        let patience = (GRACE + Duration::from_secs(sent / RATE_MIN)).saturating_sub(waited);
        let begun = Instant::now();
        match output.send(chunk.into(), patience, access.shares()).await {
            ChunkOutcome::Yes => waited += begun.elapsed(),
            ChunkOutcome::Gone => return,
            ChunkOutcome::Late => {
                return tracing::debug!(sent, "large answer cut: the caller reads too slowly");
            }
            ChunkOutcome::Stalled => {
                return tracing::debug!(sent, "large answer cut: the caller stalled, and another waits");
            }
        }
        let Some(pieces) = next else { return output.finish() };
        match pieces.chunk(Vec::new()).await {
            Ok((bytes, more)) => (chunk, next) = (bytes, more),
            Err(error) => return tracing::error!(%error, sent, "large answer cut"),
        }
    }
}

/// The outcome of sending a chunk.
enum ChunkOutcome {
    /// The connection accepted it.
    Yes,
    /// The caller disconnected.
    Gone,
    /// The caller read nothing for longer than the answer may wait.
    Late,
    /// As `Late`, and another answer needs the place.
    Stalled,
}

/// The sending end of a body. Unless it is finished, the body ends with an error and the connection is cut.
struct Output(Option<Sender<Bytes, std::io::Error>>);

impl Output {
    async fn send(&mut self, bytes: Bytes, patience: Duration, shares: &Shares) -> ChunkOutcome {
        let Some(sender) = &mut self.0 else { return ChunkOutcome::Gone };
        let wanted = async {
            tokio::time::sleep(STALLED).await;
            shares.place_wanted().await;
        };
        let sent = timeout(patience, async {
            tokio::select! {
                biased;
                sent = sender.send_data(bytes) => if sent.is_ok() { ChunkOutcome::Yes } else { ChunkOutcome::Gone },
                () = wanted => ChunkOutcome::Stalled,
            }
        });
        sent.await.unwrap_or(ChunkOutcome::Late)
    }

    fn finish(mut self) {
        self.0.take();
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some(sender) = self.0.take() {
            sender.abort(std::io::Error::other("the answer is not complete"));
        }
    }
}

/// The rest of an answer.
struct Pieces<L> {
    access: StoreAccess,
    app: AppId,
    answer: L,
}

impl<L: LargeAnswer> Pieces<L> {
    /// Makes the next chunk, which begins with `out`. Returns the chunk and the remaining pieces.
    async fn chunk(self, mut out: Vec<u8>) -> Result<(Vec<u8>, Option<Pieces<L>>)> {
        let Pieces { access, app, mut answer } = self;
        loop {
            let made = access.part(app, move |store: &dyn Store| -> Result<(L, Vec<u8>, bool)> {
                let more = answer.piece(store, &mut out)?;
                Ok((answer, out, more))
            });
            let more;
            (answer, out, more) = made.await?;
            if !more {
                return Ok((out, None));
            }
            if out.len() >= CHUNK_MIN {
                return Ok((out, Some(Pieces { access, app, answer })));
            }
        }
    }
}

/// Writes the elements of a JSON array.
#[derive(Debug, Default)]
pub struct JsonList {
    begun: bool,
}

impl JsonList {
    /// Appends an element.
    ///
    /// # Errors
    ///
    /// -1 if the row cannot be serialized, which is a bug.
    pub fn push(&mut self, row: &impl Serialize, out: &mut Vec<u8>) -> Result<()> {
        if std::mem::replace(&mut self.begun, true) {
            out.push(b',');
        }
        serde_json::to_writer(out, row)
            .map_err(|error| Error::internal(format!("a row cannot be written: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection_limit::ConnectionLimit;
    use crate::connections;
    use crate::fair::Part;
    use crate::http::whole;
    use crate::ops::metrics::Connections;
    use axum::Router;
    use axum::body::HttpBody as _;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use http_body_util::BodyExt;
    use kaquan_core::error::ErrCode;
    use kaquan_store::{Options, SqliteStore};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    const APP: AppId = AppId(1);
    /// Numbers of a piece that is about one chunk.
    const ROWS: usize = 12_000;

    /// Pieces of this many numbers each.
    struct Numbers {
        rows: usize,
        pieces: usize,
        /// Pieces that were made.
        made: Arc<AtomicUsize>,
        /// The piece that fails.
        fails_at: Option<usize>,
        list: JsonList,
    }

    impl Numbers {
        fn new(rows: usize, pieces: usize) -> Numbers {
            Numbers { rows, pieces, made: Arc::default(), fails_at: None, list: JsonList::default() }
        }
    }

    impl LargeAnswer for Numbers {
        fn piece(&mut self, _: &dyn Store, out: &mut Vec<u8>) -> Result<bool> {
            let piece = self.made.fetch_add(1, Ordering::SeqCst);
            if self.fails_at == Some(piece) {
                return Err(ErrCode::SystemError.into());
            }
            if piece == self.pieces {
                out.push(b']');
                return Ok(false);
            }
            (0..self.rows).try_for_each(|n| self.list.push(&(piece * self.rows + n), out))?;
            Ok(true)
        }
    }

    /// A store and shares for two cores.
    fn access() -> (tempfile::TempDir, StoreAccess) {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SqliteStore::open(folder.path(), Options::default()).unwrap());
        (folder, StoreAccess::new(store, Arc::new(Shares::on(2))))
    }

    async fn numbers(access: &StoreAccess, numbers: Numbers) -> Body {
        body(access, APP, b"[".to_vec(), numbers).await.unwrap()
    }

    fn list(end: usize) -> String {
        serde_json::to_string(&(0..end).collect::<Vec<usize>>()).unwrap()
    }

    async fn all(body: Body) -> String {
        String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn pieces_of_any_size_are_one_list() {
        let (_folder, access) = access();
        for (rows, pieces) in [(0, 0), (0, 9), (1, 1), (50, 62), (128, 3), (ROWS, 1), (ROWS, 3), (1, 5000)] {
            let body = numbers(&access, Numbers::new(rows, pieces)).await;
            let expected = list(rows * pieces);
            let fits = expected.len() < CHUNK_MIN;
            assert_eq!(body.size_hint().exact().is_some(), fits, "{rows} x {pieces}");
            assert_eq!(all(body).await, expected);
        }
    }

    #[tokio::test]
    async fn pieces_are_made_as_fast_as_the_caller_reads() {
        let (_folder, access) = access();
        let source = Numbers::new(ROWS, 1000);
        let made = source.made.clone();
        let mut body = numbers(&access, source).await;
        for taken in 0..50 {
            // The sender goes on until it has to wait: one chunk waits in the channel, one for a place in it, and the
            // caller has the others.
            let most = taken + CHUNKS_WAITING + 2;
            while made.load(Ordering::SeqCst) < most - 1 {
                tokio::task::yield_now().await;
            }
            assert!(made.load(Ordering::SeqCst) <= most, "after {taken} chunks");
            let chunk = body.frame().await.unwrap().unwrap().into_data().unwrap();
            assert!((CHUNK_MIN..2 * CHUNK_MIN).contains(&chunk.len()));
        }
    }

    #[tokio::test]
    async fn a_caller_that_goes_away_gives_its_place_back() {
        let (_folder, access) = access();
        let mut open = Vec::new();
        for _ in 0..4 {
            open.push(numbers(&access, Numbers::new(ROWS, 1000)).await);
        }
        let next = numbers(&access, Numbers::new(1, 1));
        tokio::pin!(next);
        assert!(futures_now(next.as_mut()).is_none());
        open.pop();
        assert_eq!(all(next.await).await, list(1));
    }

    fn futures_now<F: Future>(future: std::pin::Pin<&mut F>) -> Option<F::Output> {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match future.poll(&mut context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_reads_too_slowly_is_cut_off() {
        let (_folder, access) = access();
        let begun = Instant::now();
        let mut slow = Vec::new();
        for _ in 0..4 {
            slow.push(numbers(&access, Numbers::new(ROWS, 1000)).await);
        }
        assert_eq!(all(numbers(&access, Numbers::new(1, 1)).await).await, list(1));
        assert!(begun.elapsed() >= GRACE);
        for body in slow {
            assert!(body.collect().await.is_err());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_in_which_the_server_is_slow_is_not_the_callers() {
        let (_folder, access) = access();
        let reading = tokio::spawn(all(numbers(&access, Numbers::new(ROWS, 50)).await));
        for _ in 0..10 {
            // Another app has the turn for longer than any caller may take.
            let long = async {
                tokio::time::sleep(10 * GRACE).await;
                Ok(())
            };
            access.shares().in_turn(AppId(2), Part::Answer, long).await.unwrap();
        }
        assert_eq!(reading.await.unwrap(), list(ROWS * 50));
    }

    #[tokio::test(start_paused = true)]
    async fn stalled_callers_of_many_apps_give_one_place_to_another_app() {
        let (_folder, access) = access();
        let mut stalled = Vec::new();
        for n in 0..32 {
            let source = Numbers::new(ROWS, 1000);
            stalled.push(body(&access, AppId(100 + n / 4), b"[".to_vec(), source).await.unwrap());
        }
        let begun = Instant::now();
        assert_eq!(all(numbers(&access, Numbers::new(ROWS, 2)).await).await, list(ROWS * 2));
        assert!(begun.elapsed() < GRACE / 2, "{:?}", begun.elapsed());
        let mut cut = 0;
        for body in stalled {
            let mut body = body;
            // The chunks that wait are taken; the next one shows whether the answer goes on.
            let mut whole = true;
            for _ in 0..4 {
                whole &= body.frame().await.unwrap().is_ok();
                if !whole {
                    break;
                }
            }
            cut += usize::from(!whole);
        }
        assert_eq!(cut, 1);
    }

    /// The whole response over a real connection, until the server closes it.
    async fn response(version: &str, source: fn() -> Numbers) -> String {
        let (_folder, access) = access();
        let handler = move || async move { numbers(&access, source()).await };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (_stop, stopped) = tokio::sync::watch::channel(false);
        let limit = ConnectionLimit::new(4, Connections::default());
        let router = Router::new().route("/", get(handler)).layer(from_fn(whole::for_http_1_0));
        tokio::spawn(connections::serve(listener, router, limit, stopped));
        let request = format!("GET / HTTP/{version}\r\nhost: a\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[tokio::test]
    async fn an_error_after_the_head_cuts_the_connection() {
        let whole = response("1.1", || Numbers::new(ROWS, 20)).await;
        assert!(whole.starts_with("HTTP/1.1 200") && whole.ends_with("\r\n0\r\n\r\n"));
        let cut = response("1.1", || Numbers { fails_at: Some(10), ..Numbers::new(ROWS, 20) }).await;
        assert!(cut.starts_with("HTTP/1.1 200") && cut.len() > 10_000);
        assert!(!cut.ends_with("0\r\n\r\n"), "half an answer must not look whole");
    }

    #[tokio::test]
    async fn in_http_1_0_an_answer_has_its_length_or_is_a_refusal() {
        let whole = response("1.0", || Numbers::new(ROWS, 20)).await;
        let (head, body) = whole.split_once("\r\n\r\n").unwrap();
        assert_eq!(body, list(ROWS * 20));
        assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
        let cut = response("1.0", || Numbers { fails_at: Some(10), ..Numbers::new(ROWS, 20) }).await;
        assert!(cut.contains(r#"{"errcode":-1,"#), "{cut}");
        let long = response("1.0", || Numbers::new(ROWS, 1000)).await;
        assert!(long.contains("HTTP/1.1") && long.contains(r#"{"errcode":40035,"#), "{long}");
        assert!(long.len() < 1000);
    }

    #[tokio::test]
    async fn an_error_before_the_head_is_a_refusal() {
        let (_folder, access) = access();
        let source = Numbers { fails_at: Some(0), ..Numbers::new(1000, 20) };
        assert!(body(&access, APP, Vec::new(), source).await.is_err());
    }
}
