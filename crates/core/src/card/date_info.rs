//! Validity windows of codes. The window of a code is not stored. It is computed from the card's `date_info` and the
//! claim time, so a wider card also widens the codes already issued.
//!
//! WeChat manual: "创建卡券" (create a card), `date_info`; "管理卡券" (manage cards) for what an update may do to it.

use crate::error::{ErrCode, Error, Result};
use crate::time::{DAY_SECS, End, Timestamp};
use crate::value::{given, int};
use serde_json::{Map, Value, json};

/// The longest FIX_TERM window in days: a hundred years. If a window would exceed the timestamps that clients can
/// read, it ends at [`STAMP_MAX`].
const TERM_MAX_DAYS: i64 = 36_500;
/// The largest number of seconds by which a term may begin before the claim. Merchants create links before holders use
/// them.
pub const BEGIN_BEFORE_MAX_SECS: i64 = DAY_SECS;
/// The largest timestamp that clients with 32-bit fields can read.
pub const STAMP_MAX: Timestamp = Timestamp(u32::MAX as i64);

/// The rule that determines a code's window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateInfo {
    /// DATE_TYPE_FIX_TIME_RANGE: the same window for every code.
    Range {
        /// The first second of validity.
        begin: Timestamp,
        /// The last second of validity.
        end: Timestamp,
    },
    /// DATE_TYPE_FIX_TERM: counted in days from the claim.
    Term {
        /// Days of validity, including the first day.
        days: u32,
        /// Days between the claim and the first day of validity.
        begin_after_days: u32,
        /// The last second for all codes, if the card has one.
        end: Option<Timestamp>,
    },
    /// DATE_TYPE_PERMANENT: valid forever.
    Permanent,
}

/// The first and the last second in which a code can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// First second of validity.
    pub begin: Timestamp,
    /// The last second of validity, if there is one.
    pub end: End,
}

impl Window {
    /// A window between two seconds, which may be equal.
    pub const fn of(begin: Timestamp, end: Timestamp) -> Window {
        Window { begin, end: End::At(end) }
    }

    /// The window of a term that begins at `begin`. It ends no later than `end` and [`STAMP_MAX`].
    pub(crate) fn of_term(begin: Timestamp, days: u32, end: Option<Timestamp>) -> Window {
        let term_end = begin.plus(i64::from(days) * DAY_SECS - 1).min(STAMP_MAX);
        Window::of(begin, end.map_or(term_end, |end| end.min(term_end)))
    }

    /// Whether `now` is inside the window, both ends included.
    pub fn contains(&self, now: Timestamp) -> bool {
        self.begin <= now && !self.end.is_before(now)
    }
}

impl DateInfo {
    /// The window of a code claimed at `claimed_at`.
    pub fn window(&self, claimed_at: Timestamp) -> Window {
        match *self {
            DateInfo::Range { begin, end } => Window::of(begin, end),
            DateInfo::Term { days, begin_after_days, end } => {
                let begin = claimed_at.day().plus(begin_after_days as i32).start();
                Window::of_term(begin.min(STAMP_MAX), days, end)
            }
            DateInfo::Permanent => Window { begin: Timestamp(0), end: End::Never },
        }
    }

    /// The earliest end of any code of a card created at `created_at`; `None` if codes never end. A link to a card may
    /// let the term begin before the claim.
    pub fn earliest_end(&self, created_at: Timestamp) -> Option<Timestamp> {
        match *self {
            DateInfo::Range { end, .. } => Some(end),
            DateInfo::Term { days, end, .. } => {
                let begin = created_at.plus(-BEGIN_BEFORE_MAX_SECS);
                let term_end = begin.plus(i64::from(days) * DAY_SECS - 1);
                Some(end.map_or(term_end, |end| end.min(term_end)))
            }
            DateInfo::Permanent => None,
        }
    }

    /// The last second in which a code of this card can be claimed, if there is one.
    pub fn claim_end(&self) -> Option<Timestamp> {
        match *self {
            DateInfo::Range { end, .. } => Some(end),
            DateInfo::Term { end, .. } => end,
            DateInfo::Permanent => None,
        }
    }

