//! `kaquan bench push`: how fast events are delivered to a receiver on this machine, and how many events wait after
//! an outage of an hour. The hour passes on a simulated clock. For the ceiling, the same client posts bodies of 700
//! bytes directly to the receiver.

use super::target::BenchFolder;
use super::{Bench, fill, rounded};
use crate::Failure;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use kaquan_core::code::{Claim, Via};
use kaquan_core::id::{AppId, EventSeq};
use kaquan_ledger::{Clock, Ledger, SystemClock, TestClock};
use kaquan_server::push::client::Client;
use kaquan_server::push::outbox::IN_FLIGHT_MAX;
use kaquan_server::push::settings::CallbackChange;
use kaquan_server::push::webhook_request::WebhookRequest;
use kaquan_server::{GatewaySettings, Running, Settings};
use kaquan_store::{DeliveryState, Store};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// Events during the outage.
const EVENTS: usize = 30_000;
/// The length of the outage, and the length of one step of the simulated clock.
const OUTAGE_SECS: i64 = 3600;
const STEP_SECS: i64 = 20;
/// Many holders, so that each has few claims.
const HOLDERS: usize = 10_000;

/// The events that the receiver got.
#[derive(Default)]
struct ReceivedEvents {
    away: AtomicBool,
    ids: Mutex<HashSet<String>>,
    posts: std::sync::atomic::AtomicU64,
    more: Notify,
}

impl ReceivedEvents {
    fn distinct(&self) -> usize {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn posts(&self) -> u64 {
        self.posts.load(Ordering::Relaxed)
    }

    /// Waits for this many different events.
    async fn reach(&self, count: usize) {
        while self.distinct() < count {
            // With the timeout, a lost notification cannot stop the benchmark forever.
            let _ = tokio::time::timeout(Duration::from_millis(50), self.more.notified()).await;
        }
    }

    fn answer(&self, request: &Request<Incoming>) -> (StatusCode, String) {
        self.posts.fetch_add(1, Ordering::Relaxed);
        let query = request.uri().query().unwrap_or_default();
        if let Some(echo) = query.split('&').find_map(|pair| pair.strip_prefix("echostr=")) {
            return (StatusCode::OK, echo.to_owned());
        }
        if self.away.load(Ordering::Relaxed) {
            return (StatusCode::BAD_GATEWAY, String::new());
        }
        if let Some(id) = request.headers().get("x-kaquan-event-id").and_then(|id| id.to_str().ok()) {
            self.ids.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned());
            self.more.notify_one();
        }
        (StatusCode::OK, String::new())
    }
}

/// A folder with a card. The events of the card are pushed.
pub struct Prepared {
    ground: BenchFolder,
    clock: Arc<TestClock>,
    card: String,
}

/// Creates the folder. Blocks: do not call it on a runtime.
pub fn prepare(bench: &Bench<'_>) -> Result<Prepared, Failure> {
    let ground = BenchFolder::new(bench.settings)?;
    let clock = Arc::new(TestClock::at(SystemClock.now()));
    let filled = fill::make_cards(&*ground.store(bench.settings)?, ground.app, clock.now(), 1, 0)?;
    let card = filled.coupon_ids.into_iter().next().ok_or("there is no card")?;
    Ok(Prepared { ground, clock, card })
}

/// Runs the benchmark.
pub async fn run(bench: &Bench<'_>, prepared: Prepared) -> Result<Value, Failure> {
    let Prepared { ground, clock, card } = prepared;
    let (seen, url) = receive().await?;
    bench.progress.set_message("push: the ceiling");
    let ceiling = ceiling(&seen, &url, bench.length / 3).await?;
    let store = ground.store(bench.settings)?;
    set_callback(&*store, ground.app, &url)?;
    let server = serve(store.clone(), clock.clone()).await?;
    let driven = drive(bench, &seen, &server, &*store, &clock, ground.app, &card).await;
    server.stop().await;
    let Driven { rows, probes, recovery, live } = driven?;
    let rate = EVENTS as f64 / recovery.as_secs_f64();
    let exact = seen.distinct() == EVENTS + live.events
        && store.open_deliveries(ground.app, EventSeq(i64::MAX))?.is_empty();
    Ok(json!({
        "load": "push",
        "events": EVENTS,
        "ceiling_per_s": ceiling.round(),
        "events_per_s": rate.round(),
        "ratio": rounded(rate / ceiling, 3),
        "outage_seconds": OUTAGE_SECS,
        "outage_rows": rows,
        "outage_posts": probes,
        "recovery_seconds": rounded(recovery.as_secs_f64(), 2),
        "delay_ms": rounded(live.delay_ms, 1),
        "exact": exact,
    }))
}

/// A receiver on this machine.
async fn receive() -> Result<(Arc<ReceivedEvents>, String), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let seen = Arc::new(ReceivedEvents::default());
    let shared = seen.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let seen = shared.clone();
            let service = service_fn(move |request: Request<Incoming>| {
                let seen = seen.clone();
                async move {
                    let (status, body) = seen.answer(&request);
                    // If the body is not read to its end, the connection cannot be used again.
                    let _ = request.into_body().collect().await;
                    let mut response = Response::new(Full::new(Bytes::from(body)));
                    *response.status_mut() = status;
                    Ok::<_, Infallible>(response)
                }
            });
            let _ = stream.set_nodelay(true);
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new());
            tokio::spawn(http.serve_connection(TokioIo::new(stream), service));
        }
    });
    Ok((seen, url))
}

