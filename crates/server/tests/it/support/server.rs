//! A separate server for every test: a real socket, a real store in a temporary folder, and a clock that only the test
//! moves. With `KAQUAN_TEST_STORE=postgres` or `citus` the store is on PostgreSQL or Citus.

use super::answer::{self, Errcode};
use super::clock::WatchedClock;
use super::http::{Client, Response};
use super::{Receiver, Value, json};
use kaquan_core::app::ReviewPolicy;
use kaquan_core::engine::{RecordKey, RecordKind, StoredRecord};
use kaquan_core::event::{Event, EventKind};
use kaquan_core::id::{AppId, EventSeq};
use kaquan_core::time::{DAY_SECS, Day, Timestamp};
use kaquan_server::{GatewaySettings, Running, Settings, secret};
use kaquan_store::{Durability, Nodes, Options, PostgresStore, SqliteStore, Store};
use kaquan_testkit::counted::CountedStore;
use kaquan_testkit::faulty::Faulty;
use kaquan_testkit::{Schema, Template};
use std::cell::{Cell, RefCell};
use std::sync::{Arc, OnceLock};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The start time of every test: 2026-03-10 12:00:00 at UTC+8.
pub const NOON: Timestamp = Timestamp(1_773_115_200);
/// Seconds after which a new token is fetched. A token is valid for 7200 seconds.
const TOKEN_SECS: i64 = 7000;

/// An app of the server under test.
#[derive(Debug)]
pub struct TestApp {
    /// kaquan's number of the app.
    pub id: AppId,
    /// Its name on the wire.
    pub appid: String,
    /// Its secret.
    pub secret: String,
    token: RefCell<Option<(String, Timestamp)>>,
    seen: Cell<i64>,
}

/// The settings of a server under test.
#[derive(Debug, Clone, Copy)]
pub struct Start {
    /// How the cards of the first app are reviewed.
    pub review: ReviewPolicy,
    /// The time that the clock shows.
    pub now: Timestamp,
    /// Whether events may be pushed to this machine, on which all receivers of tests run.
    pub push_private: bool,
    /// Whether visitors of the wallet pages choose their own identity.
    pub sandbox: bool,
    /// Whether this machine is a trusted proxy, from which `X-Forwarded-For` is used.
    pub behind_proxy: bool,
    /// The public URL, if it is not the address of the server.
    pub public_url: Option<&'static str>,
    /// Whether `/metrics` has a separate address.
    pub metrics_apart: bool,
    /// The keys for secrets of upstreams, in base64; empty for none.
    pub secret_keys: &'static str,
    /// Whether the clock is compared with the database's. `now` must then be the present time.
    pub compare_clock: bool,
}

impl Default for Start {
    fn default() -> Start {
        Start {
            review: ReviewPolicy::Auto,
            now: NOON,
            push_private: true,
            sandbox: true,
            behind_proxy: false,
            public_url: None,
            metrics_apart: false,
            secret_keys: "S2FxdWFuJ3MgdGVzdHMgaGF2ZSB0aGlzIG9uZSBrZXk=",
            compare_clock: false,
        }
    }
}

/// A running server. Dropping it stops the server properly.
pub struct TestServer {
    client: RefCell<Option<Client>>,
    running: Option<Running>,
    runtime: Runtime,
    /// The clock of the server.
    pub clock: Arc<WatchedClock>,
    /// The store of the server.
    pub store: Arc<dyn Store>,
    /// The first app. It makes the calls unless a test names another app.
    pub app: TestApp,
    // The last field, so that the folder is removed after all values that have files in it.
    folder: TempDir,
    schema: Option<Schema>,
}

impl Start {
    fn gateway(self) -> GatewaySettings {
        let keys = (!self.secret_keys.is_empty()).then(|| self.secret_keys.parse().expect("keys"));
        GatewaySettings { keys, allow_private: self.push_private }
    }

    /// Starts a server on a new store.
    pub fn start(self) -> TestServer {
        let folder = tempfile::tempdir().expect("a temporary folder");
        match chosen() {
            StoreChoice::Sqlite => self.start_on(open_sqlite(&folder), folder, None, &Faulty::default()),
            StoreChoice::Postgres => {
                let schema = with_tables();
                self.start_on(open_postgres(&schema), folder, Some(schema), &Faulty::default())
            }
        }
    }

