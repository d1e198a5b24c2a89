//! `POST /kaquan/v1/stats/close`: expires codes and closes all past days now, without waiting for the background job.

use crate::fair::WorkKind;
use crate::http::{Answer, Call};
use kaquan_core::error::{Error, Result};
use kaquan_ledger::closing;
use serde::Serialize;

/// `{}` answers a [`CloseReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let (state, app) = (call.state.clone(), call.app_id()?);
    let permit = state.shares.enter(app, WorkKind::Heavy).await?;
    let closed = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        closing::close_due_days(&*state.store, &state.ledger, app, state.clock.for_closing()?)
    });
    let days = closed.await.map_err(|error| Error::internal(format!("closing did not end: {error}")))??;
    Answer::with(&CloseReply { days_closed: days })
}

/// The reply of `/kaquan/v1/stats/close`.
#[derive(Debug, Serialize)]
struct CloseReply {
    /// Days that this call closed.
    days_closed: u64,
}
