//! The 12 digits of a code. A system code is a keyed permutation (FF1, NIST SP 800-38G) of the code's number in its
//! app: unique without an index, found by arithmetic, and not to be guessed without the app's key.

use crate::id::{CodeSeq, CodeText};
use aes::Aes256;
use fpe::ff1::{FF1, FlexibleNumeralString};

/// Decimal digits of a system code.
pub const DIGITS: usize = 12;
/// One more than the largest number that has a system code.
pub const CODES_MAX: i64 = 1_000_000_000_000;

/// Turns code numbers into the texts of system codes and back, for one app.
pub struct CodeCipher {
    ff1: FF1<Aes256>,
}

impl CodeCipher {
    /// The cipher of an app with this key. The key never changes in an app's life: every printed code hangs on it.
    pub fn new(key: &[u8; 32]) -> Option<CodeCipher> {
        FF1::new(key, 10).ok().map(|ff1| CodeCipher { ff1 })
    }

    /// The text of code `seq`; `None` beyond [`CODES_MAX`].
    pub fn text(&self, seq: CodeSeq) -> Option<CodeText> {
        if !(0..CODES_MAX).contains(&seq.0) {
            return None;
        }
        let mut digits = [0u16; DIGITS];
        let mut rest = seq.0;
        for digit in digits.iter_mut().rev() {
            *digit = (rest % 10) as u16;
            rest /= 10;
        }
        let encrypted = self.ff1.encrypt(&[], &FlexibleNumeralString::from(digits.to_vec())).ok()?;
        let text: String = Vec::from(encrypted).into_iter().map(|d| char::from(b'0' + d as u8)).collect();
        Some(text.into())
    }

    /// The number whose text this is; `None` for anything that is not twelve digits.
    pub fn seq(&self, text: &str) -> Option<CodeSeq> {
        if text.len() != DIGITS || !text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let digits: Vec<u16> = text.bytes().map(|b| u16::from(b - b'0')).collect();
        let plain = self.ff1.decrypt(&[], &FlexibleNumeralString::from(digits)).ok()?;
        Some(CodeSeq(Vec::from(plain).into_iter().fold(0, |n, d| n * 10 + i64::from(d))))
    }
}

impl std::fmt::Debug for CodeCipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CodeCipher(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn texts_are_twelve_digits_differ_and_lead_back() {
        let cipher = CodeCipher::new(&[7; 32]).unwrap();
        let mut seen = HashSet::new();
        for n in (0..2_000).chain([CODES_MAX - 1]) {
            let text = cipher.text(CodeSeq(n)).unwrap();
            assert_eq!(text.as_str().len(), DIGITS);
            assert_eq!(cipher.seq(text.as_str()), Some(CodeSeq(n)));
            assert!(seen.insert(text));
        }
    }

    #[test]
    fn another_key_gives_other_texts() {
        let (a, b) = (CodeCipher::new(&[1; 32]).unwrap(), CodeCipher::new(&[2; 32]).unwrap());
        assert_ne!(a.text(CodeSeq(1)), b.text(CodeSeq(1)));
    }

    #[test]
    fn what_is_not_twelve_digits_is_no_system_code() {
        let cipher = CodeCipher::new(&[7; 32]).unwrap();
        for text in ["", "12345678901", "1234567890123", "12345678901a", "１２３４"] {
            assert_eq!(cipher.seq(text), None, "{text}");
        }
        assert_eq!(cipher.text(CodeSeq(CODES_MAX)), None);
    }
}
