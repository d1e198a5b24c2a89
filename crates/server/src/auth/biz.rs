//! The name of an account in links (`biz`): a number in base64. Clients cut it at `=` and put two of them back, so it has
//! to end in exactly two. WeChat manual: "创建会员卡" (member cards), link of the activation form.

use super::seal::{from_base64, to_base64};
use kaquan_core::id::AppId;

/// What is added to an app's number, so that all names have ten digits.
const FIRST: i64 = 3_000_000_000;

/// The name of this app in links.
pub fn biz(app: AppId) -> String {
    // Ten digits make sixteen characters with two to fill up.
    to_base64(format!("{:010}", FIRST + app.0).as_bytes())
}

/// The app this name is of.
pub fn read_biz(biz: &str) -> Option<AppId> {
    // A plus sign of a link arrives as a blank.
    let number = String::from_utf8(from_base64(&biz.replace(' ', "+"))?).ok()?.parse::<i64>().ok()?;
    Some(AppId(number - FIRST)).filter(|app| app.0 > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_in_two_equals_signs() {
        for app in [1, 77, 123_456] {
            let biz = biz(AppId(app));
            assert!(biz.ends_with("==") && biz.len() == 16, "{biz}");
            assert_eq!(read_biz(&biz), Some(AppId(app)));
        }
    }
}
