//! Events and callbacks in JSON, as the native API and the commands show them.

use super::search::{EventDetail, FoundEvent};
use super::xml;
use kaquan_store::{Attempt, Callback, PushCursor};
use serde_json::{Map, Value, json};

/// An event with the state of its delivery.
pub fn found(found: &FoundEvent) -> Value {
    let (payload, event) = (&found.payload, &found.payload.event);
    let mut shown = Map::new();
    shown.insert("event_id".to_owned(), event.seq.0.into());
    shown.insert("time".to_owned(), event.at.0.into());
    shown.insert("kind".to_owned(), event.kind.name().into());
    let texts = [
        ("event", xml::name(payload).unwrap_or_default()),
        ("card_id", &payload.card_id),
        ("code", &payload.code),
        ("openid", payload.openid()),
        ("friend", payload.friend()),
        ("old_code", &payload.other_code),
    ];
    for (key, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        shown.insert(key.to_owned(), text.into());
    }
    shown.insert("delivery".to_owned(), found.state.name().into());
    if let Some(row) = &found.row {
        shown.insert("tries".to_owned(), row.tries.into());
        if found.state == super::search::PushState::Pending {
            shown.insert("next_try".to_owned(), row.due_at.0.into());
        }
    }
    shown.into()
}

/// An event with its message and its attempts.
pub fn detail(detail: &EventDetail) -> Value {
    let mut shown = found(&detail.found);
    shown["message"] = detail.message.clone().into();
    shown["attempts"] = detail.attempts.iter().map(attempt).collect();
    shown
}

/// One attempt to deliver an event.
pub fn attempt(attempt: &Attempt) -> Value {
    let Attempt { seq: _, at, no: _, status, millis, outcome, answer } = attempt;
    json!({"time": at.0, "status": status, "millis": millis, "outcome": outcome, "answer": answer})
}

/// The callback of an app, without its secrets.
pub fn callback(callback: &Callback, cursor: Option<&PushCursor>) -> Value {
    json!({
        "url": callback.url,
        "mode": callback.mode.name(),
        "policy": callback.policy.name(),
        "original_id": callback.original_id,
        "encrypted": matches!(callback.mode, kaquan_store::PushMode::Compatible | kaquan_store::PushMode::Safe),
        "since_event_id": cursor.map(|cursor| cursor.since.0),
        "next_event_id": cursor.map(|cursor| cursor.next.0),
    })
}
