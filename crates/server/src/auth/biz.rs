//! The name of an account in links (`biz`): a number in base64. Clients cut it at `=` and put two of them back, so it has
//! to end in exactly two. WeChat manual: "创建会员卡" (member cards), link of the activation form.

use super::seal::to_base64;
use kaquan_core::id::AppId;

/// The name of this app in links.
pub fn biz(app: AppId) -> String {
    // Ten digits make sixteen characters with two to fill up.
    to_base64(format!("{:010}", 3_000_000_000_i64 + app.0).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_in_two_equals_signs() {
        for app in [1, 77, 123_456] {
            let biz = biz(AppId(app));
            assert!(biz.ends_with("==") && biz.len() == 16, "{biz}");
        }
    }
}
