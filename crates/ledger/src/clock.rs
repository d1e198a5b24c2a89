//! The clock of operations. Rules read no clock: the ledger reads it once for each batch. The machine's clock can be
//! wrong, so a server reads it through a [`GuardedClock`].

mod database;
mod folder;
mod guard;
mod notice;

pub use guard::GuardedClock;

use kaquan_core::error::Result;
use kaquan_core::time::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A source of time.
pub trait Clock: Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Timestamp;

    /// The present moment in milliseconds since 1970, to compare clocks.
    fn millis(&self) -> i64 {
        self.now().0.saturating_mul(1000)
    }

    /// The time since the machine started. Setting the clock does not change it.
    fn elapsed(&self) -> Duration;

    /// Identifies the current boot of the machine; `None` if it is not known. During one boot, [`Clock::elapsed`] of
    /// different processes can be compared.
    fn boot(&self) -> Option<String> {
        None
    }

    /// Whether a test or a command sets the time. Such a clock is not compared with other clocks.
    fn is_made_up(&self) -> bool {
        false
    }

    /// The present moment for a batch.
    ///
    /// # Errors
    ///
    /// -1 while the clock differs too much from the second clock.
    fn for_batch(&self) -> Result<Timestamp> {
        Ok(self.now())
    }

    /// The time up to which days may be closed and codes may expire.
    ///
    /// # Errors
    ///
    /// The errors of [`Clock::for_batch`].
    fn for_closing(&self) -> Result<Timestamp> {
        self.for_batch()
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.millis().div_euclid(1000))
    }

    fn millis(&self) -> i64 {
        let millis = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        i64::try_from(millis).unwrap_or(i64::MAX)
    }

    #[cfg(target_os = "linux")]
    fn elapsed(&self) -> Duration {
        // This clock continues while the machine sleeps.
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        Duration::try_from(time).unwrap_or_default()
    }

    #[cfg(not(target_os = "linux"))]
    fn elapsed(&self) -> Duration {
        static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
        START.get_or_init(std::time::Instant::now).elapsed()
    }

    #[cfg(target_os = "linux")]
    fn boot(&self) -> Option<String> {
        let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        Some(id.trim().to_owned())
    }
}

/// A clock that moves only when it is set: for tests, and to fill past days.
#[derive(Debug, Default)]
pub struct TestClock {
    now: AtomicI64,
    elapsed: AtomicI64,
}

impl TestClock {
    /// A clock that shows this time.
    pub fn at(now: Timestamp) -> TestClock {
        TestClock { now: AtomicI64::new(now.0), elapsed: AtomicI64::new(now.0) }
    }

    /// Lets time pass until this time. An earlier time means that the clock was set back.
    pub fn set(&self, now: Timestamp) {
        let before = self.now.swap(now.0, Ordering::Relaxed);
        self.elapsed.fetch_add((now.0 - before).max(0), Ordering::Relaxed);
    }

    /// Lets this many seconds pass.
    pub fn advance(&self, secs: i64) {
        self.set(self.now().plus(secs));
    }

    /// Sets the clock forward or back by this many seconds. No time passes.
    pub fn jump(&self, secs: i64) {
        self.now.fetch_add(secs, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::Relaxed))
    }

    fn elapsed(&self) -> Duration {
        Duration::from_secs(self.elapsed.load(Ordering::Relaxed).max(0).unsigned_abs())
    }

    fn boot(&self) -> Option<String> {
        Some("test".to_owned())
    }

    fn is_made_up(&self) -> bool {
        true
    }
}
