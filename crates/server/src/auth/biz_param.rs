//! The name of an account in links (`biz`): ten bytes in base64. Clients cut the name at `=` and append two `=`
//! again, so it must end in exactly two. WeChat manual: "创建会员卡" (member cards), link of the activation form.

use crate::encoding::{base64, from_spaced_base64};
use kaquan_core::id::AppId;
use sha2::{Digest, Sha256};

/// The length of a name in bytes. In base64 it has sixteen characters, including `==`.
pub const NAME_LEN: usize = 10;
/// The constant that an earlier version added to an app's number.
const FORMER_FIRST: i64 = 3_000_000_000;

/// The name in links of the app with this key. It is computed from the key, so it does not show how many apps there
/// are, and cannot be guessed.
pub fn biz(token_key: &[u8; 32]) -> String {
    base64(&name(token_key))
}

/// As [`biz`], in bytes.
pub fn name(token_key: &[u8; 32]) -> [u8; NAME_LEN] {
    let digest = Sha256::new().chain_update("biz\n").chain_update(token_key).finalize();
    let mut name = [0; NAME_LEN];
    name.copy_from_slice(&digest[..NAME_LEN]);
    name
}

/// The name of an account in a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Biz(pub [u8; NAME_LEN]);

impl Biz {
    /// Parses a name; `None` if the text cannot be a name.
    pub fn read(text: &str) -> Option<Biz> {
        // A plus sign in a link arrives as a space.
        from_spaced_base64(&text.replace(' ', "+"))?.try_into().ok().map(Biz)
    }

    /// Whether this is the name of the app with this key.
    pub fn is_of(&self, token_key: &[u8; 32]) -> bool {
        self.0 == name(token_key)
    }

    /// The app number in a name made by the previous version, which numbered apps. The caller must check that other
    /// parts of the link come from this app. Otherwise strangers could list apps.
    pub fn former(&self) -> Option<AppId> {
        let number = std::str::from_utf8(&self.0).ok()?.parse::<i64>().ok()?;
        Some(AppId(number - FORMER_FIRST)).filter(|app| app.0 > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_in_two_equal_signs_and_belongs_to_one_key() {
        let (text, other) = (biz(&[1; 32]), biz(&[2; 32]));
        assert!(
            text.len() == 16 && text.ends_with("==") && !text.trim_end_matches('=').contains('='),
            "{text}"
        );
        assert_ne!(text, other);
        let read = Biz::read(&text).unwrap();
        assert!(read.is_of(&[1; 32]) && !read.is_of(&[2; 32]));
        assert_eq!(read.former(), None);
    }

    #[test]
    fn a_name_of_the_version_before_has_a_number() {
        let former = |text: &str| Biz::read(text).and_then(|biz| biz.former());
        assert_eq!(former(&base64(b"3000000007")), Some(AppId(7)));
        assert_eq!(former(&base64(b"3000000000")), None);
        assert_eq!(former("bm90IGEgY2FyZA=="), None);
    }
}
