//! Login attempts: how many a key has made and when it may make the next one. The rule is pure; each engine loads the rows
//! with a lock, applies the rule, and stores the result in the same transaction.

use kaquan_core::time::Timestamp;

/// Doublings of a wait that are computed; a longer wait is the longest one in any case.
const SHIFT_MAX: u32 = 30;

/// A bound on the login attempts of one key, such as a name from an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptLimit {
    /// The key.
    pub who: String,
    /// Attempts before the key has to wait.
    pub free: u32,
    /// Seconds of the first wait. Each further attempt doubles the wait.
    pub first_wait_secs: i64,
    /// Seconds of the longest wait.
    pub longest_wait_secs: i64,
    /// Seconds after the last attempt when the count begins again.
    pub forget_secs: i64,
}

/// The attempts of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempts {
    /// Attempts that did not succeed, those in flight included.
    pub count: u32,
    /// The time of the last one.
    pub last_at: Timestamp,
    /// The next attempt is refused before this time.
    pub free_at: Timestamp,
}

impl AttemptLimit {
    /// The attempts after one more at `now`; or, as an error, the time before which the key has to wait.
    pub(crate) fn take(&self, before: Option<Attempts>, now: Timestamp) -> Result<Attempts, Timestamp> {
        let before = before.filter(|before| before.last_at.plus(self.forget_secs) > now);
        if let Some(before) = before
            && before.free_at > now
        {
            return Err(before.free_at);
        }
        let count = before.map_or(0, |before| before.count).saturating_add(1);
        let wait = match count.checked_sub(self.free) {
            None => 0,
            Some(over) => (self.first_wait_secs << over.min(SHIFT_MAX)).min(self.longest_wait_secs),
        };
        Ok(Attempts { count, last_at: now, free_at: now.plus(wait) })
    }
}

/// Applies all limits at once: all keys have one attempt more, or none has and the answer is when all may try again.
pub(crate) fn take_all(
    limits: &[AttemptLimit],
    before: impl Fn(&str) -> Option<Attempts>,
    now: Timestamp,
) -> Result<Vec<Attempts>, Timestamp> {
    let taken = limits.iter().map(|limit| limit.take(before(&limit.who), now));
    let (mut after, mut free_at) = (Vec::with_capacity(limits.len()), None);
    for taken in taken {
        match taken {
            Ok(attempts) => after.push(attempts),
            Err(at) => free_at = free_at.max(Some(at)),
        }
    }
    free_at.map_or(Ok(after), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: AttemptLimit = AttemptLimit {
        who: String::new(),
        free: 3,
        first_wait_secs: 10,
        longest_wait_secs: 35,
        forget_secs: 100,
    };

    #[test]
    fn the_wait_doubles_up_to_the_longest_and_is_forgotten() {
        let mut attempts = None;
        let mut now = Timestamp(1000);
        for wait in [0, 0, 10, 20, 35, 35] {
            let taken = LIMIT.take(attempts, now).unwrap();
            assert_eq!(taken.free_at, now.plus(wait));
            if wait > 0 {
                let early = LIMIT.take(Some(taken), now.plus(wait - 1));
                assert_eq!(early, Err(now.plus(wait)));
            }
            (attempts, now) = (Some(taken), taken.free_at);
        }
        let forgotten = LIMIT.take(attempts, attempts.unwrap().last_at.plus(100)).unwrap();
        assert_eq!(forgotten.count, 1);
    }

    #[test]
    fn a_count_that_overflows_the_shift_waits_the_longest() {
        let before = Attempts { count: u32::MAX, last_at: Timestamp(0), free_at: Timestamp(0) };
        assert_eq!(LIMIT.take(Some(before), Timestamp(1)).unwrap().free_at, Timestamp(36));
    }

    #[test]
    fn one_limit_that_refuses_leaves_the_others_as_they_were() {
        let limits = [LIMIT, AttemptLimit { who: "b".into(), ..LIMIT }];
        let waits = Attempts { count: 9, last_at: Timestamp(0), free_at: Timestamp(50) };
        let before = |who: &str| (who == "b").then_some(waits);
        assert_eq!(take_all(&limits, before, Timestamp(1)), Err(Timestamp(50)));
        assert_eq!(take_all(&limits, before, Timestamp(50)).unwrap().len(), 2);
    }
}
