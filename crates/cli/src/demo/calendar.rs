//! How busy a tea house is, by weekday, on holidays and shopping days of China, and by hour. The factors are invented;
//! the dates are real.

use super::rng::Rng;
use kaquan_core::time::{Day, Timestamp};

/// How busy the days from Monday to Sunday are.
const WEEK: [f64; 7] = [0.82, 0.80, 0.84, 0.90, 1.08, 1.38, 1.26];

/// Holidays with the same date every year: first day, last day, factor.
const FIXED: &[(&str, &str, f64)] = &[
    ("01-01", "01-03", 1.45),
    ("02-14", "02-14", 1.35),
    ("04-04", "04-06", 1.20),
    ("05-01", "05-05", 1.65),
    ("06-18", "06-18", 1.25),
    ("10-01", "10-07", 1.75),
    ("11-11", "11-11", 1.40),
    ("12-24", "12-25", 1.30),
];

/// Holidays of the lunar calendar: first day, number of days, factor.
const LUNAR: &[(&str, i32, f64)] = &[
    ("2025-01-29", 6, 1.55),
    ("2025-05-31", 3, 1.35),
    ("2025-10-06", 1, 1.90),
    ("2026-02-17", 6, 1.55),
    ("2026-06-19", 3, 1.35),
    ("2026-09-25", 3, 1.50),
    ("2027-02-06", 6, 1.55),
    ("2027-06-09", 3, 1.35),
    ("2027-09-15", 3, 1.50),
    ("2028-01-26", 6, 1.55),
    ("2028-05-28", 3, 1.35),
    ("2028-10-03", 1, 1.90),
    ("2029-02-13", 6, 1.55),
    ("2029-06-16", 3, 1.35),
    ("2029-09-22", 3, 1.50),
    ("2030-02-03", 6, 1.55),
    ("2030-06-05", 3, 1.35),
    ("2030-09-12", 3, 1.50),
];

/// How much people use their phones, by the hour.
pub const PHONE: [f64; 24] = [
    0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.2, 2.6, 3.0, 3.6, 5.6, 6.4, 4.2, 4.8, 5.0, 4.0, 4.6, 6.0, 6.8, 6.6,
    5.2, 3.0, 1.4,
];

/// How busy the tills are, by the hour.
pub const TILL: [f64; 24] = [
    0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.8, 2.0, 4.2, 5.4, 5.0, 7.4, 8.2, 6.2, 3.8, 4.4, 6.0, 5.4,
    3.2, 0.0, 0.0,
];

/// How busy a day is. An ordinary day has about 1.
pub fn busy(day: Day) -> f64 {
    let date = day.to_string();
    let lunar = LUNAR.iter().find(|(first, days, _)| {
        Day::parse(first).is_some_and(|first| (first..first.plus(*days)).contains(&day))
    });
    if let Some((_, _, busy)) = lunar {
        return *busy;
    }
    let in_year = date.get(5..).unwrap_or_default();
    match FIXED.iter().find(|(first, last, _)| (*first..=*last).contains(&in_year)) {
        Some((_, _, busy)) => *busy,
        None => WEEK[usize::from(day.weekday())],
    }
}

/// A random time of a day. `hours` are the weights of its hours.
pub fn moment(rng: &mut Rng, day: Day, hours: &[f64; 24]) -> Timestamp {
    let hour = rng.weighted(hours.iter().copied()) as i64;
    day.start().plus(hour * 3600 + rng.between(0, 3599))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn busy_on(date: &str) -> f64 {
        busy(Day::parse(date).unwrap())
    }

    #[test]
    fn weekends_and_holidays_are_busier_than_an_ordinary_tuesday() {
        let tuesday = busy_on("2026-11-03");
        for date in ["2026-11-07", "2026-11-08", "2026-10-01", "2026-10-07", "2026-09-25", "2026-11-11"] {
            assert!(busy_on(date) > tuesday, "{date}");
        }
        assert_eq!(busy_on("2026-10-08"), busy_on("2026-11-05"));
    }

    #[test]
    fn every_date_of_the_table_is_in_the_calendar() {
        assert!(LUNAR.iter().all(|(first, _, _)| Day::parse(first).is_some()));
    }

    #[test]
    fn a_moment_is_of_its_day_and_at_an_open_hour() {
        let (mut rng, day) = (Rng::new(3), Day::parse("2026-11-22").unwrap());
        for _ in 0..2_000 {
            let at = moment(&mut rng, day, &TILL);
            assert_eq!(at.day(), day);
            assert!((9 * 3600..22 * 3600).contains(&(at.0 - day.start().0)));
        }
    }
}
