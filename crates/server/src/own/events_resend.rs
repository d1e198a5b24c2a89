//! `POST /kaquan/v1/events/resend`: has events pushed again, one or all that match.

use super::events_list::wanted;
use crate::http::{Answer, Call};
use crate::push::event_query::EventQuery;
use crate::push::search::Search;
use crate::state::expensive;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::EventSeq;
use serde_json::json;

/// Events one call looks at.
pub const RESEND_MAX: usize = 10_000;

/// `{"event_id"}`, or the members of `events/list`; answers `{"count", "next"}`.
///
/// Errors: 41011 when nothing is said, so that an empty request does not send everything; 40097 for what is misspelt,
/// for a number no event has, or when no callback is set.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let one = params.int("event_id")?.map(EventSeq);
    let wanted = match one {
        Some(seq) => EventQuery::one(seq),
        None => wanted(params, RESEND_MAX, RESEND_MAX)?,
    };
    if wanted.is_anything() {
        return Err(Error::missing("event_id"));
    }
    let (app, now) = (call.app_handle()?, call.state.clock.now());
    let (count, next) = expensive(&call.state, call.app_id()?, move |store| {
        if store.callback(app.row.app.id)?.is_none() {
            return Err(Error::field(ErrCode::InvalidArgs, "url", "no callback is set"));
        }
        if let Some(seq) = one
            && store.event(app.row.app.id, seq)?.is_none()
        {
            return Err(Error::field(ErrCode::InvalidArgs, "event_id", "no event has this number"));
        }
        let query = wanted.resolve(store, &app)?;
        Search::new(store, &app)?.resend(&query, now)
    })
    .await?;
    call.state.push.wake();
    Ok(Answer::with(json!({"count": count, "next": next.map_or(0, |next| next.0)})))
}
