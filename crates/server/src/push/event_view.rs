//! Events and callbacks in the form of the native calls, the commands and the audit log.

use super::search::{EventDetail, FoundEvent, PushState};
use super::xml;
use kaquan_core::time::Timestamp;
use kaquan_store::{Attempt, Callback, PushCursor, PushMode};
use serde::Serialize;

/// An event with the state of its delivery.
#[derive(Debug, Serialize)]
pub struct EventView {
    /// The number of the event.
    pub event_id: i64,
    /// When the event happened, in Unix seconds.
    pub time: Timestamp,
    /// The kind in the log.
    pub kind: &'static str,
    /// The name in a push; missing if events of this kind are not pushed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub event: String,
    /// The card.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub card_id: String,
    /// The code.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub code: String,
    /// The holder.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub openid: String,
    /// The other holder of a gift.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub friend: String,
    /// The code before the event changed it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub old_code: String,
    /// The store of a consume, of its return or of a payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location_id: Option<i64>,
    /// The name of the store.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub location_name: String,
    /// The openid of the clerk, or the account at the till.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub staff_openid: String,
    /// The state of the delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<&'static str>,
    /// Attempts so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tries: Option<u32>,
    /// When the next attempt is due, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_try: Option<Timestamp>,
    /// The message before it is signed or encrypted. Only for a single event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The known attempts, oldest first. Only for a single event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<Vec<AttemptView>>,
}

/// One attempt to deliver an event.
#[derive(Debug, Serialize)]
pub struct AttemptView {
    /// When the attempt began, in Unix seconds.
    pub time: Timestamp,
    /// HTTP status of the receiver's response; 0 without a response.
    pub status: u16,
    /// The duration in milliseconds.
    pub millis: u32,
    /// `accepted`, or the reason of the failure.
    pub outcome: String,
    /// The beginning of the response.
    pub answer: String,
}

/// The URL that receives the events of an app, and the cursor of its deliveries.
#[derive(Debug, Serialize)]
pub struct CallbackView {
    /// The URL of the receiver.
    pub url: String,
    /// The form of the messages.
    pub mode: &'static str,
    /// The retry policy.
    pub policy: &'static str,
    /// `ToUserName` of the messages.
    pub original_id: String,
    /// Whether messages are encrypted.
    pub encrypted: bool,
    /// The first event that is delivered.
    pub since_event_id: Option<i64>,
    /// The first event that is not yet dispatched.
    pub next_event_id: Option<i64>,
    /// The secret of mode `json`, only in the reply that follows its setting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// An event with the state of its delivery.
pub fn found(found: &FoundEvent) -> EventView {
    let (payload, event) = (&found.payload, &found.payload.event);
    let is_pending = found.state == PushState::Pending;
    EventView {
        event_id: event.seq.0,
        time: event.at,
        kind: event.kind.name(),
        event: xml::name(payload).unwrap_or_default().to_owned(),
        card_id: payload.card_id.clone(),
        code: payload.code.clone(),
        openid: payload.openid().to_owned(),
        friend: payload.friend().to_owned(),
        old_code: payload.other_code.clone(),
        location_id: event.location_id,
        location_name: payload.location_name.clone(),
        staff_openid: payload.staff().to_owned(),
        delivery: Some(found.state.name()),
        tries: found.row.as_ref().map(|row| row.tries),
        next_try: found.row.as_ref().filter(|_| is_pending).map(|row| row.due_at),
        message: None,
        attempts: None,
    }
}

/// An event with its message and its attempts.
pub fn detail(detail: EventDetail) -> EventView {
    let attempts = detail.attempts.into_iter().map(AttemptView::from).collect();
    EventView { message: Some(detail.message), attempts: Some(attempts), ..found(&detail.found) }
}

impl From<Attempt> for AttemptView {
    fn from(attempt: Attempt) -> AttemptView {
        let Attempt { seq: _, at, no: _, status, millis, outcome, answer } = attempt;
        AttemptView { time: at, status, millis, outcome, answer }
    }
}

/// The callback without its secrets.
pub fn callback(callback: &Callback, cursor: Option<&PushCursor>) -> CallbackView {
    CallbackView {
        url: callback.url.clone(),
        mode: callback.mode.name(),
        policy: callback.policy.name(),
        original_id: callback.original_id.clone(),
        encrypted: matches!(callback.mode, PushMode::Compatible | PushMode::Safe),
        since_event_id: cursor.map(|cursor| cursor.since.0),
        next_event_id: cursor.map(|cursor| cursor.next.0),
        secret: None,
    }
}
