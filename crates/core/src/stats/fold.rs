//! From the events of a day to its exact numbers. The caller reads the log in as many disjoint ranges as there are
//! threads. The fold counts events and distinct holders, and keeps at most one pass of them in memory. WeChat manual:
//! "卡券数据接口" (card statistics).

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

/// Events one pass over the log is made for; days with more are folded in several passes. A pass needs about 20 bytes
/// per event where holders have ten events each, and 55 where every event is of another holder.
pub const EVENTS_PER_PASS: u64 = 24_000_000;

/// How many passes a day with so many events takes.
pub fn passes_for(events: u64) -> NonZeroUsize {
    let passes = usize::try_from(events.div_ceil(EVENTS_PER_PASS)).unwrap_or(usize::MAX);
    NonZeroUsize::new(passes).unwrap_or(NonZeroUsize::MIN)
}

/// An event as the closing of a day reads it, borrowed from the reader's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScannedEvent<'a> {
    /// Number within the app; membership steps are put into this order.
    pub seq: EventSeq,
    pub kind: EventKind,
    /// The card it happened to.
    pub card: CardNo,
    /// The code it happened to.
    pub code: Option<CodeSeq>,
    /// The other code of a gift.
    pub other_code: Option<CodeSeq>,
    /// The holder; empty for none.
    pub openid: &'a str,
    /// The other holder of a gift; empty for none.
    pub friend: &'a str,
    /// A number, by kind.
    pub amount: i64,
    /// A second number, by kind.
    pub amount2: i64,
}

/// Reads one part of the day's events. It is called with the number of the part, below the number of threads, and with
/// the destination of the events. The parts together are the day, each event once, and every call with the same number
/// must give the same events.
pub type Scan<'a, E> = dyn Fn(usize, &mut dyn FnMut(ScannedEvent<'_>)) -> Result<(), E> + Sync + 'a;

/// The numbers of one day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FoldedDay {
    /// Events the day has, counted in a number or not.
    pub events: u64,
    /// Events of a card that is not among the facts, which are therefore in no row. Events without a card are not
    /// counted here. Not 0 means that the facts are older than the log.
    pub unknown_card: u64,
    /// The rows of all scopes in which something was counted, by scope. What depends on earlier days is still 0.
    pub rows: Vec<(Scope, Counts)>,
    /// Steps of memberships in the order of their events.
    pub member_steps: Vec<MemberStep>,
}

/// Folds the events of one day: counts, and exact distinct holders per card and per account-wide scope.
///
/// `cards` are all cards of the app, deleted ones too. The log is read `passes` times (see [`passes_for`]), each time
/// by `threads` threads at once, one part each.
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

/// [`fold_day`] with these sizes of its parts.
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
        rows: rows(cards, &total.cards, &users),
        member_steps: total.steps.into_iter().map(|(_, step)| step).collect(),
    })
}

/// Runs `work` once per thread, the first share on this one, and gives the results in order.
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

/// Counts partitions until none is left.
fn count_queued(queue: &Mutex<Vec<Partition>>, cards: usize) -> Users {
    let mut users = Users::new(cards);
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop();
    while let Some(partition) = next() {
        partition.count(&mut users);
    }
    users
}

fn rows(cards: &[CardFacts], sums: &[Sums], users: &Users) -> Vec<(Scope, Counts)> {
    let mut accounts = [Sums::default(); ACCOUNT_SCOPES.len()];
    let mut rows = Vec::new();
    let mut push = |scope: Scope, sums: &Sums, users: &[i64; METRICS]| {
        if sums.events.iter().any(|&events| events > 0) {
            rows.push((scope, sums.counts(users)));
        }
    };
    for ((card, sums), users) in cards.iter().zip(sums).zip(&users.cards) {
        let scope = card.account_scope();
        for (account, _) in accounts.iter_mut().zip(ACCOUNT_SCOPES).filter(|(_, known)| *known == scope) {
            account.add(sums);
        }
        push(Scope::Card(card.no), sums, users);
    }
    for ((scope, sums), users) in ACCOUNT_SCOPES.into_iter().zip(&accounts).zip(&users.accounts) {
        push(scope, sums, users);
    }
    rows.sort_by_key(|(scope, _)| *scope);
    rows
}
