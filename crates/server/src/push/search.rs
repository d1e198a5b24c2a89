//! Finds events by their subject and by the state of their delivery, shows one event with its attempts, and pushes
//! events again. The calls, pages and commands for events use it.

use super::event_payload::{self, EventPayload};
use super::webhook_request::RequestBuilder;
use crate::auth::apps::AppHandle;
use kaquan_core::error::Result;
use kaquan_core::event::Event;
use kaquan_core::id::EventSeq;
use kaquan_core::time::Timestamp;
use kaquan_store::{Attempt, Delivery, DeliveryState, EventFilter, PushCursor, Store};

/// Events that one read of the log checks.
const SCAN: usize = 10_000;
/// Events of a read whose states are looked up at once.
const PAGE: usize = 1000;
/// Reads in one call. Each call thus reads a limited part of the log, and the next call continues.
const READS_MAX: usize = 10;

/// The state of an event's delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushState {
    /// Not pushed: there was no callback, or events of this kind are not pushed in this mode.
    None,
    /// The reader has not reached the event yet, or the delivery is in flight.
    Waiting,
    /// The delivery failed and will be retried.
    Pending,
    /// Dead-lettered: the delivery is no longer retried.
    DeadLettered,
    /// The receiver accepted the event.
    Delivered,
}

impl PushState {
    /// Every state, in the order of a delivery.
    pub const ALL: [PushState; 5] = [
        PushState::None,
        PushState::Waiting,
        PushState::Pending,
        PushState::DeadLettered,
        PushState::Delivered,
    ];

    /// The name in calls and commands.
    pub const fn name(self) -> &'static str {
        match self {
            PushState::None => "none",
            PushState::Waiting => "waiting",
            PushState::Pending => "pending",
            PushState::DeadLettered => "parked",
            PushState::Delivered => "delivered",
        }
    }

    /// The state with this name.
    pub fn from_name(name: &str) -> Option<PushState> {
        PushState::ALL.into_iter().find(|state| state.name() == name)
    }

    const fn row(self) -> Option<DeliveryState> {
        match self {
            PushState::Pending => Some(DeliveryState::Pending),
            PushState::DeadLettered => Some(DeliveryState::DeadLettered),
            _ => None,
        }
    }
}

impl From<DeliveryState> for PushState {
    fn from(state: DeliveryState) -> PushState {
        match state {
            DeliveryState::Pending => PushState::Pending,
            DeliveryState::DeadLettered => PushState::DeadLettered,
            DeliveryState::Delivered => PushState::Delivered,
        }
    }
}

/// An event that matches a query, with the state of its delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundEvent {
    /// The event.
    pub payload: EventPayload,
    /// The state of its delivery.
    pub state: PushState,
    /// The row of the delivery. An accepted event has a row only if an earlier try failed.
    pub row: Option<Delivery>,
}

/// An event with its message and its attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventDetail {
    /// The event and its delivery.
    pub found: FoundEvent,
    /// The message before it is signed or encrypted; empty if the event is not pushed.
    pub message: String,
    /// The known attempts, oldest first.
    pub attempts: Vec<Attempt>,
}

/// A query with the numbers of the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResolvedQuery {
    /// The filter of the events.
    pub filter: EventFilter,
    /// The state of their delivery.
    pub state: Option<PushState>,
    /// Only events before this one.
    pub before: Option<EventSeq>,
    /// Only events from this one on.
    pub from: Option<EventSeq>,
    /// The largest number of events to return.
    pub count: usize,
}

/// The matching events, newest first, and the event at which the next call continues; `None` at the beginning of the
/// log.
pub type Page = (Vec<FoundEvent>, Option<EventSeq>);

/// Searches the log of one app.
pub struct Search<'a> {
    store: &'a dyn Store,
    app: &'a AppHandle,
    builder: Option<RequestBuilder>,
    cursor: Option<PushCursor>,
}

