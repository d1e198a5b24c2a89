//! A small and fast HTTP client. The load generator shares the machine with the server, so the cost of the generator
//! lowers the measured rates. Requests are prepared as bytes, and responses are parsed only as far as needed.

use crate::Failure;
use serde_json::Value;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::ops::Range;
use std::pin::Pin;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The address of a server.
#[derive(Debug, Clone)]
pub struct Endpoint {
    address: SocketAddr,
    host: String,
    /// The text before every path, without a slash at its end.
    prefix: String,
}

impl Endpoint {
    /// Parses `http://host:port/prefix` and resolves the host.
    pub async fn parse(url: &str) -> Result<Endpoint, Failure> {
        let uri: hyper::Uri = url.parse().map_err(|error| format!("{url}: {error}"))?;
        let authority = uri.authority().filter(|_| uri.scheme_str() == Some("http"));
        let authority = authority.ok_or_else(|| format!("{url}: must be http://HOST[:PORT]"))?;
        let port = authority.port_u16().unwrap_or(80);
        let address = tokio::net::lookup_host((authority.host(), port)).await?.next();
        Ok(Endpoint {
            address: address.ok_or_else(|| format!("{url}: the host has no address"))?,
            host: authority.to_string(),
            prefix: uri.path().trim_end_matches('/').to_owned(),
        })
    }

    /// The part of a POST of JSON that does not change between requests.
    pub fn head(&self, path: &str) -> Head {
        let Endpoint { host, prefix, .. } = self;
        let text = format!(
            "POST {prefix}{path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: "
        );
        Head { path: path.split('?').next().unwrap_or(path).to_owned(), bytes: text.into_bytes() }
    }

    /// A GET request for a path, as bytes.
    pub fn get(&self, path: &str) -> Vec<u8> {
        format!("GET {}{path} HTTP/1.1\r\nhost: {}\r\n\r\n", self.prefix, self.host).into_bytes()
    }

    /// A POST of JSON, as it goes over the wire; the server closes the connection after its answer.
    pub fn last_post(&self, path: &str, body: &[u8]) -> Vec<u8> {
        let mut bytes = self.head(path).bytes;
        bytes.extend_from_slice(format!("{}\r\nconnection: close\r\n\r\n", body.len()).as_bytes());
        bytes.extend_from_slice(body);
        bytes
    }

    /// The base URL of the server.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.host, self.prefix)
    }

    /// Opens a plain connection, for a caller that reads the response itself.
    pub async fn socket(&self) -> Result<TcpStream, Failure> {
        Ok(TcpStream::connect(self.address).await?)
    }

    pub async fn connect(&self) -> Result<Wire, Failure> {
        let stream = TcpStream::connect(self.address).await;
        let stream = stream.map_err(|error| format!("{}: {error}", self.address))?;
        stream.set_nodelay(true)?;
        Ok(Wire { stream, request: Vec::new(), answer: vec![0; 4096], filled: 0 })
    }
}

/// A request up to and including `content-length: `; the number follows.
#[derive(Debug)]
pub struct Head {
    /// The path without its query, for messages.
    pub path: String,
    bytes: Vec<u8>,
}

/// A connection. It sends one request after another.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    request: Vec<u8>,
    /// The last answer, in the first `filled` bytes.
    answer: Vec<u8>,
    filled: usize,
}

impl Wire {
    /// Sends a request and returns the body of the answer.
    pub async fn post(&mut self, head: &Head, body: &[u8]) -> Result<&[u8], Failure> {
        self.request.clear();
        self.request.extend_from_slice(&head.bytes);
        self.request.extend_from_slice(body.len().to_string().as_bytes());
        self.request.extend_from_slice(b"\r\n\r\n");
        self.request.extend_from_slice(body);
        let (status, answer) = self.exchange(&head.path).await?;
        match status {
            200 => Ok(&self.answer[answer]),
            _ => Err(format!("{}: status {status}", head.path).into()),
        }
    }

    /// Sends a prepared request. Returns the status of the answer.
    pub async fn send_raw(&mut self, request: &[u8]) -> Result<u16, Failure> {
        self.request.clear();
        self.request.extend_from_slice(request);
        Ok(self.exchange("page").await?.0)
    }

