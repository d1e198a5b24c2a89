//! Slows down who guesses passwords: after some failures a name, and an address, has to wait.

use kaquan_core::time::Timestamp;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Failures of a name before it has to wait.
const NAME_FAILURES: u32 = 5;
/// Failures of an address before it has to wait; many people may share one.
const ADDRESS_FAILURES: u32 = 20;
/// Seconds after which failures are forgotten.
const FORGET_SECS: i64 = 900;
/// Names and addresses remembered; beyond it the oldest are forgotten first.
const REMEMBERED_MAX: usize = 10_000;

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Timestamp,
}

/// Failed logins of late, by name and by address.
#[derive(Debug, Default)]
pub struct Throttle(Mutex<HashMap<String, Failures>>);

fn keys(name: &str, address: &str) -> [(String, u32); 2] {
    [(format!("name {}", name.to_lowercase()), NAME_FAILURES), (format!("from {address}"), ADDRESS_FAILURES)]
}

impl Throttle {
    /// Whether a login may be tried.
    pub fn may_try(&self, name: &str, address: &str, now: Timestamp) -> bool {
        let failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys(name, address).iter().all(|(key, max)| {
            let of_late = failures.get(key).filter(|failures| now.0 - failures.last.0 < FORGET_SECS);
            of_late.is_none_or(|failures| failures.count < *max)
        })
    }

    /// A login failed.
    pub fn failed(&self, name: &str, address: &str, now: Timestamp) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= REMEMBERED_MAX {
            failures.retain(|_, failures| now.0 - failures.last.0 < FORGET_SECS);
        }
        if failures.len() >= REMEMBERED_MAX
            && let Some(oldest) = failures.iter().min_by_key(|(_, f)| f.last).map(|(key, _)| key.clone())
        {
            failures.remove(&oldest);
        }
        for (key, _) in keys(name, address) {
            let entry = failures.entry(key).or_insert(Failures { count: 0, last: now });
            let forgotten = now.0 - entry.last.0 >= FORGET_SECS;
            *entry = Failures { count: if forgotten { 1 } else { entry.count + 1 }, last: now };
        }
    }

    /// A login succeeded: what failed before was a slip.
    pub fn succeeded(&self, name: &str, address: &str) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, _) in keys(name, address) {
            failures.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_waits_after_five_failures_and_a_quarter_of_an_hour_later_may_try_again() {
        let (throttle, now) = (Throttle::default(), Timestamp(1000));
        for _ in 0..5 {
            assert!(throttle.may_try("Mei", "a", now));
            throttle.failed("Mei", "a", now);
        }
        assert!(!throttle.may_try("mei", "b", now), "whatever the case, and from anywhere");
        assert!(throttle.may_try("li", "a", now));
        assert!(throttle.may_try("mei", "a", now.plus(FORGET_SECS)));
    }

    #[test]
    fn an_address_that_tries_many_names_waits() {
        let (throttle, now) = (Throttle::default(), Timestamp(1000));
        (0..20).for_each(|n| throttle.failed(&format!("name{n}"), "a", now));
        assert!(!throttle.may_try("mei", "a", now));
        assert!(throttle.may_try("mei", "b", now));
    }

    #[test]
    fn a_success_forgives_and_memory_is_bounded() {
        let (throttle, now) = (Throttle::default(), Timestamp(1000));
        (0..5).for_each(|_| throttle.failed("mei", "a", now));
        throttle.succeeded("mei", "a");
        assert!(throttle.may_try("mei", "a", now));
        (0..REMEMBERED_MAX + 10).for_each(|n| throttle.failed(&n.to_string(), "a", now));
        assert!(throttle.0.lock().unwrap().len() <= REMEMBERED_MAX + 2);
    }
}