    /// Starts a server on the store in this folder.
    pub fn start_in(self, folder: TempDir) -> TestServer {
        self.start_on(open_sqlite(&folder), folder, None, &Faulty::default())
    }

    /// Starts a server on this database.
    pub fn start_at(self, database: &str) -> TestServer {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = PostgresStore::open(database).expect("the store opens");
        self.start_on(Arc::new(store), folder, None, &Faulty::default())
    }

    fn start_on(
        self,
        store: Arc<dyn Store>,
        folder: TempDir,
        schema: Option<Schema>,
        faulty: &Faulty,
    ) -> TestServer {
        let mut clock = WatchedClock::at(self.now);
        clock.is_made_up = !self.compare_clock;
        let clock = Arc::new(clock);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let running = Some(serve(&runtime, &store, &clock, self, faulty));
        let app = make_app(&*store, "first", self.review, self.now);
        TestServer { client: RefCell::default(), running, runtime, clock, store, app, folder, schema }
    }
}

/// The store of the suite.
enum StoreChoice {
    Sqlite,
    Postgres,
}

fn chosen() -> StoreChoice {
    match std::env::var(kaquan_testkit::STORE).as_deref() {
        Ok("sqlite") | Err(_) => StoreChoice::Sqlite,
        // With this value of the variable, schemas are created on Citus.
        Ok("postgres" | "citus") => StoreChoice::Postgres,
        Ok(other) => panic!("KAQUAN_TEST_STORE={other} is neither sqlite, postgres nor citus"),
    }
}

/// A database with the tables of a store, including the months of the log from [`NOON`] on.
fn with_tables() -> Schema {
    static TEMPLATE: OnceLock<Template> = OnceLock::new();
    let fill = |url: &str| {
        let store = PostgresStore::open(url).expect("the store opens");
        Nodes::make_months(&store, NOON.day()).expect("the months of the log");
    };
    TEMPLATE.get_or_init(|| Template::new(fill)).copy()
}

fn open_postgres(schema: &Schema) -> Arc<dyn Store> {
    Arc::new(PostgresStore::open(&schema.url()).expect("the store opens"))
}

fn open_sqlite(folder: &TempDir) -> Arc<dyn Store> {
    // A temporary folder need not survive a power failure.
    let options = Options { durability: Durability::Normal };
    Arc::new(SqliteStore::open(folder.path(), options).expect("the store opens"))
}

fn serve(
    runtime: &Runtime,
    store: &Arc<dyn Store>,
    clock: &Arc<WatchedClock>,
    start: Start,
    faulty: &Faulty,
) -> Running {
    let loopback = std::net::IpAddr::from([127, 0, 0, 1]);
    let settings = Settings {
        listen: (loopback, 0).into(),
        public_url: start.public_url.map(|url| url.parse().expect("a public URL")),
        callback_ips: None,
        trusted_proxies: if start.behind_proxy { vec![loopback.into()] } else { Vec::new() },
        metrics_listen: start.metrics_apart.then_some((loopback, 0).into()),
        push_private: start.push_private,
        gateway: start.gateway(),
        sandbox: start.sandbox,
        store: store.clone(),
        clock: clock.clone(),
        close_days: false,
    };
    let writers = faulty.before(store.writers().expect("writers"));
    runtime.block_on(kaquan_server::start_with(settings, writers)).expect("the server starts")
}

fn make_app(store: &dyn Store, name: &str, review: ReviewPolicy, now: Timestamp) -> TestApp {
    let fresh = secret::fresh_app(name, review, now).expect("randomness");
    let row = store.create_app(&fresh.app).expect("an app can be made");
    TestApp {
        id: row.app.id,
        appid: row.appid,
        secret: fresh.secret,
        token: RefCell::default(),
        seen: Cell::default(),
    }
}

impl TestServer {
    /// A server with an app that approves cards at once.
    pub fn start() -> TestServer {
        Start::default().start()
    }

    /// A server with an app in which cards wait for review.
    pub fn manual() -> TestServer {
        Start { review: ReviewPolicy::Manual, ..Start::default() }.start()
    }

    /// A server whose commits fail when the test plans it.
    pub fn faulty(faulty: &Faulty) -> TestServer {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Start::default().start_on(open_sqlite(&folder), folder, None, faulty)
    }

