//! The time of a node on a database. All nodes use the database's time. A node asks for this time regularly, and adds
//! the time that has passed since the reply. So setting this machine's clock has no effect on the rules. If the
//! node's own clock differs by more than a minute, the node accepts no batches: one of the two clocks is wrong, and
//! it is unknown which.

use super::Clock;
use super::notice::{Line, Notice, describe};
use kaquan_core::error::{Error, Result};
use kaquan_core::time::Timestamp;
use kaquan_store::StoreError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// From this difference on, the log has a warning. In milliseconds.
const WARN_MILLIS: i64 = 2_000;
/// Beyond this difference, the node accepts no batches. In milliseconds.
const FAULT_MILLIS: i64 = 60_000;
/// Requests in one comparison. The reply with the shortest round trip is used.
const QUESTIONS: usize = 4;

/// The clock of a node: the database's time.
pub(super) struct DatabaseClock {
    clock: Arc<dyn Clock>,
    last: Mutex<Comparison>,
}

/// The last reply of the database, and the state of the log lines about it.
struct Comparison {
    /// The database's time in milliseconds.
    millis: i64,
    /// When the database had this time, measured by [`Clock::elapsed`].
    at: Duration,
    /// Milliseconds by which `millis` may be wrong: half of the round trip.
    error: i64,
    notice: Notice,
}

impl DatabaseClock {
    /// Compares the clocks for the first time. `ask` returns the database's time in milliseconds.
    ///
    /// # Errors
    ///
    /// The errors of `ask`.
    pub fn new(
        clock: Arc<dyn Clock>,
        ask: impl FnMut() -> kaquan_store::Result<i64>,
    ) -> kaquan_store::Result<DatabaseClock> {
        let (millis, at, error) = ask_several(&*clock, ask)?;
        let last = Mutex::new(Comparison { millis, at, error, notice: Notice::default() });
        let clock = DatabaseClock { clock, last };
        clock.report();
        Ok(clock)
    }

    /// Compares the clocks again.
    ///
    /// # Errors
    ///
    /// The errors of `ask`.
    pub fn compare(&self, ask: impl FnMut() -> kaquan_store::Result<i64>) -> kaquan_store::Result<()> {
        let (millis, at, error) = ask_several(&*self.clock, ask)?;
        let mut last = self.last();
        (last.millis, last.at, last.error) = (millis, at, error);
        drop(last);
        self.report();
        Ok(())
    }

    /// Milliseconds by which this machine's clock is ahead of the database's.
    pub fn offset(&self) -> i64 {
        self.clock.millis() - self.last().now(self.clock.elapsed())
    }

    /// Why the node accepts no batches; `None` while it accepts them.
    pub fn fault(&self) -> Option<String> {
        let offset = self.offset();
        let far = offset.saturating_abs() > FAULT_MILLIS;
        far.then(|| format!("the clock of this machine is {} the database's", describe(offset)))
    }

    fn report(&self) {
        let (offset, elapsed) = (self.offset(), self.clock.elapsed());
        let mut last = self.last();
        let far = offset.saturating_abs() - last.error > WARN_MILLIS;
        let line = last.notice.line(far, elapsed);
        drop(last);
        let offset_secs = offset as f64 / 1000.0;
        match line {
            Some(Line::Trouble) if offset.saturating_abs() > FAULT_MILLIS => tracing::error!(
                offset_secs,
                "clock is {} the database's: this node refuses writes; set the clock right",
                describe(offset)
            ),
            Some(Line::Trouble) => tracing::warn!(
                offset_secs,
                "clock is {} the database's: set the clock right (NTP); from one minute on this node refuses writes",
                describe(offset)
            ),
            Some(Line::Resolved) => tracing::info!(offset_secs, "clock agrees with the database's again"),
            None => {}
        }
    }

    fn last(&self) -> MutexGuard<'_, Comparison> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Comparison {
    fn now(&self, elapsed: Duration) -> i64 {
        let passed = elapsed.saturating_sub(self.at).as_millis();
        self.millis.saturating_add(i64::try_from(passed).unwrap_or(i64::MAX))
    }
}

impl Clock for DatabaseClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.millis().div_euclid(1000))
    }

    fn millis(&self) -> i64 {
        self.last().now(self.clock.elapsed())
    }

    fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    fn for_batch(&self) -> Result<Timestamp> {
        match self.fault() {
            None => Ok(self.now()),
            Some(fault) => {
                self.report();
                Err(Error::internal(fault))
            }
        }
    }
}

