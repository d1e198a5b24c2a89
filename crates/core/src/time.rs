//! Times and days. As in WeChat, times are seconds since 1970, and days are calendar days in UTC+8. No function here
//! reads a clock: the time of an operation is a parameter.

use serde::{Deserialize, Serialize};
use std::fmt;
use time::{Date, Month};

/// Seconds between UTC and the calendar of the reports (UTC+8, without daylight saving time).
const OFFSET_SECS: i64 = 8 * 3600;
/// Seconds of a day.
pub const DAY_SECS: i64 = 86_400;
/// The Julian day number of 1970-01-01.
const EPOCH_JULIAN: i32 = 2_440_588;

/// A time in seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The day of this time in UTC+8.
    pub fn day(self) -> Day {
        Day((self.0 + OFFSET_SECS).div_euclid(DAY_SECS) as i32)
    }

    /// This time moved by this many seconds.
    pub fn plus(self, secs: i64) -> Timestamp {
        Timestamp(self.0.saturating_add(secs))
    }
}

/// The last second of a validity. The variants are in the order of time: every time comes before `Never`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// The last second.
    At(Timestamp),
    /// The validity never ends.
    Never,
}

impl End {
    /// The number for [`End::Never`] in replies and stored rows: the largest one with 32 bits.
    pub const NEVER_SECS: i64 = u32::MAX as i64;
    /// The number for [`End::Never`] up to version 0.3. Older rows have it, and callers may send it back.
    const FORMER_NEVER_SECS: i64 = i32::MAX as i64;

    /// Converts seconds since 1970 from a stored row or a request. Two numbers mean `Never`.
    pub const fn from_secs(secs: i64) -> End {
        match secs {
            End::NEVER_SECS | End::FORMER_NEVER_SECS => End::Never,
            _ => End::At(Timestamp(secs)),
        }
    }

    /// Seconds since 1970 for replies and stored rows.
    pub const fn secs(self) -> i64 {
        match self {
            End::At(at) => at.0,
            End::Never => End::NEVER_SECS,
        }
    }

    /// The last second; `None` for `Never`.
    pub const fn moment(self) -> Option<Timestamp> {
        match self {
            End::At(at) => Some(at),
            End::Never => None,
        }
    }

    /// Whether the validity ends before this time.
    pub fn is_before(self, now: Timestamp) -> bool {
        self < End::At(now)
    }
}

/// The text for people in UTC+8: `2026-11-23T10:00:00+08:00`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = self.day();
        let secs = self.0 - day.start().0;
        let (hours, minutes, secs) = (secs / 3600, secs / 60 % 60, secs % 60);
        write!(f, "{day}T{hours:02}:{minutes:02}:{secs:02}+08:00")
    }
}

/// A calendar day in UTC+8, as the number of days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Day(pub i32);

impl Day {
    /// The time 00:00:00 of this day.
    pub fn start(self) -> Timestamp {
        Timestamp(i64::from(self.0) * DAY_SECS - OFFSET_SECS)
    }

    /// The first second after this day.
    pub fn end(self) -> Timestamp {
        self.plus(1).start()
    }

    /// The time 23:59:59 of this day.
    pub fn last_second(self) -> Timestamp {
        self.end().plus(-1)
    }

    /// This day moved by this many days.
    pub fn plus(self, days: i32) -> Day {
        Day(self.0.saturating_add(days))
    }

    /// Parses exactly `YYYY-MM-DD`: no other separators, no missing zeros, and only days of the calendar.
    pub fn parse(text: &str) -> Option<Day> {
        let bytes = text.as_bytes();
        let shape = bytes.len() == 10
            && bytes.iter().enumerate().all(|(i, b)| match i {
                4 | 7 => *b == b'-',
                _ => b.is_ascii_digit(),
            });
        if !shape {
            return None;
        }
        let number = |range: std::ops::Range<usize>| text[range].parse::<i32>().ok();
        let month = Month::try_from(u8::try_from(number(5..7)?).ok()?).ok()?;
        let date = Date::from_calendar_date(number(0..4)?, month, u8::try_from(number(8..10)?).ok()?).ok()?;
        Some(Day(date.to_julian_day() - EPOCH_JULIAN))
    }

    /// The calendar month, as in `2026-11`.
    pub fn month(self) -> String {
        let mut text = self.to_string();
        text.truncate(7);
        text
    }

    /// The day of the week, from Monday (0) to Sunday (6).
    pub fn weekday(self) -> u8 {
        // 1970-01-01 was a Thursday.
        (self.0 + 3).rem_euclid(7) as u8
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Date::from_julian_day(self.0.saturating_add(EPOCH_JULIAN)) {
            Ok(date) => write!(f, "{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day()),
            Err(_) => write!(f, "day {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_china() {
        // 2016-06-28 00:00:00 +08:00
        let midnight = Timestamp(1_467_043_200);
        assert_eq!(midnight.day().to_string(), "2016-06-28");
        assert_eq!(midnight.plus(-1).day().to_string(), "2016-06-27");
        assert_eq!(midnight.day().start(), midnight);
        assert_eq!(midnight.day().end(), midnight.plus(DAY_SECS));
    }

    #[test]
    fn only_a_strict_calendar_date_is_read() {
        for good in ["2015-06-15", "2016-02-29", "1970-01-01"] {
            assert_eq!(Day::parse(good).map(|day| day.to_string()).as_deref(), Some(good));
        }
        for bad in [
            "2015-6-15",
            "2015-02-30",
            "2015/06/15",
            "20150615",
            "2015-06-15 ",
            "",
            "2015-13-01",
            "2015-06-1５",
        ] {
            assert_eq!(Day::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn never_comes_after_every_moment_and_has_two_numbers() {
        for secs in [0, 1_795_399_200, 2_147_483_648, 4_294_967_294, i64::MAX] {
            assert_eq!(End::from_secs(secs), End::At(Timestamp(secs)));
            assert_eq!(End::from_secs(secs).secs(), secs);
            assert!(!End::Never.is_before(Timestamp(secs)));
        }
        for secs in [2_147_483_647, 4_294_967_295] {
            assert_eq!((End::from_secs(secs), End::Never.secs()), (End::Never, 4_294_967_295));
        }
        assert!(End::At(Timestamp(4)).is_before(Timestamp(5)));
        assert!(!End::At(Timestamp(5)).is_before(Timestamp(5)));
    }

    #[test]
    fn weekdays_count_from_monday() {
        assert_eq!(Day::parse("2026-11-23").map(Day::weekday), Some(0));
        assert_eq!(Day::parse("1970-01-01").map(Day::weekday), Some(3));
    }

    #[test]
    fn an_instant_is_shown_at_utc_8() {
        assert_eq!(Timestamp(1_795_399_200).to_string(), "2026-11-23T10:00:00+08:00");
        assert_eq!(Timestamp(0).to_string(), "1970-01-01T08:00:00+08:00");
    }
}
