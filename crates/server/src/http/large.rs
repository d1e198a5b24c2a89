//! Large answers. The body is written while the caller reads it, so its memory does not depend on its size. Rows are
//! read in pages and written in chunks; a page is read after the caller has received the page before it. An error
//! after the head was sent closes the connection, so that the caller does not take a part for the whole.

use crate::fair::{Permit, Shares, Work};
use axum::body::Body;
use bytes::Bytes;
use http_body_util::channel::{Channel, Sender};
use kaquan_core::error::{Error, Result};
use kaquan_core::id::AppId;
use serde::Serialize;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Rows of one chunk. Each row has some hundred bytes.
const ROWS_PER_CHUNK: usize = 128;
/// Chunks in the queue of the connection.
const CHUNKS_WAITING: usize = 1;
/// Bytes per second. After [`GRACE`], a slower caller is disconnected, because it uses a part of its app's share.
const RATE_MIN: u64 = 16 * 1024;
/// How long a caller may read at any rate.
const GRACE: Duration = Duration::from_secs(60);

/// An answer with any number of rows.
pub trait LargeAnswer: Send + 'static {
    /// A row of a page.
    type Row: Send + Sync + 'static;

    /// Reads the next page of rows; an empty page is the end.
    fn read(&mut self) -> impl Future<Output = Result<Vec<Self::Row>>> + Send;

    /// Writes rows.
    ///
    /// # Errors
    ///
    /// -1 if a row cannot be serialized, which is a bug.
    fn write(&mut self, rows: &[Self::Row], out: &mut Vec<u8>) -> Result<()>;

    /// Writes the end of the answer, after the last row.
    ///
    /// # Errors
    ///
    /// As [`LargeAnswer::write`].
    fn end(&mut self, out: &mut Vec<u8>) -> Result<()>;
}

/// The body of an answer that begins with `head`. If the body fits into one chunk, the response has a
/// `content-length`.
///
/// # Errors
///
/// The errors of the first page; -1 if too many large answers of the app are waiting.
pub async fn body<L: LargeAnswer>(shares: &Shares, app: AppId, head: Vec<u8>, answer: L) -> Result<Body> {
    let permit = shares.enter(app, Work::Answer).await?;
    let mut pages = Pages { answer, page: Vec::new(), at: 0 };
    let mut chunk = head;
    if !pages.chunk(&mut chunk).await? {
        return Ok(Body::from(chunk));
    }
    let (sender, body) = Channel::new(CHUNKS_WAITING);
    tokio::spawn(send(pages, chunk, Output(Some(sender)), permit));
    Ok(Body::new(body))
}

/// Sends the first chunk and all others. The permit is returned after the last chunk, or when the caller disconnects.
async fn send<L: LargeAnswer>(mut pages: Pages<L>, mut chunk: Vec<u8>, mut output: Output, _permit: Permit) {
    let (begun, mut sent) = (Instant::now(), 0);
    let mut more = true;
    loop {
        let bytes = Bytes::from(std::mem::take(&mut chunk));
        sent += bytes.len() as u64;
        let end = begun + GRACE + Duration::from_secs(sent / RATE_MIN);
        match timeout_at(end, output.send(bytes)).await {
            Ok(true) if more => {}
            Ok(true) => return output.finish(),
            // The caller disconnected.
            Ok(false) => return,
            Err(_) => return tracing::debug!(sent, "large answer cut: the caller reads too slowly"),
        }
        match pages.chunk(&mut chunk).await {
            Ok(and_more) => more = and_more,
            Err(error) => return tracing::error!(%error, sent, "large answer cut"),
        }
    }
}

/// The sending end of a body. If it is dropped before the body is complete, the connection is closed with an error.
struct Output(Option<Sender<Bytes, std::io::Error>>);

