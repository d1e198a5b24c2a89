//! `POST /kaquan/v1/echo`: reads the body of a claim and answers as a claim does, and nothing between. Benchmarks
//! measure by it how much of a claim's cost is HTTP and JSON.

use crate::http::{Answer, Call};
use kaquan_core::error::Result;
use serde_json::json;

/// The body of `/wallet/v1/claim`; the code answered is always the same.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    params.card_id()?;
    params.openid()?;
    Ok(Answer::with(json!({"code": "000000000000"})))
}
