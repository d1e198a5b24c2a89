//! One round of a load. Every connection sends its next request when it has the previous response, until the time is
//! up. The round counts the answers, counts the refusals by errcode, and measures the time of each request.

use super::wire::{Head, Wire, errcode};
use crate::Failure;
use hdrhistogram::Histogram;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// The longest latency in microseconds. Longer latencies are recorded as this value.
const LATENCY_MAX: u64 = 60_000_000;

/// The requests of a load, and the receiver of its answers.
pub trait Source {
    /// Writes the next body into the empty `body`. Returns false if there is no further request.
    fn next(&mut self, body: &mut Vec<u8>) -> bool;

    /// Receives an answer that is no refusal.
    fn taken(&mut self, _answer: &[u8]) {}
}

/// The measurements of a round.
#[derive(Debug)]
pub struct Round {
    /// Answers that are no refusals.
    pub done: u64,
    /// Refusals by errcode.
    pub refused: BTreeMap<i64, u64>,
    /// Seconds from the first request to the last answer.
    pub secs: f64,
    /// CPU seconds of the server during the round, of all cores together, if they are known.
    pub cpu_secs: Option<f64>,
    /// The latency of each answer in microseconds.
    pub latencies: Histogram<u64>,
}

impl Round {
    fn new() -> Result<Round, Failure> {
        let latencies = Histogram::new_with_max(LATENCY_MAX, 3)?;
        Ok(Round { done: 0, refused: BTreeMap::new(), secs: 0.0, cpu_secs: None, latencies })
    }

    /// Answers per second, without refusals.
    pub fn rate(&self) -> f64 {
        self.done as f64 / self.secs.max(1e-9)
    }
}

/// Several rounds of the same load.
#[derive(Debug)]
pub struct Rounds {
    rates: Vec<f64>,
    cpu_micros: Vec<f64>,
    sum: Round,
}

impl Rounds {
    /// No rounds yet.
    pub fn new() -> Result<Rounds, Failure> {
        Ok(Rounds { rates: Vec::new(), cpu_micros: Vec::new(), sum: Round::new()? })
    }

    /// Adds a round.
    pub fn push(&mut self, round: &Round) -> Result<(), Failure> {
        self.rates.push(round.rate());
        self.cpu_micros.extend(round.cpu_secs.map(|secs| secs * 1e6 / round.done.max(1) as f64));
        self.count_only(round);
        self.sum.secs += round.secs;
        self.sum.latencies.add(&round.latencies)?;
        Ok(())
    }

    /// Counts the answers of a round without measuring it; for the warm-up.
    pub fn count_only(&mut self, round: &Round) {
        self.sum.done += round.done;
        for (code, count) in &round.refused {
            *self.sum.refused.entry(*code).or_default() += count;
        }
    }

    /// Answers that are no refusals, including those of the warm-up.
    pub fn done(&self) -> u64 {
        self.sum.done
    }

    /// Refusals by errcode, including those of the warm-up.
    pub fn refused(&self) -> &BTreeMap<i64, u64> {
        &self.sum.refused
    }

    /// The number of refusals.
    pub fn refusals(&self) -> u64 {
        self.sum.refused.values().sum()
    }

    /// The measured seconds.
    pub fn secs(&self) -> f64 {
        self.sum.secs
    }

    /// The answers per second of each round, without refusals.
    pub fn rates(&self) -> &[f64] {
        &self.rates
    }

    /// The median of the rates.
    pub fn rate(&self) -> f64 {
        median(&self.rates)
    }

    /// CPU microseconds of the server for one answer, of all cores together: the median of the rounds.
    pub fn cpu_micros(&self) -> Option<f64> {
        (!self.cpu_micros.is_empty()).then(|| median(&self.cpu_micros))
    }

    /// A quantile of the latencies of all rounds, in milliseconds.
    pub fn latency_ms(&self, quantile: f64) -> f64 {
        self.sum.latencies.value_at_quantile(quantile) as f64 / 1000.0
    }
}

/// The median. With an even number of values, the mean of the two in the middle; 0 without values.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.get(middle), sorted.len() % 2) {
        (None, _) => 0.0,
        (Some(value), 1) => *value,
        (Some(upper), _) => (upper + sorted[middle - 1]) / 2.0,
    }
}

/// Runs a round on these connections, and returns them to `pool` afterwards. Call it within a `LocalSet`.
pub async fn run<S: Source + 'static>(
    pool: &mut Vec<Wire>,
    head: &Rc<Head>,
    source: &Rc<RefCell<S>>,
    length: Duration,
) -> Result<Round, Failure> {
    let round = Rc::new(RefCell::new(Round::new()?));
    let begin = Instant::now();
    let mut tasks = JoinSet::new();
    for wire in pool.drain(..) {
        let (head, source, round) = (head.clone(), source.clone(), round.clone());
        tasks.spawn_local(async move { one(wire, &head, &source, &round, begin + length).await });
    }
    while let Some(ended) = tasks.join_next().await {
        pool.push(ended??);
    }
    drop(tasks);
    let mut round =
        Rc::try_unwrap(round).map_err(|_| "a connection of the round is still busy")?.into_inner();
    round.secs = begin.elapsed().as_secs_f64();
    Ok(round)
}

async fn one<S: Source>(
    mut wire: Wire,
    head: &Head,
    source: &RefCell<S>,
    round: &RefCell<Round>,
    end: Instant,
) -> Result<Wire, Failure> {
    let mut body = Vec::with_capacity(256);
    let mut sent = Instant::now();
    while sent < end {
        body.clear();
        if !source.borrow_mut().next(&mut body) {
            break;
        }
        let answer = wire.post(head, &body).await?;
        let now = Instant::now();
        let mut round = round.borrow_mut();
        round.latencies.saturating_record(u64::try_from((now - sent).as_micros()).unwrap_or(LATENCY_MAX));
        match errcode(answer) {
            0 => {
                round.done += 1;
                source.borrow_mut().taken(answer);
            }
            code => *round.refused.entry(code).or_default() += 1,
        }
        sent = now;
    }
    Ok(wire)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_does_not_mind_one_bad_round() {
        assert_eq!(median(&[]), 0.0);
        assert_eq!(median(&[3.0]), 3.0);
        assert_eq!(median(&[9.0, 100.0, 10.0]), 10.0);
        assert_eq!(median(&[1.0, 4.0, 2.0, 100.0]), 3.0);
    }
}
