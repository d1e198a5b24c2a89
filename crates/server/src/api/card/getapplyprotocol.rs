//! `GET /card/getapplyprotocol`. WeChat manual: "第三方代制" (cards for sub-merchants), categories.

use crate::http::{Answer, Call};
use kaquan_core::error::Result;
use kaquan_core::sub_merchant::category;
use serde_json::json;

/// Answers `{"category", "errcode", "errmsg"}`; here alone `errcode` comes last.
pub async fn handle(_: Call) -> Result<Answer> {
    Ok(Answer::Bare(json!({"category": category::to_json(), "errcode": 0, "errmsg": "ok"})))
}
