//! `POST /kaquan/v1/events/list`: finds events by their subject and the state of their delivery, newest first.

use crate::http::params::Params;
use crate::http::{Answer, Call};
use crate::native::callback::set::named;
use crate::push::event_query::EventQuery;
use crate::push::event_view::{self, EventView};
use crate::push::search::{PushState, Search};
use crate::state::expensive;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::event::EventKind;
use kaquan_core::id::EventSeq;
use kaquan_core::time::Timestamp;
use serde::Serialize;

/// The largest `count`.
const COUNT_MAX: usize = 100;
/// The `count` if the request has none.
const COUNT_DEFAULT: usize = 20;

/// `{"kind"?, "card_id"?, "code"?, "openid"?, "begin_time"?, "end_time"?, "delivery"?, "from_event_id"?,
/// "before_event_id"?, "count"?}` answers an [`EventsReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let wanted = wanted(call.params(), COUNT_DEFAULT, COUNT_MAX)?;
    let app = call.app_handle()?;
    let (found, next) = expensive(&call.state, call.app_id()?, move |store| {
        let query = wanted.resolve(store, &app)?;
        Search::new(store, &app)?.list(&query)
    })
    .await?;
    let events = found.iter().map(event_view::found).collect();
    Answer::with(&EventsReply { events, next: next.map_or(0, |next| next.0) })
}

/// The reply of `/kaquan/v1/events/list`.
#[derive(Debug, Serialize)]
struct EventsReply {
    /// The events, newest first.
    events: Vec<EventView>,
    /// The `before_event_id` of the next call; 0 at the end.
    next: i64,
}

/// Reads the query for events from a request.
pub(super) fn wanted(params: Params<'_>, count_default: usize, count_max: usize) -> Result<EventQuery> {
    let count = params.int("count")?.unwrap_or(i64::try_from(count_default).unwrap_or(i64::MAX));
    let count = usize::try_from(count).ok().filter(|count| (1..=count_max).contains(count));
    let seconds = |key| params.int(key).map(|at| at.map(Timestamp));
    Ok(EventQuery {
        kinds: kinds(params)?,
        card_id: params.optional_card_id()?,
        code: params.code_text("code")?,
        openid: params.optional_openid("openid")?,
        begin: seconds("begin_time")?,
        end: seconds("end_time")?,
        state: named(
            params,
            "delivery",
            PushState::from_name,
            PushState::ALL.into_iter().map(PushState::name),
        )?,
        from: params.int("from_event_id")?.map(EventSeq),
        before: params.int("before_event_id")?.map(EventSeq),
        count: count.ok_or_else(|| {
            Error::field(ErrCode::InvalidArgs, "count", format!("must be 1 to {count_max}"))
        })?,
    })
}

/// Reads `kind`: one name, or several separated by commas.
fn kinds(params: Params<'_>) -> Result<Vec<EventKind>> {
    let text = params.text("kind")?.unwrap_or_default();
    let named = |name: &str| {
        let reason = || format!("{name:?} is no kind of event");
        EventKind::from_name(name).ok_or_else(|| Error::field(ErrCode::InvalidArgs, "kind", reason()))
    };
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(named).collect()
}
