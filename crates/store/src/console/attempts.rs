//! Login attempts: how many attempts a key has made, and when it may make the next. The rule itself has no side
//! effects. The store locks the rows, applies the rule, and writes the result in the same transaction.

use crate::Store;
use crate::error::Result;
use crate::row::read_attempts;
use crate::sql::{Column, Sql, Statement, args, statements};
use kaquan_core::time::Timestamp;
use std::collections::HashMap;

/// How often a wait is doubled at most. After that it exceeds the longest wait in any case.
const SHIFT_MAX: u32 = 30;

/// A limit for the login attempts of one key, such as a name or an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptLimit {
    /// The key: a name, an address, or both.
    pub who: String,
    /// Attempts before the key has to wait.
    pub free: u32,
    /// Seconds of the first wait. Each later attempt doubles the wait.
    pub first_wait_secs: i64,
    pub longest_wait_secs: i64,
    /// Seconds after the last attempt until the count starts again.
    pub reset_secs: i64,
}

/// The attempts of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempts {
    /// Attempts that have not succeeded, including those in flight.
    pub count: u32,
    /// The time of the last attempt.
    pub last_at: Timestamp,
    /// Before this time, the next attempt is refused.
    pub free_at: Timestamp,
}

impl AttemptLimit {
    /// The attempts after one more at `now`. The error is the time until which the key has to wait.
    pub(crate) fn take(
        &self,
        before: Option<Attempts>,
        now: Timestamp,
    ) -> std::result::Result<Attempts, Timestamp> {
        let before = before.filter(|before| before.last_at.plus(self.reset_secs) > now);
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

/// Applies all limits together. Either every key has one more attempt, or no key has. The error is the time until
/// which the next attempt is refused.
pub(crate) fn take_all(
    limits: &[AttemptLimit],
    before: impl Fn(&str) -> Option<Attempts>,
    now: Timestamp,
) -> std::result::Result<Vec<Attempts>, Timestamp> {
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

statements! {
    LOGIN_ATTEMPTS = ["SELECT who, failures, failed_at, free_at FROM failed_logins WHERE who", (any "$1")];
    // Missing rows are created, so that they can be locked. They are locked in one order, so that attempts do not
    // deadlock.
    LOCK_LOGIN_ATTEMPTS = ["INSERT INTO failed_logins (who, failures, failed_at, free_at) SELECT who, 0, 0, 0 FROM ", (either
        "unnest($1::text[]) who WHERE true ORDER BY who" "(SELECT value AS who FROM json_each($1)) WHERE true"),
        " ON CONFLICT (who) DO UPDATE SET failures = failed_logins.failures RETURNING who, failures, failed_at, free_at"];
    PUT_LOGIN_ATTEMPTS = ["INSERT INTO failed_logins (failed_at, who, failures, free_at) ", (either
        "SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::bigint[])" "VALUES ($1, $2, $3, $4)"),
        " ON CONFLICT (who) DO UPDATE SET failures = excluded.failures, failed_at = excluded.failed_at, \
        free_at = excluded.free_at"];
    CLEAR_LOGIN_ATTEMPTS = ["DELETE FROM failed_logins WHERE who", (any "$1")];
    RETURN_LOGIN_ATTEMPTS = ["UPDATE failed_logins SET failures = failures - 1 WHERE failures > 0 AND who", (any "$1")];
    DROP_LOGIN_ATTEMPTS = ["DELETE FROM failed_logins WHERE failed_at <= $1"];
}

impl dyn Store + '_ {
    /// Counts a login attempt against every limit in one transaction, and returns `None`. If a limit refuses, counts
    /// nothing and returns the time until which all further attempts are refused.
    pub fn take_login_attempt(&self, limits: &[AttemptLimit], now: Timestamp) -> Result<Option<Timestamp>> {
        // A refused attempt needs no lock.
        if let Err(free_at) = self.read(|sql| take_attempts(sql, LOGIN_ATTEMPTS, limits, now))? {
            return Ok(Some(free_at));
        }
        self.write(|sql| {
            let after = match take_attempts(sql, LOCK_LOGIN_ATTEMPTS, limits, now)? {
                Err(free_at) => return Ok(Some(free_at)),
                Ok(after) => after,
            };
            let columns = [
                Column::texts(limits.iter().map(|limit| limit.who.as_str())),
                Column::ints(after.iter().map(|attempts| i64::from(attempts.count))),
                Column::ints(after.iter().map(|attempts| attempts.free_at.0)),
            ];
            sql.insert(PUT_LOGIN_ATTEMPTS, args![now.0], &columns)?;
            Ok(None)
        })
    }

    /// Records a successful attempt. The counts of the keys `cleared` start again, and those of `returned` are
    /// reduced by one. Waits that have begun for `returned` continue.
    pub fn return_login_attempt(&self, cleared: &[&str], returned: &[&str]) -> Result<()> {
        self.write(|sql| {
            // Attempts lock the rows in the same order: addresses come first.
            sql.execute(RETURN_LOGIN_ATTEMPTS, args![returned])?;
            sql.execute(CLEAR_LOGIN_ATTEMPTS, args![cleared]).map(drop)
        })
    }

    /// Drops counts whose last attempt was at `until` or earlier. Returns their number.
    pub fn drop_login_attempts(&self, until: Timestamp) -> Result<usize> {
        let dropped = self.write(|sql| sql.execute(DROP_LOGIN_ATTEMPTS, args![until.0]))?;
        Ok(usize::try_from(dropped).unwrap_or(usize::MAX))
    }
}

/// The attempts after one more for each limit. The error is the time until which a limit refuses. The statement loads
/// the rows.
fn take_attempts(
    sql: &mut dyn Sql,
    statement: Statement,
    limits: &[AttemptLimit],
    now: Timestamp,
) -> Result<std::result::Result<Vec<Attempts>, Timestamp>> {
    let who: Vec<&str> = limits.iter().map(|limit| limit.who.as_str()).collect();
    let rows = sql.all(statement, args![&who], |row| read_attempts(row))?;
    let before: HashMap<String, Attempts> = rows.into_iter().collect();
    Ok(take_all(limits, |who| before.get(who).copied(), now))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: AttemptLimit = AttemptLimit {
        who: String::new(),
        free: 3,
        first_wait_secs: 10,
        longest_wait_secs: 35,
        reset_secs: 100,
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