impl Output {
    /// Sends bytes. Returns `false` if the caller has disconnected.
    async fn send(&mut self, bytes: Bytes) -> bool {
        match &mut self.0 {
            Some(sender) => sender.send_data(bytes).await.is_ok(),
            None => false,
        }
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

/// The rows of an answer, one page at a time.
struct Pages<L: LargeAnswer> {
    answer: L,
    page: Vec<L::Row>,
    /// The index of the page's first row that is not written yet.
    at: usize,
}

impl<L: LargeAnswer> Pages<L> {
    /// Writes the next chunk. Returns whether there may be another.
    async fn chunk(&mut self, out: &mut Vec<u8>) -> Result<bool> {
        let mut left = ROWS_PER_CHUNK;
        while left > 0 {
            if self.at == self.page.len() {
                // The old page is dropped before the next one is read.
                (self.page, self.at) = (Vec::new(), 0);
                self.page = self.answer.read().await?;
                if self.page.is_empty() {
                    self.answer.end(out)?;
                    return Ok(false);
                }
            }
            let rows = self.page.get(self.at..).unwrap_or_default();
            let rows = rows.get(..left).unwrap_or(rows);
            self.answer.write(rows, out)?;
            (self.at, left) = (self.at + rows.len(), left - rows.len());
        }
        Ok(true)
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
    use crate::ops::metrics::Connections;
    use axum::Router;
    use axum::routing::get;
    use http_body_util::BodyExt;
    use hyper::body::Body as _;
    use kaquan_core::error::ErrCode;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    const APP: AppId = AppId(1);

    /// An answer with a fixed number of numbers in each page.
    struct Numbers {
        page: usize,
        pages: usize,
        /// How many pages were read.
        read: Arc<AtomicUsize>,
        /// The page whose read fails.
        fails_at: Option<usize>,
        list: JsonList,
    }

    impl Numbers {
        fn new(page: usize, pages: usize) -> Numbers {
            Numbers { page, pages, read: Arc::default(), fails_at: None, list: JsonList::default() }
        }
    }

    impl LargeAnswer for Numbers {
        type Row = usize;

        async fn read(&mut self) -> Result<Vec<usize>> {
            let page = self.read.fetch_add(1, Ordering::SeqCst);
            if self.fails_at == Some(page) {
                return Err(ErrCode::SystemError.into());
            }
            Ok(if page < self.pages {
                (0..self.page).map(|n| page * self.page + n).collect()
            } else {
                vec![]
            })
        }

        fn write(&mut self, rows: &[usize], out: &mut Vec<u8>) -> Result<()> {
            assert!(rows.len() <= ROWS_PER_CHUNK);
            rows.iter().try_for_each(|row| self.list.push(row, out))
        }

        fn end(&mut self, out: &mut Vec<u8>) -> Result<()> {
            out.push(b']');
            Ok(())
        }
    }

    async fn numbers(shares: &Shares, numbers: Numbers) -> Body {
        body(shares, APP, b"[".to_vec(), numbers).await.unwrap()
    }

    fn list(end: usize) -> String {
        serde_json::to_string(&(0..end).collect::<Vec<usize>>()).unwrap()
    }

    async fn all(body: Body) -> String {
        String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn pages_of_any_size_are_one_list() {
        let shares = Shares::on(2);
        for (page, pages) in [(0, 0), (1, 1), (50, 62), (128, 1), (128, 3), (3000, 2)] {
            let body = numbers(&shares, Numbers::new(page, pages)).await;
            let fits = page * pages < ROWS_PER_CHUNK;
            assert_eq!(body.size_hint().exact().is_some(), fits, "{page} x {pages}");
            assert_eq!(all(body).await, list(page * pages));
        }
    }

    #[tokio::test]
    async fn pages_are_read_as_fast_as_the_caller_reads() {
        let shares = Shares::on(2);
        let source = Numbers::new(ROWS_PER_CHUNK, 1000);
        let read = source.read.clone();
        let mut body = numbers(&shares, source).await;
        for taken in 0..50 {
            // Nothing reads the body yet, so the sender fills the queue and waits.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            // One chunk is in the queue, one waits for room in it, and the caller has received the others.
            assert!(read.load(Ordering::SeqCst) <= taken + CHUNKS_WAITING + 2, "after {taken} chunks");
            let chunk = body.frame().await.unwrap().unwrap().into_data().unwrap();
            assert!(chunk.len() <= ROWS_PER_CHUNK * 8);
        }
    }

    #[tokio::test]
    async fn a_caller_that_goes_away_gives_its_place_back() {
        let shares = Shares::on(2);
        let mut open = Vec::new();
        for _ in 0..4 {
            open.push(numbers(&shares, Numbers::new(1000, 1000)).await);
        }
        let next = numbers(&shares, Numbers::new(1, 1));
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
        let shares = Shares::on(2);
        let begun = Instant::now();
        let mut slow = Vec::new();
        for _ in 0..4 {
            slow.push(numbers(&shares, Numbers::new(1000, 1000)).await);
        }
        assert_eq!(all(numbers(&shares, Numbers::new(1, 1)).await).await, list(1));
        assert!(begun.elapsed() >= GRACE);
        for body in slow {
            assert!(body.collect().await.is_err());
        }
    }

    /// The whole response over a real connection, until the server closes it.
    async fn response(source: fn() -> Numbers) -> String {
        let shares = Arc::new(Shares::on(2));
        let handler = move || async move { numbers(&shares, source()).await };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (_stop, stopped) = tokio::sync::watch::channel(false);
        let limit = ConnectionLimit::new(4, Connections::default());
        tokio::spawn(connections::serve(listener, Router::new().route("/", get(handler)), limit, stopped));
        stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[tokio::test]
    async fn an_error_after_the_head_cuts_the_connection() {
        let whole = response(|| Numbers::new(1000, 20)).await;
        assert!(whole.starts_with("HTTP/1.1 200") && whole.ends_with("\r\n0\r\n\r\n"));
        let cut = response(|| Numbers { fails_at: Some(10), ..Numbers::new(1000, 20) }).await;
        assert!(cut.starts_with("HTTP/1.1 200") && cut.len() > 10_000);
        assert!(!cut.ends_with("0\r\n\r\n"), "half an answer must not look whole");
    }

    #[tokio::test]
    async fn an_error_before_the_head_is_a_refusal() {
        let source = Numbers { fails_at: Some(0), ..Numbers::new(1000, 20) };
        assert!(body(&Shares::on(2), APP, Vec::new(), source).await.is_err());
    }
}
