//! `kaquan bench report`: how fast a card's report over the longest range of days is answered. The days are filled
//! and closed before the server starts.

use super::calls::Reports;
use super::day::Plan;
use super::loads::{ConnectedTarget, ROUNDS, WARM_UP_MAX, numbers, whole};
use super::round::Rounds;
use super::target::BenchFolder;
use super::{Bench, fill, rounded};
use crate::Failure;
use kaquan_core::event::EventKind;
use kaquan_core::time::Day;
use kaquan_ledger::{Clock, SystemClock, TestClock, closing};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

/// Days of the reports.
const DAYS: i32 = 62;
const CARDS: usize = 200;
const EVENTS: u64 = 4_000;

/// A folder with closed days.
#[derive(Debug)]
pub struct ReportData {
    folder: BenchFolder,
    cards: Vec<String>,
    from: Day,
    to: Day,
    views: u64,
}

/// Fills and closes the days. Blocks: do not call it on a runtime.
pub fn prepare(bench: &Bench<'_>) -> Result<ReportData, Failure> {
    bench.progress.set_message(format!("report: filling and closing {DAYS} days"));
    let folder = BenchFolder::new(bench.settings)?;
    let (app, today) = (folder.app, SystemClock.now().day());
    let from = today.plus(-DAYS);
    let store = folder.store(bench.settings)?;
    let filled = fill::make_cards(&*store, app, from.start(), CARDS, 0)?;
    let mut writer = store.writer()?;
    let mut views = 0;
    for n in 0..DAYS {
        let plan = Plan {
            events: EVENTS,
            holders: EVENTS,
            coupons: filled.coupons.clone(),
            members: Vec::new(),
            first_code: fill::next_code(&mut *writer, app)?,
            seed: u64::from(n.unsigned_abs()),
        };
        fill::write_day(&mut *writer, app, from.plus(n), &plan, |_| ())?;
        views += plan.stream().filter(|event| event.kind == EventKind::View).count() as u64;
    }
    drop(writer);
    let clock: Arc<dyn Clock> = Arc::new(TestClock::at(today.start()));
    let (ledger, writers) = kaquan_ledger::spawn(store.writers()?, clock.clone())?;
    let closed = closing::close_due_days(&*store, &ledger, app, clock.now());
    ledger.stop();
    writers.join();
    closed?;
    Ok(ReportData { folder, cards: filled.coupon_ids, from, to: today.plus(-1), views })
}

/// Requests the report of one card after another over all days, and once the report of all cards.
pub async fn run(bench: &Bench<'_>, closed: ReportData) -> Result<Value, Failure> {
    let ReportData { folder, cards, from, to, views } = closed;
    let mut connected = ConnectedTarget::new(bench, Some(folder)).await?;
    let days = (from.to_string(), to.to_string());
    let body = json!({"begin_date": days.0, "end_date": days.1, "cond_source": 1});
    let path = "/datacube/getcardcardinfo";
    let begin = Instant::now();
    let all = connected.target.call(&mut connected.admin, path, &body).await?;
    let all_ms = begin.elapsed().as_secs_f64() * 1000.0;
    let list = all["list"].as_array().map_or(&[][..], Vec::as_slice);
    let viewed: u64 = list.iter().filter_map(|row| row["view_cnt"].as_u64()).sum();

    let reports = Rc::new(RefCell::new(Reports { cards, days, sent: 0, empty: 0 }));
    let each = bench.length / ROUNDS;
    let mut rounds = Rounds::new()?;
    rounds.count_only(&connected.run(path, &reports, each.min(WARM_UP_MAX)).await?);
    for n in 1..=ROUNDS {
        bench.progress.set_message(format!("report: round {n} of {ROUNDS}"));
        rounds.push(&connected.run(path, &reports, each).await?)?;
    }
    let mut out = numbers(bench, "report", "reports", &rounds);
    out.insert("days".to_owned(), DAYS.into());
    out.insert("rounds_per_s".to_owned(), whole(rounds.rates()));
    out.insert("all_cards_rows".to_owned(), list.len().into());
    out.insert("all_cards_ms".to_owned(), rounded(all_ms, 1).into());
    out.insert("exact".to_owned(), (viewed == views && reports.borrow().empty == 0).into());
    Ok(out.into())
}
