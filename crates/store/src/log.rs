//! Reads the event log: page by page, by number, and by search. Also reads which days have events.

use crate::Store;
use crate::error::Result;
use crate::row::{read_event, read_event_day};
use crate::sql::{Sql, args, limit, statements};
use kaquan_core::event::{Event, EventKind};
use kaquan_core::id::{AppId, CardNo, CodeSeq, EventSeq, OpenId};
use kaquan_core::time::{Day, Timestamp};

/// The events of a day in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventDay {
    pub day: Day,
    pub first: EventSeq,
    /// Events of other days may be between the first and the last one.
    pub last: EventSeq,
    /// The number of events on the day.
    pub events: u64,
}

/// The filter of a search. An empty field or `None` matches every event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    pub kinds: Vec<EventKind>,
    pub card: Option<CardNo>,
    /// Also matches the other code of a gift.
    pub code: Option<CodeSeq>,
    /// Also matches the friend of a gift.
    pub openid: Option<OpenId>,
    /// The earliest time, inclusive.
    pub begin: Option<Timestamp>,
    /// The latest time, inclusive.
    pub end: Option<Timestamp>,
}

impl EventFilter {
    /// Whether the filter matches an event.
    pub fn matches(&self, event: &Event) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&event.kind))
            && self.card.is_none_or(|card| event.card == card)
            && self.code.is_none_or(|code| [event.code, event.other_code].contains(&Some(code)))
            && self
                .openid
                .as_ref()
                .is_none_or(|holder| [&event.openid, &event.friend].contains(&&Some(holder.clone())))
            && self.begin.is_none_or(|begin| event.at >= begin)
            && self.end.is_none_or(|end| event.at <= end)
    }
}

statements! {
    EVENTS_FROM = ["SELECT ", event_columns, " FROM events WHERE app_id = $1 AND seq >= $2 ORDER BY seq LIMIT $3"];
    EVENT = ["SELECT ", event_columns, " FROM events WHERE app_id = $1 AND seq = $2"];
    EVENT_DAYS = ["SELECT day, first_seq, last_seq, events FROM event_days WHERE app_id = $1 ORDER BY day"];
    LOG_END = ["SELECT event_seq FROM counters WHERE app_id = $1"];
    // The conditions are in SQL, so that events without a match are not loaded. Event numbers have no gaps, so two
    // numbers limit the scan.
    FIND_EVENTS = ["SELECT ", event_columns, " FROM events WHERE app_id = $1 AND seq >= $2 AND seq < $3 \
        AND (CAST($4 AS bigint) = 0 OR kind", (any "$5"), ") AND (CAST($6 AS bigint) IS NULL OR card_no = $6) \
        AND (CAST($7 AS bigint) IS NULL OR code_seq = $7 OR other_code = $7) \
        AND (CAST($8 AS text) IS NULL OR openid = $8 OR friend = $8) AND (CAST($9 AS bigint) IS NULL OR at >= $9) \
        AND (CAST($10 AS bigint) IS NULL OR at <= $10) ORDER BY seq DESC LIMIT $11"];
}

impl dyn Store + '_ {
    /// The events from number `from` on, at most `count`.
    pub fn events(&self, app: AppId, from: EventSeq, count: usize) -> Result<Vec<Event>> {
        let args = args![app.0, from.0, limit(count)];
        self.read(|sql| sql.all(EVENTS_FROM, args, |row| read_event(row)))
    }

    /// The event with this number.
    pub fn event(&self, app: AppId, seq: EventSeq) -> Result<Option<Event>> {
        self.read(|sql| sql.first(EVENT, args![app.0, seq.0], |row| read_event(row)))
    }

    /// The days that have events, oldest first.
    pub fn event_days(&self, app: AppId) -> Result<Vec<EventDay>> {
        self.read(|sql| sql.all(EVENT_DAYS, args![app.0], |row| read_event_day(row)))
    }

    /// Searches the log backwards, from the newest event before `before`. Reads at most `look` events and returns at
    /// most `count` matches, the newest first. Also returns the number before which to continue; `None` at the
    /// beginning of the log.
    pub fn find_events(
        &self,
        app: AppId,
        filter: &EventFilter,
        before: EventSeq,
        look: usize,
        count: usize,
    ) -> Result<(Vec<Event>, Option<EventSeq>)> {
        self.snapshot(|sql| find(sql, app, filter, before, look, count))
    }
}

fn find(
    sql: &mut dyn Sql,
    app: AppId,
    filter: &EventFilter,
    before: EventSeq,
    look: usize,
    count: usize,
) -> Result<(Vec<Event>, Option<EventSeq>)> {
    let end = sql.first(LOG_END, args![app.0], |row| row.int(0))?;
    let before = before.0.min(end.unwrap_or(0));
    let from = before.saturating_sub(limit(look)).max(0);
    let kinds: Vec<i64> = filter.kinds.iter().map(|kind| kind.number().into()).collect();
    let args = args![
        app.0,
        from,
        before,
        limit(kinds.len()),
        &kinds,
        filter.card.map(|card| card.0),
        filter.code.map(|code| code.0),
        filter.openid.as_ref().map(OpenId::as_str),
        filter.begin.map(|at| at.0),
        filter.end.map(|at| at.0),
        limit(count),
    ];
    let events = sql.all(FIND_EVENTS, args, |row| read_event(row))?;
    let next = match events.last() {
        Some(event) if events.len() == count => event.seq.0,
        _ => from,
    };
    Ok((events, (next > 1).then_some(EventSeq(next))))
}
