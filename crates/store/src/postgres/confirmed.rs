//! The numbers that this node knows to be used. A database that lost commits, as after the promotion of a standby that had
//! not received them, would give the same numbers again: the text of a code that a holder has, or the number of an event
//! that a stream has sent. So a batch goes on after the numbers that its node knows.

use kaquan_core::app::Counters;
use kaquan_core::id::{AppId, EventSeq};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Numbers that are passed over after a loss: other nodes may have used some that this node has not heard of.
const PASSED_OVER: i64 = 65_536;

/// The next numbers of an app, as they were confirmed.
#[derive(Debug, Clone, Copy, Default)]
struct Numbers {
    code_seq: i64,
    event_seq: i64,
    /// The number of the first event that the database lost, until a commit has passed over the lost numbers.
    lost_from: Option<EventSeq>,
}

/// What this node knows of the numbers of each app.
#[derive(Debug, Default)]
pub(super) struct Confirmed(Mutex<HashMap<AppId, Numbers>>);

impl Confirmed {
    /// Called with the next numbers of an app after a commit of this node or another. Returns the first lost event, if this
    /// commit has passed over lost numbers.
    pub fn raise(&self, app: AppId, code_seq: i64, event_seq: i64) -> Option<EventSeq> {
        let mut apps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = apps.entry(app).or_default();
        let has_grown = event_seq > known.event_seq;
        known.code_seq = known.code_seq.max(code_seq);
        known.event_seq = known.event_seq.max(event_seq);
        if has_grown { known.lost_from.take() } else { None }
    }

    /// Moves the counters of an app past the confirmed numbers, if the database has lost some. Returns
    /// whether this loss was unknown so far.
    pub fn pass_over(&self, app: AppId, counters: &mut Counters) -> bool {
        let mut apps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = apps.get_mut(&app) else { return false };
        if counters.code_seq >= known.code_seq && counters.event_seq >= known.event_seq {
            return false;
        }
        let is_news = known.lost_from.replace(EventSeq(counters.event_seq)).is_none();
        counters.code_seq = counters.code_seq.max(known.code_seq) + PASSED_OVER;
        counters.event_seq = counters.event_seq.max(known.event_seq) + PASSED_OVER;
        is_news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counters(code_seq: i64, event_seq: i64) -> Counters {
        Counters { code_seq, event_seq, ..Counters::default() }
    }

    #[test]
    fn numbers_that_were_lost_are_passed_over_and_reported_once() {
        let (confirmed, app) = (Confirmed::default(), AppId(1));
        confirmed.raise(app, 10, 20);
        confirmed.raise(app, 9, 21);
        let mut present = counters(10, 21);
        assert!(!confirmed.pass_over(app, &mut present) && present == counters(10, 21));
        for (code_seq, event_seq) in [(9, 21), (10, 20), (1, 1)] {
            let expected = counters(10 + PASSED_OVER, 21 + PASSED_OVER);
            let mut lost = counters(code_seq, event_seq);
            confirmed.pass_over(app, &mut lost);
            assert_eq!(lost, expected);
            assert!(!confirmed.pass_over(app, &mut counters(code_seq, event_seq)), "reported before");
        }
        assert_eq!(confirmed.raise(app, 1, 1), None, "a node that looks meanwhile sees the lower numbers");
        let passed = (10 + PASSED_OVER, 22 + PASSED_OVER);
        assert_eq!(confirmed.raise(app, passed.0, passed.1), Some(EventSeq(1)), "the batch was committed");
        assert_eq!(confirmed.raise(app, passed.0, passed.1 + 1), None);
        assert!(!confirmed.pass_over(AppId(2), &mut counters(1, 1)), "an app of which nothing is known");
    }
}
