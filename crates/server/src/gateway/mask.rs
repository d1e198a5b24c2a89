//! Replaces secrets in a stream of bytes by stars, one for each byte. So the length of a body stays the same. A secret
//! that is split across two chunks is found too.

use bytes::Bytes;
use memchr::memmem::Finder;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The secrets that must not pass.
#[derive(Debug, Clone, Default)]
pub struct Mask {
    secrets: Vec<Finder<'static>>,
    /// The end of the bytes so far, if a secret could begin in it.
    carry: Vec<u8>,
}

impl Mask {
    /// Masks these secrets, also in their form for a URL. Empty texts are no secrets.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Mask {
        let mut texts: Vec<String> = Vec::new();
        for secret in secrets.into_iter().filter(|secret| !secret.is_empty()) {
            texts.push(secret.to_owned());
            texts.push(utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string());
        }
        texts.sort_unstable();
        texts.dedup();
        let secrets = texts.iter().map(|text| Finder::new(text.as_bytes()).into_owned()).collect();
        Mask { secrets, carry: Vec::new() }
    }

    /// The next bytes that may pass. If the data ends with the beginning of a secret, that end is held back until the
    /// next call.
    pub fn push(&mut self, data: Bytes) -> Bytes {
        let hidden = self.secrets.iter().any(|secret| secret.find(&data).is_some());
        let held = self.beginning(&data);
        if self.carry.is_empty() && !hidden && held == 0 {
            return data;
        }
        let mut bytes = std::mem::take(&mut self.carry);
        bytes.extend_from_slice(&data);
        self.hide(&mut bytes);
        let held = self.beginning(&bytes);
        self.carry = bytes.split_off(bytes.len() - held);
        bytes.into()
    }

    /// The bytes that are left at the end.
    pub fn finish(&mut self) -> Bytes {
        std::mem::take(&mut self.carry).into()
    }

    /// A whole text without the secrets.
    pub fn text(&self, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        self.hide(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Whether a text has one of the secrets.
    pub fn finds(&self, text: &[u8]) -> bool {
        self.secrets.iter().any(|secret| secret.find(text).is_some())
    }

    fn hide(&self, bytes: &mut [u8]) {
        for secret in &self.secrets {
            let length = secret.needle().len();
            let mut from = 0;
            while let Some(at) = secret.find(&bytes[from..]) {
                bytes[from + at..][..length].fill(b'*');
                from += at + length;
            }
        }
    }

    /// The length of the longest end of `bytes` with which a secret begins.
    fn beginning(&self, bytes: &[u8]) -> usize {
        let of = |secret: &Finder<'static>| {
            let needle = secret.needle();
            let most = needle.len().saturating_sub(1).min(bytes.len());
            (1..=most).rev().find(|length| bytes.ends_with(&needle[..*length])).unwrap_or(0)
        };
        self.secrets.iter().map(of).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_however_the_chunks_are_cut() {
        let text = "x=SECRET-1&y=SECRET%2D1&z=SECRET and SECSECRET-1";
        let expected = "x=********&y=**********&z=SECRET and SEC********";
        for size in 1..=text.len() {
            let mut mask = Mask::new(["SECRET-1", ""]);
            let mut passed = Vec::new();
            for chunk in text.as_bytes().chunks(size) {
                passed.extend_from_slice(&mask.push(Bytes::copy_from_slice(chunk)));
            }
            passed.extend_from_slice(&mask.finish());
            assert_eq!(String::from_utf8(passed).unwrap(), expected, "chunks of {size}");
        }
        assert_eq!(Mask::new(["SECRET-1"]).text(text), expected);
    }

    #[test]
    fn bytes_without_a_secret_are_not_copied() {
        let data = Bytes::from_static(b"nothing to hide");
        assert_eq!(Mask::new(["SECRET"]).push(data.clone()).as_ptr(), data.as_ptr());
    }
}
