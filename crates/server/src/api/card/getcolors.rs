//! `GET /card/getcolors` (and POST). WeChat manual: "获取卡券颜色列表接口" (colours of cards).

use crate::http::{Answer, Call};
use kaquan_core::card::color::COLORS;
use kaquan_core::error::Result;
use serde_json::{Value, json};

/// Answers `{"colors": [{"name", "value"}, …]}`.
pub async fn handle(_: Call) -> Result<Answer> {
    let colors: Vec<Value> = COLORS.iter().map(|c| json!({"name": c.name, "value": c.value})).collect();
    Ok(Answer::with(json!({"colors": colors})))
}