/// Asks several times and uses the reply with the shortest round trip. Returns the database's time, when the database
/// had this time, and the possible error.
fn ask_several(
    clock: &dyn Clock,
    mut ask: impl FnMut() -> std::result::Result<i64, StoreError>,
) -> std::result::Result<(i64, Duration, i64), StoreError> {
    let mut best: Option<(i64, Duration, Duration)> = None;
    for _ in 0..QUESTIONS {
        let begin = clock.elapsed();
        let millis = ask()?;
        let round_trip = clock.elapsed().saturating_sub(begin);
        if best.is_none_or(|(_, _, shortest)| round_trip < shortest) {
            best = Some((millis, begin + round_trip / 2, round_trip));
        }
    }
    let (millis, at, round_trip) = best.unwrap_or_default();
    Ok((millis, at, i64::try_from(round_trip.as_millis() / 2).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::super::TestClock;
    use super::*;
    use kaquan_core::time::DAY_SECS;

    const NOON: Timestamp = Timestamp(1_795_399_200);

    /// The clocks of a database and of a node that is this many seconds ahead.
    fn clocks(ahead: i64) -> (Arc<TestClock>, Arc<TestClock>, DatabaseClock) {
        let (database, own) = (Arc::new(TestClock::at(NOON)), Arc::new(TestClock::at(NOON)));
        own.jump(ahead);
        let asked = database.clone();
        let clock = DatabaseClock::new(own.clone(), || Ok(asked.millis())).unwrap();
        (database, own, clock)
    }

    #[test]
    fn rules_get_the_databases_time_whatever_the_machine_shows() {
        for ahead in [-40 * DAY_SECS, -3600, -3, 0, 3, 59, 26 * 3600, 40 * DAY_SECS] {
            let (_, own, clock) = clocks(ahead);
            assert_eq!(clock.now(), NOON, "{ahead} s ahead");
            own.advance(100);
            assert_eq!(clock.now(), NOON.plus(100), "{ahead} s ahead");
        }
    }

    #[test]
    fn batches_are_taken_up_to_a_minute_of_difference() {
        for ahead in [0, 2, 3, 60, -60] {
            assert_eq!(clocks(ahead).2.for_batch(), Ok(NOON), "{ahead} s ahead");
        }
        for ahead in [61, -61, 26 * 3600, -3600] {
            let (_, own, clock) = clocks(ahead);
            assert!(clock.for_batch().is_err() && clock.for_closing().is_err(), "{ahead} s ahead");
            own.jump(-ahead);
            assert_eq!(clock.for_batch(), Ok(NOON), "the clock is right again");
        }
    }

    #[test]
    fn a_clock_that_jumps_between_two_comparisons_changes_nothing() {
        let (_, own, clock) = clocks(0);
        own.jump(40 * DAY_SECS);
        assert!(clock.fault().is_some_and(|fault| fault.contains("40 days ahead of the database's")));
        own.advance(8);
        assert_eq!(clock.now(), NOON.plus(8));
        own.jump(-40 * DAY_SECS);
        assert_eq!((clock.fault(), clock.for_closing()), (None, Ok(NOON.plus(8))));
    }

    #[test]
    fn a_comparison_follows_the_database() {
        let (database, own, clock) = clocks(0);
        database.advance(30);
        own.advance(30);
        // The machine was suspended, and its elapsed time did not continue.
        database.advance(7200);
        own.jump(7200);
        assert!(clock.fault().is_some());
        clock.compare(|| Ok(database.millis())).unwrap();
        assert_eq!((clock.fault(), clock.now()), (None, NOON.plus(7230)));
    }

    #[test]
    fn the_quickest_answer_counts_and_half_of_its_round_trip() {
        let own = Arc::new(TestClock::at(NOON));
        let (slow, mut trips) = (own.clone(), [40, 4, 20, 30].into_iter());
        // The database is 100 s ahead and replies in the middle of the round trip.
        let ask = || {
            let trip = trips.next().unwrap();
            slow.advance(trip / 2);
            let answer = slow.millis() + 100_000;
            slow.advance(trip - trip / 2);
            Ok(answer)
        };
        let clock = DatabaseClock::new(own.clone(), ask).unwrap();
        assert_eq!(clock.offset(), -100_000);
    }

    #[test]
    fn three_seconds_are_reported_and_two_are_not() {
        for (ahead, reported) in [(1, false), (2, false), (3, true), (-3, true)] {
            let (_, own, clock) = clocks(ahead);
            // `line` returns the end of the trouble only if the start reported it.
            own.jump(-ahead);
            let line = clock.last().notice.line(false, Duration::MAX);
            assert_eq!(line == Some(Line::Resolved), reported, "{ahead} s ahead");
        }
    }
}
