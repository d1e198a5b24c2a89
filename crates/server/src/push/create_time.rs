//! The `CreateTime` of each event. Receivers deduplicate by FromUserName, CreateTime, Event and UserCardCode. If two
//! events had the same four values, the later one gets a `CreateTime` one second later. The result depends only on
//! the order of the log, so reading the log again gives the same times.

use super::event_payload::EventPayload;
use super::xml;
use kaquan_core::time::Timestamp;
use std::collections::HashMap;

/// FromUserName, Event and UserCardCode: the values for deduplication, without the time.
type DedupKey = String;

/// The dedup window: the last `CreateTime` of each key. A key is kept while a later event can still get the same
/// time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CreateTimes {
    /// By key: the last `CreateTime`, and whether it differs from the event's own second.
    last: HashMap<DedupKey, (i64, bool)>,
    /// The second of the latest event.
    now: i64,
}

impl CreateTimes {
    /// Restores a window from the text of [`CreateTimes::to_text`]. The text does not contain the events of the last
    /// second: the caller restores each of them with [`CreateTimes::restore`].
    pub fn from_text(text: &str) -> CreateTimes {
        let moved: HashMap<DedupKey, i64> = serde_json::from_str(text).unwrap_or_default();
        CreateTimes { last: moved.into_iter().map(|(key, at)| (key, (at, true))).collect(), now: 0 }
    }

    /// The part of the window that cannot be computed from the events themselves.
    pub fn to_text(&self) -> String {
        let moved: HashMap<&str, i64> = self
            .last
            .iter()
            .filter(|(_, (at, moved))| *moved && *at >= self.now)
            .map(|(key, (at, _))| (key.as_str(), *at))
            .collect();
        if moved.is_empty() { String::new() } else { serde_json::to_string(&moved).unwrap_or_default() }
    }

    /// Restores an event of the last second. If its key is in the text, the text already includes this event.
    pub fn restore(&mut self, payload: &EventPayload) {
        if let Some(key) = key(payload) {
            self.now = self.now.max(payload.event.at.0);
            self.last.entry(key).or_insert((payload.event.at.0, false));
        }
    }

    /// The `CreateTime` of the next event of the log.
    pub fn next(&mut self, payload: &EventPayload) -> Timestamp {
        let Some(key) = key(payload) else { return payload.event.at };
        let at = payload.event.at.0;
        if at > self.now {
            self.now = at;
            self.last.retain(|_, (last, _)| *last >= at);
        }
        let create_time = self.last.get(&key).map_or(at, |(last, _)| at.max(last + 1));
        self.last.insert(key, (create_time, create_time != at));
        Timestamp(create_time)
    }
}

/// `None` for a claim and an accepted gift: their code is new, so no other event has the same key.
fn key(payload: &EventPayload) -> Option<DedupKey> {
    use kaquan_core::event::EventKind::{Claim, GiftAccept};
    if matches!(payload.event.kind, Claim | GiftAccept) {
        return None;
    }
    Some(format!("{}\n{}\n{}", xml::from_user(payload), xml::name(payload)?, payload.code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaquan_core::event::{Event, EventKind};
    use kaquan_core::id::{CardNo, CodeSeq};

    fn change(at: i64, code: &str) -> EventPayload {
        let event =
            Event::new(EventKind::MemberUpdate, Timestamp(at), CardNo(1)).of(CodeSeq(1), &"o1".into());
        EventPayload {
            event: Event { amount: 1, ..event },
            card_id: "p1".to_owned(),
            code: code.to_owned(),
            other_code: String::new(),
            push_on_view: false,
        }
    }

    fn times(window: &mut CreateTimes, events: &[(i64, &str)]) -> Vec<i64> {
        events.iter().map(|(at, code)| window.next(&change(*at, code)).0).collect()
    }

    #[test]
    fn two_events_that_look_the_same_are_a_second_apart() {
        let mut window = CreateTimes::default();
        let events = [(10, "a"), (10, "b"), (10, "a"), (10, "a"), (11, "a"), (13, "b"), (20, "a")];
        assert_eq!(times(&mut window, &events), [10, 10, 11, 12, 13, 13, 20]);
    }

    #[test]
    fn events_without_a_holder_are_a_second_apart_too() {
        let mut window = CreateTimes::default();
        let review = |card: i64| EventPayload {
            event: Event::new(EventKind::ReviewPass, Timestamp(5), CardNo(card)),
            code: String::new(),
            ..change(5, "")
        };
        assert_eq!([window.next(&review(1)).0, window.next(&review(2)).0], [5, 6]);
    }

    #[test]
    fn times_are_the_same_when_the_log_is_read_again_from_any_place() {
        let events = [
            (10, "a"),
            (10, "a"),
            (10, "b"),
            (10, "a"),
            (11, "b"),
            (11, "a"),
            (12, "b"),
            (12, "b"),
            (14, "a"),
        ];
        let whole = times(&mut CreateTimes::default(), &events);
        for cut in 0..events.len() {
            let mut window = CreateTimes::default();
            times(&mut window, &events[..cut]);
            let mut again = CreateTimes::from_text(&window.to_text());
            let last = events[..cut].last().map_or(0, |(at, _)| *at);
            events[..cut]
                .iter()
                .filter(|(at, _)| *at == last)
                .for_each(|(at, code)| again.restore(&change(*at, code)));
            assert_eq!(times(&mut again, &events[cut..]), whole[cut..], "cut at {cut}");
        }
    }

    #[test]
    fn no_time_is_saved_while_every_event_has_its_own_second() {
        let mut window = CreateTimes::default();
        times(&mut window, &[(10, "a"), (11, "a")]);
        assert_eq!(window.to_text(), "");
    }
}
