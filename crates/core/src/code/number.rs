//! The 12 digits of a code. A system code is a keyed permutation (FF1, NIST SP 800-38G) of the code's number in its
//! app. It is unique without an index, is found by arithmetic, and cannot be guessed without the app's key.

use crate::id::{CodeSeq, CodeText};
use aes::Aes256;
use fpe::ff1::{FF1, NumeralString, Operations};

/// The number of digits of a system code.
pub const DIGITS: usize = 12;
/// One more than the largest number that has a system code.
pub const CODES_MAX: i64 = (END - BEGIN) as i64;

/// System codes do not begin with 0, because a client that reads a code as a number would lose it.
const BEGIN: u64 = 100_000_000_000;
const END: u64 = 1_000_000_000_000;
/// The number of values of six digits.
const HALF_END: u64 = 1_000_000;

/// Converts code numbers into the texts of system codes and back, for one app.
pub struct CodeCipher {
    ff1: FF1<Aes256>,
}

impl CodeCipher {
    /// The cipher of an app with this key. The key of an app never changes, because every printed code depends on it.
    pub fn new(key: &[u8; 32]) -> Option<CodeCipher> {
        FF1::new(key, 10).ok().map(|ff1| CodeCipher { ff1 })
    }

    /// The text of code `seq`; `None` for numbers beyond `CODES_MAX`.
    pub fn text(&self, seq: CodeSeq) -> Option<CodeText> {
        if !(0..CODES_MAX).contains(&seq.0) {
            return None;
        }
        // FF1 permutes all numbers of twelve digits. A result with a leading 0 is permuted again, until there is none.
        // This is cycle walking, and `seq` inverts it in the same way.
        let mut digits = Digits(seq.0 as u64 + BEGIN);
        loop {
            digits = self.ff1.encrypt(&[], &digits).ok()?;
            if digits.0 >= BEGIN {
                return Some(digits.0.to_string().into());
            }
        }
    }

    /// The number of this text; `None` unless it has twelve digits without a leading 0.
    pub fn seq(&self, text: &str) -> Option<CodeSeq> {
        if text.len() != DIGITS || text.starts_with('0') || !text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let mut digits = Digits(text.parse().ok()?);
        loop {
            digits = self.ff1.decrypt(&[], &digits).ok()?;
            if digits.0 >= BEGIN {
                return Some(CodeSeq((digits.0 - BEGIN) as i64));
            }
        }
    }
}

impl std::fmt::Debug for CodeCipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CodeCipher(…)")
    }
}

/// Twelve digits as a number. The library's own digit strings can be of any length and cost some four times as much.
struct Digits(u64);

/// Six digits as a number. FF1 works on such halves.
struct Half(u64);

impl NumeralString for Digits {
    type Ops = Half;

    fn is_valid(&self, radix: u32) -> bool {
        radix == 10 && self.0 < END
    }

    fn numeral_count(&self) -> usize {
        DIGITS
    }

    fn split(&self) -> (Half, Half) {
        (Half(self.0 / HALF_END), Half(self.0 % HALF_END))
    }

    fn concat(a: Half, b: Half) -> Digits {
        Digits(a.0 * HALF_END + b.0)
    }
}

impl Operations for Half {
    type Bytes = [u8; 3];

    fn numeral_count(&self) -> usize {
        DIGITS / 2
    }

    fn to_be_bytes(&self, _radix: u32, bytes: usize) -> [u8; 3] {
        // Six digits need three bytes, and FF1 requests three.
        debug_assert_eq!(bytes, 3);
        let [.., a, b, c] = self.0.to_be_bytes();
        [a, b, c]
    }

    fn add_mod_exp(self, other: impl Iterator<Item = u8>, _radix: u32, _m: usize) -> Half {
        Half((self.0 + modulo(other)) % HALF_END)
    }

    fn sub_mod_exp(self, other: impl Iterator<Item = u8>, _radix: u32, _m: usize) -> Half {
        Half((self.0 + HALF_END - modulo(other)) % HALF_END)
    }
}

/// The number with these bytes, most significant first, modulo 10^6.
fn modulo(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0, |n, byte| (n << 8 | u64::from(byte)) % HALF_END)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fpe::ff1::FlexibleNumeralString;
    use std::collections::HashSet;

    #[test]
    fn texts_are_twelve_digits_differ_and_lead_back() {
        let cipher = CodeCipher::new(&[7; 32]).unwrap();
        let mut seen = HashSet::new();
        for n in (0..5_000).chain([CODES_MAX - 1]) {
            let text = cipher.text(CodeSeq(n)).unwrap();
            assert_eq!(text.as_str().len(), DIGITS);
            assert!(!text.as_str().starts_with('0'));
            assert_eq!(cipher.seq(text.as_str()), Some(CodeSeq(n)));
            assert!(seen.insert(text));
        }
    }

    #[test]
    fn digits_as_numbers_are_permuted_as_the_library_permutes_digit_strings() {
        let ff1 = FF1::<Aes256>::new(&[9; 32], 10).unwrap();
        for n in [0, 1, 999_999, 1_000_000, 123_456_789_012, END - 1] {
            let digits: Vec<u16> = format!("{n:012}").bytes().map(|b| u16::from(b - b'0')).collect();
            let theirs = Vec::from(ff1.encrypt(&[], &FlexibleNumeralString::from(digits)).unwrap());
            let theirs = theirs.into_iter().fold(0, |n, digit| n * 10 + u64::from(digit));
            let ours = ff1.encrypt(&[], &Digits(n)).unwrap();
            assert_eq!(ours.0, theirs);
            assert_eq!(ff1.decrypt(&[], &ours).unwrap().0, n);
        }
    }

    #[test]
    fn another_key_gives_other_texts() {
        let (a, b) = (CodeCipher::new(&[1; 32]).unwrap(), CodeCipher::new(&[2; 32]).unwrap());
        assert_ne!(a.text(CodeSeq(1)), b.text(CodeSeq(1)));
    }

    #[test]
    fn a_text_of_another_shape_is_not_a_system_code() {
        let cipher = CodeCipher::new(&[7; 32]).unwrap();
        for text in ["", "12345678901", "1234567890123", "12345678901a", "１２３４", "012345678901"] {
            assert_eq!(cipher.seq(text), None, "{text}");
        }
        assert_eq!(cipher.text(CodeSeq(CODES_MAX)), None);
        assert_eq!(cipher.text(CodeSeq(-1)), None);
    }
}
