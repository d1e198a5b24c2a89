//! Closes days: commits the missing expiries of a day, folds the day's events into exact counts, and stores the rows
//! that reports read. Closing a day again gives the same rows. WeChat manual: "卡券数据接口" (card statistics).

use crate::ledger::Ledger;
use kaquan_core::card::Source;
use kaquan_core::error::{Error, Result};
use kaquan_core::id::{AppId, EventSeq};
use kaquan_core::stats::{
    CardFacts, DayRow, MemberTotals, ScannedEvent, Scope, finish_day, fold_day, passes_for,
};
use kaquan_core::time::{Day, Timestamp};
use kaquan_store::{EventDay, Lease, NodeJob, Store};
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

pub mod sweep;

/// Threads that read and fold the log.
const THREADS: usize = 2;
/// A day with fewer events is faster with one thread.
const EVENTS_PER_THREAD: u64 = 50_000;

/// How long to wait for another node's lease.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// Interval of the checks while waiting.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Sweeps expired codes. Then closes every day before today that is not closed, or that got late events. Returns how
/// many days were closed. One node at a time has the lease; the others wait, and find no due days afterwards.
pub fn close_due_days(store: &dyn Store, ledger: &Ledger, app: AppId, now: Timestamp) -> Result<u64> {
    let today = now.day();
    if store.due_days(app, today)?.is_empty() {
        return Ok(0);
    }
    let _lease = wait_for_lease(store, app)?;
    if store.due_days(app, today)?.is_empty() {
        return Ok(0);
    }
    sweep::sweep(store, ledger, app, now)?;
    let (days, closed_before) = (store.due_days(app, today)?, store.closed_through(app)?);
    for day in &days {
        close_day(store, app, *day)?;
    }
    // An event with a time in a closed day may have changed the memberships of later days.
    let (reopened, closed_before) = (days.first().copied(), closed_before.unwrap_or(Day(i32::MIN)));
    let after = reopened.map_or(0..0, |day| day.0 + 1..closed_before.0.saturating_add(1));
    let mut closed = days.len() as u64;
    for day in after.map(Day).filter(|day| *day < today && !days.contains(day)) {
        if !totals_match(store, app, day)? {
            close_day(store, app, day)?;
            closed += 1;
        }
    }
    Ok(closed)
}

/// Whether the stored rows of a closed day have the same membership totals as the events give now.
fn totals_match(store: &dyn Store, app: AppId, day: Day) -> Result<bool> {
    let mut rows = store.day_rows(app, day, day, None)?;
    for source in [Source::Console, Source::Api] {
        rows.extend(store.day_rows(app, day, day, Some(Scope::Members(source)))?);
    }
    let stored = |row: &DayRow| MemberTotals {
        scope: row.scope,
        total_user: row.counts.total_user,
        total_receive_user: row.counts.total_receive_user,
        new_user: row.counts.new_user,
    };
    let mut stored: Vec<MemberTotals> = rows.iter().map(stored).filter(any).collect();
    let mut known: Vec<MemberTotals> = store.member_totals(app, day)?.into_iter().filter(any).collect();
    stored.sort_unstable_by_key(|totals| totals.scope);
    known.sort_unstable_by_key(|totals| totals.scope);
    Ok(stored == known)
}

/// Whether there is any membership.
fn any(totals: &MemberTotals) -> bool {
    (totals.total_user, totals.total_receive_user, totals.new_user) != (0, 0, 0)
}

fn wait_for_lease(store: &dyn Store, app: AppId) -> Result<Lease> {
    let until = Instant::now() + WAIT_MAX;
    loop {
        match store.try_lease(NodeJob::Closing(app))? {
            Some(lease) => return Ok(lease),
            None if Instant::now() < until => std::thread::sleep(LOOK_EVERY),
            None => return Err(Error::internal("another node is still closing the days of this app")),
        }
    }
}

/// Folds one day and stores its rows. Close days in order: the totals of a day are computed from those of the day
/// before.
pub fn close_day(store: &dyn Store, app: AppId, day: Day) -> Result<()> {
    let mut cards: Vec<CardFacts> = Vec::new();
    store.each_card(app, |card| -> Result<()> {
        cards.push(CardFacts::from(&card));
        Ok(())
    })?;
    let span = store.event_days(app)?.into_iter().find(|span| span.day == day);
    let folded = match span {
        Some(span) => {
            let threads = threads_for(span.events);
            let scan = |thread: usize, visit: &mut dyn FnMut(ScannedEvent<'_>)| {
                let (first, last) = part(&span, thread, threads.get());
                store.scan_events(app, day, first, last, visit)
            };
            fold_day(&cards, passes_for(span.events), threads, &scan)?
        }
        None => Default::default(),
    };
    store.save_member_steps(app, day, &folded.member_steps)?;
    let rows = finish_day(day, &folded.rows, &store.member_totals(app, day)?);
    store.save_day(app, day, folded.events, &rows)?;
    tracing::debug!(app = app.0, %day, events = folded.events, rows = rows.len(), "closed a day");
    Ok(())
}

/// How many threads fold a day of this many events.
fn threads_for(events: u64) -> NonZeroUsize {
    let threads = if events < EVENTS_PER_THREAD { 1 } else { THREADS };
    NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN)
}

/// The part of the log that one thread reads.
fn part(span: &EventDay, thread: usize, threads: usize) -> (EventSeq, EventSeq) {
    let (first, count, threads) = (span.first.0, span.last.0 - span.first.0 + 1, threads as i64);
    let bound = |n: i64| first + count * n / threads;
    (EventSeq(bound(thread as i64)), EventSeq(bound(thread as i64 + 1) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_day_cover_its_log_once() {
        let span = EventDay { day: Day(0), first: EventSeq(10), last: EventSeq(20), events: 11 };
        assert_eq!(part(&span, 0, 1), (EventSeq(10), EventSeq(20)));
        assert_eq!(part(&span, 0, 2), (EventSeq(10), EventSeq(14)));
        assert_eq!(part(&span, 1, 2), (EventSeq(15), EventSeq(20)));
    }
}
