//! The clock of a server under test. Only the test moves it. The test can wait until the clock is read, because
//! background jobs read the time again after each step.

use kaquan_core::time::Timestamp;
use kaquan_ledger::{Clock, TestClock};
use std::ops::Deref;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A clock that counts its readings.
#[derive(Debug)]
pub struct WatchedClock {
    clock: TestClock,
    readings: Mutex<u64>,
    read: Condvar,
    /// False for a clock that is compared with the database's.
    pub is_made_up: bool,
}

impl WatchedClock {
    /// A clock that shows this time.
    pub fn at(now: Timestamp) -> WatchedClock {
        WatchedClock {
            clock: TestClock::at(now),
            readings: Mutex::new(0),
            read: Condvar::new(),
            is_made_up: true,
        }
    }

    /// How often the clock was read.
    pub fn readings(&self) -> u64 {
        *self.readings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the clock was read more than `readings` times. Returns false if this did not happen before the
    /// deadline.
    pub fn wait_for_reading(&self, readings: u64, deadline: Instant) -> bool {
        let count = self.readings.lock().unwrap_or_else(PoisonError::into_inner);
        let left = deadline.saturating_duration_since(Instant::now());
        let waited = self.read.wait_timeout_while(count, left, |count| *count == readings);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

impl Deref for WatchedClock {
    type Target = TestClock;

    fn deref(&self) -> &TestClock {
        &self.clock
    }
}

impl Clock for WatchedClock {
    fn now(&self) -> Timestamp {
        *self.readings.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.read.notify_all();
        self.clock.now()
    }

    fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    fn boot(&self) -> Option<String> {
        self.clock.boot()
    }

    fn is_made_up(&self) -> bool {
        self.is_made_up
    }
}
