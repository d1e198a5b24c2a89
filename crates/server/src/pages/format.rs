//! Numbers, amounts of money and times as text for people. Times are shown in UTC+8, because kaquan's days are days of
//! UTC+8.

use super::Lang;
use kaquan_core::time::Timestamp;

/// How far UTC+8 is ahead of UTC, in seconds.
const AHEAD_SECS: i64 = 8 * 3600;

/// A number with commas between the thousands.
pub fn number(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = if value < 0 { "-".to_owned() } else { String::new() };
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// An amount in fen as yuan with two decimals.
pub fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    let whole = i64::try_from(fen / 100).unwrap_or(i64::MAX);
    format!("{sign}¥{}.{:02}", number(whole), fen % 100)
}

/// An amount in fen as yuan, without a currency sign and with as few decimals as possible: `20` or `20.50`. [`fen`]
/// parses it.
pub fn plain_yuan(fen: i64) -> String {
    match fen % 100 {
        0 => (fen / 100).to_string(),
        part => format!("{}.{part:02}", fen / 100),
    }
}

/// Parses a typed amount in yuan. Returns fen, or `None` if the text is not an amount of money.
pub fn fen(text: &str) -> Option<i64> {
    let text = text.trim().trim_start_matches(['¥', '￥']);
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if let Some((first, groups)) = whole.split_once(',')
        && (!(1..=3).contains(&first.len()) || groups.split(',').any(|group| group.len() != 3))
    {
        return None;
    }
    let whole = whole.replace(',', "");
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && part.is_empty()) || !digits(&whole) || !digits(part) || part.len() > 2 {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let part: i64 = format!("{part:0<2}").parse().ok()?;
    whole.checked_mul(100)?.checked_add(part)
}

/// A part of a whole in percent, with one decimal; a dash if the whole is 0.
pub fn percent(part: i64, whole: i64) -> String {
    match whole {
        0 => "–".to_owned(),
        _ => format!("{:.1}%", part as f64 * 100.0 / whole as f64),
    }
}

/// `2026-03-10 12:00`.
pub fn minute(at: Timestamp) -> String {
    format!("{} {}", at.day(), hour_minute(at))
}

/// `12:00`.
pub fn hour_minute(at: Timestamp) -> String {
    let secs = (at.0 + AHEAD_SECS).rem_euclid(86_400);
    format!("{:02}:{:02}", secs / 3600, secs / 60 % 60)
}

/// `2026-03-10 12:00:05`.
pub fn second(at: Timestamp) -> String {
    format!("{}:{:02}", minute(at), at.0.rem_euclid(60))
}

/// `2026-03-10`.
pub fn day(at: Timestamp) -> String {
    at.day().to_string()
}

/// A number of seconds in words, in the largest unit that gives a whole number.
pub fn duration(lang: Lang, secs: i64) -> String {
    let (count, en, zh) = match secs {
        secs if secs != 0 && secs % 86_400 == 0 => (secs / 86_400, "day", "天"),
        secs if secs != 0 && secs % 3600 == 0 => (secs / 3600, "hour", "小时"),
        secs if secs != 0 && secs % 60 == 0 => (secs / 60, "minute", "分钟"),
        secs => (secs, "second", "秒"),
    };
    let plural = if count == 1 { "" } else { "s" };
    lang.pick(format!("{count} {en}{plural}"), format!("{count} {zh}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_sums_are_grouped() {
        assert_eq!([0, 999, 1000, -1_234_567].map(number), ["0", "999", "1,000", "-1,234,567"]);
        assert_eq!([0, 5, 123_456, -1050].map(yuan), ["¥0.00", "¥0.05", "¥1,234.56", "-¥10.50"]);
        assert_eq!((percent(1, 3), percent(1, 0)), ("33.3%".to_owned(), "–".to_owned()));
    }

    #[test]
    fn sums_are_read_to_the_fen_and_nothing_is_rounded() {
        for (text, expected) in [
            ("12", Some(1200)),
            ("12.3", Some(1230)),
            (" ¥1,234.56 ", Some(123_456)),
            (".5", Some(50)),
            ("1,5", None),
            (",500", None),
            ("1,234,5", None),
            ("12.345", None),
            ("-1", None),
            ("", None),
            (".", None),
            ("1e3", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(fen(text), expected, "{text}");
        }
    }

    #[test]
    fn moments_are_shown_at_utc_8() {
        let at = Timestamp(1_773_115_200 + 65);
        assert_eq!(
            (minute(at), second(at)),
            ("2026-03-10 12:01".to_owned(), "2026-03-10 12:01:05".to_owned())
        );
        assert_eq!(duration(Lang::En, 86_400), "1 day");
        assert_eq!(duration(Lang::Zh, 600), "10 分钟");
    }
}
