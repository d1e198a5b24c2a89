//! Finds events by what they are about and by what became of their delivery, shows one with its attempts, and has events
//! pushed again. The calls and the commands of events are made of this.

use super::facts::{self, Facts};
use super::parcel::Packer;
use crate::auth::apps::AppHandle;
use kaquan_core::error::Result;
use kaquan_core::event::Event;
use kaquan_core::id::EventSeq;
use kaquan_core::time::Timestamp;
use kaquan_store::{Attempt, Delivery, DeliveryState, EventFilter, PushCursor, Store};

/// Events one look at the log passes over.
const LOOK: usize = 10_000;
/// Events of a look whose states are to be judged.
const PAGE: usize = 1000;
/// Looks of one call, so that no call reads more than a bounded stretch; the next call reads on.
const LOOKS: usize = 10;

/// What became of an event's delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushState {
    /// It is not pushed: there was no callback, or it is of a kind this mode does not push.
    None,
    /// The reader has not come to it yet, or it is on its way.
    Waiting,
    /// It will be tried again.
    Pending,
    /// It will not be tried again by itself.
    Parked,
    /// The receiver accepted it.
    Delivered,
}

impl PushState {
    /// Each of them.
    pub const ALL: [PushState; 5] =
        [PushState::None, PushState::Waiting, PushState::Pending, PushState::Parked, PushState::Delivered];

    /// The name in calls and commands.
    pub const fn name(self) -> &'static str {
        match self {
            PushState::None => "none",
            PushState::Waiting => "waiting",
            PushState::Pending => "pending",
            PushState::Parked => "parked",
            PushState::Delivered => "delivered",
        }
    }

    /// The one with this name.
    pub fn from_name(name: &str) -> Option<PushState> {
        PushState::ALL.into_iter().find(|state| state.name() == name)
    }

    const fn row(self) -> Option<DeliveryState> {
        match self {
            PushState::Pending => Some(DeliveryState::Pending),
            PushState::Parked => Some(DeliveryState::DeadLettered),
            _ => None,
        }
    }
}

impl From<DeliveryState> for PushState {
    fn from(state: DeliveryState) -> PushState {
        match state {
            DeliveryState::Pending => PushState::Pending,
            DeliveryState::DeadLettered => PushState::Parked,
            DeliveryState::Delivered => PushState::Delivered,
        }
    }
}

/// An event with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The event.
    pub facts: Facts,
    /// What became of its delivery.
    pub state: PushState,
    /// Its row, if it has one.
    pub row: Option<Delivery>,
}

/// An event in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// The event.
    pub found: Found,
    /// What is told, before it is signed or encrypted; empty if it is not pushed.
    pub message: String,
    /// The attempts that are known, oldest first.
    pub attempts: Vec<Attempt>,
}

/// What is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventQuery {
    /// What events are about.
    pub filter: EventFilter,
    /// What became of them.
    pub state: Option<PushState>,
    /// Only events before this one.
    pub before: Option<EventSeq>,
    /// Only events from this one on.
    pub from: Option<EventSeq>,
    /// At most so many.
    pub count: usize,
}

/// What is found, the newest first, and where the next call goes on; `None` at the end.
pub type Page = (Vec<Found>, Option<EventSeq>);

/// Looks at the log of one app.
pub struct Search<'a> {
    store: &'a dyn Store,
    app: &'a AppHandle,
    packer: Option<Packer>,
    mark: Option<PushCursor>,
}

