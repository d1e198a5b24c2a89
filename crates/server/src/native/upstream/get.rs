//! `POST /kaquan/v1/upstream/get`: the original host of the app, without secrets.

use crate::gateway::UpstreamView;
use crate::http::{Answer, Call};
use kaquan_core::error::Result;
use serde::Serialize;

/// `{}` answers an [`UpstreamView`], or an empty `url` while no upstream is set.
pub async fn handle(call: Call) -> Result<Answer> {
    match call.state.gateway.get(call.app()?).await? {
        Some((settings, secrets)) => Answer::with(&UpstreamView::of(&settings, &secrets)),
        None => Answer::with(&NoUpstream { url: "" }),
    }
}

/// The reply if no upstream is set.
#[derive(Debug, Serialize)]
struct NoUpstream {
    /// Always empty.
    url: &'static str,
}