    /// Reads the `date_info` of a new card. Members that do not belong to its type are ignored, because clients send
    /// all of them with zeros.
    ///
    /// # Errors
    ///
    /// 41011 if `type`, or a timestamp that the type needs, is missing; 47001 for a value that is no number; 40079 for
    /// a window that has ended, is empty or has the wrong type.
    pub fn create(object: &Map<String, Value>, permanent_allowed: bool, now: Timestamp) -> Result<DateInfo> {
        match date_type(object)? {
            None => Err(Error::missing("m_data.base_info().date_info().type")),
            Some(DateType::Range) => {
                let begin = required(object, "begin_timestamp")?;
                let end = required(object, "end_timestamp")?;
                if end <= begin {
                    return Err(invalid("end_timestamp", "not later than begin_timestamp"));
                }
                if end <= now {
                    return Err(invalid("end_timestamp", "must be in the future"));
                }
                Ok(DateInfo::Range { begin, end })
            }
            Some(DateType::Term) => {
                let days = number(object, "fixed_term")?
                    .ok_or_else(|| Error::missing("m_data.base_info().date_info().fixed_term"))?;
                let begin_after_days = number(object, "fixed_begin_term")?.unwrap_or(0);
                if !(1..=TERM_MAX_DAYS).contains(&days) {
                    return Err(invalid("fixed_term", "must be 1 to 36500 days"));
                }
                if !(0..=TERM_MAX_DAYS).contains(&begin_after_days) {
                    return Err(invalid("fixed_begin_term", "must be 0 to 36500 days"));
                }
                if now.day().plus(begin_after_days as i32).start() > STAMP_MAX {
                    return Err(invalid("fixed_begin_term", "begins later than timestamps of 32 bits reach"));
                }
                let end = timestamp(object, "end_timestamp")?.filter(|end| end.0 != 0);
                if end.is_some_and(|end| end <= now) {
                    return Err(invalid("end_timestamp", "must be in the future"));
                }
                Ok(DateInfo::Term { days: days as u32, begin_after_days: begin_after_days as u32, end })
            }
            Some(DateType::Permanent) if permanent_allowed => Ok(DateInfo::Permanent),
            Some(DateType::Permanent) => Err(invalid("type", "DATE_TYPE_PERMANENT is for member cards")),
        }
    }

    /// This window after an update with `object`. Only a FIX_TIME_RANGE can change, and it can only become wider. An
    /// update may repeat any window.
    ///
    /// # Errors
    ///
    /// 40100 for every other change; 47001 for a value that is no number.
    pub fn widen(&self, object: &Map<String, Value>) -> Result<DateInfo> {
        let refused = |field: &str, reason: &str| {
            Err(Error::field(ErrCode::InvalidDateInfo, format!("base_info.date_info.{field}"), reason))
        };
        let DateInfo::Range { begin, end } = *self else {
            if self.is_repeated_by(object) {
                return Ok(*self);
            }
            return refused("type", "only a DATE_TYPE_FIX_TIME_RANGE card can change its window");
        };
        if date_type(object).map_err(into_date_info)?.is_some_and(|kind| kind != DateType::Range) {
            return refused("type", "the type of the window cannot change");
        }
        // Some clients send every member, with 0 for members that should not change.
        let given = |key| -> Result<Option<Timestamp>> {
            Ok(timestamp(object, key).map_err(into_date_info)?.filter(|stamp| stamp.0 != 0))
        };
        let new_begin = given("begin_timestamp")?.unwrap_or(begin);
        let new_end = given("end_timestamp")?.unwrap_or(end);
        if new_begin > begin {
            return refused("begin_timestamp", "later than before");
        }
        if new_end < end {
            return refused("end_timestamp", "earlier than before");
        }
        Ok(DateInfo::Range { begin: new_begin, end: new_end })
    }

    /// Whether every member of `object` has the value that this window has. Clients send 0 for members to leave alone.
    fn is_repeated_by(&self, object: &Map<String, Value>) -> bool {
        let own = self.to_json();
        let is_repeated = |key: &str, value: &Value| match key {
            "type" => DateType::from_wire(value) == DateType::from_wire(&own["type"]),
            key => int(value) == Some(0) || own.get(key).is_some_and(|own| int(own) == int(value)),
        };
        object
            .iter()
            .filter(|(_, value)| !value.is_null() && value.as_str() != Some(""))
            .all(|(key, value)| is_repeated(key, value))
    }

    /// The object in the reply of `card/get`: the long type name and only the members of that type.
    pub fn to_json(&self) -> Value {
        match *self {
            DateInfo::Range { begin, end } => {
                json!({"type": DateType::Range.wire(), "begin_timestamp": begin.0, "end_timestamp": end.0})
            }
            DateInfo::Term { days, begin_after_days, end } => {
                let mut object = json!({
                    "type": DateType::Term.wire(), "fixed_term": days, "fixed_begin_term": begin_after_days,
                });
                if let Some(end) = end {
                    object["end_timestamp"] = end.0.into();
                }
                object
            }
            DateInfo::Permanent => json!({"type": DateType::Permanent.wire()}),
        }
    }

