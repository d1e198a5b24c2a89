//! `POST /kaquan/v1/echo`: reads the body of a claim and sends the answer of a claim, but makes no claim. With it,
//! benchmarks measure how much of a claim's cost is HTTP and JSON.

use crate::http::{Answer, Call};
use kaquan_core::error::Result;
use serde::Serialize;

/// The body of `/wallet/v1/claim` answers an [`EchoReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    params.card_id()?;
    params.openid()?;
    Answer::with(&EchoReply { code: "000000000000" })
}

/// The reply of `/kaquan/v1/echo`.
#[derive(Debug, Serialize)]
struct EchoReply {
    /// Always the same code.
    code: &'static str,
}