/// Measures the ceiling: posts for `length` with the client alone, without a server. As many requests are in flight as
/// kaquan allows.
async fn ceiling(seen: &ReceivedEvents, url: &str, length: Duration) -> Result<f64, Failure> {
    let client = Client::new(true)?;
    let (begun, before) = (Instant::now(), seen.posts());
    let mut posts = JoinSet::new();
    while begun.elapsed() < length {
        while posts.len() < IN_FLIGHT_MAX {
            let (client, url) = (client.clone(), url.to_owned());
            let headers = vec![("content-type", "text/xml".to_owned())];
            let request = WebhookRequest { url, headers, body: "x".repeat(700) };
            posts.spawn(async move { client.post(request).await.response.is_ok() });
        }
        posts.join_next().await;
    }
    let made = seen.posts() - before;
    let rate = made as f64 / begun.elapsed().as_secs_f64();
    while posts.join_next().await.is_some() {}
    Ok(rate)
}

fn set_callback(store: &dyn Store, app: AppId, url: &str) -> Result<(), Failure> {
    let row = store.apps()?.into_iter().find(|row| row.app.id == app).ok_or("the app is gone")?;
    let wanted = CallbackChange {
        url: Some(url.to_owned()),
        token: Some("bench".to_owned()),
        ..CallbackChange::default()
    };
    store.set_callback(&wanted.callback(&row, None, SystemClock.now())?)?;
    Ok(())
}

async fn serve(store: Arc<dyn Store>, clock: Arc<TestClock>) -> Result<Running, Failure> {
    let settings = Settings {
        listen: ([127, 0, 0, 1], 0).into(),
        public_url: None,
        callback_ips: None,
        trusted_proxies: Vec::new(),
        metrics_listen: None,
        push_private: true,
        gateway: GatewaySettings::default(),
        sandbox: false,
        store,
        clock,
        close_days: false,
    };
    Ok(kaquan_server::start(settings).await?)
}

struct Live {
    events: usize,
    delay_ms: f64,
}

struct Driven {
    rows: usize,
    probes: u64,
    recovery: Duration,
    live: Live,
}

async fn drive(
    bench: &Bench<'_>,
    seen: &ReceivedEvents,
    server: &Running,
    store: &dyn Store,
    clock: &TestClock,
    app: AppId,
    card: &str,
) -> Result<Driven, Failure> {
    let ledger = &server.state.ledger;
    let live = live(seen, ledger, app, card).await?;
    bench.progress.set_message("push: an hour without the receiver");
    seen.away.store(true, Ordering::Relaxed);
    let before = seen.posts();
    claim(ledger, app, card, 1_000, EVENTS).await?;
    for _ in 0..OUTAGE_SECS / STEP_SECS {
        clock.advance(STEP_SECS);
        server.state.push.wake();
        // Pause before the next probe.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let probes = seen.posts() - before;
    let rows = store.deliveries_in(app, DeliveryState::Pending, EventSeq(i64::MAX), EVENTS)?.len();
    bench.progress.set_message("push: recovery");
    seen.away.store(false, Ordering::Relaxed);
    let begun = Instant::now();
    clock.advance(STEP_SECS * 2);
    server.state.push.wake();
    seen.reach(live.events + EVENTS).await;
    let recovery = begun.elapsed();
    // The server saves the result of a delivery a moment after the receiver has the event.
    while !store.open_deliveries(app, EventSeq(i64::MAX))?.is_empty() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(Driven { rows, probes, recovery, live })
}

/// Claims one by one. For each, measures the time from the answer of the claim until the event reaches the receiver.
async fn live(seen: &ReceivedEvents, ledger: &Ledger, app: AppId, card: &str) -> Result<Live, Failure> {
    const CLAIMS: usize = 200;
    let mut delays = Vec::with_capacity(CLAIMS);
    for n in 0..CLAIMS {
        claim(ledger, app, card, n, 1).await?;
        let begun = Instant::now();
        seen.reach(n + 1).await;
        delays.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    delays.sort_by(f64::total_cmp);
    Ok(Live { events: CLAIMS, delay_ms: delays[CLAIMS / 2] })
}

async fn claim(ledger: &Ledger, app: AppId, card: &str, first: usize, count: usize) -> Result<(), Failure> {
    let mut claims = JoinSet::new();
    for n in first..first + count {
        let (ledger, op) =
            (ledger.clone(), Claim::of(card.into(), format!("oPush{}", n % HOLDERS).into(), Via::Server));
        claims.spawn(async move { ledger.submit(app, op).await.map(drop) });
        if claims.len() >= 512
            && let Some(done) = claims.join_next().await
        {
            done??;
        }
    }
    while let Some(done) = claims.join_next().await {
        done??;
    }
    Ok(())
}
