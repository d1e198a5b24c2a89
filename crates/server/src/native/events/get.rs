//! `POST /kaquan/v1/events/get`: one event with its message and all attempts to deliver it.

use crate::http::{Answer, Call};
use crate::push::event_view;
use crate::push::search::Search;
use crate::state::expensive;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::EventSeq;

/// `{"event_id"}` answers a [`EventView`](event_view::EventView) with `message` and `attempts`.
///
/// # Errors
///
/// 41011 if the number is missing; 40097 if there is no such event.
pub async fn handle(call: Call) -> Result<Answer> {
    let seq = call.params().int("event_id")?.map(EventSeq).ok_or_else(|| Error::missing("event_id"))?;
    let app = call.app_handle()?;
    let recent = call.state.push.recent(app.row.app.id);
    let found =
        expensive(&call.state, call.app_id()?, move |store| Search::new(store, &app)?.one(seq, recent))
            .await?;
    let none = || Error::field(ErrCode::InvalidArgs, "event_id", "no event has this number");
    Answer::with(&event_view::detail(found.ok_or_else(none)?))
}
