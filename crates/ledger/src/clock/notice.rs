//! Decides when the log reports a wrong clock: at once, then at most once a minute, and once when the clock is right
//! again.

use std::time::Duration;

/// Time between two log lines about the same trouble.
const REPEAT_AFTER: Duration = Duration::from_secs(60);

/// A log line that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    Trouble,
    Resolved,
}

/// When the log last reported the trouble; `None` while there is none.
#[derive(Debug, Default)]
pub(super) struct Notice(Option<Duration>);

impl Notice {
    /// Returns the line that is due, if any. `elapsed` must come from a clock that nothing can set.
    pub fn line(&mut self, trouble: bool, elapsed: Duration) -> Option<Line> {
        match (trouble, self.0) {
            (true, Some(said)) if elapsed.saturating_sub(said) < REPEAT_AFTER => None,
            (true, _) => {
                self.0 = Some(elapsed);
                Some(Line::Trouble)
            }
            (false, said) => {
                self.0 = None;
                said.map(|_| Line::Resolved)
            }
        }
    }
}

/// A difference of two clocks as text: `26 h 0 min ahead of`, `3.0 s behind`.
pub(super) fn describe(offset_millis: i64) -> String {
    let (millis, side) =
        (offset_millis.unsigned_abs(), if offset_millis < 0 { "behind" } else { "ahead of" });
    let secs = millis / 1000;
    match secs {
        0..120 => format!("{}.{} s {side}", secs, millis % 1000 / 100),
        120..172_800 => format!("{} h {} min {side}", secs / 3600, secs / 60 % 60),
        _ => format!("{} days {side}", secs / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_logged_at_once_then_each_minute_and_its_end_once() {
        let (mut notice, at) = (Notice::default(), Duration::from_secs);
        assert_eq!(notice.line(false, at(0)), None);
        let said = [10, 11, 69, 70, 71].map(|secs| notice.line(true, at(secs)).is_some());
        assert_eq!(said, [true, false, false, true, false]);
        assert_eq!(notice.line(false, at(72)), Some(Line::Resolved));
        assert_eq!(notice.line(false, at(73)), None);
        assert_eq!(notice.line(true, at(74)), Some(Line::Trouble));
    }

    #[test]
    fn differences_are_named_in_the_unit_that_fits() {
        let texts = [3_250, -3_000, 93_600_000, 3_456_000_000].map(describe);
        assert_eq!(texts, ["3.2 s ahead of", "3.0 s behind", "26 h 0 min ahead of", "40 days ahead of"]);
    }
}
