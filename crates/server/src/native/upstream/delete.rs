//! `POST /kaquan/v1/upstream/delete`: removes the original host of the app. Calls that kaquan does not
//! have are then refused.

use crate::http::{Answer, Call};
use kaquan_core::error::Result;

/// `{}`. Without an upstream, nothing changes.
pub async fn handle(call: Call) -> Result<Answer> {
    call.state.gateway.remove(call.app_id()?).await?;
    Ok(Answer::ok())
}
