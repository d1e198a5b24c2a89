//! `POST /kaquan/v1/stats/close`: sweeps expired codes and closes every day that is over, now rather than at the
//! jobs' next look. Answers how many days were closed.

use crate::fair::Work;
use crate::http::{Answer, Call};
use kaquan_core::error::{Error, Result};
use kaquan_ledger::closing;
use serde_json::json;

/// `{}` answers `{"days_closed": n}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let (state, app) = (call.state.clone(), call.app_id()?);
    let permit = state.shares.enter(app, Work::Heavy).await?;
    let closed = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        closing::close_due_days(&*state.store, &state.ledger, app, state.clock.now())
    });
    let days = closed.await.map_err(|error| Error::internal(format!("closing did not end: {error}")))??;
    Ok(Answer::with(json!({"days_closed": days})))
}
