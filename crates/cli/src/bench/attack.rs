//! The attacks of `kaquan bench fair`: one app keeps the server busy. The client of an attack has its own thread, so
//! that it does not delay the neighbour's client.

mod imports;
mod reports;

use super::calls::Claims;
use super::cards::scatter;
use super::round::Source;
use super::target::Target;
use super::wire::errcode;
use crate::Failure;
use serde_json::{Value, json};
use std::cell::Cell;
use std::rc::Rc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::{JoinSet, LocalSet};

pub use imports::APPS as IMPORTING_APPS;

/// Connections that most attacks keep busy.
const CONNECTIONS: usize = 32;
/// Streams that the attack with streams asks for.
const STREAMS: usize = 1000;
/// How often an event is added to the log while streams are open.
const EVENT_EVERY: Duration = Duration::from_millis(50);
/// The longest wait until the server has finished the work that an attack started.
const LEFT_MAX: Duration = Duration::from_secs(60);
/// Length in bytes of the path of the URL whose signature is checked.
const LONG: usize = 4000;

/// The ways in which apps load the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// Checks of wrong signatures of long values; the server explains each.
    Signatures,
    /// Searches of the whole log for a holder who has no events.
    Searches,
    /// Many event streams, while events are added.
    Streams,
    /// Requests of claim pages by callers without a token.
    Pages,
    /// Eight reports at once of 3,000 cards over 62 days.
    Reports,
    /// Three apps that import files of codes.
    Imports,
    /// Three apps that import codes with `card/code/deposit`.
    Deposits,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 7] = [
        Kind::Signatures,
        Kind::Searches,
        Kind::Streams,
        Kind::Pages,
        Kind::Reports,
        Kind::Imports,
        Kind::Deposits,
    ];

    /// The name of the kind in results.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Signatures => "signatures",
            Kind::Searches => "searches",
            Kind::Streams => "streams",
            Kind::Pages => "pages",
            Kind::Reports => "reports",
            Kind::Imports => "imports",
            Kind::Deposits => "deposits",
        }
    }

    /// Connections that are kept busy, besides those of the streams.
    pub const fn connections(self) -> usize {
        match self {
            Kind::Streams => 2,
            Kind::Reports => reports::CONNECTIONS,
            Kind::Imports | Kind::Deposits => imports::APPS,
            _ => CONNECTIONS,
        }
    }
}

/// The apps that attack.
#[derive(Debug, Clone)]
pub struct Attackers {
    /// The app with a log of many events.
    pub searched: Attacker,
    /// The app with closed days and many cards.
    pub reported: Attacker,
    /// Each of these apps has one card for imported codes.
    pub importing: Vec<Attacker>,
}

impl Attackers {
    /// The apps that take part in an attack.
    pub fn of(&self, kind: Kind) -> &[Attacker] {
        match kind {
            Kind::Reports => std::slice::from_ref(&self.reported),
            Kind::Imports | Kind::Deposits => &self.importing,
            _ => std::slice::from_ref(&self.searched),
        }
    }

    /// All of them.
    pub fn all_mut(&mut self) -> impl Iterator<Item = &mut Attacker> {
        [&mut self.searched, &mut self.reported].into_iter().chain(&mut self.importing)
    }
}

/// An app that attacks.
#[derive(Debug, Clone)]
pub struct Attacker {
    /// The base URL of the server.
    pub url: String,
    /// The app's appid.
    pub appid: String,
    pub secret: String,
    pub cards: Vec<String>,
}

/// The result of an attack.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outcome {
    /// Requests that were served: answers, pages, open streams, or reports that began.
    pub served: u64,
    /// Requests that were refused.
    pub refused: u64,
    /// Bytes of reports, without the first read of each report.
    pub bytes: u64,
}

impl std::ops::AddAssign for Outcome {
    fn add_assign(&mut self, more: Outcome) {
        self.served += more.served;
        self.refused += more.refused;
        self.bytes += more.bytes;
    }
}

/// A running attack.
#[derive(Debug)]
pub struct Attack {
    stop: watch::Sender<bool>,
    thread: JoinHandle<Result<Outcome, String>>,
}

impl Attack {
    /// Begins an attack.
    pub fn begin(kind: Kind, attackers: &[Attacker], tag: u32) -> Result<Attack, Failure> {
        let (stop, stopped) = watch::channel(false);
        let attackers = attackers.to_vec();
        let thread = std::thread::Builder::new().name("attack".to_owned()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|error| error.to_string())?;
            let attack = run(kind, attackers, tag, stopped);
            LocalSet::new().block_on(&runtime, attack).map_err(|error| error.to_string())
        })?;
        Ok(Attack { stop, thread })
    }

    /// Ends the attack and returns its result.
    pub fn end(self) -> Result<Outcome, Failure> {
        self.stop.send_replace(true);
        let ended = self.thread.join().map_err(|_| "an attack panicked")?;
        Ok(ended?)
    }
}

