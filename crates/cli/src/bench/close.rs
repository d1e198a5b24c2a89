//! `kaquan bench close`: measures the time and memory for closing a day with millions of events, and checks every
//! number of the result.

use super::day::Plan;
use super::target::BenchFolder;
use super::{Bench, fill, process, rounded};
use crate::Failure;
use kaquan_core::card::Source;
use kaquan_core::id::AppId;
use kaquan_core::stats::{Counts, Scope};
use kaquan_core::time::Day;
use kaquan_ledger::{Clock, SystemClock, TestClock, closing};
use kaquan_store::Store;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// Cards of the day, and how many of them are member cards.
const CARDS: usize = 200;
const MEMBER_CARDS: usize = 10;
/// Age of the cards in days. It is high enough that codes may have expired, so the sweep has to search them.
const CARDS_AGE: i32 = 40;
/// Average number of events of a holder.
const EVENTS_PER_HOLDER: u64 = 5;

/// Runs the benchmark.
pub fn run(bench: &Bench<'_>, events: u64) -> Result<Value, Failure> {
    let folder = BenchFolder::new(bench.settings)?;
    let (app, day) = (folder.app, SystemClock.now().day().plus(-1));
    let begin = Instant::now();
    let (plan, written) = {
        let store = folder.store(bench.settings)?;
        let filled =
            fill::make_cards(&*store, app, day.plus(-CARDS_AGE).start(), CARDS - MEMBER_CARDS, MEMBER_CARDS)?;
        let mut writer = store.writer()?;
        let plan = Plan {
            events,
            holders: (events / EVENTS_PER_HOLDER).max(1),
            coupons: filled.coupons,
            members: filled.members,
            first_code: fill::next_code(&mut *writer, app)?,
            seed: 1,
        };
        let written = fill::write_day(&mut *writer, app, day, &plan, |written| {
            bench.progress.set_message(format!("close: {written} of {events} events written"));
        })?;
        (plan, written)
    };
    let fill_secs = begin.elapsed().as_secs_f64();

    bench.progress.set_message("close: closing the day");
    let only_closing = process::reset_peak();
    let closed = measure(bench, &folder, app, day)?;
    let peak = process::peak(None).filter(|_| only_closing);

    bench.progress.set_message("close: counting again");
    let store = folder.store(bench.settings)?;
    let wrong = differences(&rows(&*store, app, day)?, &plan.expected());
    for (scope, found, right) in wrong.iter().take(5) {
        tracing::error!(?scope, ?found, ?right, "wrong statistics row");
    }
    Ok(json!({
        "load": "close",
        "events": written,
        "holders": plan.holders,
        "cards": CARDS,
        "fill_seconds": rounded(fill_secs, 3),
        "sweep_seconds": rounded(closed.sweep_secs, 3),
        "seconds": rounded(closed.secs, 3),
        "events_per_s": (written as f64 / closed.secs.max(1e-9)).round(),
        "again_seconds": rounded(closed.again_secs, 3),
        "peak_rss_mib": peak.map(mib),
        "peak_anonymous_mib": closed.anonymous.map(mib),
        "exact": wrong.is_empty() && closed.expired == 0,
    }))
}

/// Bytes as mebibytes.
pub fn mib(bytes: u64) -> f64 {
    (bytes as f64 / 104_857.6).round() / 10.0
}

struct Measurement {
    expired: u64,
    sweep_secs: f64,
    secs: f64,
    again_secs: f64,
    anonymous: Option<u64>,
}

/// Closes the day as the server's job does: sweeps expired codes (this day has none), then closes the day. Then it
/// closes the day a second time, when the memberships are already stored.
fn measure(bench: &Bench<'_>, folder: &BenchFolder, app: AppId, day: Day) -> Result<Measurement, Failure> {
    let store = folder.store(bench.settings)?;
    let clock: Arc<dyn Clock> = Arc::new(TestClock::at(day.end()));
    let (ledger, writers) = kaquan_ledger::spawn(store.writers()?, clock.clone())?;
    let stop = AtomicBool::new(false);
    let closed = std::thread::scope(|scope| -> Result<Measurement, Failure> {
        let watch = process::MemorySampler::start(scope, &stop);
        let begin = Instant::now();
        let expired = closing::sweep::sweep(&*store, &ledger, app, clock.now());
        let sweep_secs = begin.elapsed().as_secs_f64();
        let closed = closing::close_day(&*store, app, day);
        let secs = begin.elapsed().as_secs_f64() - sweep_secs;
        let again = Instant::now();
        let closed = closed.and_then(|()| closing::close_day(&*store, app, day));
        let again_secs = again.elapsed().as_secs_f64();
        let anonymous = watch.stop();
        closed?;
        Ok(Measurement { expired: expired?, sweep_secs, secs, again_secs, anonymous })
    });
    ledger.stop();
    writers.join();
    closed
}

/// The rows of the day, loaded like those of a report.
fn rows(store: &dyn Store, app: AppId, day: Day) -> Result<BTreeMap<Scope, Counts>, Failure> {
    let mut rows = store.day_rows(app, day, day, None)?;
    for scope in [Scope::Coupons(Source::Api), Scope::Members(Source::Api)] {
        rows.extend(store.day_rows(app, day, day, Some(scope))?);
    }
    Ok(rows.into_iter().map(|row| (row.scope, row.counts)).collect())
}

/// The scopes with wrong rows, each with its actual and expected counts.
fn differences(
    found: &BTreeMap<Scope, Counts>,
    right: &BTreeMap<Scope, Counts>,
) -> Vec<(Scope, Option<Counts>, Option<Counts>)> {
    let scopes = found.keys().chain(right.keys().filter(|scope| !found.contains_key(scope)));
    scopes
        .map(|scope| (*scope, found.get(scope).copied(), right.get(scope).copied()))
        .filter(|(_, found, right)| found != right)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_reports_missing_extra_and_wrong_rows() {
        let one = Counts { view_cnt: 1, ..Counts::default() };
        let row = |scope, counts| BTreeMap::from([(scope, counts)]);
        let scope = Scope::Coupons(Source::Api);
        assert!(differences(&row(scope, one), &row(scope, one)).is_empty());
        assert_eq!(differences(&row(scope, one), &row(scope, Counts::default())).len(), 1);
        assert_eq!(differences(&row(scope, one), &BTreeMap::new()).len(), 1);
        assert_eq!(differences(&BTreeMap::new(), &row(scope, one)).len(), 1);
    }
}