impl<'a> Search<'a> {
    /// A look at the log of this app as it is now.
    ///
    /// Errors: those of the store.
    pub fn new(store: &'a dyn Store, app: &'a AppHandle) -> Result<Search<'a>> {
        let id = app.row.app.id;
        let appid = app.row.appid.clone();
        let packer = store.callback(id)?.map(|callback| Packer { callback, appid });
        Ok(Search { store, app, packer, mark: store.push_cursor(id)? })
    }

    /// Events, the newest first.
    ///
    /// Errors: those of the store.
    pub fn list(&self, query: &EventQuery) -> Result<Page> {
        let from = self.from(query);
        let mut before = query.before.unwrap_or(EventSeq(i64::MAX));
        let (mut found, mut looks) = (Vec::new(), 0);
        loop {
            // Of those that match many may be in another state.
            let count = if query.state.is_some() { PAGE } else { query.count - found.len() };
            let (events, next) = self.look(query, before, count)?;
            let wanted = |found: &Found| {
                found.facts.event.seq >= from && query.state.is_none_or(|state| state == found.state)
            };
            found.extend(self.judge(events)?.into_iter().filter(wanted));
            looks += 1;
            if found.len() > query.count {
                found.truncate(query.count);
                let last = found.last().map(|found| found.facts.event.seq);
                return Ok((found, last));
            }
            match next.filter(|next| *next > from) {
                None => return Ok((found, None)),
                Some(next) if found.len() == query.count || looks == LOOKS => return Ok((found, Some(next))),
                Some(next) => before = next,
            }
        }
    }

    /// The first event that can be one of those looked for.
    fn from(&self, query: &EventQuery) -> EventSeq {
        let from = query.from.unwrap_or(EventSeq(0));
        match (query.state, &self.mark) {
            (Some(PushState::Waiting), Some(mark)) => from.max(mark.next),
            _ => from,
        }
    }

    /// The next events that match but for their state.
    fn look(
        &self,
        query: &EventQuery,
        before: EventSeq,
        count: usize,
    ) -> Result<(Vec<Event>, Option<EventSeq>)> {
        let id = self.app.row.app.id;
        let Some(state) = query.state.and_then(PushState::row) else {
            return Ok(self.store.find_events(id, &query.filter, before, LOOK, count)?);
        };
        let rows = self.store.deliveries_in(id, state, before, count)?;
        let next = rows.last().filter(|_| rows.len() == count).map(|row| row.seq);
        let mut events = Vec::new();
        for row in rows {
            events.extend(self.store.event(id, row.seq)?.filter(|event| query.filter.matches(event)));
        }
        Ok((events, next))
    }

    fn judge(&self, events: Vec<Event>) -> Result<Vec<Found>> {
        let seqs: Vec<EventSeq> = events.iter().map(|event| event.seq).collect();
        let rows = self.store.deliveries(self.app.row.app.id, &seqs)?;
        let facts = facts::read(self.store, self.app, events)?;
        Ok(facts
            .into_iter()
            .map(|facts| {
                let row = rows.iter().find(|row| row.seq == facts.event.seq).cloned();
                Found { state: self.state(&facts, row.as_ref()), facts, row }
            })
            .collect())
    }

    fn state(&self, facts: &Facts, row: Option<&Delivery>) -> PushState {
        match (row, &self.packer, &self.mark) {
            (Some(row), ..) => row.state.into(),
            (None, Some(packer), Some(mark)) if facts.event.seq >= mark.since && packer.pushes(facts) => {
                if facts.event.seq < mark.next {
                    PushState::Delivered
                } else {
                    PushState::Waiting
                }
            }
            _ => PushState::None,
        }
    }

    /// One event in full; `recent` are attempts that are remembered beside those with rows.
    ///
    /// Errors: those of the store.
    pub fn one(&self, seq: EventSeq, recent: Vec<Attempt>) -> Result<Option<Detail>> {
        let id = self.app.row.app.id;
        let Some(found) = self.judge(self.store.event(id, seq)?.into_iter().collect())?.pop() else {
            return Ok(None);
        };
        let told_at = found.row.as_ref().map_or(found.facts.event.at, |row| row.create_time);
        let pushed = self.packer.as_ref().filter(|packer| packer.pushes(&found.facts));
        let message = pushed.map(|packer| packer.message(&found.facts, told_at)).unwrap_or_default();
        let mut attempts = self.store.attempts(id, seq)?;
        let new: Vec<Attempt> =
            recent.into_iter().filter(|made| made.seq == seq && !attempts.contains(made)).collect();
        attempts.extend(new);
        attempts.sort_by_key(|made| (made.at, made.no));
        Ok(Some(Detail { found, message, attempts }))
    }

    /// Has events pushed again: those that match and are pushed at all. Answers how many, and where the next call goes
    /// on.
    ///
    /// Errors: those of the store.
    pub fn resend(&self, query: &EventQuery, now: Timestamp) -> Result<(usize, Option<EventSeq>)> {
        let (found, next) = self.list(query)?;
        let pushed = |found: &&Found| self.packer.as_ref().is_some_and(|packer| packer.pushes(&found.facts));
        let seqs: Vec<EventSeq> = found.iter().filter(pushed).map(|found| found.facts.event.seq).collect();
        Ok((self.store.push_again(self.app.row.app.id, &seqs, now)?, next))
    }
}
