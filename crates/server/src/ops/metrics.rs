//! Metrics for `/metrics` in the OpenMetrics form: requests, deliveries, connections and the work of the ledger.
//! Names follow the rules of Prometheus: base units, and counters that end in `_total`.

use crate::gateway::GatewayMetrics;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use kaquan_core::error::ErrCode;
use kaquan_ledger::LedgerStats;
use kaquan_store::Failures;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeCounterValue, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

/// Upper limits of the latency buckets, in seconds.
const LATENCY_BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// The metrics of the server. Paths are those of the routes and not of the URLs, so their number is limited.
#[derive(Debug, Clone)]
pub struct Metrics {
    requests: Family<RequestLabels, Counter>,
    latencies: Family<PathLabel, Histogram, fn() -> Histogram>,
    pushes: Family<PushLabels, Counter>,
    pub connections: Connections,
}

/// Connections of callers.
#[derive(Debug, Clone, Default)]
pub struct Connections {
    /// Connections that are open now.
    pub open: Gauge,
    /// Connections that did no work and were closed because a new connection needed the place.
    pub closed: Counter,
    /// Connections that the system did not accept.
    pub failed: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PushLabels {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabel {
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    path: &'static str,
    errcode: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PathLabel {
    path: String,
}

/// Measures the time of a request until its response begins, by the path of its route. Requests for unknown paths are
/// not measured.
pub async fn measure(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let begun = Instant::now();
    let response = next.run(request).await;
    if let Some(path) = path {
        metrics.latencies.get_or_create(&PathLabel { path }).observe(begun.elapsed().as_secs_f64());
    }
    response
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics {
            requests: Family::default(),
            latencies: Family::new_with_constructor(|| Histogram::new(LATENCY_BUCKETS)),
            pushes: Family::default(),
            connections: Connections::default(),
        }
    }
}

impl Metrics {
    /// Counts an answered call of the API.
    pub fn request(&self, path: &'static str, refused: Option<ErrCode>) {
        let errcode = refused.map_or(0, |code| i64::from(code.number()));
        self.requests.get_or_create(&RequestLabels { path, errcode }).inc();
    }

    /// Counts an attempt to deliver an event.
    pub fn push(&self, accepted: bool) {
        let outcome = if accepted { "accepted" } else { "refused" };
        self.pushes.get_or_create(&PushLabels { outcome }).inc();
    }

    /// The text of `/metrics`. `writable` says whether writes can be committed now. `clock_offset` is in seconds.
    ///
    /// # Errors
    ///
    /// A metric cannot be written, which is a bug.
    pub fn encode(
        &self,
        gateway: &GatewayMetrics,
        ledger: &LedgerStats,
        store: &Failures,
        writable: bool,
        clock_offset: f64,
    ) -> Result<String, fmt::Error> {
        let mut registry = Registry::with_prefix("kaquan");
        let store_writable: Gauge = Gauge::default();
        store_writable.set(writable.into());
        registry.register("store_writable", "Whether writes can be committed, 1 or 0", store_writable);
        let offset = Gauge::<f64, AtomicU64>::default();
        offset.set(clock_offset);
        let help =
            "Time by which this machine's clock is ahead of the database's, or of the time that has passed";
        registry.register_with_unit("clock_offset", help, Unit::Seconds, offset);
        registry.register("requests", "API calls answered, by path and errcode", self.requests.clone());
        registry.register_with_unit(
            "request_duration",
            "Time until a response began, by path",
            Unit::Seconds,
            self.latencies.clone(),
        );
        registry.register("pushes", "Attempts to deliver an event, by outcome", self.pushes.clone());
        gateway.register(&mut registry);
        let Connections { open, closed, failed } = self.connections.clone();
        registry.register("connections_open", "Connections of callers", open);
        registry.register("connections_closed", "Idle connections closed for a new one", closed);
        registry.register("connections_failed", "Connections the system refused", failed);
        let failures: Family<KindLabel, Counter> = Family::default();
        for (kind, count) in store.counts() {
            failures.get_or_create(&KindLabel { kind: kind.name() }).inc_by(count);
        }
        registry.register("store_failures", "Failures of the store, by kind", failures);
        registry.register_collector(Box::new(LedgerNumbers {
            counts: [
                ("ledger_batches", "Batches committed", ledger.batches()),
                ("ledger_operations", "Operations answered", ledger.operations()),
                ("ledger_refused", "Operations refused", ledger.refused()),
                ("ledger_retried_batches", "Batches retried one operation at a time", ledger.retried()),
            ],
            commit_secs: ledger.commit_micros() as f64 / 1e6,
        }));
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }
}

#[derive(Debug)]
struct LedgerNumbers {
    counts: [(&'static str, &'static str, u64); 4],
    commit_secs: f64,
}

impl Collector for LedgerNumbers {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for (name, help, value) in self.counts {
            counter(&mut encoder, name, help, None, value)?;
        }
        counter(
            &mut encoder,
            "ledger_commit",
            "Time spent in commits",
            Some(&Unit::Seconds),
            self.commit_secs,
        )
    }
}

fn counter<N>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    unit: Option<&Unit>,
    value: N,
) -> fmt::Result
where
    N: EncodeCounterValue + fmt::Debug,
{
    let counter = ConstCounter::new(value);
    let metric = encoder.encode_descriptor(name, help, unit, counter.metric_type())?;
    counter.encode(metric)
}
