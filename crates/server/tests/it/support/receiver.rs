//! A merchant's receiver of events on a real socket. It passes the handshake, keeps the requests, and answers as the
//! test wants, also wrongly.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// The longest wait for an event before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// A received request.
#[derive(Debug, Clone)]
pub struct Received {
    /// GET or POST.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Received {
    /// A parameter of the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        let query = self.target.split_once('?')?.1;
        query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }

    /// A header.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// The text of an XML element, without its CDATA marks.
    pub fn element(&self, name: &str) -> Option<&str> {
        let rest = self.body.split_once(&format!("<{name}>"))?.1;
        let text = rest.split_once(&format!("</{name}>"))?.0;
        Some(text.strip_prefix("<![CDATA[").and_then(|text| text.strip_suffix("]]>")).unwrap_or(text))
    }

    /// The names of the elements below the root, in their order. Each must start a line.
    pub fn elements(&self) -> Vec<&str> {
        let lines = self.body.lines().map(|line| line.trim_start_matches("<xml>"));
        lines
            .filter_map(|line| line.strip_prefix('<')?.split_once('>').map(|(name, _)| name))
            .filter(|name| !name.starts_with('/'))
            .collect()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// An answer of the receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// 200 and `success`; for a handshake, the echostr.
    Success,
    /// This status and body.
    Http(u16, String),
    /// A redirect to this address.
    Redirect(String),
    /// A body that never ends.
    Endless,
    /// The connection is cut without an answer.
    Cut,
    /// No answer until the other side gives up.
    Silence,
}

type Script = Box<dyn FnMut(&Received) -> Reply + Send>;

#[derive(Default)]
struct Shared {
    received: Mutex<Vec<Received>>,
    more: Condvar,
}

/// A running receiver.
pub struct Receiver {
    /// The URL of the receiver.
    pub url: String,
    shared: Arc<Shared>,
    script: Arc<Mutex<Script>>,
}

impl Receiver {
    /// A receiver that accepts every event.
    pub fn start() -> Receiver {
        Receiver::answering(|_| Reply::Success)
    }

    /// A receiver whose answers come from a script.
    pub fn answering(script: impl FnMut(&Received) -> Reply + Send + 'static) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/wx", listener.local_addr().expect("an address"));
        let (shared, script) =
            (Arc::new(Shared::default()), Arc::new(Mutex::new(Box::new(script) as Script)));
        let receiver = Receiver { url, shared: shared.clone(), script: script.clone() };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (shared, script) = (shared.clone(), script.clone());
                std::thread::spawn(move || serve(stream, &shared, &script));
            }
        });
        receiver
    }

    /// Uses another script from now on.
    pub fn answer(&self, script: impl FnMut(&Received) -> Reply + Send + 'static) {
        *self.script.lock().expect("no test panicked in it") = Box::new(script);
    }

    /// The events received so far, without handshakes.
    pub fn events(&self) -> Vec<Received> {
        let received = self.shared.received.lock().expect("no panic");
        received.iter().filter(|request| request.method == "POST").cloned().collect()
    }

    /// Waits for `count` events, and returns them.
    pub fn wait_for(&self, count: usize) -> Vec<Received> {
        self.wait_until(&format!("{count} events"), |events| events.len() >= count)
    }

    /// Waits until the events match `wanted`, and returns them.
    pub fn wait_until(&self, what: &str, wanted: impl Fn(&[Received]) -> bool) -> Vec<Received> {
        let end = Instant::now() + PATIENCE;
        let mut received = self.shared.received.lock().expect("no panic");
        loop {
            let events: Vec<Received> =
                received.iter().filter(|request| request.method == "POST").cloned().collect();
            if wanted(&events) {
                return events;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{what} did not come; there are {}: {events:#?}", events.len());
            received = self.shared.more.wait_timeout(received, left).expect("no panic").0;
        }
    }
}

fn serve(stream: TcpStream, shared: &Shared, script: &Mutex<Script>) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        let reply = script.lock().expect("no panic")(&request);
        shared.received.lock().expect("no panic").push(request.clone());
        shared.more.notify_all();
        // The client has gone, or the script cuts the connection; neither is a fault.
        if write(reader.get_mut(), &request, reply).is_err() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Received> {
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
        Some(line.trim_end().to_owned())
    };
    let first = line()?;
    let (method, rest) = first.split_once(' ')?;
    let target = rest.split(' ').next()?.to_owned();
    let mut headers = Vec::new();
    loop {
        let line = line()?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut request = Received { method: method.to_owned(), target, headers, body: String::new() };
    let mut body = vec![0; request.header("content-length").parse().unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    request.body = String::from_utf8(body).ok()?;
    Some(request)
}

fn write(stream: &mut TcpStream, request: &Received, reply: Reply) -> std::io::Result<()> {
    let answer = |status: u16, more: &str, body: &str| {
        format!("HTTP/1.1 {status} Any\r\n{more}content-length: {}\r\n\r\n{body}", body.len())
    };
    let text = match reply {
        Reply::Success => answer(200, "", request.query("echostr").unwrap_or("success")),
        Reply::Http(status, body) => answer(status, "", &body),
        Reply::Redirect(to) => answer(307, &format!("location: {to}\r\n"), ""),
        Reply::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
            loop {
                stream.write_all(&[b'x'; 64 * 1024])?;
            }
        }
        Reply::Cut => return Err(std::io::ErrorKind::ConnectionReset.into()),
        Reply::Silence => {
            stream.read_exact(&mut [0])?;
            String::new()
        }
    };
    stream.write_all(text.as_bytes())
}
