//! Counters for `/metrics`: requests by path and errcode, and what the ledger says of its work.

use kaquan_core::error::ErrCode;
use kaquan_ledger::LedgerStats;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::fmt;

/// Requests by path and errcode. Paths come from the route table, so their number is bounded.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    requests: Family<Labels, Counter>,
    pushes: Family<Outcome, Counter>,
    /// Connections of callers.
    pub connections: Connections,
}

/// Connections of callers.
#[derive(Debug, Clone, Default)]
pub struct Connections {
    /// Open now.
    pub open: Gauge,
    /// Closed while they did no work, because a new one needed the place.
    pub closed: Counter,
    /// Not accepted by the system.
    pub failed: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    path: &'static str,
    errcode: i64,
}

impl Metrics {
    /// Counts an answered request.
    pub fn request(&self, path: &'static str, refused: Option<ErrCode>) {
        let errcode = refused.map_or(0, |code| i64::from(code.number()));
        self.requests.get_or_create(&Labels { path, errcode }).inc();
    }

    /// Counts a try to push an event.
    pub fn push(&self, accepted: bool) {
        let outcome = if accepted { "accepted" } else { "refused" };
        self.pushes.get_or_create(&Outcome { outcome }).inc();
    }

    /// The text of `/metrics`.
    pub fn encode(&self, ledger: &LedgerStats) -> Result<String, fmt::Error> {
        let mut registry = Registry::with_prefix("kaquan");
        registry.register("requests", "Requests answered, by path and errcode", self.requests.clone());
        registry.register("pushes", "Tries to push an event, by outcome", self.pushes.clone());
        let Connections { open, closed, failed } = self.connections.clone();
        registry.register("connections_open", "Connections of callers", open);
        registry.register("connections_closed", "Idle connections closed for a new one", closed);
        registry.register("connections_failed", "Connections the system refused", failed);
        registry.register_collector(Box::new(LedgerNumbers {
            numbers: [
                ("ledger_batches", "Batches committed", ledger.batches()),
                ("ledger_operations", "Operations answered", ledger.operations()),
                ("ledger_refused", "Operations refused", ledger.refused()),
                ("ledger_retried_batches", "Batches done again one operation at a time", ledger.retried()),
                ("ledger_commit_microseconds", "Time spent in commits", ledger.commit_micros()),
            ],
        }));
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }
}

#[derive(Debug)]
struct LedgerNumbers {
    numbers: [(&'static str, &'static str, u64); 5],
}

impl Collector for LedgerNumbers {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for (name, help, value) in self.numbers {
            let counter = ConstCounter::new(value);
            let metric = encoder.encode_descriptor(name, help, None, counter.metric_type())?;
            counter.encode(metric)?;
        }
        Ok(())
    }
}
