//! The `CreateTime` of each event. Receivers know an event again by FromUserName, CreateTime, Event and UserCardCode, and
//! take a second one of the same for a repetition; so of two such events the later is told a second later. Times follow
//! from the order of the log alone and are the same again when it is read again.

use super::facts::Facts;
use super::xml;
use kaquan_core::time::Timestamp;
use std::collections::HashMap;

/// What receivers know an event by, but for its time.
type Key = String;

/// The times told last, as far as a later event can still come to lie on them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// By key, with whether it was moved from the event's own second.
    last: HashMap<Key, (i64, bool)>,
    now: i64,
}

impl Told {
    /// The state somebody wrote down with [`Told::note`]. What it lacks, the events of the last second told, has to be
    /// told again.
    pub fn from_note(note: &str) -> Told {
        let moved: HashMap<Key, i64> = serde_json::from_str(note).unwrap_or_default();
        Told { last: moved.into_iter().map(|(key, at)| (key, (at, true))).collect(), now: 0 }
    }

    /// What has to be written down.
    pub fn note(&self) -> String {
        let moved: HashMap<&str, i64> = self
            .last
            .iter()
            .filter(|(_, (at, moved))| *moved && *at >= self.now)
            .map(|(key, (at, _))| (key.as_str(), *at))
            .collect();
        if moved.is_empty() { String::new() } else { serde_json::to_string(&moved).unwrap_or_default() }
    }

    /// Reads an event of the last second told once more; what the note says of its key already counts it.
    pub fn recall(&mut self, facts: &Facts) {
        if let Some(key) = key(facts) {
            self.now = self.now.max(facts.event.at.0);
            self.last.entry(key).or_insert((facts.event.at.0, false));
        }
    }

    /// The time of the next event of the log.
    pub fn tell(&mut self, facts: &Facts) -> Timestamp {
        let Some(key) = key(facts) else { return facts.event.at };
        let at = facts.event.at.0;
        if at > self.now {
            self.now = at;
            self.last.retain(|_, (last, _)| *last >= at);
        }
        let told = self.last.get(&key).map_or(at, |(last, _)| at.max(last + 1));
        self.last.insert(key, (told, told != at));
        Timestamp(told)
    }
}

/// `None` for events no other can be mistaken for: a claim and a gift taken have a code that is new.
fn key(facts: &Facts) -> Option<Key> {
    use kaquan_core::event::EventKind::{Claim, GiftAccept};
    if matches!(facts.event.kind, Claim | GiftAccept) {
        return None;
    }
    Some(format!("{}\n{}\n{}", xml::from_user(facts), xml::name(facts)?, facts.code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaquan_core::event::{Event, EventKind};
    use kaquan_core::id::{CardNo, CodeSeq};

    fn change(at: i64, code: &str) -> Facts {
        let event =
            Event::new(EventKind::MemberUpdate, Timestamp(at), CardNo(1)).of(CodeSeq(1), &"o1".into());
        Facts {
            event: Event { amount: 1, ..event },
            card_id: "p1".to_owned(),
            code: code.to_owned(),
            other_code: String::new(),
            push_on_view: false,
        }
    }

    fn times(told: &mut Told, events: &[(i64, &str)]) -> Vec<i64> {
        events.iter().map(|(at, code)| told.tell(&change(*at, code)).0).collect()
    }

    #[test]
    fn two_events_that_look_the_same_are_told_a_second_apart() {
        let mut told = Told::default();
        let events = [(10, "a"), (10, "b"), (10, "a"), (10, "a"), (11, "a"), (13, "b"), (20, "a")];
        assert_eq!(times(&mut told, &events), [10, 10, 11, 12, 13, 13, 20]);
    }

    #[test]
    fn events_of_no_holder_are_told_apart_too() {
        let mut told = Told::default();
        let review = |card: i64| Facts {
            event: Event::new(EventKind::ReviewPass, Timestamp(5), CardNo(card)),
            code: String::new(),
            ..change(5, "")
        };
        assert_eq!([told.tell(&review(1)).0, told.tell(&review(2)).0], [5, 6]);
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
        let whole = times(&mut Told::default(), &events);
        for cut in 0..events.len() {
            let mut told = Told::default();
            times(&mut told, &events[..cut]);
            let mut again = Told::from_note(&told.note());
            let last = events[..cut].last().map_or(0, |(at, _)| *at);
            events[..cut]
                .iter()
                .filter(|(at, _)| *at == last)
                .for_each(|(at, code)| again.recall(&change(*at, code)));
            assert_eq!(times(&mut again, &events[cut..]), whole[cut..], "cut at {cut}");
        }
    }

    #[test]
    fn nothing_is_written_down_while_nothing_was_moved() {
        let mut told = Told::default();
        times(&mut told, &[(10, "a"), (11, "a")]);
        assert_eq!(told.note(), "");
    }
}
