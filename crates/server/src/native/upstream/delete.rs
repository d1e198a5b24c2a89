//! `POST /kaquan/v1/upstream/delete`: removes the original host of the app. Its calls are refused from then on.

use crate::http::{Answer, Call};
use kaquan_core::error::Result;

/// `{}`. Without an upstream, nothing changes.
pub async fn handle(call: Call) -> Result<Answer> {
    call.state.gateway.remove(call.app_id()?).await?;
    Ok(Answer::ok())
}
