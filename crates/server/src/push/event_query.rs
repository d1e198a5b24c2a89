//! A query for events with the ids and texts of the API, and its conversion into the numbers of the log.

use super::search::{PushState, ResolvedQuery};
use crate::auth::apps::AppHandle;
use crate::state::query_store;
use kaquan_core::code::{Code, CodeRef};
use kaquan_core::engine::{Keys, Query, WorkingSet};
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::event::EventKind;
use kaquan_core::id::{AppId, CardId, CardNo, CodeText, EventSeq, OpenId};
use kaquan_core::time::Timestamp;
use kaquan_store::{EventFilter, Store};

/// A search for events. A missing condition matches every event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventQuery {
    /// The kinds; all kinds if empty.
    pub kinds: Vec<EventKind>,
    /// The card of the events.
    pub card_id: Option<CardId>,
    /// The code. A custom code also needs its card.
    pub code: Option<CodeText>,
    /// The openid of the holder, or of the friend of a gift.
    pub openid: Option<OpenId>,
    /// The earliest time.
    pub begin: Option<Timestamp>,
    /// The latest time.
    pub end: Option<Timestamp>,
    /// The state of the delivery.
    pub state: Option<PushState>,
    /// The first number.
    pub from: Option<EventSeq>,
    /// Only events with numbers before this one.
    pub before: Option<EventSeq>,
    /// The largest number of events to return.
    pub count: usize,
}

impl EventQuery {
    /// A search for one event.
    pub fn one(seq: EventSeq) -> EventQuery {
        let before = Some(EventSeq(seq.0.saturating_add(1)));
        EventQuery { from: Some(seq), before, count: 1, ..EventQuery::default() }
    }

    /// Whether the search matches every event.
    pub fn is_anything(&self) -> bool {
        *self == EventQuery { count: self.count, ..EventQuery::default() }
    }

    /// Converts the search into the numbers of card and code.
    ///
    /// # Errors
    ///
    /// 40073 for an unknown card; 40056 for a code that does not exist or needs its card; 40097 for the number of an
    /// event after the end of the log.
    pub fn resolve(self, store: &dyn Store, app: &AppHandle) -> Result<ResolvedQuery> {
        let id = app.row.app.id;
        self.check_numbers(end_of_log(store, id)?)?;
        let (card, code) = self.look_up(store, app)?;
        let claimed = code.as_ref().map(|code| code.claimed_at);
        let code = code.map(|code| code.seq);
        let EventQuery { kinds, openid, begin, end, state, from, before, count, .. } = self;
        // No event of a code comes before its claim.
        let (first, after) = stretch(store, id, begin.into_iter().chain(claimed).max(), end)?;
        let from = from.into_iter().chain(first).max();
        let before = before.into_iter().chain(after).min();
        let filter = EventFilter { kinds, card, code, openid, begin, end };
        Ok(ResolvedQuery { filter, state, before, from, count })
    }

    /// Checks that a number belongs to an event in the log, or to the next one.
    fn check_numbers(&self, end: EventSeq) -> Result<()> {
        for (field, number) in [("from_event_id", self.from), ("before_event_id", self.before)] {
            match number {
                Some(number) if number > end => {
                    return Err(Error::field(ErrCode::InvalidArgs, field, "is beyond the last event"));
                }
                Some(number) if number.0 < 0 => {
                    return Err(Error::field(ErrCode::InvalidArgs, field, "must be the number of an event"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn look_up(&self, store: &dyn Store, app: &AppHandle) -> Result<(Option<CardNo>, Option<Code>)> {
        if self.card_id.is_none() && self.code.is_none() {
            return Ok((None, None));
        }
        let look = LookUp {
            card_id: self.card_id.clone(),
            code: self.code.as_ref().map(|text| CodeRef {
                text: text.clone(),
                seq: app.cipher.seq(text.as_str()),
                card_id: self.card_id.clone(),
                dynamic_after: None,
            }),
        };
        query_store(store, app.row.app.id, &look, Timestamp(0))
    }
}

/// The number of the next event of an app.
///
/// # Errors
///
/// 40013 if the app does not exist; the errors of the store.
pub fn end_of_log(store: &dyn Store, app: AppId) -> Result<EventSeq> {
    let set = store.working_set(app)?.ok_or(ErrCode::InvalidAppid)?;
    Ok(EventSeq(set.counters.event_seq))
}

/// The part of the log with the events of these days: its first number, and the number after its end. Only the table
/// of days maps times to numbers. Without days, the part is the whole log.
fn stretch(
    store: &dyn Store,
    app: AppId,
    begin: Option<Timestamp>,
    end: Option<Timestamp>,
) -> Result<(Option<EventSeq>, Option<EventSeq>)> {
    if begin.is_none() && end.is_none() {
        return Ok((None, None));
    }
    let mut days = store.event_days(app)?;
    days.retain(|day| {
        begin.is_none_or(|begin| day.day >= begin.day()) && end.is_none_or(|end| day.day <= end.day())
    });
    let first = days.iter().map(|day| day.first).min();
    let last = days.iter().map(|day| day.last).max();
    // If there is no such day, there are no events to find.
    let after = last.map_or(EventSeq(0), |last| EventSeq(last.0 + 1));
    Ok((first, Some(after)))
}

struct LookUp {
    card_id: Option<CardId>,
    code: Option<CodeRef>,
}

impl Query for LookUp {
    type Reply = (Option<CardNo>, Option<Code>);

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.extend(self.card_id.clone());
        if let Some(code) = &self.code {
            code.keys(ws, keys);
        }
    }

    fn run(&self, ws: &WorkingSet, _: Timestamp) -> Result<Self::Reply> {
        let card = self.card_id.as_ref().map(|id| ws.existing_card(id).map(|card| card.no)).transpose()?;
        let code = self.code.as_ref().map(|code| code.find(ws).map(|(code, _)| code.clone())).transpose()?;
        Ok((card, code))
    }
}
