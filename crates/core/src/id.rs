//! Typed identifiers, so that a card's number cannot be used as a code's. Numbers are kaquan's own and consecutive
//! within an app. Texts are the identifiers on the wire.

use crate::error::{ErrCode, Error, Result};
use crate::text;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

macro_rules! number_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

number_id! {
    /// An app (one Official Account), by kaquan's own number. It is the first column of every table's key.
    AppId;
    /// A card within its app. Rows refer to a card by this number, and requests by its [`CardId`].
    CardNo;
    /// An issued code within its app, in the order of issue.
    CodeSeq;
    /// An event within its app, in the order of commit.
    EventSeq;
}

/// The card number in events without a card.
pub const NO_CARD: CardNo = CardNo(0);

macro_rules! text_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text on the wire.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<T: Into<Arc<str>>> From<T> for $name {
            fn from(text: T) -> Self {
                $name(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

text_id! {
    /// The id of a card on the wire: `p` and 27 more characters. A card (卡券) is a kind of coupon, not a single
    /// coupon.
    CardId;
    /// The id of a holder (a user of the app) from WeChat: at most 64 bytes.
    OpenId;
}

/// The text of a code: 12 digits, or up to 20 bytes chosen by the merchant. White space around it is removed, because
/// scanners, spreadsheets and people add it. All callers create it with `From`, so a code has the same text
/// everywhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "Arc<str>")]
pub struct CodeText(Arc<str>);

impl CodeText {
    /// The text on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The unchanged text of a stored row.
    pub fn stored(text: impl Into<Arc<str>>) -> CodeText {
        CodeText(text.into())
    }

    /// Checks whether a code can have this text. `field` is its name in the error.
    ///
    /// # Errors
    /// 40110 nothing but blanks; 47001 a control character; 45021 more than [`CODE_MAX`] bytes; 40116 the form of a
    /// dynamic code.
    pub fn check(&self, field: &str) -> Result<()> {
        self.check_characters(field)?;
        text::line(field, &self.0, CODE_MAX)?;
        match self.has_dynamic_form() {
            true => Err(Error::field(ErrCode::InvalidCode, field, "has the form of a dynamic code")),
            false => Ok(()),
        }
    }

    /// Whether the text has the form of a dynamic code: 18 digits with the prefix of dynamic codes.
    pub fn has_dynamic_form(&self) -> bool {
        let is_long = self.0.len() == DYNAMIC_DIGITS && self.0.starts_with(DYNAMIC_PREFIX);
        is_long && self.0.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// As [`CodeText::check`], for lists of codes. Length and form are not checked, because the reply lists such codes.
    ///
    /// # Errors
    /// 40110 only white space; 47001 a control character.
    pub fn check_characters(&self, field: &str) -> Result<()> {
        match self.0.is_empty() {
            true => Err(Error::field(ErrCode::HaveEmptyCode, field, "must not be blank")),
            false => text::line(field, &self.0, usize::MAX),
        }
    }
}

/// White space that may be around a code: that of Unicode, and the invisible characters that editors leave.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}')
}

impl<T: Into<Arc<str>>> From<T> for CodeText {
    fn from(text: T) -> CodeText {
        let text = text.into();
        match text.trim_matches(is_blank) {
            trimmed if trimmed.len() == text.len() => CodeText(text),
            trimmed => CodeText(trimmed.into()),
        }
    }
}

impl fmt::Display for CodeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The digits that dynamic codes begin with.
pub(crate) const DYNAMIC_PREFIX: &str = "1636";
/// Digits of a dynamic code.
const DYNAMIC_DIGITS: usize = 18;
/// Bytes an openid may have.
pub const OPENID_MAX: usize = 64;
/// The longest code in bytes.
pub const CODE_MAX: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_around_a_code_are_no_part_of_it() {
        for text in ["A 1", " A 1", "A 1\r\n", "\t A 1 ", "\u{3000}A 1\u{a0}", "\u{feff}A 1\u{200b}"] {
            assert_eq!(CodeText::from(text).as_str(), "A 1", "{text:?}");
        }
        assert_eq!(serde_json::from_str::<CodeText>("\" A \"").ok(), Some("A".into()));
    }

    #[test]
    fn a_code_is_not_blank_not_long_and_has_no_control_characters() {
        let code = |text: &str| CodeText::from(text).check("code").err().map(|error| error.code);
        assert_eq!(code(&"1".repeat(CODE_MAX)), None);
        assert_eq!(code(&"1".repeat(CODE_MAX + 1)), Some(ErrCode::OutOfLengthLimit));
        assert_eq!(code(" \u{3000}\n"), Some(ErrCode::HaveEmptyCode));
        assert_eq!(code("1\u{1b}2"), Some(ErrCode::DataFormat));
        assert_eq!(code("1\n2"), Some(ErrCode::DataFormat));
        assert_eq!(code("163652150534672204"), Some(ErrCode::InvalidCode), "a dynamic code");
        for other in ["16365215053467220", "1636521505346722044", "163752150534672204", "16365215053467220x"]
        {
            assert_eq!(code(other), None, "{other}");
        }
    }
}