    /// Parses the output of [`DateInfo::to_json`].
    pub fn from_stored(value: &Value) -> Option<DateInfo> {
        let stored = |key: &str| value.get(key).and_then(Value::as_i64);
        let days = |key: &str| stored(key).and_then(|days| u32::try_from(days).ok());
        match DateType::from_wire(value.get("type")?)? {
            DateType::Range => Some(DateInfo::Range {
                begin: Timestamp(stored("begin_timestamp")?),
                end: Timestamp(stored("end_timestamp")?),
            }),
            DateType::Term => Some(DateInfo::Term {
                days: days("fixed_term")?,
                begin_after_days: days("fixed_begin_term")?,
                end: stored("end_timestamp").map(Timestamp),
            }),
            DateType::Permanent => Some(DateInfo::Permanent),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DateType {
    Range,
    Term,
    Permanent,
}

impl DateType {
    fn wire(self) -> &'static str {
        match self {
            DateType::Range => "DATE_TYPE_FIX_TIME_RANGE",
            DateType::Term => "DATE_TYPE_FIX_TERM",
            DateType::Permanent => "DATE_TYPE_PERMANENT",
        }
    }

    /// The type by its long name, or by the number of the API's first version, as number or text.
    fn from_wire(value: &Value) -> Option<DateType> {
        match (value.as_str(), int(value)) {
            (Some("DATE_TYPE_FIX_TIME_RANGE"), _) | (_, Some(1)) => Some(DateType::Range),
            (Some("DATE_TYPE_FIX_TERM"), _) | (_, Some(2)) => Some(DateType::Term),
            (Some("DATE_TYPE_PERMANENT"), _) => Some(DateType::Permanent),
            _ => None,
        }
    }
}

fn date_type(object: &Map<String, Value>) -> Result<Option<DateType>> {
    match given(object, "type").filter(|value| value.as_str() != Some("")) {
        None => Ok(None),
        Some(value) => {
            DateType::from_wire(value).map(Some).ok_or_else(|| invalid("type", "not a known type"))
        }
    }
}

fn number(object: &Map<String, Value>, key: &str) -> Result<Option<i64>> {
    match given(object, key).filter(|value| value.as_str() != Some("")) {
        None => Ok(None),
        Some(value) => int(value).map(Some).ok_or_else(|| {
            Error::field(ErrCode::DataFormat, format!("base_info.date_info.{key}"), "not a whole number")
        }),
    }
}

fn timestamp(object: &Map<String, Value>, key: &str) -> Result<Option<Timestamp>> {
    match number(object, key)? {
        Some(secs) if !(0..=STAMP_MAX.0).contains(&secs) => Err(invalid(key, "out of range")),
        secs => Ok(secs.map(Timestamp)),
    }
}

fn required(object: &Map<String, Value>, key: &str) -> Result<Timestamp> {
    timestamp(object, key)?.ok_or_else(|| Error::missing(format!("m_data.base_info().date_info().{key}")))
}

fn invalid(field: &str, reason: &str) -> Error {
    Error::field(ErrCode::InvalidTime, format!("base_info.date_info.{field}"), reason)
}

/// In an update, an invalid window has errcode 40100 instead of 40079.
fn into_date_info(mut error: Error) -> Error {
    if error.code == ErrCode::InvalidTime {
        error.code = ErrCode::InvalidDateInfo;
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_467_086_400);

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    fn create(value: Value) -> Result<DateInfo> {
        DateInfo::create(&object(value), true, NOW)
    }

    #[test]
    fn a_term_begins_at_midnight_of_the_claim_and_its_first_day_counts() {
        let term =
            create(json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": 90, "fixed_begin_term": 0})).unwrap();
        let window = term.window(Timestamp(1_467_086_400));
        assert_eq!((window.begin.0, window.end.secs()), (1_467_043_200, 1_474_819_199));
    }

    #[test]
    fn a_term_runs_from_its_effective_day_and_ends_with_the_common_end() {
        let term = create(
            json!({"type": 2, "fixed_term": "2", "fixed_begin_term": 3, "end_timestamp": 1_467_400_000}),
        )
        .unwrap();
        let window = term.window(NOW);
        assert_eq!(window.begin.0, 1_467_043_200 + 3 * DAY_SECS);
        assert_eq!(window.end.secs(), 1_467_400_000);
    }

    #[test]
    fn a_term_of_a_hundred_years_ends_at_the_32_bit_maximum() {
        let long = create(json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": 36_500})).unwrap();
        assert_eq!(
            long.window(NOW).end,
            End::At(Timestamp(NOW.day().start().0 + 36_500 * DAY_SECS - 1).min(STAMP_MAX))
        );
        let late = json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": 36_500, "fixed_begin_term": 32_000});
        assert_eq!(create(late).unwrap().window(NOW).end, End::At(STAMP_MAX));
        let beyond = json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": 1, "fixed_begin_term": 36_500});
        assert_eq!(create(beyond).map_err(|error| error.code), Err(ErrCode::InvalidTime));
    }

    #[test]
    fn a_range_is_taken_unrounded_and_members_of_other_types_are_ignored() {
        let range = create(json!({
            "type": "1", "begin_timestamp": "1467000001", "end_timestamp": 1_500_000_001,
            "fixed_term": 0, "fixed_begin_term": 0,
        }))
        .unwrap();
        assert_eq!(
            range.to_json(),
            json!({"type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": 1_467_000_001, "end_timestamp": 1_500_000_001})
        );
        assert_eq!(DateInfo::from_stored(&range.to_json()), Some(range));
    }

    #[test]
    fn senseless_windows_are_refused_as_invalid_time() {
        for bad in [
            json!({"type": 1, "begin_timestamp": 1_500_000_000, "end_timestamp": 1_500_000_000}),
            json!({"type": 1, "begin_timestamp": 1, "end_timestamp": NOW.0}),
            json!({"type": 1, "begin_timestamp": -1, "end_timestamp": 1_500_000_000}),
            json!({"type": 2, "fixed_term": 0}),
            json!({"type": 2, "fixed_term": 5, "fixed_begin_term": -1}),
            json!({"type": "DATE_TYPE_FIX_FOREVER"}),
        ] {
            assert_eq!(create(bad.clone()).unwrap_err().code, ErrCode::InvalidTime, "{bad}");
        }
        let permanent = object(json!({"type": "DATE_TYPE_PERMANENT"}));
        assert_eq!(DateInfo::create(&permanent, false, NOW).unwrap_err().code, ErrCode::InvalidTime);
    }

    #[test]
    fn a_window_only_widens() {
        let range = DateInfo::Range { begin: Timestamp(1000), end: Timestamp(2000) };
        for (update, begin, end) in [
            (json!({"type": 1, "begin_timestamp": 1000, "end_timestamp": 2000}), 1000, 2000),
            (json!({"begin_timestamp": 900}), 900, 2000),
            (json!({"type": "DATE_TYPE_FIX_TIME_RANGE", "end_timestamp": "2100"}), 1000, 2100),
            (json!({"begin_timestamp": 0, "end_timestamp": 2100, "fixed_term": 0}), 1000, 2100),
            (json!({}), 1000, 2000),
        ] {
            let widened = range.widen(&object(update.clone())).unwrap();
            assert_eq!(widened, DateInfo::Range { begin: Timestamp(begin), end: Timestamp(end) }, "{update}");
        }
        for update in [
            json!({"begin_timestamp": 1001}),
            json!({"end_timestamp": 1999}),
            json!({"begin_timestamp": 900, "end_timestamp": 1999}),
            json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": 30}),
            json!({"type": "DATE_TYPE_PERMANENT"}),
            json!({"begin_timestamp": -1}),
            json!({"end_timestamp": 99_999_999_999_i64}),
        ] {
            assert_eq!(
                range.widen(&object(update.clone())).unwrap_err().code,
                ErrCode::InvalidDateInfo,
                "{update}"
            );
        }
    }

    #[test]
    fn windows_of_other_types_never_change_and_may_be_repeated() {
        let term = DateInfo::Term { days: 5, begin_after_days: 0, end: None };
        for (info, same) in [
            (term, term.to_json()),
            (term, json!({"type": "2", "fixed_term": "5", "end_timestamp": 0})),
            (term, json!({"fixed_term": 5})),
            (
                DateInfo::Permanent,
                json!({"type": "DATE_TYPE_PERMANENT", "begin_timestamp": 0, "fixed_term": ""}),
            ),
            (
                DateInfo::Term { days: 5, begin_after_days: 1, end: Some(NOW) },
                json!({"end_timestamp": NOW.0}),
            ),
        ] {
            assert_eq!(info.widen(&object(same.clone())), Ok(info), "{same}");
        }
        for (info, other) in [
            (term, json!({"type": 2, "fixed_term": 6})),
            (term, json!({"fixed_begin_term": 1})),
            (term, json!({"end_timestamp": NOW.0})),
            (term, json!({"type": "DATE_TYPE_PERMANENT"})),
            (term, json!({"type": 1})),
            (term, json!({"fixed_term": "x"})),
            (DateInfo::Permanent, json!({"type": 1, "begin_timestamp": 1, "end_timestamp": 2})),
            (DateInfo::Permanent, json!({"end_timestamp": 2})),
        ] {
            let error = info.widen(&object(other.clone())).unwrap_err();
            assert_eq!(error.code, ErrCode::InvalidDateInfo, "{other}");
        }
    }
}
