//! Events as calls and commands show them.

use super::search::{Detail, Found};
use super::xml;
use kaquan_store::{Attempt, Callback, PushCursor};
use serde_json::{Map, Value, json};

/// An event with what became of it.
pub fn found(found: &Found) -> Value {
    let (facts, event) = (&found.facts, &found.facts.event);
    let mut shown = Map::new();
    shown.insert("event_id".to_owned(), event.seq.0.into());
    shown.insert("time".to_owned(), event.at.0.into());
    shown.insert("kind".to_owned(), event.kind.name().into());
    let texts = [
        ("event", xml::name(facts).unwrap_or_default()),
        ("card_id", &facts.card_id),
        ("code", &facts.code),
        ("openid", facts.openid()),
        ("friend", facts.friend()),
        ("old_code", &facts.other_code),
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

/// An event with what is told of it and its attempts.
pub fn detail(detail: &Detail) -> Value {
    let mut shown = found(&detail.found);
    shown["message"] = detail.message.clone().into();
    shown["attempts"] = detail.attempts.iter().map(attempt).collect();
    shown
}

/// One try.
pub fn attempt(attempt: &Attempt) -> Value {
    let Attempt { seq: _, at, no: _, status, millis, outcome, answer } = attempt;
    json!({"time": at.0, "status": status, "millis": millis, "outcome": outcome, "answer": answer})
}

/// Where events go. Nothing secret is shown.
pub fn callback(callback: &Callback, mark: Option<&PushCursor>) -> Value {
    json!({
        "url": callback.url,
        "mode": callback.mode.name(),
        "policy": callback.policy.name(),
        "original_id": callback.original_id,
        "encrypted": matches!(callback.mode, kaquan_store::PushMode::Compatible | kaquan_store::PushMode::Safe),
        "since_event_id": mark.map(|mark| mark.since.0),
        "next_event_id": mark.map(|mark| mark.next.0),
    })
}
