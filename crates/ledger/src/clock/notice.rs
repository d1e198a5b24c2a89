//! When the log says that a clock is wrong: at once, then once a minute at most, and once when it is well again.

use std::time::Duration;

/// Time between two lines about the same trouble.
const REPEAT_AFTER: Duration = Duration::from_secs(60);

/// What the log has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    Trouble,
    WellAgain,
}

/// What the log has said.
#[derive(Debug, Default)]
pub(super) struct Notice(Option<Duration>);

impl Notice {
    /// The line that is due, if any; `elapsed` is measured by a clock that cannot be set.
    pub fn line(&mut self, trouble: bool, elapsed: Duration) -> Option<Line> {
        match (trouble, self.0) {
            (true, Some(said)) if elapsed.saturating_sub(said) < REPEAT_AFTER => None,
            (true, _) => {
                self.0 = Some(elapsed);
                Some(Line::Trouble)
            }
            (false, said) => {
                self.0 = None;
                said.map(|_| Line::WellAgain)
            }
        }
    }
}

/// A difference of clocks for people: `26 h 0 min ahead of`, `3.0 s behind`.
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
    fn trouble_is_said_at_once_then_each_minute_and_its_end_once() {
        let (mut notice, at) = (Notice::default(), Duration::from_secs);
        assert_eq!(notice.line(false, at(0)), None);
        let said = [10, 11, 69, 70, 71].map(|secs| notice.line(true, at(secs)).is_some());
        assert_eq!(said, [true, false, false, true, false]);
        assert_eq!(notice.line(false, at(72)), Some(Line::WellAgain));
        assert_eq!(notice.line(false, at(73)), None);
        assert_eq!(notice.line(true, at(74)), Some(Line::Trouble));
    }

    #[test]
    fn differences_are_named_in_the_unit_that_fits() {
        let texts = [3_250, -3_000, 93_600_000, 3_456_000_000].map(describe);
        assert_eq!(texts, ["3.2 s ahead of", "3.0 s behind", "26 h 0 min ahead of", "40 days ahead of"]);
    }
}
