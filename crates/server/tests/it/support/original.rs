//! A stand-in for the original host (`api.weixin.qq.com`) on a real socket. It issues tokens, keeps every request,
//! and answers as the test wants, also wrongly.

use super::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// The credentials of the account at the original host.
pub const REAL_APPID: &str = "wx-real-account";
pub const REAL_SECRET: &str = "real-secret-0f1e2d3c4b5a69788796";

/// A request that arrived.
#[derive(Debug, Clone)]
pub struct Arrived {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Arrived {
    /// The path.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// A parameter of the query, as it was written.
    pub fn query(&self, name: &str) -> Option<&str> {
        let pairs = self.target.split_once('?')?.1.split('&');
        pairs.filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// A header; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

/// How the original host answers.
#[derive(Debug, Clone)]
pub enum Mood {
    /// 200 with JSON.
    Json(Value),
    /// This status, content type and body.
    Whole(u16, &'static str, Vec<u8>),
    /// This many bytes, in chunks, without a length.
    Chunked(usize),
    /// A body that never ends.
    Endless,
    /// The connection stays open, and no answer comes.
    Silent,
    /// Ten bytes, and then nothing more, of a longer body.
    Stuck,
    /// The connection is cut before an answer.
    Cut,
    /// A `Content-Length` that is this much more than the body has (or less, if negative). The connection closes then.
    Lying(i64),
    /// A `Content-Length` beyond every limit.
    Huge,
}

type Script = Box<dyn FnMut(&Arrived) -> Mood + Send>;

struct Shared {
    arrived: Mutex<Vec<Arrived>>,
    /// Tokens issued so far. The last one is valid.
    tokens: AtomicUsize,
    script: Mutex<Script>,
    /// The answer to a request for a token, if it is to fail.
    no_token: Mutex<Option<Mood>>,
}

/// A running stand-in.
pub struct Original {
    /// Its address, without a path.
    pub url: String,
    shared: Arc<Shared>,
}

/// The text of the token with this number.
pub fn real_token(number: usize) -> String {
    format!("REAL_TOKEN-{number}_abcdefghijklmnopqrstuvwxyz0123456789")
}

impl Original {
    /// A host that answers every call with a valid token with `ok`.
    pub fn start() -> Original {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let script: Script = Box::new(|_| Mood::Json(json!({"errcode": 0, "errmsg": "ok"})));
        let shared = Arc::new(Shared {
            arrived: Mutex::default(),
            tokens: AtomicUsize::new(0),
            script: Mutex::new(script),
            no_token: Mutex::default(),
        });
        let original = Original { url, shared: shared.clone() };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = shared.clone();
                std::thread::spawn(move || serve(stream, &shared));
            }
        });
        original
    }

    /// Answers calls with a valid token by this script from now on.
    pub fn answer(&self, script: impl FnMut(&Arrived) -> Mood + Send + 'static) {
        *self.shared.script.lock().expect("no panic") = Box::new(script);
    }

    /// Gives this answer to every call with a valid token from now on.
    pub fn always(&self, mood: Mood) {
        self.answer(move |_| mood.clone());
    }

    /// Gives this answer to requests for a token; with `None`, tokens are issued again.
    pub fn no_token(&self, mood: Option<Mood>) {
        *self.shared.no_token.lock().expect("no panic") = mood;
    }

    /// Retires the present token, as another system with the same secret would.
    pub fn retire_token(&self) {
        self.shared.tokens.fetch_add(1, Ordering::SeqCst);
    }

    /// Everything that arrived, in order.
    pub fn arrived(&self) -> Vec<Arrived> {
        self.shared.arrived.lock().expect("no panic").clone()
    }

    /// The requests that arrived, without those for tokens.
    pub fn calls(&self) -> Vec<Arrived> {
        self.arrived().into_iter().filter(|it| it.path() != "/cgi-bin/stable_token").collect()
    }

    /// How many requests for a token arrived.
    pub fn token_requests(&self) -> usize {
        self.arrived().len() - self.calls().len()
    }
}

fn serve(stream: TcpStream, shared: &Shared) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        shared.arrived.lock().expect("no panic").push(request.clone());
        let mood = match request.path() {
            "/cgi-bin/stable_token" => token(shared, &request),
            "/sns/oauth2/access_token"
            | "/sns/userinfo"
            | "/sns/jscode2session"
            | "/sns/oauth2/refresh_token" => shared.script.lock().expect("no panic")(&request),
            _ if request.query("access_token") != Some(&real_token(shared.tokens.load(Ordering::SeqCst))) => {
                Mood::Json(json!({"errcode": 40001, "errmsg": "invalid credential, access_token is invalid"}))
            }
            _ => shared.script.lock().expect("no panic")(&request),
        };
        // Some tests cut the connection before the answer.
        if !write(reader.get_mut(), mood).is_ok_and(|more| more) {
            return;
        }
    }
}

