//! `POST /kaquan/v1/echo`: reads the body of a claim, does nothing, and answers as a claim does. Benchmarks use it to
//! measure the part of HTTP and JSON in the cost of a claim.

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