    /// A server on a store that counts the rows that are read.
    pub fn counted() -> (TestServer, Arc<CountedStore>) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (store, schema) = match chosen() {
            StoreChoice::Sqlite => (open_sqlite(&folder), None),
            StoreChoice::Postgres => {
                let schema = with_tables();
                (open_postgres(&schema), Some(schema))
            }
        };
        let counted = Arc::new(CountedStore::new(store));
        (Start::default().start_on(counted.clone(), folder, schema, &Faulty::default()), counted)
    }

    /// Whether other servers may write to its store at the same time.
    pub fn shares_its_store(&self) -> bool {
        self.schema.is_some()
    }

    /// Another app of this server.
    pub fn second_app(&self) -> TestApp {
        make_app(&*self.store, "second", ReviewPolicy::Auto, self.clock_now())
    }

    /// Submits an operation for which there is no call.
    pub fn submit<O: kaquan_core::operation::Typed>(&self, op: O) -> kaquan_core::Result<O::Reply> {
        let state = &self.running.as_ref().expect("it runs").state;
        self.runtime.block_on(state.ledger.submit(self.app.id, op))
    }

    /// The address of the server.
    pub fn address(&self) -> std::net::SocketAddr {
        self.running.as_ref().expect("it runs").address
    }

    /// The state of the running server.
    pub fn inner(&self) -> &kaquan_server::State {
        &self.running.as_ref().expect("it runs").state
    }

    /// The runtime of the server.
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// The separate address of `/metrics`, if there is one.
    pub fn metrics_address(&self) -> Option<std::net::SocketAddr> {
        self.running.as_ref().expect("it runs").metrics_address
    }

    fn clock_now(&self) -> Timestamp {
        kaquan_ledger::Clock::now(&*self.clock)
    }

    /// The time of the clock in Unix seconds.
    pub fn now(&self) -> i64 {
        self.clock_now().0
    }

    /// The day in UTC+8 that is `days` after today, in the form of reports.
    pub fn date(&self, days: i32) -> String {
        self.clock_now().day().plus(days).to_string()
    }

    /// Moves the clock to this second of the day that is `days` after today, in UTC+8.
    pub fn move_to(&self, days: i32, second: i64) {
        let day: Day = self.clock_now().day().plus(days);
        self.clock.set(day.start().plus(second));
    }

    /// Moves the clock forward by this many days.
    pub fn pass_days(&self, days: i64) {
        self.clock.advance(days * DAY_SECS);
    }

    /// Sends a request without changing it.
    pub fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
        let mut client = self.client.borrow_mut();
        let response = client.get_or_insert_with(|| self.connect()).send(method, target, headers, body);
        if response.header("connection") == Some("close") {
            *client = None;
        }
        response
    }

    /// Opens another connection.
    pub fn connect(&self) -> Client {
        Client::connect(self.address())
    }

    /// A valid token of this app.
    pub fn token_of(&self, app: &TestApp) -> String {
        let now = self.clock_now();
        let mut token = app.token.borrow_mut();
        match &*token {
            Some((token, at)) if (0..TOKEN_SECS).contains(&(now.0 - at.0)) => token.clone(),
            _ => {
                let (appid, secret) = (&app.appid, &app.secret);
                let target =
                    format!("/cgi-bin/token?grant_type=client_credential&appid={appid}&secret={secret}");
                let reply = self.send("GET", &target, &[], b"").json();
                let fresh = reply["access_token"].as_str().unwrap_or_else(|| panic!("{reply}")).to_owned();
                *token = Some((fresh.clone(), now));
                fresh
            }
        }
    }

    /// A token of the first app.
    pub fn token(&self) -> String {
        self.token_of(&self.app)
    }

    /// Calls a path as this app. The answer must be HTTP 200 and JSON.
    pub fn post_as(&self, app: &TestApp, path: &str, body: Value) -> Value {
        let target = format!("{path}?access_token={}", self.token_of(app));
        let headers = [("content-type", "application/json")];
        let response = self.send("POST", &target, &headers, body.to_string().as_bytes());
        assert_eq!(response.status, 200, "{path}");
        response.json()
    }

    /// Calls a path as the first app.
    pub fn post(&self, path: &str, body: Value) -> Value {
        self.post_as(&self.app, path, body)
    }

    /// Calls a path of the card API or the native API. The answer must be a success in WeChat's form.
    pub fn ok(&self, path: &str, body: Value) -> Value {
        self.ok_as(&self.app, path, body)
    }

    /// As [`TestServer::ok`], as this app.
    pub fn ok_as(&self, app: &TestApp, path: &str, body: Value) -> Value {
        let shown = body.clone();
        let reply = self.post_as(app, path, body);
        assert_eq!(reply["errcode"], 0, "{path} {shown} answered {reply}");
        assert_eq!(reply["errmsg"], "ok", "{path}");
        reply
    }

    /// Calls a path. The answer must be this refusal in WeChat's form, and nothing may have changed. Returns the text
    /// after the hint: the field and the reason.
    pub fn expect_errcode(&self, path: &str, body: Value, errcode: impl Errcode) -> String {
        self.expect_errcode_as(&self.app, path, body, errcode)
    }

    /// As [`TestServer::expect_errcode`], as this app.
    pub fn expect_errcode_as(&self, app: &TestApp, path: &str, body: Value, errcode: impl Errcode) -> String {
        let (shown, errcode) = (body.clone(), errcode.expected());
        let before = (self.changes(&self.app), self.changes(app));
        let reply = self.post_as(app, path, body);
        assert_eq!(reply["errcode"], errcode, "{path} {shown} answered {reply}");
        assert_eq!((self.changes(&self.app), self.changes(app)), before, "{path} {shown} changed something");
        answer::tail(&reply)
    }

    /// The changes in an app so far: the end of its log, and its records. Every operation that changes other rows
    /// than records emits an event.
    pub fn changes(&self, app: &TestApp) -> (i64, Vec<(RecordKey, StoredRecord)>) {
        let records = |kind: &RecordKind| self.store.records(app.id, *kind).expect("records");
        let records = RecordKind::ALL.iter().flat_map(records).collect();
        loop {
            let events = self.store.events(app.id, EventSeq(app.seen.get()), 10_000).expect("events");
            match events.last() {
                Some(last) => app.seen.set(last.seq.0 + 1),
                None => return (app.seen.get(), records),
            }
        }
    }

    /// Pushes events to this receiver in clear, with the token `token`.
    pub fn push_to(&self, receiver: &Receiver) {
        self.set_callback(json!({"url": receiver.url, "token": "token"}));
    }

    /// Sets the receiver of events.
    pub fn set_callback(&self, body: Value) -> Value {
        self.ok("/kaquan/v1/callback/set", body)
    }

    /// Wakes event push after the clock was moved.
    pub fn wake_push(&self) {
        self.running.as_ref().expect("it runs").state.push.wake();
    }

    /// An event with its delivery and its attempts.
    pub fn event(&self, event_id: &Value) -> Value {
        self.ok("/kaquan/v1/events/get", json!({"event_id": event_id}))
    }

    /// The last event of this kind.
    pub fn last_event(&self, kind: EventKind) -> Event {
        let events = self.store.events(self.app.id, EventSeq(1), 10_000).expect("events");
        events.into_iter().rfind(|event| event.kind == kind).expect("such an event")
    }

    /// Closes every day that has ended. Returns how many were closed.
    pub fn close_days(&self) -> i64 {
        let reply = self.ok("/kaquan/v1/stats/close", json!({}));
        reply["days_closed"].as_i64().expect("a number")
    }

    /// Stops the server, drops its state in memory, and starts another server on the same store.
    pub fn restart(&mut self) {
        self.restart_as(Start::default());
    }

    /// As [`TestServer::restart`], with other settings.
    pub fn restart_as(&mut self, start: Start) {
        self.shut_down();
        match (chosen(), &self.schema) {
            (_, Some(schema)) => self.store = open_postgres(schema),
            (_, None) => {
                // A different store replaces the old one for a moment, so that the old one is closed before its
                // folder is opened again.
                let elsewhere = tempfile::tempdir().expect("a temporary folder");
                self.store = open_sqlite(&elsewhere);
                self.store = open_sqlite(&self.folder);
            }
        }
        self.running = Some(serve(&self.runtime, &self.store, &self.clock, start, &Faulty::default()));
    }

    fn shut_down(&mut self) {
        *self.client.borrow_mut() = None;
        if let Some(running) = self.running.take() {
            self.runtime.block_on(running.stop());
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.shut_down();
    }
}