fn token(shared: &Shared, request: &Arrived) -> Mood {
    if let Some(mood) = shared.no_token.lock().expect("no panic").clone() {
        return mood;
    }
    let asked = request.json();
    if (&asked["appid"], &asked["secret"]) != (&json!(REAL_APPID), &json!(REAL_SECRET)) {
        return Mood::Json(
            json!({"errcode": 40125, "errmsg": format!("invalid appsecret {}", asked["secret"])}),
        );
    }
    let number = shared.tokens.fetch_add(1, Ordering::SeqCst) + 1;
    Mood::Json(json!({"access_token": real_token(number), "expires_in": 7200}))
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Arrived> {
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
        Some(line.trim_end().to_owned())
    };
    let first = line()?;
    let (method, rest) = first.split_once(' ')?;
    let target = rest.split(' ').next()?.to_owned();
    let mut headers = Vec::new();
    while let Some((name, value)) = line()?.split_once(':') {
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut request = Arrived { method: method.to_owned(), target, headers, body: Vec::new() };
    match request.header("transfer-encoding") {
        "chunked" => request.body = chunks(reader)?,
        _ => {
            let length = request.header("content-length").parse().unwrap_or(0);
            request.body = vec![0; length];
            reader.read_exact(&mut request.body).ok()?;
        }
    }
    Some(request)
}

fn chunks(reader: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let size = usize::from_str_radix(line.trim(), 16).ok()?;
        let mut chunk = vec![0; size + 2];
        reader.read_exact(&mut chunk).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(&chunk[..size]);
    }
}

/// Writes an answer. Returns whether the connection can be used again.
fn write(stream: &mut TcpStream, mood: Mood) -> std::io::Result<bool> {
    let head = |status: u16, kind: &str, more: &str| {
        format!("HTTP/1.1 {status} Any\r\ncontent-type: {kind}\r\nset-cookie: host=1\r\n{more}\r\n")
    };
    let length = |length: i64| format!("content-length: {length}\r\n");
    const JSON: &str = "application/json; encoding=utf-8";
    match mood {
        Mood::Json(body) => return write(stream, Mood::Whole(200, JSON, body.to_string().into_bytes())),
        Mood::Whole(status, kind, body) => {
            stream.write_all(head(status, kind, &length(body.len() as i64)).as_bytes())?;
            stream.write_all(&body)?;
            return Ok(true);
        }
        Mood::Chunked(bytes) => {
            stream.write_all(head(200, "video/mp4", "transfer-encoding: chunked\r\n").as_bytes())?;
            for begin in (0..bytes).step_by(CHUNK) {
                let chunk: Vec<u8> = (begin..bytes.min(begin + CHUNK)).map(|at| (at % 251) as u8).collect();
                stream.write_all(format!("{:x}\r\n", chunk.len()).as_bytes())?;
                stream.write_all(&chunk)?;
                stream.write_all(b"\r\n")?;
            }
            stream.write_all(b"0\r\n\r\n")?;
            return Ok(true);
        }
        Mood::Endless => {
            stream.write_all(head(200, "text/plain", "").as_bytes())?;
            loop {
                stream.write_all(&[b'x'; CHUNK])?;
            }
        }
        Mood::Silent => wait_for_the_end(stream)?,
        Mood::Stuck => {
            stream.write_all(head(200, "text/plain", &length(100_000)).as_bytes())?;
            stream.write_all(b"0123456789")?;
            wait_for_the_end(stream)?;
        }
        Mood::Cut => {}
        Mood::Lying(more) => {
            let body = vec![b'x'; 10_000];
            stream.write_all(head(200, "text/plain", &length(10_000 + more)).as_bytes())?;
            stream.write_all(&body)?;
        }
        Mood::Huge => stream.write_all(head(200, "video/mp4", &length(1 << 40)).as_bytes())?,
    }
    Ok(false)
}

/// Waits until the other side closes the connection.
fn wait_for_the_end(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.read(&mut [0]).map(drop)
}

/// The bytes of a chunk.
const CHUNK: usize = 64 * 1024;