impl<'a> Search<'a> {
    /// A search with the app's present callback and cursor.
    ///
    /// # Errors
    ///
    /// The errors of the store.
    pub fn new(store: &'a dyn Store, app: &'a AppHandle) -> Result<Search<'a>> {
        let id = app.row.app.id;
        let appid = app.row.appid.clone();
        let builder = store.callback(id)?.map(|callback| RequestBuilder { callback, appid });
        Ok(Search { store, app, builder, cursor: store.push_cursor(id)? })
    }

    /// The matching events, the newest first.
    ///
    /// # Errors
    ///
    /// The errors of the store.
    pub fn list(&self, query: &ResolvedQuery) -> Result<Page> {
        let from = self.from(query);
        let mut before = query.before.unwrap_or(EventSeq(i64::MAX));
        let (mut found, mut reads) = (Vec::new(), 0);
        loop {
            // Many of these events may have a delivery in another state.
            let count = if query.state.is_some() { PAGE } else { query.count - found.len() };
            let (events, next) = self.scan(query, before, count)?;
            let wanted = |found: &FoundEvent| {
                found.payload.event.seq >= from && query.state.is_none_or(|state| state == found.state)
            };
            found.extend(self.with_states(events)?.into_iter().filter(wanted));
            reads += 1;
            if found.len() > query.count {
                found.truncate(query.count);
                let last = found.last().map(|found| found.payload.event.seq);
                return Ok((found, last));
            }
            match next.filter(|next| *next > from) {
                None => return Ok((found, None)),
                Some(next) if found.len() == query.count || reads == READS_MAX => {
                    return Ok((found, Some(next)));
                }
                Some(next) => before = next,
            }
        }
    }

    /// The first event that can match.
    fn from(&self, query: &ResolvedQuery) -> EventSeq {
        let from = query.from.unwrap_or(EventSeq(0));
        match (query.state, &self.cursor) {
            (Some(PushState::Waiting), Some(cursor)) => from.max(cursor.next),
            _ => from,
        }
    }

    /// The next matching events, whatever the state of their deliveries.
    fn scan(
        &self,
        query: &ResolvedQuery,
        before: EventSeq,
        count: usize,
    ) -> Result<(Vec<Event>, Option<EventSeq>)> {
        let id = self.app.row.app.id;
        let Some(state) = query.state.and_then(PushState::row) else {
            return Ok(self.store.find_events(id, &query.filter, before, SCAN, count)?);
        };
        let rows = self.store.deliveries_in(id, state, before, count)?;
        let next = rows.last().filter(|_| rows.len() == count).map(|row| row.seq);
        let mut events = Vec::new();
        for row in rows {
            events.extend(self.store.event(id, row.seq)?.filter(|event| query.filter.matches(event)));
        }
        Ok((events, next))
    }

    fn with_states(&self, events: Vec<Event>) -> Result<Vec<FoundEvent>> {
        let seqs: Vec<EventSeq> = events.iter().map(|event| event.seq).collect();
        let rows = self.store.deliveries(self.app.row.app.id, &seqs)?;
        let payload = event_payload::load(self.store, self.app, events)?;
        Ok(payload
            .into_iter()
            .map(|payload| {
                let row = rows.iter().find(|row| row.seq == payload.event.seq).cloned();
                FoundEvent { state: self.state(&payload, row.as_ref()), payload, row }
            })
            .collect())
    }

    fn state(&self, payload: &EventPayload, row: Option<&Delivery>) -> PushState {
        match (row, &self.builder, &self.cursor) {
            (Some(row), ..) => row.state.into(),
            (None, Some(builder), Some(cursor))
                if payload.event.seq >= cursor.since && builder.pushes(payload) =>
            {
                if payload.event.seq < cursor.next { PushState::Delivered } else { PushState::Waiting }
            }
            _ => PushState::None,
        }
    }

    /// One event with all details. `recent` are attempts in memory, for events without rows.
    ///
    /// # Errors
    ///
    /// The errors of the store.
    pub fn one(&self, seq: EventSeq, recent: Vec<Attempt>) -> Result<Option<EventDetail>> {
        let id = self.app.row.app.id;
        let Some(found) = self.with_states(self.store.event(id, seq)?.into_iter().collect())?.pop() else {
            return Ok(None);
        };
        let create_time = found.row.as_ref().map_or(found.payload.event.at, |row| row.create_time);
        let pushed = self.builder.as_ref().filter(|builder| builder.pushes(&found.payload));
        let message = pushed.map(|builder| builder.message(&found.payload, create_time)).unwrap_or_default();
        let mut attempts = self.store.attempts(id, seq)?;
        let new: Vec<Attempt> =
            recent.into_iter().filter(|made| made.seq == seq && !attempts.contains(made)).collect();
        attempts.extend(new);
        attempts.sort_by_key(|made| (made.at, made.no));
        Ok(Some(EventDetail { found, message, attempts }))
    }

    /// Pushes the matching events again, except those that are not pushed in this mode. Returns their number, and
    /// where the next call continues.
    ///
    /// # Errors
    ///
    /// The errors of the store.
    pub fn resend(&self, query: &ResolvedQuery, now: Timestamp) -> Result<(usize, Option<EventSeq>)> {
        let (seqs, next) = self.pushed(query)?;
        Ok((self.store.push_again(self.app.row.app.id, &seqs, now)?, next))
    }

    /// The matching events that are pushed in this mode, and where the next call continues.
    ///
    /// # Errors
    ///
    /// The errors of the store.
    pub fn pushed(&self, query: &ResolvedQuery) -> Result<(Vec<EventSeq>, Option<EventSeq>)> {
        let (found, next) = self.list(query)?;
        let pushed =
            |found: &&FoundEvent| self.builder.as_ref().is_some_and(|builder| builder.pushes(&found.payload));
        Ok((found.iter().filter(pushed).map(|found| found.payload.event.seq).collect(), next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::secret;
    use kaquan_core::app::ReviewPolicy;
    use kaquan_core::event::EventKind;
    use kaquan_core::id::NO_CARD;
    use kaquan_store::{Options, SqliteStore};

    const NOW: Timestamp = Timestamp(1000);

    #[test]
    fn a_search_scans_a_stretch_of_the_log_and_names_where_the_next_continues() {
        let dir = tempfile::tempdir().unwrap();
        let store: Box<dyn Store> = Box::new(SqliteStore::open(dir.path(), Options::default()).unwrap());
        store.create_app(&secret::fresh_app("shop", ReviewPolicy::Auto, NOW).unwrap().app).unwrap();
        let app = AppHandle::new(store.apps().unwrap().pop().unwrap()).unwrap();
        let mut writer = store.writer().unwrap();
        let mut set = writer.load(app.row.app.id, &|_, _| ()).unwrap().unwrap();
        set.emit(Event::new(EventKind::PoiCheck, NOW, NO_CARD));
        // A restore leaves a gap like this between the numbers.
        let stretch = SCAN * READS_MAX;
        set.counters.event_seq += i64::try_from(2 * stretch + stretch / 2).unwrap();
        set.emit(Event::new(EventKind::CardCreate, NOW, NO_CARD));
        writer.commit(vec![set]).unwrap();
        let search = Search::new(&*store, &app).unwrap();
        let filter = EventFilter { kinds: vec![EventKind::PoiCheck], ..EventFilter::default() };
        let mut query = ResolvedQuery { filter, count: 10, ..ResolvedQuery::default() };
        let mut found = Vec::new();
        for calls in 1.. {
            let (page, next) = search.list(&query).unwrap();
            found.extend(page);
            match next {
                Some(next) => query.before = Some(next),
                None => {
                    assert_eq!(calls, 3, "each call scans a stretch");
                    break;
                }
            }
        }
        assert_eq!(found.len(), 1);
    }
}
