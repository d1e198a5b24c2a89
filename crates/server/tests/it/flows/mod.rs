//! Whole flows in the order of calls of merchants' systems, over HTTP, with the events that the systems book by.

mod gift_card;
mod recharge;

use crate::support::*;

/// Waits for the first event of this name about a code.
#[track_caller]
fn event(receiver: &Receiver, name: &str, code: &str) -> Received {
    let is_it = |event: &&Received| {
        event.element("Event") == Some(name) && event.element("UserCardCode") == Some(code)
    };
    let events = receiver.wait_until(name, |events| events.iter().any(|event| is_it(&event)));
    events.iter().find(is_it).expect("the event").clone()
}

/// Waits until a member has this many changes, and returns (points, balance in fen) of each, the oldest first.
fn changes(receiver: &Receiver, code: &str, count: usize) -> Vec<(i64, i64)> {
    let is_it = |event: &&Received| {
        event.element("Event") == Some("update_member_card") && event.element("UserCardCode") == Some(code)
    };
    let events = receiver.wait_until("changes", |events| events.iter().filter(is_it).count() >= count);
    let number =
        |event: &Received, name: &str| event.element(name).and_then(|text| text.parse().ok()).unwrap_or(0);
    let pair = |event: &Received| (number(event, "ModifyBonus"), number(event, "ModifyBalance"));
    events.iter().filter(is_it).map(pair).collect()
}

#[track_caller]
fn has(event: &Received, pairs: &[(&str, &str)]) {
    for (name, value) in pairs {
        assert_eq!(event.element(name), Some(*value), "{name} in {}", event.body);
    }
}
