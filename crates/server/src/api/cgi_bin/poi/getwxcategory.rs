//! `GET /cgi-bin/poi/getwxcategory`. WeChat manual: "微信门店接口" (stores), categories.

use crate::http::{Answer, Call};
use kaquan_core::error::Result;
use kaquan_core::poi::category::CATEGORIES;
use serde_json::json;

/// Answers `{"category_list"}`.
pub async fn handle(_: Call) -> Result<Answer> {
    Ok(Answer::with(json!({"category_list": CATEGORIES})))
}