/// Waits until the server serves a search of the attacking app. After the clients of an attack have disconnected, the
/// server continues their searches, reports and signature checks. A new search of the same app waits behind this work.
pub async fn wait_until_done(attacker: &Attacker) -> Result<(), Failure> {
    let target = Target::at(&attacker.url, &attacker.appid, &attacker.secret).await?;
    let (mut wire, head) = (target.open().await?, target.head("/kaquan/v1/events/list"));
    let end = Instant::now() + LEFT_MAX;
    while errcode(wire.post(&head, br#"{"count":1}"#).await?) != 0 {
        if Instant::now() > end {
            return Err("the server is still at work on an attack that has ended".into());
        }
        tokio::time::sleep(EVENT_EVERY).await;
    }
    Ok(())
}

/// The state that the connections of an attack share.
struct Shared {
    target: Target,
    attacker: Attacker,
    served: Cell<u64>,
    refused: Cell<u64>,
    bytes: Cell<u64>,
}

impl Shared {
    async fn new(attacker: Attacker) -> Result<Rc<Shared>, Failure> {
        let target = Target::at(&attacker.url, &attacker.appid, &attacker.secret).await?;
        let (served, refused, bytes) = (Cell::new(0), Cell::new(0), Cell::new(0));
        Ok(Rc::new(Shared { target, attacker, served, refused, bytes }))
    }

    fn outcome(&self) -> Outcome {
        Outcome { served: self.served.get(), refused: self.refused.get(), bytes: self.bytes.get() }
    }

    fn count(&self, served: bool) {
        let counter = if served { &self.served } else { &self.refused };
        counter.set(counter.get() + 1);
    }
}

async fn run(
    kind: Kind,
    attackers: Vec<Attacker>,
    tag: u32,
    mut stopped: watch::Receiver<bool>,
) -> Result<Outcome, Failure> {
    let mut apps = Vec::new();
    for attacker in attackers {
        apps.push(Shared::new(attacker).await?);
    }
    let mut tasks = JoinSet::new();
    for (n, shared) in apps.iter().cycle().take(kind.connections()).enumerate() {
        let shared = shared.clone();
        tasks.spawn_local(async move {
            match kind {
                Kind::Signatures => calls(shared, "/kaquan/v1/sign/check", signature()).await,
                Kind::Searches => calls(shared, "/kaquan/v1/events/list", search()).await,
                Kind::Pages => pages(shared, n as u64).await,
                Kind::Reports => reports::run(shared).await,
                Kind::Imports => imports::files(shared, tag).await,
                Kind::Deposits => imports::deposits(shared, tag).await,
                Kind::Streams if n == 0 => streams(shared).await,
                Kind::Streams => claims(shared, tag).await,
            }
        });
    }
    let ended = tokio::select! {
        _ = stopped.wait_for(|stopped| *stopped) => None,
        ended = tasks.join_next() => ended,
    };
    // These tasks must not end before the attack. If one does, it failed.
    if let Some(ended) = ended {
        ended??;
    }
    tasks.abort_all();
    while tasks.join_next().await.is_some() {}
    let mut outcome = Outcome::default();
    apps.iter().for_each(|shared| outcome += shared.outcome());
    Ok(outcome)
}

fn signature() -> Value {
    let url = format!("http://shop.example/{}", "a".repeat(LONG));
    json!({
        "type": "jsapi", "noncestr": "n", "timestamp": 1_414_587_457, "url": url, "signature": "0".repeat(40),
    })
}

fn search() -> Value {
    json!({"openid": "oNobody", "count": 100})
}

/// Calls a path repeatedly.
async fn calls(shared: Rc<Shared>, path: &str, body: Value) -> Result<(), Failure> {
    let (mut wire, head) = (shared.target.open().await?, shared.target.head(path));
    let body = body.to_string();
    loop {
        let code = errcode(wire.post(&head, body.as_bytes()).await?);
        shared.count(code == 0);
    }
}

/// Claims cards of the app, so that events are added to its log. The pace is slow and fixed, because the benchmark
/// measures the sending of events and not the disk that both apps share.
async fn claims(shared: Rc<Shared>, tag: u32) -> Result<(), Failure> {
    let (mut wire, head) = (shared.target.open().await?, shared.target.head("/wallet/v1/claim"));
    let mut claims = Claims::new(shared.attacker.cards.clone(), tag);
    let mut body = Vec::new();
    let mut pace = tokio::time::interval(EVENT_EVERY);
    while claims.next(&mut body) {
        pace.tick().await;
        wire.post(&head, &body).await?;
        body.clear();
    }
    Ok(())
}

/// Asks for one claim page after another.
async fn pages(shared: Rc<Shared>, first: u64) -> Result<(), Failure> {
    let mut wire = shared.target.open().await?;
    let cards = &shared.attacker.cards;
    for n in first.. {
        let card = &cards[(scatter(n) % cards.len() as u64) as usize];
        let path = format!("/w/{}/card/{card}", shared.attacker.appid);
        let status = wire.send_raw(&shared.target.endpoint().get(&path)).await?;
        shared.count(status == 200);
    }
    Ok(())
}

/// Opens streams, and reads from those that are open.
async fn streams(shared: Rc<Shared>) -> Result<(), Failure> {
    let mut open = JoinSet::new();
    let request = shared.target.endpoint().get(&shared.target.with_token("/kaquan/v1/events/stream"));
    for _ in 0..STREAMS {
        let socket = shared.target.endpoint().socket().await?;
        write(&socket, &request).await?;
        let mut buffer = vec![0; 16 * 1024];
        let read = read(&socket, &mut buffer).await?;
        let is_stream = String::from_utf8_lossy(&buffer[..read]).contains("text/event-stream");
        shared.count(is_stream);
        if is_stream {
            open.spawn_local(async move { while read_on(&socket, &mut buffer).await {} });
        }
    }
    while open.join_next().await.is_some() {}
    // This task ends only with the attack.
    std::future::pending().await
}

async fn read_on(socket: &TcpStream, buffer: &mut [u8]) -> bool {
    read(socket, buffer).await.is_ok_and(|read| read > 0)
}

async fn read(socket: &TcpStream, buffer: &mut [u8]) -> std::io::Result<usize> {
    loop {
        socket.readable().await?;
        match socket.try_read(buffer) {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            read => return read,
        }
    }
}

async fn write(socket: &TcpStream, mut bytes: &[u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        socket.writable().await?;
        match socket.try_write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
