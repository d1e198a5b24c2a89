//! `POST /kaquan/v1/events/get`: one event with what is told of it and each attempt to tell it.

use crate::http::{Answer, Call};
use crate::push::event_view;
use crate::push::search::Search;
use crate::state::expensive;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::EventSeq;

/// `{"event_id"}` answers the event as `events/list` does, with `message` and `attempts`.
///
/// Errors: 41011 without a number, 40097 for one no event has.
pub async fn handle(call: Call) -> Result<Answer> {
    let seq = call.params().int("event_id")?.map(EventSeq).ok_or_else(|| Error::missing("event_id"))?;
    let app = call.app_handle()?;
    let recent = call.state.push.recent(app.row.app.id);
    let found =
        expensive(&call.state, call.app_id()?, move |store| Search::new(store, &app)?.one(seq, recent))
            .await?;
    let none = || Error::field(ErrCode::InvalidArgs, "event_id", "no event has this number");
    Ok(Answer::with(event_view::detail(&found.ok_or_else(none)?)))
}
