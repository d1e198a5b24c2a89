//! Checks the length and the characters of the texts that operations write. Each operation checks its texts with
//! these functions. So the limits hold for every caller: calls, pages, commands and old encrypted tickets.

use crate::error::{ErrCode, Error, Result};
use crate::id::{OPENID_MAX, OpenId};
use crate::value::control_char;

/// Characters the name of an account or of an app may have.
pub const NAME_MAX: usize = 64;

/// The name of an account or of an app: 1 to [`NAME_MAX`] characters that are not only blanks, and no control
/// character.
///
/// # Errors
/// 40097 for anything else.
pub fn name(field: &str, text: &str) -> Result<()> {
    let fits = (1..=NAME_MAX).contains(&text.chars().count()) && !text.trim().is_empty();
    match fits && !text.contains(char::is_control) {
        true => Ok(()),
        false => {
            let reason = format!("must have 1 to {NAME_MAX} characters, and no control character");
            Err(Error::field(ErrCode::InvalidArgs, field, reason))
        }
    }
}

/// The text for a log, with at most `max` bytes. A text that was cut ends with `…`. Each control character except line
/// breaks and tabs becomes U+FFFD.
pub fn for_log(text: &str, max: usize) -> String {
    const CUT: &str = "…";
    let clean = |c: char| if control_char(c.encode_utf8(&mut [0; 4])).is_some() { '\u{fffd}' } else { c };
    let whole: String = text.chars().take(max + 1).map(clean).collect();
    if whole.len() <= max && whole.chars().count() == text.chars().count() {
        return whole;
    }
    let mut cut = String::new();
    for c in whole.chars() {
        if cut.len() + c.len_utf8() + CUT.len() > max {
            break;
        }
        cut.push(c);
    }
    cut + CUT
}

/// Checks a text of one line: at most `max` bytes and no control characters.
///
/// # Errors
/// 47001 a control character; 45021 the text is too long. Both name the field.
pub fn line(field: &str, text: &str, max: usize) -> Result<()> {
    match text.chars().find(|c| c.is_control()) {
        Some(c) => Err(control(field, c)),
        None => length(field, text, max),
    }
}

/// Checks a text that may have line breaks and tabs, but no other control characters.
///
/// # Errors
/// As [`line()`].
pub fn lines(field: &str, text: &str, max: usize) -> Result<()> {
    match control_char(text) {
        Some(c) => Err(control(field, c)),
        None => length(field, text, max),
    }
}

/// As [`line()`], for an optional text.
pub fn optional_line(field: &str, text: Option<&str>, max: usize) -> Result<()> {
    text.map_or(Ok(()), |text| line(field, text, max))
}

/// As [`lines()`], for an optional text.
pub fn optional_lines(field: &str, text: Option<&str>, max: usize) -> Result<()> {
    text.map_or(Ok(()), |text| lines(field, text, max))
}

/// Checks an openid: 1 to [`OPENID_MAX`] bytes without white space and control characters.
///
/// # Errors
/// 40003 if it is not valid.
pub fn openid(field: &str, openid: &OpenId) -> Result<()> {
    let text = openid.as_str();
    let fits = (1..=OPENID_MAX).contains(&text.len());
    match fits && !text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        true => Ok(()),
        false => Err(Error::field(
            ErrCode::InvalidOpenid,
            field,
            format!("not an openid of at most {OPENID_MAX} bytes"),
        )),
    }
}

fn control(field: &str, c: char) -> Error {
    Error::field(ErrCode::DataFormat, field, format!("has the control character {c:?}"))
}

fn length(field: &str, text: &str, max: usize) -> Result<()> {
    match text.len() > max {
        true => {
            let reason = format!("{} bytes, at most {max}", text.len());
            Err(Error::field(ErrCode::OutOfLengthLimit, field, reason))
        }
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_a_length_and_no_control_characters() {
        let code = |result: Result<()>| result.err().map(|error| error.code);
        assert_eq!(code(line("a", "卡券", 6)), None);
        assert_eq!(code(line("a", "卡券!", 6)), Some(ErrCode::OutOfLengthLimit));
        for bad in ["\u{1b}[31m", "a\nb", "a\tb", "\u{0}", "\u{7f}", "\u{85}"] {
            assert_eq!(code(line("a", bad, 99)), Some(ErrCode::DataFormat), "{bad:?}");
        }
        assert_eq!(code(lines("a", "a\n\tb", 99)), None);
        assert_eq!(code(lines("a", "\u{1b}", 99)), Some(ErrCode::DataFormat));
    }

    #[test]
    fn a_name_has_1_to_64_characters_and_no_control_character() {
        let longest = "名".repeat(NAME_MAX);
        for (text, fits) in
            [(longest.as_str(), true), ("m", true), ("", false), ("  ", false), ("a\u{7}b", false)]
        {
            assert_eq!(name("name", text).is_ok(), fits, "{text:?}");
        }
        assert!(name("name", &format!("{longest}x")).is_err());
    }

    #[test]
    fn a_text_for_a_log_is_cut_and_has_no_control_characters() {
        for (text, fits) in [
            ("123456", "123456"),
            ("1234567", "123…"),
            ("卡券", "卡券"),
            ("卡券!", "卡…"),
            ("a\u{1b}b", "a\u{fffd}b"),
            ("\u{1b}\u{1b}\u{1b}", "\u{fffd}…"),
            ("a\n\tb", "a\n\tb"),
        ] {
            assert_eq!(for_log(text, 6), fits, "{text:?}");
        }
    }

    #[test]
    fn an_openid_is_neither_empty_nor_long_nor_blank() {
        let longest = "o".repeat(OPENID_MAX);
        for (text, fits) in
            [("o1", true), (longest.as_str(), true), ("", false), ("o 1", false), ("o\n", false)]
        {
            assert_eq!(openid("openid", &text.into()).is_ok(), fits, "{text:?}");
        }
        assert!(openid("openid", &format!("{longest}x").into()).is_err());
    }
}