    /// Sends the request. Returns the status of the answer and the range of its body.
    async fn exchange(&mut self, path: &str) -> Result<(u16, Range<usize>), Failure> {
        self.send().await?;
        self.filled = 0;
        let body_at = loop {
            self.receive().await?;
            let got = &self.answer[..self.filled];
            if let Some(end) = got.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let (status, length) =
            read_head(&self.answer[..body_at]).map_err(|fault| format!("{path}: {fault}"))?;
        let end = match length {
            Some(length) => {
                self.fill(body_at + length).await?;
                body_at + length
            }
            None => self.join_chunks(body_at).await.map_err(|fault| format!("{path}: {fault}"))?,
        };
        Ok((status, body_at..end))
    }

    /// Receives until at least `length` bytes of the answer have arrived.
    async fn fill(&mut self, length: usize) -> Result<(), Failure> {
        while self.filled < length {
            self.receive().await?;
        }
        Ok(())
    }

    /// Receives a chunked body and joins the chunks. Returns where the body ends.
    async fn join_chunks(&mut self, body_at: usize) -> Result<usize, Failure> {
        let (mut end, mut at) = (body_at, body_at);
        loop {
            let line = loop {
                let got = &self.answer[at..self.filled];
                if let Some(length) = got.windows(2).position(|two| two == b"\r\n") {
                    break length;
                }
                self.receive().await?;
            };
            let size = std::str::from_utf8(&self.answer[at..at + line])?;
            let size = usize::from_str_radix(size, 16)
                .map_err(|_| format!("cannot read the chunk size {size:?}"))?;
            let begin = at + line + 2;
            self.fill(begin + size + 2).await?;
            if size == 0 {
                return Ok(end);
            }
            self.answer.copy_within(begin..begin + size, end);
            (end, at) = (end + size, begin + size + 2);
        }
    }

    async fn send(&mut self) -> Result<(), Failure> {
        let mut rest = self.request.as_slice();
        while !rest.is_empty() {
            let sent = poll_fn(|cx| Pin::new(&mut self.stream).poll_write(cx, rest)).await?;
            rest = &rest[sent..];
        }
        Ok(())
    }

    async fn receive(&mut self) -> Result<(), Failure> {
        if self.filled == self.answer.len() {
            self.answer.resize(self.answer.len() * 2, 0);
        }
        let mut buf = ReadBuf::new(&mut self.answer[self.filled..]);
        poll_fn(|cx| Pin::new(&mut self.stream).poll_read(cx, &mut buf)).await?;
        match buf.filled().len() {
            0 => Err("the server closed the connection".into()),
            read => {
                self.filled += read;
                Ok(())
            }
        }
    }
}

/// Parses the status and the length of the body; `None` for a chunked body.
fn read_head(head: &[u8]) -> Result<(u16, Option<usize>), String> {
    let head = std::str::from_utf8(head).map_err(|_| "the answer's head is not text")?;
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap_or_default();
    let status = status.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or("the answer has no status")?;
    for line in lines {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            let length = value.trim().parse().map_err(|_| format!("cannot read {line:?}"))?;
            return Ok((status, Some(length)));
        }
        if line.eq_ignore_ascii_case("transfer-encoding: chunked") {
            return Ok((status, None));
        }
    }
    Err("the answer has neither a content-length nor chunks".to_owned())
}

/// The errcode of an answer. Without one, as in reports, it is 0.
pub fn errcode(answer: &[u8]) -> i64 {
    // The usual forms of a successful response need no parsing.
    if answer.starts_with(br#"{"errcode":0,"#) || answer.starts_with(br#"{"list":"#) {
        return 0;
    }
    match serde_json::from_slice::<Value>(answer) {
        Ok(answer) => answer.get("errcode").map_or(0, |code| code.as_i64().unwrap_or(-1)),
        Err(_) => -1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_and_length_of_an_answer_are_found_whatever_the_case() {
        assert_eq!(read_head(b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n"), Ok((200, Some(12))));
        assert_eq!(read_head(b"HTTP/1.1 503 Busy\r\na: b\r\ncontent-length:0\r\n\r\n"), Ok((503, Some(0))));
        assert_eq!(read_head(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), Ok((200, None)));
        assert!(read_head(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(read_head(b"kaquan\r\ncontent-length: 1\r\n\r\n").is_err());
    }

    #[test]
    fn an_errcode_is_read_wherever_it_stands() {
        assert_eq!(errcode(br#"{"errcode":0,"errmsg":"ok"}"#), 0);
        assert_eq!(errcode(br#"{"errmsg":"x","errcode":45031}"#), 45031);
        assert_eq!(errcode(br#"{"list":[]}"#), 0);
        assert_eq!(errcode(b"<html>"), -1);
    }
}
