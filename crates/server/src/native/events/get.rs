//! `POST /kaquan/v1/events/get`: one event with its message and each attempt to deliver it.

use crate::http::{Answer, Call};
use crate::push::search::Search;
use crate::push::show;
use crate::state::expensive;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::EventSeq;

/// `{"event_id"}` answers a [`ShownEvent`](show::ShownEvent) with `message` and `attempts`.
///
/// # Errors
///
/// 41011 without a number, 40097 for an unknown one.
pub async fn handle(call: Call) -> Result<Answer> {
    let seq = call.params().int("event_id")?.map(EventSeq).ok_or_else(|| Error::missing("event_id"))?;
    let app = call.app_handle()?;
    let recent = call.state.push.recent(app.row.app.id);
    let found =
        expensive(&call.state, call.app_id()?, move |store| Search::new(store, &app)?.one(seq, recent))
            .await?;
    let none = || Error::field(ErrCode::InvalidArgs, "event_id", "no event has this number");
    Answer::with(&show::detail(found.ok_or_else(none)?))
}
