//! `GET /cgi-bin/poi/getwxcategory`. WeChat manual: "微信门店接口" (stores), categories.

use crate::http::{Answer, Call};
use kaquan_core::error::Result;
use kaquan_core::poi::CATEGORIES;
use serde::Serialize;

/// Returns a [`StoreCategoriesReply`].
pub async fn handle(_: Call) -> Result<Answer> {
    Answer::with(&StoreCategoriesReply { category_list: CATEGORIES })
}

/// The reply of `/cgi-bin/poi/getwxcategory`.
#[derive(Debug, Serialize)]
struct StoreCategoriesReply {
    /// Categories. The levels of each are separated by commas.
    category_list: &'static [&'static str],
}
