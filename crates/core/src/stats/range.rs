//! The dates and the source in a report request, with WeChat's checks. WeChat manual: "卡券数据接口" (card statistics),
//! `begin_date`, `end_date` and `cond_source`.

use crate::card::Source;
use crate::error::{ErrCode, Error, Result};
use crate::time::Day;
use crate::value;
use serde_json::Value;

/// The largest number of days in one report, including the first and the last.
pub const DAYS_MAX: i32 = 62;

/// The days of a report, including both ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateRange {
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
}

impl DateRange {
    /// Reads `begin_date` and `end_date`. `today` is the present day in UTC+8, which no report covers.
    ///
    /// # Errors
    ///
    /// In this order: 61500 a date is missing or is not a valid `YYYY-MM-DD`; 61501 the first day is after the last;
    /// 61501 more than 62 days; 61501 the last day has not ended yet.
    pub fn read(begin: Option<&Value>, end: Option<&Value>, today: Day) -> Result<DateRange> {
        let range = DateRange { from: read_date("begin_date", begin)?, to: read_date("end_date", end)? };
        let refusal = |field: &str, reason: String| Err(Error::field(ErrCode::DateRange, field, reason));
        if range.from > range.to {
            return refusal("begin_date", format!("{} is after end_date {}", range.from, range.to));
        }
        if range.len() > DAYS_MAX {
            return refusal("end_date", format!("{} days, at most {DAYS_MAX}", range.len()));
        }
        if range.to >= today {
            return refusal(
                "end_date",
                format!("{} has not ended; use {} or earlier", range.to, today.plus(-1)),
            );
        }
        Ok(range)
    }

    /// The number of days.
    #[allow(clippy::len_without_is_empty)] // A range that was read has at least one day.
    pub fn len(&self) -> i32 {
        self.to.0.saturating_sub(self.from.0).saturating_add(1)
    }
}

fn read_date(field: &str, value: Option<&Value>) -> Result<Day> {
    let refusal = |reason: &str| Error::field(ErrCode::DateFormat, field, reason);
    match value {
        None | Some(Value::Null) => Err(refusal("is missing")),
        Some(Value::String(text)) => {
            Day::parse(text).ok_or_else(|| refusal("is not a day of the calendar written YYYY-MM-DD"))
        }
        Some(_) => Err(refusal("is not text")),
    }
}

/// Reads `cond_source`, which is checked after the dates: 0 for cards created in the console, 1 for cards created
/// through the API, as number or text. The default is 0.
///
/// # Errors
///
/// 40097 for any other value.
pub fn cond_source(value: Option<&Value>) -> Result<Source> {
    match value {
        None | Some(Value::Null) => Ok(Source::Console),
        Some(value) => {
            value::int(value).and_then(|n| u8::try_from(n).ok()).and_then(Source::from_number).ok_or_else(
                || Error::field(ErrCode::InvalidArgs, "cond_source", "is not 0 (console) or 1 (API)"),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Detail;
    use serde_json::json;

    fn read(begin: Value, end: Value) -> Result<(String, String), (ErrCode, String)> {
        let today = Day::parse("2017-12-31").expect("a day");
        match DateRange::read(Some(&begin), Some(&end), today) {
            Ok(range) => Ok((range.from.to_string(), range.to.to_string())),
            Err(Error { code, detail: Detail::Field { field, .. } }) => Err((code, field)),
            Err(error) => panic!("no field is named: {error}"),
        }
    }

    fn refused(begin: &str, end: &str) -> (ErrCode, String) {
        read(json!(begin), json!(end)).expect_err("must be refused")
    }

    #[test]
    fn sixty_two_days_are_answered_and_sixty_three_are_not() {
        let days = ("2017-10-01".to_owned(), "2017-12-01".to_owned());
        assert_eq!(read(json!("2017-10-01"), json!("2017-12-01")), Ok(days));
        assert_eq!(refused("2017-10-01", "2017-12-02"), (ErrCode::DateRange, "end_date".into()));
    }

    #[test]
    fn yesterday_alone_is_answered_and_today_is_refused() {
        assert!(read(json!("2017-12-30"), json!("2017-12-30")).is_ok());
        assert_eq!(refused("2017-12-30", "2017-12-31"), (ErrCode::DateRange, "end_date".into()));
        assert_eq!(refused("2018-01-01", "2018-01-01"), (ErrCode::DateRange, "end_date".into()));
    }

    #[test]
    fn a_range_that_ends_before_it_begins_is_refused() {
        assert_eq!(refused("2017-12-02", "2017-12-01"), (ErrCode::DateRange, "begin_date".into()));
    }

    #[test]
    fn a_date_that_is_not_strictly_written_is_refused() {
        for bad in
            ["2015-6-15", "2015-02-30", "2015/06/15", "20150615", " 2015-06-15", "2015-06-15 00:00", ""]
        {
            assert_eq!(refused(bad, "2015-06-16"), (ErrCode::DateFormat, "begin_date".into()), "{bad}");
            assert_eq!(refused("2015-06-01", bad), (ErrCode::DateFormat, "end_date".into()), "{bad}");
        }
        for bad in [json!(20150615), json!(null), json!(["2015-06-15"]), json!(true)] {
            let result = read(bad.clone(), json!("2015-06-16"));
            assert_eq!(result, Err((ErrCode::DateFormat, "begin_date".into())), "{bad}");
        }
    }

    #[test]
    fn a_missing_date_is_a_wrong_date() {
        let day = json!("2017-12-01");
        for (begin, end, field) in [(None, Some(&day), "begin_date"), (Some(&day), None, "end_date")] {
            let error = DateRange::read(begin, end, Day(20_000)).expect_err("must be refused");
            assert_eq!(error, Error::field(ErrCode::DateFormat, field, "is missing"));
        }
    }

    #[test]
    fn range_errors_follow_the_order_format_order_span_today() {
        assert_eq!(refused("2019-01-01", "2018-13-01"), (ErrCode::DateFormat, "end_date".into()));
        assert_eq!(refused("2019-01-02", "2019-01-01"), (ErrCode::DateRange, "begin_date".into()));
        let today = Day::parse("2017-12-31").expect("a day");
        let error = DateRange::read(Some(&json!("2017-01-01")), Some(&json!("2018-01-01")), today);
        assert!(error.expect_err("must be refused").to_string().contains("366 days, at most 62"));
    }

    #[test]
    fn the_source_is_a_number_or_text_and_the_console_by_default() {
        for (value, source) in [
            (None, Source::Console),
            (Some(json!(null)), Source::Console),
            (Some(json!(0)), Source::Console),
            (Some(json!("0")), Source::Console),
            (Some(json!(1)), Source::Api),
            (Some(json!("1")), Source::Api),
        ] {
            assert_eq!(cond_source(value.as_ref()), Ok(source), "{value:?}");
        }
        for bad in [json!(2), json!(-1), json!(""), json!("api"), json!(true), json!([1])] {
            let error = cond_source(Some(&bad)).expect_err("must be refused");
            assert_eq!(error.code, ErrCode::InvalidArgs, "{bad}");
        }
    }
}
