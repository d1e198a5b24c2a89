//! The last calls that were passed on, in memory, for the console. They have neither queries nor bodies, so no token and
//! no openid is among them.

use super::path;
use super::relay::Observer;
use kaquan_core::id::AppId;
use kaquan_core::time::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Calls of an app that stay in memory.
const RECENT_MAX: usize = 100;
/// The shortest time between two warnings about failed calls, so that an outage does not fill the log.
const WARN_GAP: Duration = Duration::from_secs(10);
/// Upper limits of the latency buckets, in seconds.
const BUCKETS: [f64; 8] = [0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 20.0];

/// A call that was passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedCall {
    pub at: Timestamp,
    pub method: String,
    pub path: String,
    /// The HTTP status of the original host; 0 without an answer.
    pub status: u16,
    /// The errcode of the answer; `None` if the answer was too long to be read for one.
    pub errcode: Option<i64>,
    /// Milliseconds until the answer began or the call failed.
    pub millis: u32,
    /// Bytes of the answer.
    pub bytes: u64,
    /// Why the call failed or its answer was cut; empty if all is well.
    pub fault: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    path: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PathLabel {
    path: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

/// The metrics of the gateway. Paths are groups of paths, so their number is limited.
#[derive(Debug, Clone)]
pub struct GatewayMetrics {
    calls: Family<CallLabels, Counter>,
    latencies: Family<PathLabel, Histogram, fn() -> Histogram>,
    renewals: Family<OutcomeLabel, Counter>,
}

impl Default for GatewayMetrics {
    fn default() -> GatewayMetrics {
        GatewayMetrics {
            calls: Family::default(),
            latencies: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            renewals: Family::default(),
        }
    }
}

impl GatewayMetrics {
    /// Adds the metrics to `/metrics`.
    pub fn register(&self, registry: &mut prometheus_client::registry::Registry) {
        let help = "Calls passed on to original hosts, by group of paths and outcome";
        registry.register("gateway_calls", help, self.calls.clone());
        registry.register_with_unit(
            "gateway_duration",
            "Time until the answer of an original host began, by group of paths",
            prometheus_client::registry::Unit::Seconds,
            self.latencies.clone(),
        );
        let help = "New tokens of original hosts, by outcome";
        registry.register("gateway_token_renewals", help, self.renewals.clone());
    }

    /// Counts a request for a new token.
    pub fn renewal(&self, done: bool) {
        let outcome = if done { "done" } else { "failed" };
        self.renewals.get_or_create(&OutcomeLabel { outcome }).inc();
    }

    fn call(&self, call: &PassedCall) {
        let outcome = match call.status {
            _ if !call.fault.is_empty() => "failed",
            200 if call.errcode.unwrap_or(0) == 0 => "done",
            _ => "refused",
        };
        let path = path::group(&call.path);
        self.calls.get_or_create(&CallLabels { path, outcome }).inc();
        self.latencies.get_or_create(&PathLabel { path }).observe(f64::from(call.millis) / 1000.0);
    }
}

/// The calls of all apps.
#[derive(Debug, Default)]
pub struct PassedCalls {
    recent: Mutex<HashMap<AppId, VecDeque<PassedCall>>>,
    warned: Mutex<Option<Instant>>,
    pub metrics: GatewayMetrics,
}

impl PassedCalls {
    /// The last calls of an app, the newest first.
    pub fn recent(&self, app: AppId) -> Vec<PassedCall> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.get(&app).into_iter().flatten().rev().cloned().collect()
    }

    fn may_warn(&self) -> bool {
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        let may = warned.is_none_or(|at| at.elapsed() >= WARN_GAP);
        if may {
            *warned = Some(Instant::now());
        }
        may
    }

    fn note(&self, app: AppId, call: PassedCall) {
        self.metrics.call(&call);
        let PassedCall { method, path, status, errcode, millis, bytes, fault, .. } = &call;
        if fault.is_empty() || !self.may_warn() {
            tracing::debug!(app = app.0, %method, %path, status, ?errcode, millis, bytes, %fault, "call passed on");
        } else {
            tracing::warn!(app = app.0, %method, %path, status, millis, bytes, %fault, "call not passed on whole");
        }
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = recent.entry(app).or_default();
        recent.push_back(call);
        recent.drain(..recent.len().saturating_sub(RECENT_MAX));
    }
}

/// A call that is being passed on. It is noted when it ends, also if its caller goes away.
#[derive(Debug)]
pub struct RunningCall {
    calls: Arc<PassedCalls>,
    app: AppId,
    begun: Instant,
    call: Option<PassedCall>,
}

impl RunningCall {
    pub fn begin(
        calls: &Arc<PassedCalls>,
        app: AppId,
        at: Timestamp,
        method: &str,
        path: &str,
    ) -> RunningCall {
        let (method, path) = (method.to_owned(), path.to_owned());
        let (status, errcode, millis, bytes) = (0, None, 0, 0);
        let call = PassedCall { at, method, path, status, errcode, millis, bytes, fault: String::new() };
        RunningCall { calls: calls.clone(), app, begun: Instant::now(), call: Some(call) }
    }

    /// The answer began.
    pub fn answered(&mut self, status: u16, errcode: Option<i64>) {
        let millis = u32::try_from(self.begun.elapsed().as_millis()).unwrap_or(u32::MAX);
        if let Some(call) = &mut self.call {
            (call.status, call.errcode, call.millis) = (status, errcode, millis);
        }
    }

    /// The call has no answer of the original host.
    pub fn failed(mut self, fault: &str) {
        self.answered(0, None);
        self.ended(Some(fault));
    }
}

impl Observer for RunningCall {
    fn passed(&mut self, bytes: usize) {
        if let Some(call) = &mut self.call {
            call.bytes += bytes as u64;
        }
    }

    fn ended(&mut self, fault: Option<&str>) {
        if let Some(mut call) = self.call.take() {
            call.fault = fault.unwrap_or_default().to_owned();
            self.calls.note(self.app, call);
        }
    }
}

impl Drop for RunningCall {
    fn drop(&mut self) {
        self.ended(Some("the caller went away"));
    }
}
