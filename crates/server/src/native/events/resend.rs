//! `POST /kaquan/v1/events/resend`: delivers one event again, or all events that match.

use super::list::wanted;
use crate::http::{Answer, Call};
use crate::push::event_query::EventQuery;
use crate::push::search::Search;
use crate::state::expensive;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::EventSeq;
use serde::Serialize;

/// The largest `count`, and its default.
pub const RESEND_MAX: usize = 10_000;

/// `{"event_id"}`, or the members of `events/list`; answers a [`ResendReply`].
///
/// # Errors
///
/// 41011 for an empty request, which must not resend all events; 40097 for a malformed member or an unknown event, or
/// if no callback is set.
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
    Answer::with(&ResendReply { count, next: next.map_or(0, |next| next.0) })
}

/// The reply of `/kaquan/v1/events/resend`.
#[derive(Debug, Serialize)]
struct ResendReply {
    /// Events that are delivered again.
    count: usize,
    /// The `before_event_id` of the next call; 0 at the end.
    next: i64,
}
