//! An HTTP/1.1 client with one connection that sends exactly the bytes of a test and reads one answer. A client
//! library would correct the mistakes that tests want to send.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// The longest wait for an answer before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// An answer.
#[derive(Debug, Clone)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is UTF-8")
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

/// A connection that is kept open between requests.
#[derive(Debug)]
pub struct Client(BufReader<TcpStream>);

impl Client {
    /// Connects.
    pub fn connect(address: SocketAddr) -> Client {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_nodelay(true).expect("a socket takes options");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket takes options");
        Client(BufReader::new(stream))
    }

    /// Sends a request with these headers, `host` and `content-length`, and reads the response.
    pub fn send(&mut self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
        let mut request = format!("{method} {target} HTTP/1.1\r\nhost: kaquan\r\n").into_bytes();
        for (name, value) in headers {
            request.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        if !body.is_empty() || method == "POST" {
            request.extend_from_slice(format!("content-length: {}\r\n", body.len()).as_bytes());
        }
        request.extend_from_slice(b"\r\n");
        request.extend_from_slice(body);
        self.0.get_mut().write_all(&request).expect("the server reads what it is sent");
        self.read()
    }

    /// Sends only these bytes, and reads the answer.
    pub fn send_bytes(&mut self, bytes: &[u8]) -> Response {
        self.0.get_mut().write_all(bytes).expect("the server reads what it is sent");
        self.read()
    }

    /// Sends these bytes and closes the sending side, so that the request cannot continue.
    pub fn send_and_hang_up(&mut self, bytes: &[u8]) -> Option<Response> {
        self.0.get_mut().write_all(bytes).expect("the server reads what it is sent");
        self.0.get_ref().shutdown(std::net::Shutdown::Write).expect("a socket can be shut down");
        match self.0.fill_buf() {
            Ok([]) | Err(_) => None,
            Ok(_) => Some(self.read()),
        }
    }

    fn read(&mut self) -> Response {
        let status_line = self.line();
        let status = status_line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no status line: {status_line:?}"));
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').expect("a header");
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut response = Response { status, headers, body: Vec::new() };
        let endless = response.header("content-type") == Some("text/event-stream");
        if response.header("transfer-encoding") == Some("chunked") && !endless {
            response.body = self.chunks();
            return response;
        }
        let length = response.header("content-length").map_or(0, |n| n.parse().expect("a length"));
        response.body = vec![0; length];
        self.0.read_exact(&mut response.body).expect("a whole body");
        response
    }

    /// A chunked body. Its end must be complete.
    fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let size = usize::from_str_radix(&self.line(), 16).expect("the size of a chunk");
            let begin = body.len();
            body.resize(begin + size, 0);
            self.0.read_exact(&mut body[begin..]).expect("a whole chunk");
            assert_eq!(self.line(), "");
            if size == 0 {
                return body;
            }
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("an answer in time");
        line.truncate(line.trim_end_matches(['\r', '\n']).len());
        line
    }
}
