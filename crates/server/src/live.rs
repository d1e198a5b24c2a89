//! Today's figures of an app, live and exact: the log is read from where it was read to when somebody asked last. Whoever
//! does not ask costs nothing.

use crate::store_access::StoreAccess;
use kaquan_core::error::Result;
use kaquan_core::id::{AppId, CardNo, EventSeq};
use kaquan_core::stats::{Counts, Today};
use kaquan_core::time::{Day, Timestamp};
use kaquan_ledger::Clock;
use kaquan_store::Store;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

/// Seconds after which the figures of an app nobody asks for are forgotten.
const FORGET_SECS: i64 = 300;

/// Today's figures of every app somebody asks for.
pub struct Live {
    store: StoreAccess,
    clock: Arc<dyn Clock>,
    readings: Mutex<HashMap<AppId, Arc<Mutex<Reading>>>>,
}

/// How far the log of an app was read today, and what was counted.
#[derive(Debug)]
struct Reading {
    day: Day,
    /// The first event that was not read yet; `None` before the first reading.
    next: Option<EventSeq>,
    today: Today,
    member_cards: HashSet<CardNo>,
    asked_at: Timestamp,
}

/// The figures as they stood when they were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// The day.
    pub day: Day,
    /// All cards together.
    pub counts: Counts,
    /// Each card something happened to; without distinct holders.
    pub cards: Vec<(CardNo, Counts)>,
}

impl Live {
    pub fn new(store: StoreAccess, clock: Arc<dyn Clock>) -> Live {
        Live { store, clock, readings: Mutex::default() }
    }

    /// Today's figures of an app.
    ///
    /// # Errors
    ///
    /// Those of the store; -1 when too much of the app's work is waiting.
    pub async fn figures(&self, app: AppId) -> Result<Figures> {
        let now = self.clock.now();
        let reading = self.reading(app, now);
        let read = move |store: &dyn Store| -> Result<Figures> {
            let mut reading = reading.lock().unwrap_or_else(PoisonError::into_inner);
            reading.catch_up(store, app, now)?;
            let cards = reading.today.cards().collect();
            Ok(Figures { day: reading.day, counts: reading.today.counts(), cards })
        };
        self.store.expensive(app, read).await
    }

    fn reading(&self, app: AppId, now: Timestamp) -> Arc<Mutex<Reading>> {
        let mut readings = self.readings.lock().unwrap_or_else(PoisonError::into_inner);
        // One that is being read right now is in use.
        readings.retain(|of, reading| {
            *of == app || reading.try_lock().map_or(true, |r| now.0 - r.asked_at.0 < FORGET_SECS)
        });
        readings.entry(app).or_insert_with(|| Arc::new(Mutex::new(Reading::of(now)))).clone()
    }
}

impl Reading {
    fn of(now: Timestamp) -> Reading {
        Reading {
            day: now.day(),
            next: None,
            today: Today::default(),
            member_cards: HashSet::new(),
            asked_at: now,
        }
    }

    fn catch_up(&mut self, store: &dyn Store, app: AppId, now: Timestamp) -> Result<()> {
        if self.day != now.day() {
            *self = Reading::of(now);
        }
        self.asked_at = now;
        let Some(stands) = store.event_days(app)?.into_iter().find(|stands| stands.day == self.day) else {
            return Ok(());
        };
        let next = self.next.unwrap_or(stands.first);
        if next > stands.last {
            return Ok(());
        }
        // Before the events: a card in them is there already.
        let cards = store.cards(app)?;
        self.member_cards =
            cards.iter().filter(|card| card.card_type.is_member_card()).map(|card| card.no).collect();
        let (today, member_cards) = (&mut self.today, &self.member_cards);
        store.scan_events(app, self.day, next, stands.last, &mut |event| {
            today.add(event.kind, event.card, member_cards.contains(&event.card), event.openid);
        })?;
        self.next = Some(EventSeq(stands.last.0 + 1));
        Ok(())
    }
}
