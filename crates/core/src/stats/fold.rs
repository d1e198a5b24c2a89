//! Computes the exact numbers of a day from its events. The caller reads the log in separate ranges, one for each
//! thread. The fold counts events and distinct holders, and keeps the holders of at most one pass in memory. WeChat
//! manual: "卡券数据接口" (card statistics).

use super::card_facts::{ACCOUNT_SCOPES, CardFacts};
use super::collect::{Collector, DayFold, Sizes, Tally};
use super::counts::{MemberStep, Scope};
use super::distinct::{Partition, Users};
use super::metric::Sums;
use super::number::{Counts, METRICS};
use crate::event::EventKind;
use crate::id::{CardNo, CodeSeq, EventSeq};
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::thread::{self, ScopedJoinHandle};

/// The largest number of events in one pass. A day with more events is folded in several passes. A pass needs about
/// 20 bytes for each event if holders have ten events each, and 55 if every event has another holder.
pub const EVENTS_PER_PASS: u64 = 24_000_000;

/// The number of passes for a day with this many events.
pub fn passes_for(events: u64) -> NonZeroUsize {
    let passes = usize::try_from(events.div_ceil(EVENTS_PER_PASS)).unwrap_or(usize::MAX);
    NonZeroUsize::new(passes).unwrap_or(NonZeroUsize::MIN)
}

/// An event for the closing of a day, borrowed from the reader's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScannedEvent<'a> {
    /// The number within the app. Membership steps are sorted by it.
    pub seq: EventSeq,
    pub kind: EventKind,
    /// The card of the event.
    pub card: CardNo,
    /// The code of the event.
    pub code: Option<CodeSeq>,
    /// The other code of a gift.
    pub other_code: Option<CodeSeq>,
    /// The openid of the holder; empty if there is none.
    pub openid: &'a str,
    /// The openid of the other holder of a gift; empty if there is none.
    pub friend: &'a str,
    /// A number whose meaning depends on the kind.
    pub amount: i64,
    /// A second number whose meaning depends on the kind.
    pub amount2: i64,
    /// The store; `None` if it is not known.
    pub location_id: Option<i64>,
}

/// Reads one part of the day's events. The parameters are the index of the part, below the number of threads, and a
/// function that receives the events. Together, the parts have every event of the day once. Every call with the same
/// index must return the same events.
pub type Scan<'a, E> = dyn Fn(usize, &mut dyn FnMut(ScannedEvent<'_>)) -> Result<(), E> + Sync + 'a;

/// The numbers of one day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FoldedDay {
    /// The number of events of the day, whether a report counts them or not.
    pub events: u64,
    /// The number of events whose card is not among the facts; they are in no row. Events without a card do not count
    /// here. If it is not 0, the facts are older than the log.
    pub unknown_card: u64,
    /// The rows of all scopes with events, sorted by scope. Numbers that depend on earlier days are still 0.
    pub rows: Vec<(Scope, Counts)>,
    /// The membership steps, in the order of their events.
    pub member_steps: Vec<MemberStep>,
}

/// Folds the events of one day: counts events, and exact distinct holders for each card and account-wide scope.
///
/// `cards` must have all cards of the app, including deleted ones. The log is read `passes` times (see
/// [`passes_for`]). Each time, `threads` threads read one part each.
///
/// # Errors
///
/// The first error of a scan.
pub fn fold_day<E: Send>(
    cards: &[CardFacts],
    passes: NonZeroUsize,
    threads: NonZeroUsize,
    scan: &Scan<'_, E>,
) -> Result<FoldedDay, E> {
    fold_in(Sizes::USUAL, cards, passes.get(), threads.get(), scan)
}

/// As [`fold_day`], with these sizes.
pub(super) fn fold_in<E: Send>(
    sizes: Sizes,
    cards: &[CardFacts],
    passes: usize,
    threads: usize,
    scan: &Scan<'_, E>,
) -> Result<FoldedDay, E> {
    let mut total = Tally { cards: vec![Sums::default(); cards.len()], ..Tally::default() };
    let mut users = Users::new(cards.len());
    for pass in 0..passes {
        let day = DayFold::new(cards, sizes, pass, passes);
        for tally in in_threads(threads, |part| {
            let mut collector = Collector::new(&day);
            scan(part, &mut |event| collector.take(&event)).map(|()| collector.finish())
        }) {
            let tally = tally?;
            total.events += tally.events;
            total.unknown_card += tally.unknown_card;
            total.steps.extend(tally.steps);
            for (sum, more) in total.cards.iter_mut().zip(&tally.cards) {
                sum.add(more);
            }
            for (scope, more) in &tally.stores {
                total.stores.entry(*scope).or_default().add(more);
            }
        }
        let queue = Mutex::new(day.into_partitions());
        for part in in_threads(threads, |_| count_queued(&queue, cards.len())) {
            users.add(&part);
        }
    }
    total.steps.sort_by_key(|(seq, _)| *seq);
    Ok(FoldedDay {
        events: total.events,
        unknown_card: total.unknown_card,
        rows: rows(cards, &total, &users),
        member_steps: total.steps.into_iter().map(|(_, step)| step).collect(),
    })
}

/// Runs `work` once for each thread, the first on the calling thread. Returns the results in order.
fn in_threads<T: Send>(threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let joined = |handle: ScopedJoinHandle<'_, T>| match handle.join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    };
    thread::scope(|scope| {
        let work = &work;
        let handles: Vec<_> = (1..threads).map(|part| scope.spawn(move || work(part))).collect();
        let mut results = vec![work(0)];
        results.extend(handles.into_iter().map(joined));
        results
    })
}

/// Counts partitions until the queue is empty.
fn count_queued(queue: &Mutex<Vec<Partition>>, cards: usize) -> Users {
    let mut users = Users::new(cards);
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop();
    while let Some(partition) = next() {
        partition.count(&mut users);
    }
    users
}

fn rows(cards: &[CardFacts], total: &Tally, users: &Users) -> Vec<(Scope, Counts)> {
    let mut accounts = [Sums::default(); ACCOUNT_SCOPES.len()];
    let mut rows = Vec::new();
    let mut push = |scope: Scope, sums: &Sums, users: &[i64; METRICS]| {
        if sums.events.iter().any(|&events| events > 0) {
            rows.push((scope, sums.counts(users)));
        }
    };
    for ((card, sums), users) in cards.iter().zip(&total.cards).zip(&users.cards) {
        let scope = card.account_scope();
        for (account, _) in accounts.iter_mut().zip(ACCOUNT_SCOPES).filter(|(_, known)| *known == scope) {
            account.add(sums);
        }
        push(Scope::Card(card.no), sums, users);
    }
    for ((scope, sums), users) in ACCOUNT_SCOPES.into_iter().zip(&accounts).zip(&users.accounts) {
        push(scope, sums, users);
    }
    for (scope, sums) in &total.stores {
        // Holders are not counted for stores.
        push(*scope, sums, &[0; METRICS]);
    }
    rows.sort_by_key(|(scope, _)| *scope);
    rows
}
